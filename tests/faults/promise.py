"""One promise: what it says, what was done to break it, and what came of it."""

import dataclasses


@dataclasses.dataclass
class Promise:
    """A row of the table.

    Attributes:
      name: such as "R5".
      says: what is promised.
      done: what was done to break it.
      trials: how often.
      failures: a line for every trial that broke it.
      left_out: why it was not tried, if it was not.
    """

    name: str
    says: str
    done: str
    trials: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)
    left_out: str = ""

    def count(self, kept: bool, otherwise: str) -> None:
        """Counts one trial.

        Args:
          kept: whether the promise was kept.
          otherwise: what is told of it if it was not.
        """
        self.trials += 1
        if not kept:
            self.failures.append(otherwise)


def table(promises: list[Promise]) -> str:
    """All of them as Markdown, the failures below."""
    lines = [
        "| | promise | what was done | trials | failures |",
        "|---|---|---|---|---|",
    ]
    for one in promises:
        tried = one.left_out or f"{one.trials:,} | {len(one.failures)}"
        lines.append(f"| {one.name} | {one.says} | {one.done} | {tried} |")
    failed = [f"{one.name}: {line}" for one in promises for line in one.failures]
    return "\n".join([*lines, "", *failed])
