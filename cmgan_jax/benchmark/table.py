"""Measurements as a table for people."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from cmgan_jax.benchmark.timing import Spread

UNITS = {
    "seconds": (1.0, "s"),
    "bytes": (1e-6, "MB"),
    "flops_per_second": (1e-9, "GFLOP/s"),
    "flops": (1e-9, "GFLOP"),
    "per_second": (1.0, "/s"),
}


def as_json(measured: Any) -> Any:
    """Measurements as JSON knows them."""
    if isinstance(measured, Spread):
        return dataclasses.asdict(measured)
    if isinstance(measured, dict):
        return {name: as_json(value) for name, value in measured.items()}
    return measured


def as_table(measured: dict[str, Any]) -> str:
    """One line per number: name, median, unit, and the smallest and largest."""
    rows = [_row(path, value) for path, value in _leaves(measured)]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {text}" for name, text in rows)


def _leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple]:
    if isinstance(tree, dict):
        for name, branch in tree.items():
            yield from _leaves(branch, (*path, str(name)))
    else:
        yield path, tree


def _row(path: tuple[str, ...], value: Any) -> tuple[str, str]:
    name = ".".join(path)
    scale, unit = _unit(path)
    if isinstance(value, Spread):
        low, middle, high = (
            _number(x * scale) for x in (value.min, value.median, value.max)
        )
        return (
            name,
            f"{middle:>10} {unit:<8} {low} to {high} ({value.repeats})".rstrip(),
        )
    if isinstance(value, int | float) and not isinstance(value, bool):
        return name, f"{_number(value * scale):>10} {unit}".rstrip()
    return name, f"{value}"


def _unit(path: tuple[str, ...]) -> tuple[float, str]:
    for part in reversed(path):
        for ending, unit in UNITS.items():
            if part.endswith(ending):
                return unit
    return 1.0, ""


def _number(value: float) -> str:
    if value == 0 or 0.01 <= abs(value) < 1e6:
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:.3g}"
