"""Caches on machines that give them no place."""

import os
import tempfile
from pathlib import Path

import pytest

from cmgan_jax.runtime import caches

NAMES = ("JAX_COMPILATION_CACHE_DIR", "NUMBA_CACHE_DIR", "MPLCONFIGDIR")


@pytest.fixture
def settled(monkeypatch, tmp_path, capsys):
    """(variables; None removes one) -> (the caches by variable, what was said)."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.chdir(tmp_path)

    def settle(**variables):
        for name in (*NAMES, "XDG_CACHE_HOME", "HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))
        kept = dict(os.environ)
        try:
            caches.settle_caches()
            found = {n: os.environ.get(n) for n in (*NAMES, "HOME", "XDG_CACHE_HOME")}
        finally:
            os.environ.clear()
            os.environ.update(kept)
        return found, capsys.readouterr().err

    return settle


def blocked(folder: Path) -> Path:
    """Nobody, not even root, can make anything in a file."""
    folder.write_text("")
    return folder


def test_a_home_that_can_be_written_is_used_without_a_word(settled, tmp_path):
    found, said = settled(HOME=tmp_path)
    assert said == "" and found["MPLCONFIGDIR"] is None
    assert found["NUMBA_CACHE_DIR"] == f"{tmp_path}/.cache/cmgan_jax/numba"
    assert found["JAX_COMPILATION_CACHE_DIR"] == f"{tmp_path}/.cache/cmgan_jax/xla"
    assert not list((tmp_path / "tmp").iterdir())


@pytest.mark.parametrize("empty", ["", "relative"])
def test_an_empty_variable_is_none(settled, tmp_path, empty):
    """The mistake: XDG_CACHE_HOME= writes a cache into the folder one stands in."""
    found, said = settled(HOME=tmp_path, XDG_CACHE_HOME=empty, NUMBA_CACHE_DIR="")
    assert found["NUMBA_CACHE_DIR"] == f"{tmp_path}/.cache/cmgan_jax/numba"
    assert said == "" and found["XDG_CACHE_HOME"] is None
    assert sorted(os.listdir(tmp_path)) == [".cache", "tmp"]


@pytest.mark.parametrize("case", ["no home", "home not writable", "cache not writable"])
def test_a_temporary_folder_serves_with_one_line(settled, tmp_path, monkeypatch, case):
    """The mistake: unknown uid a traceback, home not writable 85 lines."""
    variables = {
        "no home": {},
        "home not writable": {"HOME": blocked(tmp_path / "home")},
        "cache not writable": {
            "HOME": tmp_path,
            "XDG_CACHE_HOME": blocked(tmp_path / "cache"),
        },
    }[case]

    def nobody(uid):
        raise KeyError(uid)

    monkeypatch.setattr(caches.pwd, "getpwuid", nobody)
    found, said = settled(**variables)
    assert said.count("\n") == 1 and str(tmp_path / "tmp") in said
    for name in NAMES:
        assert found[name].startswith(str(tmp_path / "tmp")), name
    assert Path(found["HOME"]).is_dir() == (case != "home not writable")


def test_what_the_user_set_stays(settled, tmp_path):
    found, _ = settled(HOME=tmp_path, NUMBA_CACHE_DIR="/mine")
    assert found["NUMBA_CACHE_DIR"] == "/mine"


def test_a_temporary_folder_of_somebody_else_is_not_trusted(settled, tmp_path):
    """The mistake: programs compiled by another user of the machine are run."""
    planted = tmp_path / "tmp" / f"cmgan_jax-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    found, _ = settled(HOME=blocked(tmp_path / "home"))
    assert not found["NUMBA_CACHE_DIR"].startswith(f"{planted}/")
