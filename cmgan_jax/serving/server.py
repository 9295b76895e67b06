"""Serving the application over HTTP, at one address of this computer."""

import errno
import socket
import sys

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0  # for a request's head, and for silence between two requests
MOST_CONNECTIONS = 32


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 that hangs up on a client that does not come to the point."""

    def connection_made(self, transport) -> None:
        super().connection_made(transport)
        self._look_again(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.cancel()
        super().connection_lost(exc)

    def _look_again(self, seen) -> None:
        self._watch = self.loop.call_later(HEAD_SECONDS, self._look, seen)

    def _look(self, seen) -> None:
        """Closes where no request has come since `seen`, the last one, was answered."""
        answered = self.cycle is None or self.cycle.response_complete
        if answered and self.cycle is seen:
            self.transport.close()
        else:
            self._look_again(self.cycle)


def listen(host: str, port: int) -> socket.socket:
    """A socket at an address; port 0 takes any that is free.

    Raises:
      OSError: the address is not this computer's, or the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
        other = "--port, or --port=0 for any that is free" if taken else "--host"
        raise OSError(
            f"cannot listen at --host={host} --port={port} ({error.strerror}): name "
            f"another {other}."
        ) from error


def address(listening: socket.socket) -> str:
    """What to open in a browser."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def make_server(app: ASGIApp) -> uvicorn.Server:
    """The HTTP server of an application; quiet but for what is wrong."""
    config = uvicorn.Config(
        app,
        http=ImpatientProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)


def serve(app: ASGIApp, listening: socket.socket) -> None:
    """Serves until SIGINT or SIGTERM; requests in hand are finished."""
    print(f"Open {address(listening)} (Ctrl-C stops).", file=sys.stderr, flush=True)
    make_server(app).run(sockets=[listening])
