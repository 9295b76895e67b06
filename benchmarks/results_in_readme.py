"""Writes the tables of README from the committed results of `reproduce`.

    python benchmarks/results_in_readme.py

docs/results/NAME.json, which `reproduce` writes -> README.md, between the marks of that
name, and docs/results/NAME.md, every column. A test holds both to the files.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from absl import app

from cmgan_jax.evaluation.markdown import as_markdown, percent, pitch_cell, table

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
NAMES = ("systems", "notes")
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


def read(name: str) -> dict[str, Any]:
    """What `reproduce` says of the systems: the entry "systems" of its results.json."""
    return json.loads((RESULTS / f"{name}.json").read_text())["systems"]


def marks(name: str) -> tuple[str, str]:
    """What stands in README before and after the tables of one file."""
    written = f"the tables of docs/results/{name}.json"
    return f"<!-- begin of {written} -->", f"<!-- end of {written} -->"


def tables(results: Mapping[str, Any]) -> str:
    """Markdown: a table for each direction, a line for each system.

    Args:
      results: "systems" of results.json.
    """
    return "\n".join(
        f"**{title}**\n\n{table(HEAD, list(_lines(results, way)))}"
        for way, title in WAYS.items()
    )


def with_tables(readme: str, name: str, made: str) -> str:
    """README with what stands between the marks of a name replaced.

    Raises:
      ValueError: not both marks are there, once each.
    """
    begin, end = marks(name)
    if readme.count(begin) != 1 or readme.count(end) != 1:
        raise ValueError(f"README.md needs the lines {begin} and {end}, once each.")
    before, _, rest = readme.partition(begin)
    return f"{before}{begin}\n{made}{end}{rest.partition(end)[2]}"


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
    readme = ROOT / "README.md"
    for name in NAMES:
        results = read(name)
        text = with_tables(readme.read_text(), name, tables(results))
        readme.write_text(text)
        (RESULTS / f"{name}.md").write_text(as_markdown(results))
    print(f"Written to {readme.name} and docs/results.")


if __name__ == "__main__":
    app.run(main)
