"""Writes the tables of README from the committed results of `reproduce`.

    python benchmarks/results_in_readme.py

docs/results/systems.json, which `reproduce` writes -> README.md, between two marks, and
docs/results/systems.md, every column. A test holds both to the file.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from absl import app

from cmgan_jax.evaluation.markdown import as_markdown, percent, pitch_cell, table

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
RESULTS = ROOT / "docs" / "results" / "systems.json"
EVERY_COLUMN = RESULTS.with_suffix(".md")
BEGIN, END = (
    f"<!-- {where} of the tables of docs/results/systems.json -->"
    for where in ("begin", "end")
)
WAYS = {"s2i": "sound to image", "i2s": "image to sound"}
SPLITS = ("test", "test_performers")
HEAD = (
    "system",
    "seeds",
    "`test` %",
    "95 % interval",
    "against the first",
    "`test_performers` %",
    "worst class %",
    "diversity",
    "pitch % (real; chance)",
    "distance to real (floor)",
)


def read() -> dict[str, Any]:
    """What `reproduce` says of the systems: the entry "systems" of its results.json."""
    return json.loads(RESULTS.read_text())["systems"]


def tables(results: Mapping[str, Any]) -> str:
    """Markdown: a table for each direction, a line for each system.

    Args:
      results: "systems" of results.json.
    """
    return "\n".join(
        f"**{title}**\n\n{table(HEAD, list(_lines(results, way)))}"
        for way, title in WAYS.items()
    )


def with_tables(readme: str, made: str) -> str:
    """README with what stands between the marks replaced.

    Raises:
      ValueError: not both marks are there, once each.
    """
    if readme.count(BEGIN) != 1 or readme.count(END) != 1:
        raise ValueError(f"README.md needs the lines {BEGIN} and {END}, once each.")
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}\n{made}{END}{rest.partition(END)[2]}"


def _lines(results: Mapping[str, Any], way: str) -> Iterator[tuple[str, ...]]:
    for system, directions in results.items():
        if way in directions:
            yield _line(system, *(directions[way][split] for split in SPLITS))


def _line(system: str, entry: Mapping[str, Any], performers: Mapping[str, Any]):
    head, against = entry["headline"], entry.get("against")
    low, high = head["interval"]
    distance = entry["distance_to_real"]
    return (
        system.replace("_quickstart", ""),
        str(entry["seeds"]),
        f"**{percent(head['mean'])}**",
        f"{percent(low)} to {percent(high)}",
        "" if against is None else _difference(against),
        percent(performers["headline"]["mean"]),
        f"{entry['worst_class']['name']} {percent(entry['worst_class']['mean'])}",
        f"{entry['diversity']['mean']:.2f}",
        pitch_cell(entry["pitch_kept"]),
        f"{distance['generated']:.2f} ({distance['floor']:.2f})",
    )


def _difference(against: Mapping[str, Any]) -> str:
    low, high = (f"{100.0 * end:+.1f}" for end in against["interval"])
    return f"{100.0 * against['mean']:+.1f} ({low} to {high})"


def main(_):
    results = read()
    README.write_text(with_tables(README.read_text(), tables(results)))
    EVERY_COLUMN.write_text(as_markdown(results))
    print(f"Written to {README.name} and {EVERY_COLUMN}.")


if __name__ == "__main__":
    app.run(main)
