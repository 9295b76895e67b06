"""What a film lacks is filled from what is there; nothing else is touched."""

from fractions import Fraction

import av
import numpy as np
import pytest

from cmgan_jax.generation import filling
from cmgan_jax.generation.pieces import PieceSettings
from cmgan_jax.generation.restoring import Search, restore
from cmgan_jax.media.film_writing import write_film
from cmgan_jax.media.survey import Bad, survey_pictures, survey_sound

RATE, FPS, SECONDS = 22050, 10, 16
SILENT, BLACK = (2.0, 3.5), (9.0, 10.5)
SIDES = (32, 48)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Sixteen seconds, grey levels that rise and a tone; four groups of pictures."""
    path = tmp_path_factory.mktemp("film") / "cut.mp4"
    with write_film(
        path, frame_rate=Fraction(FPS), size=SIDES, sample_rate=RATE, channels=2
    ) as opened:
        for number in range(FPS * SECONDS):
            at = number / FPS
            level = 0 if BLACK[0] <= at < BLACK[1] else 60 + number
            picture = np.full((4, 6, 3), level, np.uint8)
            picture[1, 2] = level and 255
            opened.show(picture)
            time = at + np.arange(RATE // FPS) / RATE
            loud = not SILENT[0] <= at < SILENT[1]
            tone = loud * 0.2 * np.sin(2 * np.pi * 700 * time)
            opened.sound.write(np.stack([tone, tone], axis=1).astype(np.float32))
    return path


@pytest.fixture(scope="module")
def restored(film, s2i, i2s, tmp_path_factory):
    output = tmp_path_factory.mktemp("restored") / "whole.mp4"
    made = restore(film, output, [s2i, i2s], search=Search(), settings=PieceSettings())
    return output, made


def packets(path, kind):
    with av.open(str(path)) as opened:
        stream = getattr(opened.streams, kind)[0]
        return [
            (packet.pts, packet.dts, bytes(packet))
            for packet in opened.demux(stream)
            if packet.size
        ]


def pictures(path):
    with av.open(str(path)) as opened:
        return [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]


def sound(path):
    with av.open(str(path)) as opened:
        return np.concatenate([f.to_ndarray() for f in opened.decode(audio=0)], axis=1)


def test_silence_and_black_are_found_and_listed(restored):
    _, made = restored
    found = {
        (one.modality, one.reason, one.filled_from): (one.start, one.end)
        for one in made.stretches
    }
    assert set(found) == {("sound", "silence", "image"), ("image", "black", "sound")}
    np.testing.assert_allclose(found["sound", "silence", "image"], SILENT, atol=0.1)
    np.testing.assert_allclose(found["image", "black", "sound"], BLACK, atol=1e-3)


def test_all_other_packets_are_the_same(film, restored):
    """The mistake: a film is decoded and encoded anew for the sake of a second."""
    output, made = restored
    heard, new_heard = packets(film, "audio"), packets(output, "audio")
    assert [p[:2] for p in heard] == [p[:2] for p in new_heard]
    new = [
        old[0] / RATE for old, one in zip(heard, new_heard, strict=True) if old != one
    ]
    assert min(new) > SILENT[0] - 0.35 and max(new) < SILENT[1] + 0.35
    assert len(new) == made.new_sound
    seen, new_seen = packets(film, "video"), packets(output, "video")
    assert [p[1] for p in seen] == [p[1] for p in new_seen]
    same = [old == one for old, one in zip(seen, new_seen, strict=True)]
    # Groups of at most four seconds: what is new is in the third, from 8 to 12 s.
    assert 1.5 * FPS <= same.count(False) <= made.new_pictures <= 4 * FPS
    assert all(same[: 8 * FPS]) and all(same[12 * FPS :])


def test_pictures_outside_of_the_stretch_are_seen_as_before(film, restored):
    """The mistakes: the copied groups are decoded with other parameters; times move."""
    output, _ = restored
    before, after = pictures(film), pictures(output)
    assert len(before) == len(after)
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        error = np.abs(old.astype(int) - new).mean()
        if 8 * FPS <= number < 12 * FPS:
            inside = BLACK[0] <= number / FPS < BLACK[1]
            assert (new.max() > 60 and error > 30) if inside else error < 3
        else:
            assert error == 0


def test_filled_sound_is_as_loud_as_what_is_near_and_does_not_click(film, restored):
    """The mistakes: level of its own; it begins at once; only one channel has it."""
    output, _ = restored
    before, after = sound(film), sound(output)
    inside = slice(round(2.3 * RATE), round(3.2 * RATE))
    assert np.abs(before[:, inside]).max() < 1e-3
    for channel in after:
        level = np.sqrt((channel[inside] ** 2).mean())
        assert 0.05 < level < 0.3
    near = slice(round(1.9 * RATE), round(2.1 * RATE))
    steps = np.abs(np.diff(after[0, near]))
    assert steps.max() < 3 * np.abs(np.diff(after[0, inside])).max()
    outside = np.r_[0 : round(1.7 * RATE), round(3.9 * RATE) : before.shape[1]]
    assert np.abs(before - after)[:, outside].max() < 0.01


def test_a_fill_is_the_sound_that_was_made(film, i2s, monkeypatch):
    """The mistake: places rounded one by one, which doubles samples and leaves some."""
    made = np.random.default_rng(0).uniform(-1, 1, 2 * RATE).astype(np.float32)
    monkeypatch.setattr(filling, "sound_of_pictures", lambda *_: iter([made]))
    bad = Bad(2.05, 3.45, "given")
    loudness = np.full(320, 0.1)
    _, put = filling.sound_filler(i2s, film, [bad], loudness, PieceSettings())
    found = put(1.5, np.zeros((3 * RATE, 2), np.float32))
    inside = found[round(0.6 * RATE) : round(1.9 * RATE), 1]
    lag = round((1.5 - 1.75) * RATE) + round(0.6 * RATE)
    expected = made[lag : lag + len(inside)]
    # As loud as what is near.
    assert np.sqrt((inside**2).mean()) == pytest.approx(0.1, rel=0.05)
    ratio = inside / expected
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-4)


def test_times_that_are_given_are_filled_and_no_others(film, s2i, tmp_path):
    search = Search(pictures=((1.0, 1.4),), find=())
    output = tmp_path / "a.mp4"
    made = restore(film, output, [s2i], search=search, settings=PieceSettings())
    assert [(o.start, o.end, o.reason) for o in made.stretches] == [(1.0, 1.4, "given")]
    assert packets(output, "audio") == packets(film, "audio")
    assert made.new_pictures == 4 * FPS  # the first group


@pytest.mark.parametrize("field", ["sound", "pictures"])
def test_times_behind_the_end_are_refused_and_no_others(film, s2i, tmp_path, field):
    """The mistake: what is not there is said to be filled."""
    output, settings = tmp_path / "a.mp4", PieceSettings()
    search = Search(**{field: ((100.0, 105.0),)}, find=())
    with pytest.raises(ValueError, match="100-105 begins behind the end of the"):
        restore(film, output, [s2i], search=search, settings=settings)
    assert not output.exists()
    search = Search(**{field: ((1.0, 100.0),)}, find=())
    (one,) = restore(film, output, [s2i], search=search, settings=settings).stretches
    assert one.start == 1.0 and one.end == pytest.approx(16.0, abs=0.1)


def test_what_no_system_can_fill_is_left_and_said(film, s2i, tmp_path):
    output = tmp_path / "a.mp4"
    search = Search(find=("silence",), pictures=((2.0, 3.6),))
    made = restore(film, output, [s2i], search=search, settings=PieceSettings())
    notes = {one.modality: one.note for one in made.stretches}
    assert "no system that turns images into sounds" in notes["sound"]
    # The pictures are bad where the sound is silent; a silent window shows nothing.
    assert packets(output, "audio") == packets(film, "audio")


def test_surveys_find_what_is_frozen_if_asked(film, tmp_path):
    still = tmp_path / "still.mp4"
    with write_film(
        still, frame_rate=Fraction(FPS), size=SIDES, sample_rate=RATE, channels=1
    ) as opened:
        for number in range(40):
            level = 100 if 10 <= number < 30 else 60 + 4 * number
            opened.show(np.full((4, 6, 3), level, np.uint8))
            opened.sound.write(np.zeros((RATE // FPS, 1), np.float32))
    asked = survey_pictures(still, (), find=("frozen",), shortest=0.5)
    assert [(b.reason, round(b.start, 1), round(b.end, 1)) for b in asked] == [
        ("frozen", 1.1, 3.0)
    ]
    assert survey_pictures(still, (), find=("black",), shortest=0.5) == []
    bad, loudness = survey_sound(still, (), find=("silence",), shortest=0.5)
    assert bad[0].start == 0 and bad[0].end > 3.9 and not loudness.max() > 1e-4


def test_other_suffixes_and_kinds_are_refused(film, s2i, write_film, tmp_path):
    settings = PieceSettings()
    with pytest.raises(ValueError, match="both have to end alike"):
        restore(film, tmp_path / "a.mkv", [s2i], search=Search(), settings=settings)
    pictures = {100 * k: np.full((32, 48, 3), 40 + k, np.uint8) for k in range(20)}
    write_film(tmp_path / "old.mp4", pictures, sound=np.ones(88200) * 0.1)
    search = Search(pictures=((0.5, 1.0),), find=())
    with pytest.raises(ValueError, match="pictures are mpeg4"):
        restore(
            tmp_path / "old.mp4",
            tmp_path / "a.mp4",
            [s2i],
            search=search,
            settings=settings,
        )
    assert not (tmp_path / "a.mp4").exists()
