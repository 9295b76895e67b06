"""Files in, files out: what they hold, whatever else is in the folder."""

import matplotlib.image
import numpy as np
import pytest
import soundfile

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


def pixels(path):
    return np.rint(matplotlib.image.imread(path)[..., :3] * 255).astype(np.uint8)


def test_files_hold_what_the_model_generates(s2i, tones, generate, tmp_path):
    out = tmp_path / "out"
    made = generate(s2i, tones, out)
    assert (made.results, made.sources) == (3, 3)
    names = {path.name for path in out.iterdir()}
    assert names == {"a.png", "a_500.png", "b.png"}
    representation = s2i.record.representation
    for file in tones.iterdir():
        for source in read_sources(file, representation, direction=S2I):
            expected = s2i.generate(source.array[None])[0]
            start = f"_{source.start_ms}" if source.start_ms else ""
            path = out / f"{file.stem}{start}.png"
            np.testing.assert_array_equal(pixels(path), expected)


def test_a_file_alone_and_among_others_gives_the_same(s2i, tones, generate, tmp_path):
    generate(s2i, tones, tmp_path / "all")
    made = generate(s2i, tones / "b.wav", tmp_path / "one")
    assert (made.results, made.sources) == (1, 1)
    alone, among = ((tmp_path / name / "b.png") for name in ("one", "all"))
    assert alone.read_bytes() == among.read_bytes()


def test_samples_are_the_results_of_the_next_seeds(s2i, tones, generate, tmp_path):
    generate(s2i, tones / "b.wav", tmp_path / "two", samples=2, seed=5)
    generate(s2i, tones / "b.wav", tmp_path / "next", seed=6)
    first, second = (pixels(tmp_path / "two" / f"b_{i}.png") for i in (1, 2))
    np.testing.assert_array_equal(second, pixels(tmp_path / "next" / "b.png"))
    assert not np.array_equal(first, second)


def test_useless_inputs_stop_before_anything_is_written(s2i, tones, generate, tmp_path):
    (tones / "c.wav").write_bytes(b"no sound at all" * 9)
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    matplotlib.image.imsave(tones / "d.png", noise)
    with pytest.raises(ValueError, match=r"2 of the inputs are no use") as caught:
        generate(s2i, tones, tmp_path / "out")
    assert "give --direction=i2s, or a workdir trained with :i2s" in str(caught.value)
    assert not (tmp_path / "out").exists()
    with pytest.raises(FileNotFoundError, match="does not exist"):
        generate(s2i, tmp_path / "nowhere", tmp_path / "out")
