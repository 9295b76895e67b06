"""One page of several systems: a table to sort, and what each made of one source."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.evaluation.evaluate_run import read_results
from cmgan_jax.evaluation.published import PUBLISHED
from cmgan_jax.evaluation.table import Table
from cmgan_jax.generation.media_out import Waveforms, waveform_maker
from cmgan_jax.reporting.examples import as_samples, spread_pairs
from cmgan_jax.reporting.page import Sample, environment
from cmgan_jax.signals.direction import DIRECTIONS

Systems = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Gallery:
    """What the first run of every system made of the same sources, a row per class.

    Attributes:
      direction: "s2i" or "i2s".
      split: where the sources are from.
      columns: "given", "real" and the names of the systems.
      rows: class name and a sample of every column; None where a system has none.
    """

    direction: str
    split: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Sample | None, ...]], ...]


def systems_page(systems: Systems, prepared: PreparedData, *, command: str) -> str:
    """Writes what `compare` found as one self-contained HTML page.

    Args:
      systems: {system: {direction: {split: entry}}}; the workdirs are still there.
      prepared: the data they were evaluated on.
      command: that made the table, for people.
    """
    pages = environment(prepared.representation.sample_rate)
    waveforms = waveform_maker(prepared.representation)
    directions = [
        name
        for name in DIRECTIONS
        if any(name in by_direction for by_direction in systems.values())
    ]
    galleries = [_gallery(systems, prepared, name, waveforms) for name in directions]
    return pages.get_template("systems.html").render(
        systems=systems,
        shown_directions=directions,
        galleries=galleries,
        published=PUBLISHED,
        dataset=f"{prepared.dataset} {prepared.version}",
        command=command,
    )


def _gallery(
    systems: Systems,
    prepared: PreparedData,
    direction: str,
    waveforms: Waveforms | None,
) -> Gallery:
    way = DIRECTIONS[direction]
    entries = {
        name: by_direction[direction]
        for name, by_direction in systems.items()
        if direction in by_direction
    }
    split = next(iter(next(iter(entries.values()))))
    tables = {
        name: _first_table(by_split[split], split, direction)
        for name, by_split in entries.items()
    }
    labels, given, real = spread_pairs(prepared, way, split=split, per_class=1)
    aloud = {"sound": waveforms, "image": None}
    columns = [
        as_samples(given, waveforms=aloud[way.source]),
        as_samples(real, waveforms=aloud[way.target]),
        *(
            as_samples(table.shown, waveforms=aloud[way.target], judged=_judged(table))
            for table in tables.values()
        ),
    ]
    names = [prepared.class_names[label] for label in labels]
    return Gallery(
        direction=direction,
        split=split,
        columns=("given", "real", *tables),
        rows=tuple(zip(names, zip(*columns, strict=True), strict=True)),
    )


def _first_table(entry: Mapping[str, Any], split: str, direction: str) -> Table:
    """What the first run of a system was seen to make."""
    found = read_results(Path(entry["runs"][0]), split, protocol=entry["protocol"])
    path = next(path for path, result in found if result["direction"] == direction)
    return Table.load(path.with_name(f"{path.stem}_items.npz"))


def _judged(table: Table) -> list[tuple[str, ...]]:
    guesses = zip(*(table.guess[name] for name in table.judges), strict=True)
    named = [tuple(table.class_names[one] for one in guess) for guess in guesses]
    return [named[row] for row in table.shown_row]
