"""launch/environment.sh, as far as it goes without a network."""

import subprocess
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "launch" / "environment.sh"


def ensure(folder):
    program = f'set -euo pipefail; source "{SCRIPT}"; ensure_environment .venv .'
    return subprocess.run(
        ["bash", "-c", program],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHON": "/nowhere/python"},
        capture_output=True,
        text=True,
    )


def test_an_environment_of_somebody_else_is_left_as_it_is(tmp_path):
    """The mistake: one without pip (uv makes such) is cleared and made anew."""
    (tmp_path / "setup.cfg").write_text("")
    (tmp_path / ".venv").mkdir()
    mine = tmp_path / ".venv" / "mine"
    mine.write_text("mine")
    done = ensure(tmp_path)
    assert done.returncode == 1 and "not made by these" in done.stderr
    assert mine.read_text() == "mine"


def test_what_is_installed_already_needs_no_home(tmp_path):
    """The mistake: `set -u` and a variable that containers do not have."""
    (tmp_path / "setup.cfg").write_text("")
    (tmp_path / ".venv").mkdir()
    of_nothing = subprocess.run(["cksum"], input=b"", capture_output=True).stdout
    wanted = f"{tmp_path} . {of_nothing.decode().strip()}\n"
    (tmp_path / ".venv" / "installed").write_text(wanted)
    done = ensure(tmp_path)
    assert done.returncode == 0, done.stderr
