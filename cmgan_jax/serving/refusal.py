"""A request that gets a sentence in place of what it asked for."""

from starlette.responses import JSONResponse

BUSY_SECONDS = 2  # after which a client may try again


class Refused(Exception):
    """Why a request is not served, for the person who made it.

    Attributes:
      status: of HTTP.
      text: what was given, what was expected, and how to mend it.
    """

    def __init__(self, status: int, text: str):
        super().__init__(text)
        self.status = status
        self.text = text

    def answer(self) -> JSONResponse:
        """{"error": text} with the status."""
        headers = {}
        if self.status == 503:
            headers["Retry-After"] = str(BUSY_SECONDS)
        if self.status in (408, 413):
            # What is still to come of the body is not waited for.
            headers["Connection"] = "close"
        return JSONResponse({"error": self.text}, self.status, headers)
