"""Answer a program's call, with the fault that was ordered for it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from fastapi.responses import JSONResponse, Response

from sandbox.faults import Fault, FaultBook, FaultyPlace
from sandbox.serving import LostAnswer

_DO = frozenset({"status", "status_after", "slow", "lose_answer"})
FAULTS = {
    "token": FaultyPlace(_DO, frozenset({"grant_type", "audience"})),
    "graph": FaultyPlace(_DO, frozenset({"method", "path"})),
    "user": FaultyPlace(_DO, frozenset({"method", "path"})),
}
"""The faults of each kind of call, and the properties that a fault can match.

``user``: Graph's calls about people, ``graph``: its others. Those about chats and meetings are Teams'.
"""
_GRAPHS = {"error": {"code": "serviceNotAvailable", "message": "As ordered."}}
_BODIES: Mapping[str, Any] = {
    "token": {
        "error": "temporarily_unavailable",
        "error_description": "AADSTS90033: A transient error has occurred. Please try again.",
        "error_codes": [90033],
    },
    "graph": _GRAPHS,
    "user": _GRAPHS,
}
"""What a fault answers where it names no body, in the shape of each service."""


async def answered(
    faults: FaultBook, on: str, properties: Mapping[str, str | None], run: Callable[[], Response]
) -> Response:
    """What ``run`` answers, or what the fault makes of it; with ``status`` it does not run."""
    fault = faults.take(on, properties)
    if fault is None:
        return run()
    if fault.do == "slow":
        await asyncio.sleep(fault.seconds)
    if fault.do == "status":
        return _fault_answer(fault)
    answer = run()
    if fault.do == "lose_answer":
        return LostAnswer()
    return _fault_answer(fault) if fault.do == "status_after" else answer


def _fault_answer(fault: Fault) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    status = fault.status or 500
    if isinstance(fault.body, str):
        return Response(fault.body, status, headers, media_type="text/html")
    body = _BODIES[fault.on] if fault.body is None else fault.body
    return JSONResponse(body, status, headers)
