"""A run of version 0.1.0, kept as it was written: what later versions still read.

Two steps of the smallest SA-CMGAN from sound to image on 24 pairs of 16 pixels; of its
checkpoint the variables that generate, without the state of training.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest

from cmgan_jax.runs.model import load
from cmgan_jax.runs.record import read_record
from cmgan_jax.runtime.whole_file import read_npz

GOLDEN = Path(__file__).with_name("golden_0_1_0")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("golden") / "run"
    shutil.copytree(GOLDEN, workdir)
    return load(workdir)


def test_its_variables_come_back_bit_for_bit(model):
    """The digest was printed when it was saved."""
    assert (model.digest, model.step) == ("12c2f0be", 2)
    assert read_record(GOLDEN).versions["cmgan_jax"] == "0.1.0"


def test_it_generates_what_it_did(model):
    """But for rounding, which every processor does its own way."""
    kept = read_npz(GOLDEN / "targets.npz")
    made = model.generate(kept["source"], seed=5).astype(int)
    assert np.ptp(made) > 50
    assert np.abs(made - kept["target"]).max() <= 2
