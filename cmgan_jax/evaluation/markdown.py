"""Results of several systems as Markdown tables, accuracies in percent."""

from collections.abc import Iterator, Mapping
from typing import Any

from cmgan_jax.evaluation.published import PUBLISHED
from cmgan_jax.evaluation.wording import distance_text

Entry = Mapping[str, Any]
MAIN = (
    "system, direction, split",
    "seeds",
    "accuracy % (least to most)",
    "95 % interval",
    "judges",
    "judges on real",
    "worst class",
    "diversity (least)",
    "distance to real (floor)",
    "labels used",
    "against the first, paired",
)
MORE = (
    "system, direction, split",
    "precision (real halves), recall",
    "Frechet distance (floor)",
    "nearest training item, over that of real ones",
    "response to noise, grey levels",
    "pitch within a semitone % (real; chance)",
    "source, with generated, with real target %",
    "steps to 50, 80, 95 % on validation",
    "seconds",
)
PAPERS = ("published", "here", "S2I %", "I2S %", "protocol")


def as_markdown(results: Mapping[str, Any]) -> str:
    """What `compare` found: what is quoted, what it hides, and what papers print."""
    tables = (
        (MAIN, [_main(*line) for line in _entries(results)]),
        (MORE, [_more(*line) for line in _entries(results)]),
        (PAPERS, [_paper(one) for one in PUBLISHED]),
    )
    return "\n".join(table(head, lines) for head, lines in tables)


def table(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    """A Markdown table of cells."""
    rows = [head, ("---",) * len(head), *lines]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _entries(results: Mapping[str, Any]) -> Iterator[tuple[str, Entry]]:
    for system, directions in results.items():
        for direction, splits in directions.items():
            for split, entry in splits.items():
                yield f"{system}, {direction}, {split}", entry


def _main(name: str, entry: Entry) -> tuple[str, ...]:
    head, worst, judges = entry["headline"], entry["worst_class"], entry["judges"]
    low, high = head["interval"]
    each = [f"{judge} {percent(found['mean'])}" for judge, found in judges.items()]
    real = [f"{judge} {percent(found['real'])}" for judge, found in judges.items()]
    least = worst["least"]
    return (
        name,
        str(entry["seeds"]),
        f"**{percent(head['mean'])}** ({percent(head['least'])} to "
        f"{percent(head['most'])})",
        f"{percent(low)} to {percent(high)}",
        ", ".join(each),
        ", ".join(real),
        f"{worst['name']} {percent(worst['mean'])}; least {least['name']} "
        f"{percent(least['accuracy'])}",
        _ratio(entry["diversity"]),
        distance_text(entry["distance_to_real"]),
        ", ".join(entry["labels_in_training"]) or "none",
        _against(entry.get("against")),
    )


def _more(name: str, entry: Entry) -> tuple[str, ...]:
    near, frechet = entry["precision_recall"], entry["frechet"]
    missing = entry["missing_modality"].values()
    learnt = entry["learning"].values()
    told = ("source", "source_and_generated", "source_and_real")
    return (
        name,
        f"{_number(near['precision'])} ({_number(near['floor'])}), "
        f"{_number(near['recall'])}",
        f"{_number(frechet['generated'], 1)} ({_number(frechet['floor'], 1)})",
        _number(entry["nearest_training_item"]["ratio"]),
        _number(entry["response_to_noise"]["median"], 1),
        pitch_cell(entry["pitch_kept"]),
        "; ".join(
            ", ".join(percent(judge[name]) for name in told) for judge in missing
        ),
        ", ".join(_number(level["steps"], 0) for level in learnt),
        ", ".join(_number(level["seconds"], 0) for level in learnt),
    )


def _paper(one) -> tuple[str, ...]:
    return (
        one.system,
        one.ours,
        *(_printed(one, direction) for direction in ("s2i", "i2s")),
        one.protocol,
    )


def _printed(one, direction: str) -> str:
    text, ends = percent(getattr(one, direction)), one.interval(direction)
    if ends is None:
        return text
    return f"{text} ({percent(ends[0])} to {percent(ends[1])})"


def _against(difference: Mapping[str, Any] | None) -> str:
    if difference is None:
        return ""
    low, high = (percent(end) for end in difference["interval"])
    return f"{100.0 * difference['mean']:+.1f} ({low} to {high})"


def percent(share: float) -> str:
    """A share as percent with one digit."""
    return f"{100.0 * share:.1f}"


def pitch_cell(kept: Mapping[str, Any] | None) -> str:
    """How often a pitch is kept, such as "16.3 (90.4; 13.9)"."""
    if kept is None:
        return "unknown"
    shares = [percent(kept[name]) for name in ("mean", "real", "chance")]
    return "{} ({}; {})".format(*shares)


def _number(value: float | None, digits: int = 2) -> str:
    return "unknown" if value is None else f"{value:,.{digits}f}"


def _ratio(diversity: Mapping[str, Any]) -> str:
    if diversity["mean"] is None:
        return "unknown"
    return f"{diversity['mean']:.2f} ({diversity['least']:.2f})"
