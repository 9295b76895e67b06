"""The order of training data at a size that no machine holds: its memory and its speed.

    python benchmarks/input_order.py --rows=1000000000 --processes=256

Writes the labels of so many rows, song after song, to a file that is mapped (4 bytes a
row, deleted at the end), opens the order of one of so many processes on it and draws
batches at steps all over an epoch. Walks through complete epochs of --complete rows,
whose every row has to come once whatever the number of processes. Prints JSON.
"""

import json
import tempfile
import time
from pathlib import Path

import numpy as np
from absl import app, flags

from cmgan_jax.data.order import Order
from cmgan_jax.training.batch import Needs

ROWS = flags.DEFINE_integer("rows", 10**9, "Rows of the simulated split.")
SONG = flags.DEFINE_integer("song", 600, "Rows of one song.")
CLASSES = flags.DEFINE_integer("classes", 13, "Labels.")
PROCESSES = flags.DEFINE_integer("processes", 256, "That share each batch.")
BATCH_SIZE = flags.DEFINE_integer("batch_size", 65536, "Pairs per update, of all.")
STEPS = flags.DEFINE_integer("steps", 200, "Steps whose batches are drawn.")
COMPLETE = flags.DEFINE_integer("complete", 10**5, "Rows of complete epochs.")
FOLDER = flags.DEFINE_string("folder", None, "For the file; default: a temporary one.")

# What the default system reads, and class pairing, which draws most.
NEEDS = Needs(
    anchor="sound", fields=("sound", "image", "mismatched_image", "mismatched_sound")
)
_AT_ONCE = 10**7


def main(_) -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory(dir=FOLDER.value) as folder:
        labels = write_labels(Path(folder) / "label.npy")
        before = memory()
        start = time.perf_counter()
        order = open_order(labels, part(PROCESSES.value, 0, BATCH_SIZE.value))
        opening, opened = time.perf_counter() - start, memory()
        seconds = draw(order, ROWS.value // BATCH_SIZE.value)
        drawn = memory()
    print(
        json.dumps(
            {
                "rows": ROWS.value,
                "songs": -(-ROWS.value // SONG.value),
                "open_seconds": opening,
                "open_bytes": opened - before,
                "drawing_bytes": drawn - opened,
                "batch_cpu_seconds": float(np.median(seconds)),
                "batch_cpu_seconds_max": max(seconds),
                "rows_per_process": BATCH_SIZE.value // PROCESSES.value,
                "steps": STEPS.value,
                "complete_epochs": {n: complete(n) for n in (1, 4, 16)},
            }
        )
    )


def write_labels(file: Path) -> np.ndarray:
    """Labels of all rows, mapped."""
    rng = np.random.default_rng(0)
    labels = np.lib.format.open_memmap(file, "w+", np.int32, (ROWS.value,))
    step = _AT_ONCE // SONG.value * SONG.value
    for begin in range(0, ROWS.value, step):
        some = labels[begin : begin + step]
        songs = rng.integers(CLASSES.value, size=-(-len(some) // SONG.value))
        some[:] = np.repeat(songs, SONG.value)[: len(some)]
    labels.flush()
    return np.load(file, mmap_mode="r")


def part(processes: int, process: int, batch_size: int) -> slice:
    """The rows of a batch that a process reads."""
    size = batch_size // processes
    return slice(process * size, (process + 1) * size)


def open_order(labels: np.ndarray, some: slice, **changed) -> Order:
    """The order of a class-aligned split of these labels."""
    sizes = {"batch_size": BATCH_SIZE.value} | changed
    both = {"sound": labels, "image": labels}
    return Order(both, needs=NEEDS, pairing="class", seed=0, part=some, **sizes)


def draw(order: Order, steps: int) -> list[float]:
    """Seconds of a core for each batch, at steps evenly apart over an epoch."""
    seconds = []
    for step in np.linspace(0, steps - 1, STEPS.value).astype(int):
        start = time.process_time()
        order.batch(int(step))
        seconds.append(time.process_time() - start)
    return seconds


def complete(processes: int) -> bool:
    """Whether every row comes once in an epoch that so many processes share."""
    rows, batch_size = COMPLETE.value, 16 * 5
    labels = np.arange(rows) // SONG.value % CLASSES.value
    seen = np.zeros(rows, int)
    for process in range(processes):
        some = part(processes, process, batch_size)
        order = open_order(labels, some, batch_size=batch_size)
        for step in range(rows // batch_size):
            np.add.at(seen, order.anchor_rows(step), 1)
    return bool((seen == 1).all())


def memory() -> int:
    """Bytes of this process that are not mapped files."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return 1024 * int(line.split()[1])
    raise OSError("/proc/self/status does not say RssAnon: this needs Linux.")


if __name__ == "__main__":
    app.run(main)
