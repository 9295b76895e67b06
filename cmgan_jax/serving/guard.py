"""Who may ask, and what a browser may do with the answer.

The page is for the person at this computer. Pages of others that are open in the same
browser can send requests here too, by this address or by a name of theirs that they
point to it (DNS rebinding): both are refused.
"""

import asyncio
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cmgan_jax.serving.refusal import Refused

SEND_SECONDS = 30.0  # for each part of an answer
# Names that nobody else can point to this computer.
_OWN_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_POLICY = {
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Guard:
    """Refuses foreign requests, and adds to every answer what browsers must not do."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_POLICY)
            # A client that does not read its answer is not waited for.
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        refusal = _refusal(scope)
        app = self._app if refusal is None else refusal.answer()
        await app(scope, receive, guarded)


def _refusal(scope: Scope) -> Refused | None:
    headers = Headers(scope=scope)
    host, origin = headers.get("host", ""), headers.get("origin")
    server = scope.get("server") or ("localhost", None)
    if _host_name(f"//{host}") not in _OWN_NAMES | {server[0]}:
        return Refused(
            421,
            "This page goes by the address of its computer only, such as localhost.",
        )
    foreign = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    if foreign and not _is_visit(scope, headers):
        return Refused(403, "Another site asked for this: only the page itself may.")
    if origin is not None and origin.partition("://")[2] != host:
        return Refused(403, "Another origin asked for this: only the page itself may.")
    return None


def _is_visit(scope: Scope, headers: Headers) -> bool:
    """Whether somebody follows a link to the page."""
    return (
        scope["method"] == "GET"
        and scope["path"] == "/"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def _host_name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
