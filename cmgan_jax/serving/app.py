"""The page and what it asks for, as an ASGI application.

GET  /                      the page, and its files at /page/NAME
GET  /ready                 200 once the model is warm, 503 until then
GET  /about                 the directions, their classes, and who says what a class is
GET  /gallery/DIRECTION     examples with the truth
POST /moments               a sound or picture -> what a model can be given of it
POST /results/DIRECTION     a source [h w c], uint8 -> results (samples, seed, turn)
POST /attention/DIRECTION   a source -> where it is looked at
POST /pieces/DIRECTION      a recording, a film or pictures -> the number of a piece of
                            all of it (seed, sizes, slide_seconds)
GET  /pieces/NUMBER         how far it is
GET  /pieces/NUMBER/SUFFIX  a file of it
DELETE /pieces/NUMBER       stops and forgets it

Nothing else is kept between requests. Errors are {"error": a sentence}.
"""

import contextlib
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from cmgan_jax.serving.bodies import read_body, receive_file, uploaded
from cmgan_jax.serving.guard import Guard
from cmgan_jax.serving.pieces import Order, Piece
from cmgan_jax.serving.refusal import Refused
from cmgan_jax.serving.studio import Studio
from cmgan_jax.serving.ways import Way, Wish

_ROOM = Path(__file__).parent
# The report and this page have their colours in common.
_FILES = (*(_ROOM / "page").iterdir(), _ROOM.parent / "reporting" / "colours.css")
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mp4": "video/mp4",
    ".wav": "audio/wav",
    ".png": "image/png",
}


def make_app(studio: Studio) -> Starlette:
    """The application; it warms the studio up when it starts."""

    @contextlib.asynccontextmanager
    async def lifespan(app):
        warming = studio.model.start(studio.warm_up)
        warming.add_done_callback(_log_failure)
        yield
        studio.close()

    return Starlette(
        routes=[
            Route("/", _sent(_ROOM / "page" / "index.html")),
            *(Route(f"/page/{file.name}", _sent(file)) for file in _FILES),
            *_routes(studio),
            *_piece_routes(studio),
        ],
        middleware=[Middleware(Guard)],
        exception_handlers={
            Refused: lambda request, error: error.answer(),
            HTTPException: _http_error,
            Exception: _unexpected,
        },
        lifespan=lifespan,
    )


def _routes(studio: Studio) -> list[Route]:
    async def ready(request: Request) -> Response:
        studio.require_warm()
        return JSONResponse({"ready": True})

    async def about(request: Request) -> Response:
        studio.require_warm()
        return JSONResponse(studio.about())

    async def gallery(request: Request) -> Response:
        studio.require_warm()
        return JSONResponse(studio.gallery(request.path_params["direction"]))

    async def moments(request: Request) -> Response:
        studio.require_warm()
        async with uploaded(request) as file:
            return JSONResponse(await studio.moments(file))

    async def results(request: Request) -> Response:
        studio.require_warm()
        wish = _asked(request, Wish, samples=int, seed=int, turn=float)
        way, source = await _given(request)
        return JSONResponse(await studio.results(way, source, wish))

    async def attention(request: Request) -> Response:
        studio.require_warm()
        return JSONResponse(await studio.looks(*await _given(request)))

    async def _given(request: Request) -> tuple[Way, UInt8[np.ndarray, "h w c"]]:
        way = studio.way(request.path_params["direction"])
        shape = way.source_shape
        content = await read_body(request, exactly=int(np.prod(shape)))
        return way, np.frombuffer(content, np.uint8).reshape(shape)

    return [
        Route("/ready", ready),
        Route("/about", about),
        Route("/gallery/{direction}", gallery),
        Route("/moments", moments, methods=["POST"]),
        Route("/results/{direction}", results, methods=["POST"]),
        Route("/attention/{direction}", attention, methods=["POST"]),
    ]


def _piece_routes(studio: Studio) -> list[Route]:
    async def begin(request: Request) -> Response:
        studio.require_warm()
        way = studio.way(request.path_params["direction"])
        if not way.takes_wholes:
            raise Refused(409, "Pieces need a model trained on --sound=log_mel data.")
        fields = {"seed": int, "sizes": _numbers, "slide_seconds": float}
        order = _asked(request, Order, **fields)
        with contextlib.ExitStack() as folder:
            path = tempfile.TemporaryDirectory(prefix="cmgan_jax_")
            given = Path(folder.enter_context(path)) / "file"
            order.require_size(await receive_file(request, given))
            number = studio.pieces.begin(Piece(way, given, order), folder)
        return JSONResponse({"piece": number}, 202)

    async def about(request: Request) -> Response:
        return JSONResponse(studio.pieces.find(request.path_params["number"]).about())

    async def file(request: Request) -> Response:
        files = studio.pieces.find(request.path_params["number"]).files()
        suffix = request.path_params["suffix"]
        if suffix not in files:
            raise Refused(404, f"The piece has no {suffix!r}, or not yet.")
        return FileResponse(files[suffix], media_type=_TYPES[f".{suffix}"])

    async def forget(request: Request) -> Response:
        studio.pieces.forget(request.path_params["number"])
        return Response(status_code=204)

    return [
        Route("/pieces/{direction}", begin, methods=["POST"]),
        Route("/pieces/{number}", about),
        Route("/pieces/{number}", forget, methods=["DELETE"]),
        Route("/pieces/{number}/{suffix}", file),
    ]


def _sent(file: Path):
    async def send(request: Request) -> Response:
        return FileResponse(file, media_type=_TYPES[file.suffix])

    return send


def _asked(
    request: Request, kind: Callable[..., Any], **fields: Callable[[str], Any]
) -> Any:
    """What the query asks for, as an object of some kind.

    Raises:
      Refused: 400, an unknown field, or no value in its range.
    """
    unknown = request.query_params.keys() - fields.keys()
    if unknown:
        known = ", ".join(fields)
        raise Refused(400, f"Unknown: {', '.join(sorted(unknown))}. Known: {known}.")
    try:
        return kind(**{k: fields[k](text) for k, text in request.query_params.items()})
    except ValueError as error:
        raise Refused(400, f"{error}") from error


def _numbers(text: str) -> tuple[int, ...]:
    """Numbers with commas between them."""
    return tuple(int(number) for number in text.split(","))


def _http_error(request: Request, error: HTTPException) -> Response:
    text = {
        404: "There is nothing at this address.",
        405: f"{request.method} is not what is done at this address.",
    }.get(error.status_code, error.detail)
    return Refused(error.status_code, text).answer()


def _unexpected(request: Request, error: Exception) -> Response:
    text = "Something went wrong here; the terminal that runs serve says what."
    return Refused(500, text).answer()


def _log_failure(future) -> None:
    if not future.cancelled() and future.exception() is not None:
        logging.getLogger(__name__).error("warm-up failed", exc_info=future.exception())
