"""Bodies of requests: within bounds of size and of time, under names of our own."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from starlette.requests import ClientDisconnect, Request

from cmgan_jax.serving.refusal import Refused

MOST_BYTES = 64 << 20  # of a file
BODY_SECONDS = 60.0  # for all of a body


async def read_body(request: Request, *, exactly: int) -> bytes:
    """A body of a known size.

    Raises:
      Refused: 400, it has another size; 408, it took too long.
    """
    content = bytearray()
    await _receive(request, most=exactly, take=content.extend)
    if len(content) != exactly:
        raise Refused(400, f"{exactly:,} bytes were expected, {len(content):,} came.")
    return bytes(content)


@contextlib.asynccontextmanager
async def uploaded(request: Request) -> AsyncIterator[Path]:
    """A body as a file in a folder of its own, which is gone afterwards.

    Nothing that the client says of the file, its name or type, is used.

    Raises:
      Refused: 400, it is empty; 413, it is too large; 408, it took too long.
    """
    with tempfile.TemporaryDirectory(prefix="cmgan_jax_") as folder:
        path = Path(folder) / "file"
        await receive_file(request, path)
        yield path


async def receive_file(request: Request, path: Path) -> int:
    """Writes a body to a file of a name of our own.

    Returns:
      Its size in bytes.

    Raises:
      Refused: as `uploaded`.
    """
    with path.open("wb") as file:
        await _receive(request, most=MOST_BYTES, take=file.write)
        size = file.tell()
    if size == 0:
        raise Refused(400, "The file is empty: choose a sound or a picture.")
    return size


async def _receive(
    request: Request, *, most: int, take: Callable[[bytes], Any]
) -> None:
    """Hands a body on as it comes."""
    # Digits, or the server has refused the request.
    came = int(request.headers.get("content-length", 0))
    try:
        async with asyncio.timeout(BODY_SECONDS):
            if came <= most:
                came = 0
                async for chunk in request.stream():
                    came += len(chunk)
                    if came > most:
                        break
                    take(chunk)
    except TimeoutError as error:
        text = f"The body took more than {BODY_SECONDS:g} s: it is not waited for."
        raise Refused(408, text) from error
    except ClientDisconnect as error:
        raise Refused(400, "The connection was closed midway.") from error
    if came > most:
        raise Refused(
            413,
            f"More than the {_size(most)} that are read here: give a shorter or "
            "smaller one, or use python -m cmgan_jax generate.",
        )


def _size(count: int) -> str:
    return f"{count >> 20} MB" if count >> 20 else f"{count:,} bytes"
