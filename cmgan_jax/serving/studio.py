"""Everything that is served, behind lines: for media, for the model, for pieces."""

import itertools
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from cmgan_jax.serving import answers
from cmgan_jax.serving.answers import Json
from cmgan_jax.serving.bodies import MOST_BYTES
from cmgan_jax.serving.gallery import find_exhibits
from cmgan_jax.serving.line import Line
from cmgan_jax.serving.looking import look
from cmgan_jax.serving.moments import read_moments
from cmgan_jax.serving.pieces import Pieces
from cmgan_jax.serving.refusal import Refused
from cmgan_jax.serving.ways import MOST_SAMPLES, Way, Wish, perform

ROOM = 8  # requests in each line


class Studio:
    """The ways with their examples, once they are warm.

    Attributes:
      ways: by the name of the direction.
      pieces: in the making, or made and not yet taken.
    """

    def __init__(self, ways: Mapping[str, Way]):
        """Computes nothing yet.

        Args:
          ways: by the modality that they take.
        """
        self._by_source = ways
        self.ways = {way.direction.name: way for way in ways.values()}
        self.reading = Line("reading", room=ROOM)
        self.model = Line("model", room=ROOM)
        self.pieces = Pieces()
        self._about: list[Json] = []
        self._galleries: dict[str, list[Json]] = {}
        self._failed = ""
        self._warm = threading.Event()
        self._closed = threading.Event()

    def warm_up(self) -> None:
        """Compiles and makes the galleries; until it is over, nothing is served."""
        steps = itertools.product(self.ways.items(), (self._hang, self._rehearse))
        try:
            for (name, way), step in steps:
                # A server that is told to end does not compile on.
                if self._closed.is_set():
                    return
                step(name, way)
        except Exception as error:
            self._failed = f"{type(error).__name__}: {error}"
            raise
        self._warm.set()

    def _hang(self, name: str, way: Way) -> None:
        origin, exhibits = find_exhibits(way)
        self._galleries[name] = [answers.of_exhibit(x, way) for x in exhibits]
        self._about.append(answers.about(way, origin))

    def _rehearse(self, name: str, way: Way) -> None:
        blank = np.zeros(way.source_shape, np.uint8)
        perform(way, blank, Wish(samples=MOST_SAMPLES))
        look(way, blank)

    def require_warm(self) -> None:
        """Raises Refused, 503 while warming up, 500 if that failed."""
        if self._failed:
            raise Refused(500, f"The model could not be warmed up ({self._failed}).")
        if not self._warm.is_set():
            raise Refused(503, "Warming up: the model is compiled for this computer.")

    def way(self, name: str) -> Way:
        """The way of a direction.

        Raises:
          Refused: 404, there is none.
        """
        if name not in self.ways:
            known = ", ".join(self.ways)
            raise Refused(404, f"No direction {name!r} is served; served: {known}.")
        return self.ways[name]

    def about(self) -> Json:
        """All ways."""
        return {
            "ways": self._about,
            "most_samples": MOST_SAMPLES,
            "most_bytes": MOST_BYTES,
        }

    def gallery(self, name: str) -> Json:
        """The examples of a way."""
        return {"exhibits": self._galleries[self.way(name).direction.name]}

    async def moments(self, file: Path) -> Json:
        """What a file holds."""
        return await self.reading.run(self._moments, file)

    def _moments(self, file: Path) -> Json:
        return answers.of_moments(read_moments(file, self._by_source))

    async def results(
        self, way: Way, source: UInt8[np.ndarray, "h w c"], wish: Wish
    ) -> Json:
        """What is made of a source."""
        return await self.model.run(self._results, way, source, wish)

    def _results(self, way: Way, source: np.ndarray, wish: Wish) -> Json:
        made: Sequence = perform(way, source, wish)
        return {"results": [answers.of_result(one, way) for one in made]}

    async def looks(self, way: Way, source: UInt8[np.ndarray, "h w c"]) -> Json:
        """Where a source is looked at.

        Raises:
          Refused: 404, the model has no attention.
        """
        found = await self.model.run(look, way, source)
        if found is None:
            raise Refused(404, "This model has no attention.")
        return answers.of_looks(found)

    def close(self) -> None:
        """Lets nothing more begin, and stops the piece that is in the making."""
        self._closed.set()
        self.pieces.close()
        self.reading.close()
        self.model.close()
