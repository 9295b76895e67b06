"""Checkpoints that are restored, and damaged."""

import gc
from pathlib import Path

import pytest

from cmgan_jax.runs.checkpoints import Checkpoints
from tests.runs.trees import items


@pytest.fixture
def dropped_reads():
    """Collects what Orbax dropped while the warnings about it are ignored."""
    yield
    gc.collect()


@pytest.fixture
def folder(tmp_path) -> Path:
    """Checkpoints of steps 2 and 4."""
    checkpoints = Checkpoints(tmp_path / "gan", keep=2)
    for step in (0, 2, 4):
        checkpoints.save(step, items(step))
    checkpoints.close()
    return tmp_path / "gan"
