"""The reference renders, by the command that WORKSPACE.md gives."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Name of a page -> what is in it."""
    pytest.importorskip("pdoc")
    text = (ROOT / "WORKSPACE.md").read_text(encoding="utf-8")
    (line,) = (line for line in text.splitlines() if line.startswith("python -m pdoc "))
    output = tmp_path_factory.mktemp("reference")
    words = shlex.split(line)[1:]
    assert words[-2:] == ["--output-directory", "build/reference"]
    command = [sys.executable, *words[:-1], str(output)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return {
        path.relative_to(output).with_suffix("").as_posix(): path.read_text("utf-8")
        for path in output.rglob("*.html")
    }


def test_the_public_surface_is_there_and_nothing_else(pages):
    """The mistakes: a module is renamed; all that is imported is documented too."""
    names = {name for name in pages if name.startswith("cmgan_jax/")}
    assert names == {
        "cmgan_jax/configs",
        "cmgan_jax/configs/base",
        "cmgan_jax/evaluation/evaluate_run",
        "cmgan_jax/generation/made",
        "cmgan_jax/generation/translator",
        "cmgan_jax/runs/model",
        "cmgan_jax/systems/interface",
    }
    assert 'id="load"' in pages["cmgan_jax"]
    assert "cmgan_jax/prepare" not in pages["cmgan_jax"]


def test_sections_of_docstrings_are_set_as_such(pages):
    """The mistake: Google's sections are read as Markdown, so run into one line."""
    translator = pages["cmgan_jax/generation/translator"]
    assert '<h6 id="arguments">' in translator and '<h6 id="raises">' in translator
