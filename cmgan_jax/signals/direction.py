"""Which modality is turned into which."""

import dataclasses

MODALITIES = ("image", "sound")


@dataclasses.dataclass(frozen=True)
class Direction:
    """One way between the modalities.

    Attributes:
      source: modality that is given, "image" or "sound".
      target: modality that is generated, the other one.
    """

    source: str
    target: str

    def __post_init__(self):
        if {self.source, self.target} != set(MODALITIES):
            raise ValueError(
                f"Direction({self.source!r}, {self.target!r}): expected the two of "
                f"{MODALITIES}."
            )

    @property
    def name(self) -> str:
        """ "s2i" or "i2s"."""
        return f"{self.source[0]}2{self.target[0]}"

    @property
    def title(self) -> str:
        """As people read it, such as "sound to image"."""
        return f"{self.source} to {self.target}"

    @classmethod
    def named(cls, name: str) -> "Direction":
        """The direction of that name.

        Raises:
          ValueError: there is none; lists those there are.
        """
        if name not in DIRECTIONS:
            raise ValueError(
                f"direction {name!r} is unknown; known: {', '.join(DIRECTIONS)}."
            )
        return DIRECTIONS[name]


S2I = Direction("sound", "image")
I2S = Direction("image", "sound")
DIRECTIONS = {direction.name: direction for direction in (S2I, I2S)}
