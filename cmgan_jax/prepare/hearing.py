"""How much of the recordings became rows, and how much nobody will hear."""

from collections.abc import Iterable
from typing import Any

from cmgan_jax.prepare.plan import Heard
from cmgan_jax.runtime.names import counted

# A window starts every tenth of a second: less than that is left at the end.
_UNUSED_END = 0.15
_NOTED = 5


class Hearing:
    """Adds up what tasks say of the recordings they read."""

    def __init__(self):
        """Nothing is heard yet."""
        self._recordings = 0
        self._seconds = self._used = 0.0
        self._in_part: list[Heard] = []
        self._noted: list[Heard] = []

    def add(self, heard: Iterable[Heard]) -> None:
        """Counts recordings."""
        for recording in heard:
            self._recordings += 1
            self._seconds += recording.seconds
            self._used += recording.used
            if recording.seconds - recording.used > _UNUSED_END:
                self._in_part.append(recording)
            if recording.notes:
                self._noted.append(recording)

    def summary(self) -> dict[str, Any]:
        """Totals, and every recording used in part or changed in some way, JSON."""
        return {
            "recordings": self._recordings,
            "seconds": round(self._seconds, 3),
            "seconds_used": round(self._used, 3),
            "used_in_part": [
                {
                    "path": recording.path,
                    "seconds": round(recording.seconds, 3),
                    "seconds_used": round(recording.used, 3),
                }
                for recording in self._in_part
            ],
            "noted": [
                {"path": recording.path, "note": note}
                for recording in self._noted
                for note in recording.notes
            ],
        }


def describe_hearing(summary: dict[str, Any], settings: dict[str, Any]) -> list[str]:
    """What is used of the recordings and how, nothing where there are none.

    Args:
      summary: as `Hearing.summary`.
      settings: what was asked for, of which "window" says how one was chosen.
    """
    if not summary["recordings"]:
        return []
    seconds, used = summary["seconds"], summary["seconds_used"]
    sentence = (
        f"used: {used:,.1f} of the {seconds:,.1f} s in "
        f"{counted(summary['recordings'], 'recording')} ({used / seconds:.0%})."
    )
    parts = summary["used_in_part"]
    if parts:
        longest = max(parts, key=lambda part: part["seconds"] - part["seconds_used"])
        sentence += (
            f" Of {len(parts):,} a part is not used, most of {longest['path']} "
            f"({longest['seconds_used']:g} of {longest['seconds']:g} s)."
        )
    if parts and "window" in settings:
        sentence += (
            " A picture and a recording of its name give one row, of the recording's "
            f"{settings['window']} window (--window); windows that are silent are "
            "never used. To use more, give films in place of pictures, cut recordings "
            "into moments with a picture each, or give --pairing=class."
        )
    return [sentence, *_describe_notes(summary.get("noted", []))]


def _describe_notes(noted: list[dict[str, str]]) -> list[str]:
    """The first few notes on single recordings, and how many more there are."""
    lines = [f"{one['path']}: {one['note']}" for one in noted[:_NOTED]]
    if len(noted) > _NOTED:
        lines.append(f"{len(noted) - _NOTED:,} more of this kind are in the report.")
    return lines
