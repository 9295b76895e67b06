"""Films and soundtracks in the making, one after another, and those that were made.

Each lies in a folder of its own, which goes when it is forgotten: because the page has
taken it, somebody stopped it, or nobody asks for it any more.
"""

import asyncio
import dataclasses
import secrets
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cmgan_jax.generation.media_in import examine
from cmgan_jax.generation.piece_files import make_piece
from cmgan_jax.generation.pieces import PieceSettings
from cmgan_jax.media.errors import MediaError
from cmgan_jax.serving.line import Line
from cmgan_jax.serving.refusal import Refused
from cmgan_jax.serving.ways import MOST_SEED, Way

ROOM = 4  # pieces waiting or in the making
KEEP_SECONDS = 600.0  # since somebody asked for a piece
MOST_SECONDS = 600.0  # that a piece lasts
MOST_SLIDES = 100


@dataclasses.dataclass(frozen=True)
class Order:
    """What is asked for.

    Attributes:
      seed: of the noise, 0 to MOST_SEED - 1: the piece is what `generate` makes of it.
      sizes: bytes of each picture of a slide show, which come one after another; none
        of a single recording or film.
      slide_seconds: for which each picture is shown, 0.2 to 60.
    """

    seed: int = 0
    sizes: tuple[int, ...] = ()
    slide_seconds: float = 2.0

    def __post_init__(self):
        for name, value, low, high in (
            ("seed", self.seed, 0, MOST_SEED - 1),
            ("slide_seconds", self.slide_seconds, 0.2, 60.0),
            ("sizes", len(self.sizes), 0, MOST_SLIDES),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name}={value}: expected {low} to {high}.")

    def require_size(self, size: int) -> None:
        """Raises Refused, 400, where the pictures of a slide show are not the body."""
        if self.sizes and (sum(self.sizes) != size or min(self.sizes) < 1):
            told = f"{sum(self.sizes):,} bytes were named, {size:,} came."
            raise Refused(400, f"The pictures are not what was announced: {told}")


class _Halt(BaseException):
    """Ends the making from within: decoders turn every Exception into one of theirs."""

    def __init__(self, refusal: Refused):
        super().__init__(refusal.text)
        self.refusal = refusal


class Piece:
    """A piece from its order to its files; one thread makes it, others look at it.

    Attributes:
      asked: when somebody last asked for it, by the monotonic clock.
      future: of the files, once it has been put into the line.
    """

    def __init__(self, way: Way, given: Path, order: Order):
        """Reads nothing yet.

        Args:
          way: that takes it.
          given: a recording or film, or the pictures of a slide show one after another;
            the files are made beside it.
          order: what is asked for.
        """
        self._way, self._given, self._order = way, given, order
        self._stop = threading.Event()
        self._state, self._seconds, self._total = "waiting", 0.0, 0.0
        self.asked = time.monotonic()
        self.future: Any = None

    def stop(self) -> None:
        """Ends the making at the next picture or block of sound."""
        self._stop.set()

    def make(self) -> dict[str, Path]:
        """The files by their suffix without the dot.

        Raises:
          Refused: 415, what was given is no use; 413, it lasts too long; 410, stopped.
        """
        try:
            given, rate = self._given, None
            if self._order.sizes:
                given, rate = self._unpacked(), 1 / self._order.slide_seconds
            self._total = self._read(given, rate)
            self._state, self._seconds = "making", 0.0
            files = make_piece(
                self._way.model,
                given,
                self._given.with_name("piece"),
                frames_per_second=rate,
                settings=PieceSettings(seed=self._order.seed),
                told=self._told,
            )
        except MediaError as error:
            name = Path(error.path).name
            who = f"Picture {int(name)}" if name.isdecimal() else "The file"
            raise Refused(415, f"{who} {error.reason}") from error
        except _Halt as halt:
            raise halt.refusal from None
        return {file.suffix[1:]: file for file in files}

    def files(self) -> dict[str, Path]:
        """What was made, by suffix; nothing until it is complete. Raises as `make`."""
        return self.future.result() if self.future.done() else {}

    def about(self) -> dict[str, Any]:
        """How far it is. Raises as `make`, if it failed."""
        files = self.files()
        return {
            "state": "done" if files else self._state,
            "seconds": self._seconds,
            "of": self._total,
            "files": list(files),
        }

    def _unpacked(self) -> Path:
        """The pictures of a slide show as a folder of frames."""
        folder = self._given.with_name("slides")
        folder.mkdir()
        with self._given.open("rb") as body:
            for number, size in enumerate(self._order.sizes, start=1):
                (folder / f"{number:03d}").write_bytes(body.read(size))
        return folder

    def _read(self, given: Path, rate: float | None) -> float:
        """Reads all of what was given before anything is made; says how long it is."""
        self._state = "reading"
        content = examine(
            given,
            self._way.model.record.representation,
            direction=self._way.direction,
            hop_seconds=PieceSettings.film_hop,
            frames_per_second=rate,
            heard=lambda ms: self._told(ms / 1000),
        )
        if not content.seconds:
            raise Refused(415, "The file is one picture: a soundtrack takes several.")
        return content.seconds

    def _told(self, seconds: float) -> None:
        if self._stop.is_set():
            raise _Halt(Refused(410, "This was stopped."))
        if self._state == "reading" and seconds > MOST_SECONDS:
            text = (
                f"It lasts more than the {MOST_SECONDS / 60:g} minutes that become one "
                "piece here: give a shorter one, or use python -m cmgan_jax generate."
            )
            raise _Halt(Refused(413, text))
        self._seconds = seconds


class Pieces:
    """All pieces that are not forgotten, by numbers that nobody can guess.

    Its methods are called from the loop of the server.
    """

    def __init__(self):
        """Makes nothing yet."""
        self._line = Line("pieces", room=ROOM)
        self._held: dict[str, tuple[Piece, ExitStack]] = {}

    def begin(self, piece: Piece, folder: ExitStack) -> str:
        """Makes a piece once it is its turn; its number.

        Args:
          piece: to be made.
          folder: removes what the piece lies in; taken over.

        Raises:
          Refused: 503, there is no room.
        """
        if len(self._held) >= ROOM:
            raise Refused(503, "Busy: other films are being made. Try again shortly.")
        piece.future = self._line.start(piece.make)
        number = secrets.token_urlsafe(16)
        self._held[number] = piece, folder.pop_all()
        self._watch(number)
        return number

    def find(self, number: str) -> Piece:
        """A piece by its number.

        Raises:
          Refused: 404, there is none, or none any more.
        """
        if number not in self._held:
            raise Refused(404, "There is no such piece here, or not any more.")
        piece, _ = self._held[number]
        piece.asked = time.monotonic()
        return piece

    def forget(self, number: str) -> None:
        """Stops a piece if it is in the making, and removes all of it.

        Raises:
          Refused: as `find`.
        """
        self.find(number)
        piece, folder = self._held.pop(number)
        piece.stop()
        piece.future.cancel()
        # What is in the making ends first.
        piece.future.add_done_callback(lambda _: folder.close())

    def close(self) -> None:
        """Forgets all, and lets nothing more begin."""
        for number in list(self._held):
            self.forget(number)
        self._line.close()

    def _watch(self, number: str) -> None:
        """Forgets a piece that nobody has asked for; looks again when that may be."""
        if number not in self._held:
            return
        left = self._held[number][0].asked + KEEP_SECONDS - time.monotonic()
        if left <= 0:
            self.forget(number)
        else:
            asyncio.get_running_loop().call_later(left, self._watch, number)
