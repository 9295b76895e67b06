"""Pictures of 128 pixels and sounds of a second, from people's files to a film."""

import json

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation.evaluate_run import evaluate_run
from cmgan_jax.generation.generate_files import generate_files
from cmgan_jax.generation.request import Request
from cmgan_jax.runs.model import load
from cmgan_jax.runs.train_run import train_run
from cmgan_jax.signals.direction import I2S, S2I

RATE = 22050
LARGE = ("--image_size=128", "--window_seconds=1.0")


def tone(seconds: float, hertz: float) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


@pytest.fixture(scope="module")
def large(tmp_path_factory, run_verb):
    """Two classes of eight pairs, prepared at 128 pixels and a second."""
    source = tmp_path_factory.mktemp("large") / "media"
    draw = np.random.default_rng(0)
    for name, hertz in (("low", 300), ("high", 2000)):
        for kind in ("audio", "img"):
            (source / kind / name).mkdir(parents=True)
        for i in range(8):
            wave = tone(1.0, hertz * draw.uniform(0.9, 1.1))
            soundfile.write(source / "audio" / name / f"{name}{i}.wav", wave, RATE)
            pixels = draw.integers(0, 256, (150, 140, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(source / "img" / name / f"{name}{i}.png")
    output = source.parent / "data"
    flags = ("--dataset=paired_folders", f"--source={source}", f"--output={output}")
    done = run_verb("prepare", *flags, *LARGE)
    assert done.returncode == 0, done.stderr
    return open_prepared(output)


@pytest.fixture(scope="module")
def large_run(large, config_file, tmp_path_factory):
    """A workdir of recognisers and a gallery, which compile fast, of both ways."""
    config = config_file("retrieval", "both")
    config.update_from_flattened_dict(
        {
            "model.width": 4,
            "model.hidden_size": 16,
            "model.attention_stage": -1,
            "classifier.steps": 1,
            "classifier.pair_weight": 0.0,
            "gan.pair_weight": 0.0,
            "gallery.size": 8,
            "classifier.batch_size": 4,
            "run.reader": "numpy",
        }
    )
    workdir = tmp_path_factory.mktemp("large") / "both"
    train_run(config.to_dict(), large, workdir)
    return workdir


def test_sizes_are_stored_with_data_and_run(large, large_run):
    """The mistakes: a picture or a sound stays small; a folder has the usual name."""
    assert large.path.parent.name == "log_mel_128_1s"
    assert large.split("train").image.array.shape[1:] == (128, 128, 3)
    assert large.split("train").sound.array.shape[1:] == (128, 128, 1)
    stored = json.loads((large_run / "config.json").read_text())["representation"]
    assert stored == large.representation.to_json()
    assert (stored["image_size"], stored["window_seconds"]) == (128, 1.0)


def test_a_large_system_is_evaluated_and_makes_films_and_soundtracks(
    large, large_run, tmp_path
):
    """The mistake: windows of half a second are cut, or joined."""
    model = load(large_run)
    result = evaluate_run(
        model, large, split="test", protocol="original", direction=S2I
    )
    assert result["n"] == len(large.split("test").image) > 0
    recording = tmp_path / "solo.wav"
    soundfile.write(recording, tone(2.5, 400), RATE)
    generate_files(model.one_way(S2I), recording, Request(tmp_path / "seen"))
    with av.open(str(tmp_path / "seen" / "solo.mp4")) as film:
        shown = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    # A picture every 0.1 s, the last window's until the end.
    assert len(shown) == 25 and shown[0].shape == (256, 256, 3)
    film = tmp_path / "seen" / "solo.mp4"
    generate_files(model.one_way(I2S), film, Request(tmp_path / "heard"))
    wave, rate = soundfile.read(tmp_path / "heard" / "solo.wav")
    assert rate == RATE and len(wave) / rate == pytest.approx(2.5, abs=0.05)
    assert np.abs(wave).max() > 0.1


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--window_seconds=0.7",), "--window_seconds=0.7: expected 0.5 or 1"),
        (
            ("--window_seconds=1", "--dataset=sub_urmp", "--source=x.zip"),
            "cut before, sub_urmp's to 0.5 s",
        ),
    ],
)
def test_windows_that_cannot_be_are_refused(flags, message, run_verb, refused):
    assert refused(run_verb("prepare", *flags), message)
