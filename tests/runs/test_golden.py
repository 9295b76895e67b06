"""A run of version 0.1.0, kept as it was written: what later versions still read.

`python -m tests.runs.golden NAME.zip` made it.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest

from cmgan_jax.runs.model import load
from cmgan_jax.runtime.whole_file import read_npz
from tests.runs.golden import SEED, TARGETS

GOLDEN = Path(__file__).with_name("golden_0_1_0.zip")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("golden")
    shutil.unpack_archive(GOLDEN, workdir)
    return load(workdir)


def test_its_variables_come_back_bit_for_bit(model):
    """The digest was printed when it was saved."""
    assert (model.digest, model.step) == ("a5d05143", 400)
    assert model.record.versions["cmgan_jax"] == "0.1.0"


def test_it_generates_what_it_did(model):
    """But for one grey level, where a number lies at the edge between two.

    Processors round in their own way. With SSE 4.2, AVX, AVX2 and AVX-512, on one and
    four devices, none of 53,760 numbers fell on the other side; another seed moves some
    number of every picture by three.
    """
    kept = read_npz(model.workdir / TARGETS)
    made = model.generate(kept["source"], seed=SEED).astype(int)
    assert np.ptp(made) > 50
    assert np.abs(made - kept["target"]).max() <= 1
