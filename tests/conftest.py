"""Runs the whole suite on four CPU devices, with every shape checked.

Everything that must be settled before JAX starts or `cmgan_jax` is imported is
settled here, at import.
"""

import importlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Through the environment, so that processes which tests start do the same.
os.environ.setdefault(
    "JAX_COMPILATION_CACHE_DIR", str(ROOT / ".pytest_cache" / "compiled")
)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# configs/ stands beside the package and is not installed with it.
sys.path.insert(0, str(ROOT))

import jax  # noqa: E402
import jaxtyping  # noqa: E402
import pytest  # noqa: E402

jax.config.update("jax_num_cpu_devices", 4)
jax.config.update("jax_numpy_rank_promotion", "raise")

jaxtyping.install_import_hook("cmgan_jax", "beartype.beartype")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder `data` of real recordings and pictures, or a visible skip.

    Looked for in the folder named by CMGAN_SHARED, else in `shared` beside the
    repository.
    """
    shared = Path(os.environ.get("CMGAN_SHARED", ROOT.parent / "shared"))
    data = shared / "data"
    if not data.is_dir():
        pytest.skip(f"no real data in {data}: set CMGAN_SHARED to the folder above it")
    return data


@pytest.fixture(scope="session")
def config_file():
    """(file name without .py, direction) -> a fresh configuration of configs/."""

    def get(name: str, direction: str):
        return importlib.import_module(f"configs.{name}").get_config(direction)

    return get
