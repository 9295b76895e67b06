"""URMP as released: a folder for each piece, with a film and a recording per player.

The film shows the players side by side, from left to right in the order of their
numbers, before one background (Montesinos et al. 2020 describe it so); each is taken to
fill an equal strip of its width, which nobody states. What a recording AuSep_* plays
is written down beside it, in Notes_*.txt.
"""

import dataclasses
import pathlib
import re

from cmgan_jax.prepare.folders import list_folder, relative
from cmgan_jax.prepare.holding_out import Moment, hold_out
from cmgan_jax.prepare.media_tasks import MediaFile, StemTask
from cmgan_jax.prepare.notation import Notation, read_notation
from cmgan_jax.prepare.plan import Defect, Plan
from cmgan_jax.runtime.names import shown

# What names of files call the instruments.
INSTRUMENTS = {
    "bn": "bassoon",
    "vc": "cello",
    "cl": "clarinet",
    "db": "double_bass",
    "fl": "flute",
    "hn": "horn",
    "ob": "oboe",
    "sax": "sax",
    "tbn": "trombone",
    "tpt": "trumpet",
    "tba": "tuba",
    "va": "viola",
    "vn": "violin",
}
LAYOUT = (
    "{NN}_{piece}_{instruments}/Vid_*.mp4 and "
    "{NN}_{piece}_{instruments}/AuSep_{player}_{instrument}_{NN}_{piece}.wav"
)
_FILM = re.compile(r"Vid_.+")
_ALONE = re.compile(r"AuSep_(?P<player>\d+)_(?P<instrument>[a-z]+)_.+")


@dataclasses.dataclass(frozen=True)
class _Player:
    """One player of one piece.

    Attributes:
      instrument: its class.
      piece: the folder's name.
      film: of all players.
      sound: of this one.
      strip: which part of the film's width, and of how many.
    """

    instrument: str
    piece: str
    film: pathlib.Path
    sound: pathlib.Path
    strip: tuple[int, int]


def plan_urmp(root: pathlib.Path, *, window_seconds: float = 0.5) -> Plan:
    """Plans URMP as released, or some of its pieces.

    Args:
      root: the folder that holds the pieces' folders, or one such folder.
      window_seconds: how long a window is.

    Returns:
      A plan with stem pairing, a task for each player of each piece. A root without
      pieces gives a plan with one unknown_layout defect and no tasks.
    """
    players, defects, others = [], [], []
    for folder in [root, *list_folder(root, root)[0]]:
        found, wrong = _piece(folder, root)
        players += found
        defects += wrong
        if not (found or wrong) and folder != root:
            others.append(shown(folder.name))
    if not players and not defects:
        detail = f"holds no piece of URMP; expected {LAYOUT}."
        return Plan((), "stem", {}, defects=(Defect(".", "unknown_layout", detail),))
    notes = [f"not read: the folders {', '.join(others)}."] if others else []
    moments, held_out = hold_out(
        [
            Moment(
                split="train",
                name=one.instrument,
                kind="pair",
                song=one.piece,
                number=one.strip[0],
                files=(one.sound,),
            )
            for one in players
        ],
        released=(),
        window_seconds=window_seconds,
    )
    split_of = {moment.files[0]: moment.split for moment in moments}
    class_names = tuple(sorted({one.instrument for one in players}))
    songs = tuple(sorted({_song(one) for one in players}))
    notation, unreadable = _notation(players, root)
    tasks = {
        split: [
            _task(one, class_names, songs, root, notation.get(one.sound))
            for one in sorted(players, key=lambda one: (one.instrument, _song(one)))
            if split_of[one.sound] == split
        ]
        for split in ("train", "validation", "test")
    }
    return Plan(
        class_names=class_names,
        pairing="stem",
        tasks={split: listed for split, listed in tasks.items() if listed},
        songs=songs,
        defects=(*defects, *unreadable),
        notes=(*notes, *held_out),
    )


def _piece(
    folder: pathlib.Path, root: pathlib.Path
) -> tuple[list[_Player], list[Defect]]:
    """The players of one piece; nothing of a folder that holds none."""
    files = list_folder(folder, root)[1]
    films = [path for path in files if _FILM.fullmatch(path.stem)]
    alone = {
        int(name["player"]): (name["instrument"], path)
        for path in files
        if (name := _ALONE.fullmatch(path.stem))
    }
    if not films and not alone:
        return [], []
    wrong = _wrong(films, alone)
    if wrong:
        return [], [Defect(relative(folder, root), "unknown_layout", wrong)]
    return [
        _Player(
            INSTRUMENTS[code], folder.name, films[0], path, (player - 1, len(alone))
        )
        for player, (code, path) in sorted(alone.items())
    ], []


def _wrong(films: list[pathlib.Path], alone: dict) -> str:
    """What keeps a piece from being read, in a sentence, or nothing."""
    if len(films) != 1:
        return f"holds {len(films)} films Vid_*; expected one, of all players."
    if sorted(alone) != list(range(1, len(alone) + 1)):
        return (
            f"holds the recordings AuSep_* of the players {sorted(alone)}; expected "
            "one of every player from 1 on, as the film shows them side by side."
        )
    unknown = sorted({code for code, _ in alone.values()} - set(INSTRUMENTS))
    if unknown:
        return f"names the instruments {unknown}; known: {', '.join(INSTRUMENTS)}."
    return ""


def _notation(
    players: list[_Player], root: pathlib.Path
) -> tuple[dict[pathlib.Path, Notation], list[Defect]]:
    """The notes of recordings that have some; a recording whose have not stays."""
    found, defects = {}, []
    for player in players:
        name = player.sound.stem.replace("AuSep_", "Notes_", 1)
        path = player.sound.with_name(f"{name}.txt")
        if not path.exists():
            continue
        try:
            found[player.sound] = read_notation(path)
        except (ValueError, OSError) as error:
            defects.append(Defect(relative(path, root), "unreadable_notes", str(error)))
    return found, defects


def _song(player: _Player) -> str:
    return f"{player.instrument}/{shown(player.piece)}/{player.strip[0] + 1}"


def _task(
    player: _Player,
    class_names: tuple[str, ...],
    songs: tuple[str, ...],
    root: pathlib.Path,
    notation: Notation | None,
) -> StemTask:
    stem, song = _song(player), songs.index(_song(player))
    film = MediaFile(
        str(player.film), relative(player.film, root), stem, song, strip=player.strip
    )
    sound = MediaFile(
        str(player.sound), relative(player.sound, root), stem, song, notation=notation
    )
    return StemTask(class_names.index(player.instrument), (film,), (sound,))
