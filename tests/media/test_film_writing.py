"""Films that are written: what plays everywhere, picture and sound together."""

from fractions import Fraction

import av
import numpy as np
import pytest

from cmgan_jax.media.contact_sheet import ContactSheet
from cmgan_jax.media.film_writing import (
    PartedFilm,
    encode_part,
    open_mp4,
    write_film,
)

SIZE = (32, 48)
RATE = 44100
SECONDS = 3


def written(path, *, sample_rate=RATE, channels=2):
    """Grey and red in turn, half a second each; a tone while it is red."""
    with write_film(
        path,
        frame_rate=Fraction(10),
        size=SIZE,
        sample_rate=sample_rate,
        channels=channels,
    ) as film:
        for number in range(10 * SECONDS):
            red = number // 5 % 2
            picture = np.full((4, 4, 3), 90, np.uint8)
            picture[..., 0] += 120 * red
            film.show(picture)
            time = np.arange(sample_rate // 10) / sample_rate
            tone = red * 0.5 * np.sin(2 * np.pi * 1000 * time)
            film.sound.write(np.stack([tone] * channels, axis=1).astype(np.float32))
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return written(tmp_path_factory.mktemp("film") / "a.mp4")


def test_it_is_what_browsers_play(film):
    with av.open(str(film)) as opened:
        pictures, sound = opened.streams
        assert (pictures.codec.name, pictures.pix_fmt) == ("h264", "yuv420p")
        assert (pictures.height, pictures.width) == SIZE
        assert (sound.codec.name, sound.rate, sound.channels) == ("aac", RATE, 2)
        for stream in opened.streams:
            length = stream.duration * stream.time_base
            assert abs(float(length) - SECONDS) < 0.05
    content = film.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_picture_and_sound_are_together(film):
    """The mistake: the encoder's delay shifts the sound."""
    with av.open(str(film)) as opened:
        shown = [
            (frame.time, frame.to_ndarray(format="rgb24")[..., 0].mean() > 150)
            for frame in opened.decode(video=0)
        ]
    with av.open(str(film)) as opened:
        heard = [
            (frame.time, np.abs(frame.to_ndarray()).max() > 0.2)
            for frame in opened.decode(audio=0)
        ]
    assert [red for _, red in shown] == [n // 5 % 2 == 1 for n in range(30)]
    begins = next(time for time, loud in heard if loud and time > 0.45)
    assert abs(begins - 0.5) < 2 * 1024 / RATE
    assert abs(begins - next(time for time, red in shown if red)) < 2 * 1024 / RATE


def test_the_same_content_gives_the_same_bytes(film, tmp_path):
    """What is written depends on nothing else, not on the time of day."""
    assert written(tmp_path / "b.mp4").read_bytes() == film.read_bytes()


@pytest.mark.parametrize("rate, stored", [(22050, 22050), (96000, 48000)])
def test_rates_that_aac_lacks_are_resampled(rate, stored, tmp_path):
    path = written(tmp_path / "a.mp4", sample_rate=rate, channels=1)
    with av.open(str(path)) as opened:
        sound = opened.streams.audio[0]
        assert (sound.rate, sound.channels) == (stored, 1)
        assert abs(float(sound.duration * sound.time_base) - SECONDS) < 0.05


@pytest.mark.parametrize("count", [1, 48, 49, 500])
def test_a_contact_sheet_covers_a_film_of_any_length(count):
    """The mistake: it shows the first pictures, or grows with the film."""
    sheet = ContactSheet()
    for number in range(count):
        level = round(255 * number / count)
        sheet.add(number / 10, np.full((8, 8, 3), level, np.uint8))
    drawn = sheet.drawn()
    assert drawn.shape[1] == 132 * min(count, 8)
    rows, columns = drawn.shape[0] // 146, drawn.shape[1] // 132
    shown = [
        drawn[146 * r + 64, 132 * c + 64, 0]
        for r in range(rows)
        for c in range(columns)
    ]
    shown = shown[: min(count, 48)]
    levels = [int(level) for level in shown if level != 24]
    assert levels == sorted(levels) and (count == 1 or levels[-1] > 0.9 * 255 - 20)


def test_parts_follow_one_another_with_the_sound_beside_them(tmp_path):
    """The mistakes: a part begins at 0 again, or late; the sound waits for its end."""
    # Longer than what a muxer waits for.
    levels = np.linspace(40, 220, 163).astype(np.uint8)
    pictures = np.broadcast_to(levels[:, None, None, None], (163, 4, 4, 3))
    parts = [
        encode_part(pictures[some], frame_rate=Fraction(10), size=SIZE)
        for some in (slice(0, 150), slice(150, 162), slice(162, 163))
    ]
    blocks = iter(np.zeros((163, RATE // 10, 1), np.float32))
    with open_mp4(tmp_path / "a.mp4") as container:
        film = PartedFilm(container, parts[0], sample_rate=RATE, channels=1)
        for part in parts:
            film.append(part, blocks)
        for block in blocks:
            film.sound.write(block)
        film.sound.finish()
    with av.open(str(tmp_path / "a.mp4")) as opened:
        shown = list(opened.decode(video=0))
    frames = [(one.time, one.to_ndarray(format="rgb24").mean()) for one in shown]
    np.testing.assert_allclose([time for time, _ in frames], np.arange(163) / 10)
    np.testing.assert_allclose([level for _, level in frames], levels, atol=4)
    with av.open(str(tmp_path / "a.mp4")) as opened:
        order = [packet.stream.type for packet in opened.demux() if packet.size]
    assert "audio" in order[: order.index("video") + 4]
    assert max(map(len, "".join(x[0] for x in order).split("a"))) < 4
