"""Damage planted in every file of prepared data: noticed, and named in one sentence."""

import json
import os

import numpy as np
import pytest

from cmgan_jax.data.integrity import (
    PREPARED_FILE,
    damaged_files,
    require_whole,
    seal,
)
from cmgan_jax.data.prepared import open_prepared

SMALL = (
    *(PREPARED_FILE, "dataset_info.json", "features.json", "prepare_report.json"),
    *("train/image_items.npz", "train/sound_items.npz"),
)
ARRAYS = ("train/image.npy", "train/sound.npy")


@pytest.fixture
def sealed(pack):
    """Finished data with the files that TFDS and the report add."""
    folder = pack([0, 1, 2], [0, 1, 2], pairing="stem").path
    for name in SMALL[1:4]:
        (folder / name).write_text(json.dumps({"name": name}, indent=2))
    seal(folder)
    open_prepared(folder)
    assert damaged_files(folder) == []
    return folder


def flip(file, place, bit):
    content = bytearray(file.read_bytes())
    content[place] ^= 1 << bit
    file.write_bytes(content)


def refused_at_opening(folder, name):
    """Opening names the file and what to do, and nothing else escapes."""
    with pytest.raises((ValueError, FileNotFoundError)) as raised:
        open_prepared(folder)
    said = str(raised.value)
    assert os.path.basename(name).split("_items")[0].split(".")[0] in said
    assert "again" in said, said


@pytest.mark.parametrize("name", SMALL)
def test_every_flipped_bit_of_a_small_file_is_noticed_at_opening(sealed, name):
    file = sealed / name
    whole = file.read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(whole), 60):
        flip(file, place, rng.integers(8))
        refused_at_opening(sealed, name)
        file.write_bytes(whole)
    open_prepared(sealed)


@pytest.mark.parametrize("name", [*SMALL, *ARRAYS])
def test_what_is_missing_or_cut_or_longer_is_noticed_at_opening(sealed, name):
    file = sealed / name
    whole = file.read_bytes()
    for length in (0, 1, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        refused_at_opening(sealed, name)
    file.write_bytes(whole + b"\n")
    refused_at_opening(sealed, name)
    file.unlink()
    if name == PREPARED_FILE:
        with pytest.raises(FileNotFoundError, match="no prepared data"):
            open_prepared(sealed)
    else:
        refused_at_opening(sealed, name)


@pytest.mark.parametrize("name", ARRAYS)
def test_every_flipped_bit_of_an_arrays_header_is_noticed_at_opening(sealed, name):
    file = sealed / name
    whole = file.read_bytes()
    for place in range(0, 128):
        flip(file, place, place % 8)
        refused_at_opening(sealed, name)
        file.write_bytes(whole)


@pytest.mark.parametrize("name", [*SMALL[1:], *ARRAYS])
def test_verifying_notices_every_flipped_bit(sealed, name):
    file = sealed / name
    whole = file.read_bytes()
    rng = np.random.default_rng(1)
    for place in rng.integers(0, len(whole), 40):
        flip(file, place, rng.integers(8))
        assert damaged_files(sealed) == [name]
        file.write_bytes(whole)


def test_data_of_before_there_were_seals_are_read(sealed):
    file = sealed / PREPARED_FILE
    description = json.loads(file.read_text())
    digest = open_prepared(sealed).digest
    del description["digest"], description["about"]
    file.write_text(json.dumps(description, indent=2) + "\n")
    assert open_prepared(sealed).digest == digest
    description["abput"] = {}
    file.write_text(json.dumps(description, indent=2) + "\n")
    refused_at_opening(sealed, PREPARED_FILE)


def test_the_digest_of_data_is_of_the_data_alone(sealed):
    digest = open_prepared(sealed).digest
    (sealed / "prepare_report.json").write_text('{"source": "elsewhere"}')
    seal(sealed)
    assert open_prepared(sealed).digest == digest


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_of_a_split_is_read_whole(name, sealed):
    require_whole(sealed, ("train",))
    flip(sealed / name, -1, 0)
    with pytest.raises(ValueError, match=rf"{name}: not as prepared .* --update"):
        require_whole(sealed, ("train",))
    require_whole(sealed, ("test",))
    (sealed / name).unlink()
    with pytest.raises(ValueError, match=rf"{name}: not as prepared"):
        require_whole(sealed, ("train",))
