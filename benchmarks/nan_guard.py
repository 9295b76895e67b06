"""What undoing steps with NaN costs: updates with the guard and without, in turn.

    python benchmarks/nan_guard.py --config=cmgan_jax/configs/quickstart.py:s2i

Both are compiled in one process and make one update each in every round, on random
pixels. Prints JSON: seconds of wall time and of the processor, the ratios of their
medians (with over without), and the memory that the compiled updates need.
"""

import json
import statistics
import time

import jax
from absl import app, flags
from ml_collections import config_flags

from cmgan_jax.benchmark.update import WARM_UP, Updates, measure_memory
from cmgan_jax.benchmark.workload import Workload, make_workload
from cmgan_jax.configs import locate
from cmgan_jax.runtime import devices
from cmgan_jax.runtime.memory import keep_freed_memory

CONFIG = config_flags.DEFINE_config_file(
    "config", locate("quickstart:s2i"), "System and direction, as FILE:DIRECTION."
)
REPEATS = flags.DEFINE_integer("repeats", 60, "Rounds of one update each.")


class Unguarded(Workload):
    """A workload whose update keeps whatever it computes."""

    @property
    def update(self):
        """The update as it would be compiled without a guard."""

        def update(state, resident, items):
            state, metrics = self.phase.step(state, jax.tree.map(lambda x: x[0], items))
            return state, jax.tree.map(lambda x: x[None], metrics)

        everywhere = devices.replicated(self.mesh)
        return jax.jit(update, donate_argnums=0, out_shardings=everywhere)


def main(_) -> None:
    """Measures and prints."""
    keep_freed_memory()
    guarded = make_workload(CONFIG.value.to_dict())
    unguarded = Unguarded(guarded.config, guarded.system, guarded.mesh)
    both = {"with": guarded, "without": unguarded}
    updates = {name: Updates(work, warm_up=WARM_UP) for name, work in both.items()}
    wall: dict[str, list[float]] = {name: [] for name in both}
    processor: dict[str, list[float]] = {name: [] for name in both}
    for _ in range(REPEATS.value):
        for name, one in updates.items():
            before = time.process_time()
            wall[name].append(one.step()[0])
            processor[name].append(time.process_time() - before)
    seconds = {
        kind: {name: statistics.median(times) for name, times in measured.items()}
        for kind, measured in (("wall", wall), ("processor", processor))
    }
    ratios = {kind: found["with"] / found["without"] for kind, found in seconds.items()}
    memory = {
        name: measure_memory(work)["peak_memory_bytes"] for name, work in both.items()
    }
    print(json.dumps({"seconds": seconds, "ratio": ratios, "memory_bytes": memory}))


if __name__ == "__main__":
    app.run(main)
