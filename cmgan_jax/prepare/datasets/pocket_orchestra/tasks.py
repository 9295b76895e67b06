"""One song of the pocket orchestra as a task for a worker process."""

import dataclasses

from cmgan_jax.data.items import Split, make_items
from cmgan_jax.media.log_mel import encode_windows
from cmgan_jax.prepare.datasets.pocket_orchestra.performance import (
    CLASS_NAMES,
    HOP_SECONDS,
    SongPlan,
    perform,
    plan_songs,
)
from cmgan_jax.prepare.plan import Plan, Produced
from cmgan_jax.signals.representation import Representation


@dataclasses.dataclass(frozen=True)
class SongTask:
    """Performs one song and encodes its windows.

    Attributes:
      song: what to perform.
      label: index into the class names.
      song_index: index into the plan's songs.
      performer_index: index into the plan's performers.
      expected: windows.
    """

    song: SongPlan
    label: int
    song_index: int
    performer_index: int
    expected: int

    def produce(self, representation: Representation) -> Produced:
        """Every window with the picture at its start; there are never defects."""
        performed = perform(
            self.song,
            sample_rate=representation.sample_rate,
            window_seconds=representation.window_seconds,
            image_size=representation.image_size,
        )
        columns = {
            "label": self.label,
            "song": self.song_index,
            "performer": self.performer_index,
            "time_ms": performed.time_ms,
            "pitch": performed.pitch,
            "stem": [f"{self.song.name}_{time}" for time in performed.time_ms],
        }
        sounds = encode_windows(performed.windows, representation)
        image = make_items(performed.images, **columns)
        return Produced(Split(image, make_items(sounds, **columns)))


def plan_orchestra(seed: int, *, scale: float, window_seconds: float = 0.5) -> Plan:
    """Every song of every split, in the order of `plan_songs`."""
    programme = plan_songs(seed, scale=scale, window_seconds=window_seconds)
    songs = [song for some in programme.values() for song in some]
    names = tuple(song.name for song in songs)
    performers = tuple(sorted({song.performer for song in songs}))
    return Plan(
        class_names=CLASS_NAMES,
        pairing="stem",
        songs=names,
        performers=performers,
        tasks={
            split: tuple(
                SongTask(
                    song,
                    label=CLASS_NAMES.index(song.instrument),
                    song_index=names.index(song.name),
                    performer_index=performers.index(song.performer),
                    expected=round((song.seconds - window_seconds) / HOP_SECONDS) + 1,
                )
                for song in some
            )
            for split, some in programme.items()
        },
    )
