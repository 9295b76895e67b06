"""What may be asked of a data set: a TFDS configuration that decides its bytes."""

import dataclasses
import hashlib
import json
from typing import Any

import tensorflow_datasets as tfds

from cmgan_jax.signals.representation import LOG_MEL_WINDOWS, Representation


@dataclasses.dataclass
class PairedConfig(tfds.core.BuilderConfig):
    """What decides the bytes of a prepared data set, apart from its source.

    Subclass with further fields (defaults required) for a data set's own settings.

    Attributes:
      name: the folder of this configuration; made from the other fields if empty.
      representation: how pictures and sounds become arrays.
    """

    name: str = ""
    representation: Representation = dataclasses.field(default_factory=Representation)

    def __post_init__(self):
        if not self.name:
            self.name = self._distinct_name()

    def settings(self) -> dict[str, Any]:
        """The data set's own settings as JSON: every field a subclass adds."""
        inherited = {field.name for field in dataclasses.fields(PairedConfig)}
        fields = {field.name for field in dataclasses.fields(self)}
        return {name: getattr(self, name) for name in sorted(fields - inherited)}

    def _distinct_name(self) -> str:
        """ "log_mel_64", "log_mel_128_1s", with a digest where more is chosen."""
        shown = {
            name: getattr(self.representation, name)
            for name in ("sound", "image_size", "colormap", "window_seconds")
        }
        name = f"{shown['sound']}_{shown['image_size']}"
        usual, seconds = {}, shown["window_seconds"]
        if seconds != Representation.window_seconds:
            name += f"_{seconds:g}s"
        if shown["sound"] == "log_mel":
            usual = LOG_MEL_WINDOWS.get(seconds, {})
        plain = type(self)(name=name, representation=Representation(**shown, **usual))
        if plain == dataclasses.replace(self, name=name):
            return name
        content = [self.representation.to_json(), self.settings()]
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
        return f"{name}_{digest.hexdigest()[:8]}"


@dataclasses.dataclass
class RecordedConfig(PairedConfig):
    """The same for recordings that say nothing of the notes they play.

    Attributes:
      listen: estimate the note that each window begins with.
    """

    listen: bool = False

    def settings(self) -> dict[str, Any]:
        """As ever, but for `listen` where nobody does: earlier data do not say it."""
        found = super().settings()
        if not self.listen:
            del found["listen"]
        return found
