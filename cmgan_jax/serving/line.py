"""Work in turn: one thread, and no more waiting than there is room for."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from cmgan_jax.serving.refusal import Refused


class Line:
    """A bounded queue in front of one thread."""

    def __init__(self, name: str, *, room: int):
        """Starts no thread yet.

        Args:
          name: of the thread.
          room: pieces of work, waiting or being done, beyond which more are refused.
        """
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._room = threading.Semaphore(room)

    def start(self, work: Callable[..., Any], *arguments: Any) -> Future:
        """Begins some work as soon as it is its turn.

        Raises:
          Refused: 503, there is no room.
        """
        if not self._room.acquire(blocking=False):
            raise Refused(503, "Busy: many requests are waiting. Try again shortly.")
        future = self._thread.submit(work, *arguments)
        # When the work is over, not when its client has gone.
        future.add_done_callback(lambda _: self._room.release())
        return future

    async def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """What the work returns, once its turn has come; raises as `start`."""
        return await asyncio.wrap_future(self.start(work, *arguments))

    def close(self) -> None:
        """Leaves out what is waiting; what is being done ends by itself."""
        self._thread.shutdown(wait=False, cancel_futures=True)
