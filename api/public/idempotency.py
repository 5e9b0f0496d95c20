"""Calls that are made again: the same ``Idempotency-Key`` gets the same answer, and one effect.

Every call that does something is an operation with a row. What does not end in time is answered 202 with the
operation, and whoever does the work writes how it ended.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple, Protocol

import structlog
from fastapi import Depends, Header
from pydantic import AfterValidator, BaseModel
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.public.admission import CallerIdentity
from api.public.errors import NOT_IN_TIME, RETRY_AFTER, ApiError, error_answer
from api.public.route import Caller
from muster.lenient_json import read_json
from muster.store import operations
from muster.store.operations import AnotherRequest, Answer, Asked, Operation
from muster.store.pool import UNAVAILABLE, Pool
from muster.temporal.attempts import Rejected, TemporalUnavailable
from workflows.operation.state import Ended, OperationKey

_LONGEST_KEY = 255
"""Characters."""
_MINUTE = 60

log = structlog.stdlib.get_logger(__name__)


class OperationLink(BaseModel):
    """Where to ask how it ended."""

    id: str
    href: str


class Accepted(BaseModel):
    """It is not done yet."""

    operation: OperationLink


@dataclass(frozen=True)
class Call:
    """One call of a program, as it came."""

    caller: CallerIdentity
    path: str
    body: Any
    """The JSON object; ``None``: the call has none."""
    idempotency_key: str | None
    method: str = field(kw_only=True)
    operation: str = field(default_factory=lambda: secrets.token_hex(8))
    """Drawn for the operation that it begins, should it begin one."""

    @property
    def request_hash(self) -> str:
        """Of the body, however it is laid out."""
        return _hash(json.dumps(self.body, sort_keys=True))

    def key(self, minute: int | None) -> str | None:
        """Tells the call from every other; without a key, from those of another ``minute``."""
        if self.idempotency_key is not None:
            return _hash("key", self.method, self.path, self.idempotency_key)
        if minute is None:
            return None
        return _hash("minute", self.method, self.path, self.request_hash, str(minute))


class Given(NamedTuple):
    """What a call gets that was done."""

    status: int
    body: BaseModel | None
    """``None``: the answer has none."""


class Work(Protocol):
    """What a call does. Done again for the same operation it has no second effect."""

    async def do(self, operation: OperationKey) -> Ended | None:
        """Do it: how it ended; ``None``: it goes on, and whoever does it ends the row.

        Raises ``ApiError`` or ``TemporalUnavailable`` where certainly nothing was begun.
        """

    async def answer(self, operation: OperationKey, ended: Ended) -> Given:
        """What the call gets; raises ``ApiError``; one with ``retry_after`` frees the key."""


class Idempotency:
    """Does each call once and answers it as often as it is made."""

    def __init__(self, pool: Pool, *, public_url: str, clock: Callable[[], float] = time.time) -> None:
        self._pool = pool
        self._clock = clock
        self._operations = f"{public_url}/v1/operations"

    async def answered(self, call: Call, kind: str, work: Work, *, within_minute: bool = False) -> Response:
        """Do a call of this kind, or find what came of it; raises ``ApiError``.

        ``within_minute``: without an ``Idempotency-Key`` the same call within the minute is the same.
        """
        minute = int(self._clock() // _MINUTE) if within_minute else None
        operation = await self._begun(call, kind, call.key(minute))
        if operation.answer is not None:
            return _response(operation.answer)
        key = OperationKey(account=call.caller.account, key=operation.key)
        ended = operation.ended
        if ended is None:
            try:
                # Also where another call has begun it: the API may have ended before Temporal took it.
                ended = await work.do(key)
            except (ApiError, TemporalUnavailable):
                if operation.key == call.operation:
                    await operations.withdraw(self._pool, key)
                if not operation.is_going_on:  # else it does, whatever this call finds by now
                    raise
            except Rejected as refusal:  # an operator may have ended the run, and it may have done it
                log.warning("a run did not answer", operation=key.key, reason=str(refusal))
                raise ApiError(503, NOT_IN_TIME, RETRY_AFTER) from refusal
            else:
                await self._note_whether_it_goes_on(key, ended)
        if ended is not None:
            try:
                return _response(await self._ended(key, ended, work))
            except UNAVAILABLE as error:
                log.warning(
                    "what was done cannot be told yet", operation=key.key, reason=type(error).__name__
                )
        return JSONResponse(self.accepted(key).model_dump(), 202)

    def accepted(self, operation: OperationKey) -> Accepted:
        """Where to ask how it ends."""
        link = OperationLink(id=operation.key, href=f"{self._operations}/{operation.key}")
        return Accepted(operation=link)

    async def _note_whether_it_goes_on(self, operation: OperationKey, ended: Ended | None) -> None:
        if ended is None:
            with suppress(*UNAVAILABLE):  # the next call asks Temporal itself
                await operations.note_going_on(self._pool, operation)

    async def _begun(self, call: Call, kind: str, call_key: str | None) -> Operation:
        asked = Asked(
            account=call.caller.account,
            key=call.operation,
            kind=kind,
            caller=call.caller.token_id,
            call_key=call_key,
            request_hash=call.request_hash,
        )
        try:
            return await operations.begin(self._pool, asked)
        except AnotherRequest as error:
            raise ApiError(422, "this Idempotency-Key was used for another body") from error

    async def _ended(self, key: OperationKey, ended: Ended, work: Work) -> Answer:
        try:
            given = await work.answer(key, ended)
        except ApiError as refused:
            if refused.retry_after is not None:
                with suppress(*UNAVAILABLE):  # the next call hears the same, and frees the key
                    await operations.let_go(self._pool, key)
                raise
            refusal = error_answer(refused.status, refused.message)
            answer = Answer(refused.status, bytes(refusal.body).decode())
        else:
            answer = Answer(given.status, given.body.model_dump_json() if given.body else "")
        try:
            return await operations.answer(self._pool, key, ended, answer)
        except UNAVAILABLE as error:
            # It is over, and its caller hears so. The next call is told by how it ended.
            log.warning("an answer is not kept", operation=key.key, reason=type(error).__name__)
            return answer


def _printable(value: str | None) -> str | None:
    if value is None or (value.strip() and len(value) <= _LONGEST_KEY and value.isprintable()):
        return value
    raise PydanticCustomError("key", "it must have 1 to 255 characters that can be printed")


async def _call(
    request: Request,
    caller: Caller,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Within 24 hours the same call with the same key gets the same answer.",
        ),
        AfterValidator(_printable),
    ] = None,
) -> Call:
    raw = await request.body()
    body = read_json(raw) if raw else None
    return Call(caller, request.url.path, body, idempotency_key, method=request.method)


IdempotentCall = Annotated[Call, Depends(_call)]
"""A call that does something: a parameter of its route, which ``Idempotency.answered`` is given."""


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, media_type="application/json" if answer.body else None)


def _hash(*values: str) -> str:
    return hashlib.sha256("\x1f".join(values).encode()).hexdigest()
