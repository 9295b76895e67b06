"""What is said of prepared data, and what to do with them next."""

import pathlib
from typing import Any

from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.prepare.hearing import describe_hearing
from cmgan_jax.prepare.identical import describe
from cmgan_jax.prepare.report import REPORT_FILE
from cmgan_jax.runtime.names import quoted


def describe_prepared(data: PreparedData, report: dict[str, Any]) -> list[str]:
    """The splits, the pairing, and what was read, used and left out, a line each.

    Args:
      data: finished data.
      report: their prepare_report.json.
    """
    lines = [
        f"{name:<16} {len(split.image):>7,} pictures {len(split.sound):>7,} sounds"
        for name, split in data.splits.items()
    ]
    if data.pitched:
        lines.append(f"the note is known of {data.notes_known:.0%} of them to train on")
    lines += report["notes"]
    if "hearing" in report:
        lines += describe_hearing(report["hearing"], report["settings"])
    lines += describe(report["identical_across_splits"])
    if report["defects"]["count"]:
        kinds = report["defects"]["by_kind"].items()
        listed = ", ".join(f"{count:,} {kind}" for kind, count in kinds)
        lines.append(f"left out: {listed}; all listed in {data.path / REPORT_FILE}.")
    return lines


def next_steps(data: PreparedData, output: pathlib.Path) -> list[str]:
    """The commands that train on the data, ready to be given to a shell.

    Args:
      data: finished data.
      output: the folder that `prepare` was given for them.
    """
    # Training refuses losses that need what the data do not have.
    aligned = "duet" if data.pitched else "sa_cmgan"
    system = aligned if data.pairing == "stem" else "class_aligned"
    weights = ""
    if len(data.class_names) == 1:
        weights = " --config.gan.mismatched_weight=0"
    name = output.name or output.resolve().name

    def command(scale: str, workdir: str) -> str:
        return (
            f"  python -m cmgan_jax train --data={quoted(output)} "
            f"--config={system}:{scale}s2i "
            f"--workdir={quoted(f'runs/{workdir}')}{weights}"
        )

    return [
        "Next, at a quarter of the width, some minutes on two processor cores:",
        command("quickstart/", f"{name}_quick_s2i"),
        "Or at full width, for an accelerator (half a day or more on two cores):",
        command("", f"{name}_s2i"),
        "i2s in place of s2i makes sounds from pictures.",
    ]
