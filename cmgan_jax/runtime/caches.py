"""Where libraries keep what they compiled, on machines that give them no place.

Containers run under user numbers that nobody has a home for, clusters mount homes
read-only, and site-packages belongs to somebody else. Libraries ask for a place when
they are imported, so this is settled before.
"""

import os
import pwd
import stat
import sys
import tempfile
from pathlib import Path

from cmgan_jax.runtime.outputs import is_writable


def settle_caches() -> None:
    """Sets the variables by which JAX, Numba and Matplotlib find their caches.

    What the user has set stays. Where neither XDG_CACHE_HOME nor a home can be written
    to, a temporary folder serves, and one line on standard error says so.
    """
    for name in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR", "JAX_COMPILATION_CACHE_DIR"):
        # Libraries take an empty variable for the folder they are started in.
        if os.environ.get(name) == "":
            del os.environ[name]
    folder, reason = cache_folder()
    if reason:
        print(
            f"note: {reason}: compiled programs are kept in {folder}. Set "
            "XDG_CACHE_HOME to a folder of yours to keep them elsewhere.",
            file=sys.stderr,
        )
        os.environ["XDG_CACHE_HOME"] = str(folder.parent)
        os.environ.setdefault("MPLCONFIGDIR", str(folder / "matplotlib"))
        if not _home():
            # Libraries expand "~" when they are imported and fail where they cannot.
            os.environ["HOME"] = str(folder.parent)
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder / "xla"))
    os.environ.setdefault("NUMBA_CACHE_DIR", str(folder / "numba"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.5")


def cache_folder() -> tuple[Path, str]:
    """This program's folder of caches, and why it is not where it should be, or ""."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(named):
        # The standard has relative ones ignored; an empty one is as good as none.
        os.environ.pop("XDG_CACHE_HOME", None)
        named = ""
    home = _home()
    if not named and not home:
        reason = "this user has no home folder"
    else:
        place = Path(named) if named else Path(home, ".cache")
        if is_writable(place / "cmgan_jax"):
            return place / "cmgan_jax", ""
        reason = f"nothing can be written to {place}"
    return _temporary_folder() / "cmgan_jax", reason


def _home() -> str:
    """The home folder, or "" where there is none."""
    if home := os.environ.get("HOME", ""):
        return home
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""


def _temporary_folder() -> Path:
    """One folder per user, the same in the next run; nobody else's is ever trusted."""
    folder = Path(tempfile.gettempdir(), f"cmgan_jax-{os.getuid()}")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="cmgan_jax-"))
    own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    private = not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if own and private and is_writable(folder):
        return folder
    return Path(tempfile.mkdtemp(prefix="cmgan_jax-"))
