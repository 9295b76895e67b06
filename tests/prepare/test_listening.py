"""Notes that recordings are heard to play: which, when, and where there is none."""

import json

import librosa
import numpy as np
import pytest
import soundfile

from cmgan_jax.media.note_hearing import notes_heard
from cmgan_jax.media.pictures import write_picture
from cmgan_jax.prepare.datasets.paired_folders.builder import (
    PairedFolders,
    PairedFoldersConfig,
)
from cmgan_jax.prepare.datasets.sub_urmp.builder import SubUrmp
from cmgan_jax.prepare.preparation import prepare
from cmgan_jax.signals.representation import Representation

RATE = 22050


def tone(note, seconds=0.5, rate=RATE):
    """Eight harmonics, the fundamental not the loudest of them."""
    clock = np.arange(round(seconds * rate)) / rate
    hertz = librosa.midi_to_hz(note)
    parts = [
        np.sin(2 * np.pi * number * hertz * clock) / (1 + abs(number - 2))
        for number in range(1, 9)
        if number * hertz < rate / 2
    ]
    return 0.2 * np.sum(parts, axis=0)


def windows(*sounds):
    return np.stack(sounds).astype(np.float32)


@pytest.mark.parametrize("rate", [RATE, 44100])
def test_notes_are_heard_over_the_whole_piano(rate):
    """The mistake: a frame too short for two periods of the lowest."""
    notes = np.array([28, 40, 57, 69.3, 88, 103])
    heard = notes_heard(windows(*(tone(note, rate=rate) for note in notes)), rate)
    np.testing.assert_allclose(heard, notes, atol=0.2)


def test_the_note_is_that_of_the_beginning_and_noise_has_none():
    half = [tone(60, 0.2), tone(67, 0.2)]
    noise = np.random.default_rng(0).normal(0, 0.1, (20, 8820))
    gliding = 0.2 * np.sin(2 * np.pi * np.cumsum(np.linspace(300, 1500, 8820)) / RATE)
    late = np.concatenate([np.zeros(4410), tone(60, 0.2)])
    asked = (np.concatenate(half), np.concatenate(half[::-1]), *noise, gliding, late)
    first, second, *neither = notes_heard(windows(*asked), RATE)
    assert [round(float(first)), round(float(second))] == [60, 67]
    assert np.isnan(neither).all()
    assert notes_heard(np.empty((0, 11025), np.float32), RATE).shape == (0,)


def build(root, output, **asked):
    config = PairedFoldersConfig(representation=Representation(image_size=16), **asked)
    builder = PairedFolders(source=root, data_dir=output, config=config, workers=1)
    data, _ = prepare(builder)
    report = json.loads((data.path / "prepare_report.json").read_text())
    return data, report["settings"]


@pytest.fixture
def own(tmp_path):
    """Pictures with a recording each, whose name is its note, or noise."""
    root, draw = tmp_path / "own", np.random.default_rng(0)
    for name, notes in (("flute", range(60, 72)), ("tuba", range(40, 52))):
        for note in notes:
            for folder in ("img", "audio"):
                (root / folder / name).mkdir(parents=True, exist_ok=True)
            picture = draw.integers(0, 256, (20, 30, 3), dtype=np.uint8)
            write_picture(root / "img" / name / f"take{note}.png", picture)
            # Quiet at first: the loudest window is not the first.
            sound = np.concatenate([0.01 * tone(note + 5, 0.3), tone(note, 0.5)])
            soundfile.write(root / "audio" / name / f"take{note}.wav", sound, RATE)
    noise = draw.normal(0, 0.1, RATE)
    soundfile.write(root / "audio" / "tuba" / "take51.wav", noise, RATE)
    return root


@pytest.mark.parametrize("pairing", ["stem", "class"])
def test_rows_have_the_notes_of_their_recordings(own, tmp_path, pairing):
    data, settings = build(own, tmp_path / "out", listen=True, pairing=pairing)
    assert settings["listen"] is True
    sounds = [split.sound for split in data.splits.values()]
    stems = np.concatenate([np.asarray(sound.stem) for sound in sounds])
    heard = np.concatenate([np.asarray(sound.pitch) for sound in sounds])
    played = np.array([int(stem.partition("@")[0][-2:]) for stem in stems])
    assert np.isnan(heard[played == 51]).all()
    rest = played != 51
    if pairing == "class":  # every window: of one note, the other, or between them
        known = rest & ~np.isnan(heard)
        away = np.round(heard - played)[known]
        assert set(away) == {0, 5} and known.sum() > 0.5 * rest.sum()
        starts = np.array([int(stem.partition("@")[2]) for stem in stems])
        assert (away[starts[known] == 0] == 5).all()
        assert (away[starts[known] == 300] == 0).all()
    else:
        np.testing.assert_allclose(heard[rest], played[rest], atol=0.2)
        assert 0.9 < data.notes_known < 1


def test_data_of_before_are_the_same_as_those_that_nobody_listened_to(own, tmp_path):
    """The mistake: a new setting, and all prepared data count as something else."""
    data, settings = build(own, tmp_path / "out")
    assert "listen" not in settings and not data.pitched
    with pytest.raises(ValueError, match="prepared otherwise"):
        build(own, tmp_path / "out", listen=True)
    assert SubUrmp.BUILDER_CONFIGS[0].settings() == {}
