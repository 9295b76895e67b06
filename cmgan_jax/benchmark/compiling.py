"""How long the update takes to compile, with nothing kept and from the cache."""

import contextlib
import tempfile
from collections.abc import Iterator

import jax
from jax.experimental.compilation_cache import compilation_cache

from cmgan_jax.benchmark.timing import seconds
from cmgan_jax.benchmark.workload import Workload


def measure_compiling(workload: Workload) -> dict[str, float]:
    """Seconds to trace the update, to compile it, and to load it from the cache.

    Returns:
      "trace", "cold" and "cached"; the last two include tracing.
    """

    def compile_anew():
        jax.clear_caches()
        workload.update.lower(*workload.shapes).compile()

    with _empty_cache():
        jax.clear_caches()
        trace = seconds(lambda: workload.update.lower(*workload.shapes))
        cold = seconds(compile_anew)
        cached = seconds(compile_anew)
    return {"trace": trace, "cold": cold, "cached": cached}


@contextlib.contextmanager
def _empty_cache() -> Iterator[None]:
    """The persistent cache in a new folder while the block runs."""
    before = jax.config.jax_compilation_cache_dir
    with tempfile.TemporaryDirectory() as folder:
        _move_cache(folder)
        try:
            yield
        finally:
            _move_cache(before)


def _move_cache(folder: str | None) -> None:
    jax.config.update("jax_compilation_cache_dir", folder)
    # The cache remembers the folder it was first used with.
    compilation_cache.reset_cache()
