"""Reading a request's body without trusting its length."""

import structlog
from fastapi import HTTPException
from starlette.requests import ClientDisconnect, Request

log = structlog.stdlib.get_logger(__name__)


def refuse_declared(request: Request, limit: int) -> None:
    """Answer 413 to a body that its header says is larger than ``limit`` bytes; nothing is read."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)


async def read_body(request: Request, limit: int) -> bytes:
    """The raw body of at most ``limit`` bytes; answers 413 to a larger one without reading it whole.

    A caller that hangs up before the end has nobody left to answer to.
    """
    refuse_declared(request, limit)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise _too_large(limit)
    except ClientDisconnect as error:
        log.debug("the caller hung up", received=len(body))
        raise HTTPException(400, "the body did not arrive whole") from error
    return bytes(body)


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"the body is larger than {limit} bytes")
