"""How a pitch is played: string and stop, slide and partial, valves, or closed keys.

The choice is the instrument's own as a beginner's table has it: one fingering for one
pitch, so that the fingering tells the pitch. All numbers are sounding MIDI numbers.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Stop:
    """A stopped string.

    Attributes:
      string: 0 for the lowest of four.
      semitones: above the open string.
    """

    string: int
    semitones: int


@dataclasses.dataclass(frozen=True)
class Slide:
    """A place of the trombone's slide.

    Attributes:
      position: 1, the slide drawn in, to 7, a semitone lower each.
      partial: which of the tube's tones sounds, 0 for the lowest in use.
    """

    position: int
    partial: int


@dataclasses.dataclass(frozen=True)
class Valves:
    """Valves that are down.

    Attributes:
      down: first, second and third valve.
      partial: which of the tube's tones sounds, 0 for the lowest in use.
    """

    down: tuple[bool, bool, bool]
    partial: int


@dataclasses.dataclass(frozen=True)
class Keys:
    """Keys or holes that are closed, counted from the mouth.

    Attributes:
      closed: number of them, each a semitone.
      register: 0 for the tube's own tones, 1 and 2 for those overblown.
    """

    closed: int
    register: int


Fingering = Stop | Slide | Valves | Keys

# Open strings, lowest first.
_STRINGS = {
    "violin": (55, 62, 69, 76),
    "viola": (48, 55, 62, 69),
    "cello": (36, 43, 50, 57),
    "double_bass": (28, 33, 38, 43),
}
# Tones of the whole tube with nothing pressed. Partials that are too flat are left out,
# but for the trombone's seventh, which the slide mends from the second position on.
_PARTIALS = {
    "trombone": (46, 53, 58, 62, 65, 68, 70),
    "trumpet": (58, 65, 70, 74, 77, 82, 84),
    "horn": (41, 48, 53, 57, 60, 65, 67, 69, 72, 77),
    "tuba": (34, 41, 46, 50, 53, 58),
}
_FLAT_PARTIAL = 68
# Valves that lower the tube by 0 to 6 semitones.
_VALVES = ((), (2,), (1,), (1, 2), (2, 3), (1, 3), (1, 2, 3))
# Of every register: its highest pitch, and the pitch that closing no key would give.
_REGISTERS = {
    "flute": ((73, 73), (85, 85), (91, 97)),
    "clarinet": ((68, 68), (84, 87)),
    "oboe": ((73, 73), (85, 85), (87, 97)),
    "bassoon": ((53, 53), (65, 65), (67, 77)),
    "sax": ((64, 64), (76, 76), (80, 88)),
}
# Keys of every woodwind: as many as its lowest pitch closes.
KEYS = {"flute": 13, "clarinet": 18, "oboe": 15, "bassoon": 19, "sax": 15}
PARTIALS = {name: len(partials) for name, partials in _PARTIALS.items()}


def fingering(instrument: str, pitch: int) -> Fingering:
    """How an instrument plays a pitch.

    Args:
      instrument: class name.
      pitch: sounding MIDI number.

    Returns:
      The fingering; no two pitches of an instrument's range share one.

    Raises:
      ValueError: the instrument cannot play this pitch.
    """
    if instrument in _STRINGS:
        found = _stop(_STRINGS[instrument], pitch)
    elif instrument in _PARTIALS:
        found = _tube(instrument, pitch)
    else:
        found = _keys(instrument, pitch)
    if found is None:
        raise ValueError(f"{instrument} has no fingering for pitch {pitch}.")
    return found


def _stop(strings: tuple[int, ...], pitch: int) -> Stop | None:
    """On the highest string that is low enough."""
    below = [string for string, tuned in enumerate(strings) if tuned <= pitch]
    return Stop(below[-1], pitch - strings[below[-1]]) if below else None


def _tube(instrument: str, pitch: int) -> Slide | Valves | None:
    """From the lowest partial at or above the pitch: the shortest way down to it."""
    partials = _PARTIALS[instrument]
    for number, partial in enumerate(partials):
        down = partial - pitch
        if not 0 <= down <= 6:
            continue
        if instrument != "trombone":
            pressed = _VALVES[down]
            return Valves((1 in pressed, 2 in pressed, 3 in pressed), number)
        if partial != _FLAT_PARTIAL or down > 0:
            return Slide(1 + down, number)
    return None


def _keys(instrument: str, pitch: int) -> Keys | None:
    for register, (highest, opened) in enumerate(_REGISTERS[instrument]):
        closed = opened - pitch
        if pitch <= highest and closed <= KEYS[instrument]:
            return Keys(closed, register)
    return None
