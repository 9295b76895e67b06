"""The dependency rule of setup.cfg, and that importing the systems stays light."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_import_contracts_hold():
    lint_imports = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [lint_imports, "--no-cache"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    "module",
    [
        "cmgan_jax.systems.sa_cmgan",
        "cmgan_jax.training.loop",
        "cmgan_jax.runs.checkpoints",
        "cmgan_jax.data.prepared",
        "cmgan_jax.data.reader",
        "cmgan_jax.evaluation.judges",
    ],
)
def test_importing_loads_no_media_library(module):
    """What an accelerator host imports must run without TensorFlow installed."""
    program = (
        f"import sys, {module}\n"
        "heavy = {'tensorflow', 'tensorflow_datasets', 'librosa', 'soundfile'}\n"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == []
