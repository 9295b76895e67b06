"""A piece that was stopped goes on where it was, and is the same to the byte."""

import dataclasses
import errno
import os

import numpy as np
import pytest
from PIL import Image

from cmgan_jax.generation.generate_files import generate_files
from cmgan_jax.generation.request import Request
from cmgan_jax.media import windows
from cmgan_jax.media.errors import MediaError
from cmgan_jax.runs.model import Model
from cmgan_jax.runtime.kept import kept_in


@pytest.fixture
def given(sound, monkeypatch, tmp_path):
    """What makes a piece of several parts: 6 s of a tone, 24 s of slides."""
    monkeypatch.setattr(windows, "_MOST_WINDOWS", 16)
    sound(tmp_path / "in" / "long.wav", 6.0)
    draw = np.random.default_rng(0)
    for number in range(24):
        path = tmp_path / "in" / "slides" / f"{number:02d}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(draw.integers(0, 256, (16, 16, 3), np.uint8)).save(path)
    return {"s2i": tmp_path / "in" / "long.wav", "i2s": path.parent}


@pytest.fixture
def computed(monkeypatch):
    """Counts batches that models generate; stops after as many as `stop_after`."""

    class Count(list):
        stop_after = 1000

    count, generate = Count(), Model.generate

    def counted(self, sources, **more):
        if len(count) == count.stop_after:
            raise KeyboardInterrupt
        count.append(len(sources))
        return generate(self, sources, **more)

    monkeypatch.setattr(Model, "generate", counted)
    return count


@pytest.mark.parametrize("direction", ["s2i", "i2s"])
def test_a_stopped_piece_goes_on_and_is_the_same(
    s2i, i2s, given, computed, files_in, tmp_path, direction
):
    """The mistakes: all is computed anew; half an array, or one too many, is taken."""
    model = {"s2i": s2i, "i2s": i2s}[direction]
    rate = 1.0 if direction == "i2s" else None

    def make(output, **changed):
        request = Request(tmp_path / output, frames_per_second=rate, **changed)
        generate_files(model, given[direction], request)
        return files_in(tmp_path / output)

    def stopped(after):
        computed.clear()
        computed.stop_after = after
        with pytest.raises(KeyboardInterrupt, match="to go on"):
            make("out", seed=3)
        return files_in(tmp_path / "out")

    straight = make("straight", seed=3)
    batches = list(computed)
    assert len(batches) > 3 and len(straight) == 2
    ((name, content),) = stopped(after=2).items()
    # As if it had been killed while it wrote an encoded part, or a block of samples.
    (tmp_path / "out" / name).write_bytes(content[:-100])
    stopped(after=1)
    computed.clear()
    computed.stop_after = 1000
    assert make("out", seed=3) == straight
    assert list(computed) == batches[3:]


def test_what_was_kept_is_of_this_piece_alone(s2i, sound, computed, files_in, tmp_path):
    """The mistakes: another seed, model or recording of the name goes on with it."""
    other = dataclasses.replace(s2i, digest="1")
    path = tmp_path / "in" / "a.wav"
    for hertz, seed, model in (
        (440, 0, s2i),
        (660, 0, s2i),
        (660, 9, s2i),
        (660, 9, other),
    ):
        sound(path, 2.0, hertz)
        computed.stop_after = len(computed) + 1
        request = Request(tmp_path / "out", seed=seed, samples=2)
        with pytest.raises(KeyboardInterrupt, match=r"1 of 2 .* with --overwrite"):
            generate_files(model, path, request)
        for film in (tmp_path / "out").glob("a_*"):
            film.unlink()
    assert len(files_in(tmp_path / "out")) == 8


def test_a_picture_that_is_there_is_told_of(s2i, sound, computed, tmp_path):
    """The mistake: the command to give again is refused, as a result would go."""
    sound(tmp_path / "in" / "a.wav", 0.5)
    sound(tmp_path / "in" / "b.wav", 2.0)
    computed.stop_after = 1
    with pytest.raises(KeyboardInterrupt, match=r"0 of 1 films .* with --overwrite"):
        generate_files(s2i, tmp_path / "in", Request(tmp_path / "out"))
    assert (tmp_path / "out" / "a.png").exists()


def test_a_disk_that_is_full_is_not_blamed_on_the_recording(
    s2i, sound, monkeypatch, tmp_path
):
    def full(*arguments, **more):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Model, "generate", full)
    path = sound(tmp_path / "in" / "b.wav", 2.0)
    with pytest.raises(OSError, match="No space left") as raised:
        generate_files(s2i, path, Request(tmp_path / "out"))
    assert not isinstance(raised.value, MediaError)


def test_a_hop_that_leaves_sound_out_is_refused_first(i2s, given, tmp_path):
    request = Request(tmp_path / "out", frames_per_second=1.0, hop_seconds=0.9)
    with pytest.raises(ValueError, match=r"0\.9 is longer than a window") as raised:
        generate_files(i2s, given["i2s"], request)
    assert not isinstance(raised.value, MediaError)
    assert not (tmp_path / "out").exists()


def test_one_process_keeps_at_a_time(tmp_path):
    with kept_in(tmp_path / "a") as keep:
        assert keep(np.arange, 3).tolist() == [0, 1, 2]
        with (
            pytest.raises(ValueError, match="another process"),
            kept_in(tmp_path / "a"),
        ):
            pass
    with kept_in(tmp_path / "a") as keep:
        assert keep(np.arange, 9).tolist() == [0, 1, 2]
