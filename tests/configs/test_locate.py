"""Configurations by name, from wherever the package is installed."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cmgan_jax import configs

ROOT = Path(__file__).resolve().parents[2]
BUILD = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"


def test_names_and_files_are_found(tmp_path, monkeypatch):
    assert {"sa_cmgan", "sa_cmgan_original", "quickstart"} <= set(configs.NAMES)
    file, _, direction = configs.locate("quickstart:i2s").rpartition(":")
    assert Path(file).is_file() and direction == "i2s"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("")
    assert configs.locate("mine.py:s2i") == "mine.py:s2i"


@pytest.mark.parametrize("name", ["sa_cmgam:s2i", "base", "there/is/none.py:s2i", ""])
def test_an_unknown_name_lists_the_known(name):
    with pytest.raises(ValueError, match="neither a file nor one of") as caught:
        configs.locate(name)
    assert all(known in str(caught.value) for known in configs.NAMES)
    hint = "Did you mean 'sa_cmgan'?" in str(caught.value)
    assert hint == (name == "sa_cmgam:s2i")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel of this tree, unpacked where nothing of the repository is."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "cmgan_jax", source / "cmgan_jax", ignore=ignored)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-W", "ignore", "-c", BUILD]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = source.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def train(installed, where, *flags):
    return subprocess.run(
        [sys.executable, "-m", "cmgan_jax", "train", *flags],
        cwd=where,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_an_installed_package_knows_its_configurations(installed, tmp_path):
    """The run gets as far as its data, which are not there."""
    where = ("--data=nowhere", "--workdir=run")
    done = train(installed, tmp_path, "--config=sa_cmgan:s2i", *where)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "nowhere" in done.stderr and "config" not in done.stderr
    done = train(installed, tmp_path, "--config=sa_cmgam:s2i", *where)
    assert done.returncode == 1 and "Did you mean 'sa_cmgan'?" in done.stderr
    done = train(installed, tmp_path, "--config", "quickstart:i2s", *where)
    assert "nowhere" in done.stderr
    assert not (tmp_path / "run").exists()
