"""Files in, files out, with a trained system."""

import matplotlib.image
import numpy as np
import pytest
import soundfile

from cmgan_jax.generation.generate_files import generate_files
from cmgan_jax.generation.media_in import read_sources
from cmgan_jax.signals.direction import S2I


@pytest.fixture
def tones(tmp_path):
    """Two windows of one tone, one of another."""
    folder = tmp_path / "in"
    folder.mkdir()
    time = np.arange(22050) / 22050
    soundfile.write(folder / "a.wav", 0.5 * np.sin(2 * np.pi * 440 * time), 22050)
    short = 0.5 * np.sin(2 * np.pi * 880 * time[:11025])
    soundfile.write(folder / "b.wav", short, 22050)
    return folder


def generate(model, given, output, **changed):
    arguments = {"seed": 0, "samples": 1, "hop_seconds": 0.5} | changed
    return generate_files(model, given, output, **arguments)


def pixels(path):
    return np.rint(matplotlib.image.imread(path)[..., :3] * 255).astype(np.uint8)


def test_files_hold_what_the_model_generates(small_model, tones, tmp_path):
    out = tmp_path / "out"
    made = generate(small_model, tones, out)
    assert (made.results, made.sources) == (3, 3)
    names = {path.name for path in out.iterdir()}
    assert names == {"a.png", "a_500.png", "b.png"}
    representation = small_model.record.representation
    for file in tones.iterdir():
        for source in read_sources(file, representation, direction=S2I):
            expected = small_model.generate(source.array[None])[0]
            np.testing.assert_array_equal(pixels(out / f"{source.name}.png"), expected)


def test_a_file_alone_and_among_others_gives_the_same(small_model, tones, tmp_path):
    generate(small_model, tones, tmp_path / "all")
    made = generate(small_model, tones / "b.wav", tmp_path / "one")
    assert (made.results, made.sources) == (1, 1)
    alone, among = ((tmp_path / name / "b.png") for name in ("one", "all"))
    assert alone.read_bytes() == among.read_bytes()


def test_samples_are_the_results_of_the_next_seeds(small_model, tones, tmp_path):
    generate(small_model, tones / "b.wav", tmp_path / "two", samples=2, seed=5)
    generate(small_model, tones / "b.wav", tmp_path / "next", seed=6)
    first, second = (pixels(tmp_path / "two" / f"b_{i}.png") for i in (1, 2))
    np.testing.assert_array_equal(second, pixels(tmp_path / "next" / "b.png"))
    assert not np.array_equal(first, second)


def test_useless_inputs_stop_before_anything_is_written(small_model, tones, tmp_path):
    (tones / "c.wav").write_bytes(b"no sound at all" * 9)
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    matplotlib.image.imsave(tones / "d.png", noise)
    with pytest.raises(ValueError, match=r"2 of the inputs are no use") as caught:
        generate(small_model, tones, tmp_path / "out")
    assert "give it to a workdir trained with :i2s" in str(caught.value)
    assert not (tmp_path / "out").exists()
    with pytest.raises(FileNotFoundError, match="does not exist"):
        generate(small_model, tmp_path / "nowhere", tmp_path / "out")
