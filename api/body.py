"""Reading a request's body without trusting its length."""

from fastapi import HTTPException
from starlette.requests import Request


async def read_body(request: Request, limit: int) -> bytes:
    """The raw body of at most ``limit`` bytes; answers 413 to a larger one without reading it whole."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"the body is larger than {limit} bytes")
