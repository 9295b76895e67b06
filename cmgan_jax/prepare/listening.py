"""Which notes a recording plays, as they are heard where nobody wrote them down."""

import dataclasses

import numpy as np
from jaxtyping import Float32

from cmgan_jax.media.note_hearing import notes_heard
from cmgan_jax.media.windows import windows_of
from cmgan_jax.prepare.media_tasks import ClassTask, MediaFile, StemTask
from cmgan_jax.prepare.moments import HOP_SECONDS
from cmgan_jax.prepare.plan import Plan
from cmgan_jax.signals.representation import Representation


@dataclasses.dataclass(frozen=True)
class Listening:
    """The notes of one recording, heard.

    Attributes:
      path: of a sound, or of a film with one.
    """

    path: str

    def pitches(
        self, starts_ms: list[int], representation: Representation
    ) -> Float32[np.ndarray, " m"]:
        """The MIDI number of the note that each window begins with.

        Args:
          starts_ms: of the windows, some of those that the recording is cut into.
          representation: gives rate and length of a window.

        Returns:
          NaN where there is none.

        Raises:
          MediaError: as `windows_of`.
        """
        heard: dict[int, float] = {}
        wanted = np.asarray(starts_ms)
        for starts, windows in windows_of(self.path, representation, HOP_SECONDS):
            asked = np.flatnonzero(np.isin(starts, wanted))
            notes = notes_heard(windows[asked], representation.sample_rate)
            heard |= dict(zip(starts[asked].tolist(), notes.tolist(), strict=True))
        return np.array([heard[start] for start in starts_ms], np.float32)


def listened(plan: Plan) -> Plan:
    """The same plan, whose recordings are listened to for the notes that they play."""
    return dataclasses.replace(
        plan,
        tasks={
            split: tuple(_listened(task) for task in tasks)
            for split, tasks in plan.tasks.items()
        },
    )


def _listened(task: StemTask | ClassTask) -> StemTask | ClassTask:
    return dataclasses.replace(task, sounds=tuple(map(_told, task.sounds)))


def _told(sound: MediaFile) -> MediaFile:
    return dataclasses.replace(sound, notation=Listening(sound.path))
