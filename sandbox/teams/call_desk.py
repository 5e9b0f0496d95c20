"""Where every connector call passes: token, fault, operation, record."""

import asyncio
import time
from collections.abc import Callable

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from sandbox.faults import Fault, FaultBook, FaultyPlace
from sandbox.serving import LostAnswer
from sandbox.teams.connector_bodies import parse_json
from sandbox.teams.conversations import Conversations
from sandbox.teams.errors import ConnectorError
from sandbox.teams.operations import Operation, Result
from sandbox.teams.state import Call, Json, timestamp
from sandbox.teams.tokens import AppTokens

_ANYWHERE = frozenset({"lose_answer", "late", "status", "status_after", "slow", "removed"})
_CONVERSATION = frozenset({"conversation"})
_MESSAGE = _CONVERSATION | {"message"}
FAULTS = {
    "create": FaultyPlace(_ANYWHERE | {"gone"}, _CONVERSATION),
    "open": FaultyPlace(_ANYWHERE, _CONVERSATION),
    **dict.fromkeys(("edit", "reply", "delete"), FaultyPlace(_ANYWHERE | {"gone"}, _MESSAGE)),
    "members": FaultyPlace(_ANYWHERE, _MESSAGE),
}
"""What can go wrong with which calls, told apart by which of their ``Operation.facts``."""


class CallDesk:
    """Answers the connector's calls, and lets the faults of the book happen to them."""

    def __init__(
        self, conversations: Conversations, faults: FaultBook, tokens: AppTokens, service_path: str
    ) -> None:
        self._conversations = conversations
        self._faults = faults
        self._tokens = tokens
        self._service_path = service_path
        self._late: set[asyncio.Task[None]] = set()

    async def answer(self, request: Request, understand: Callable[[Json], Operation]) -> Response:
        """Do what ``understand`` makes of the body, and record the call."""
        started = time.monotonic()
        call = Call(
            at=timestamp(), method=request.method, path=request.url.path.removeprefix(self._service_path)
        )
        self._conversations.record(call)
        try:
            self._tokens.check(request.headers.get("Authorization"))
            raw = await request.body()
            operation = understand(parse_json(raw) if raw else {})
            call.conversation = operation.conversation_id or None
            response = await self._perform(operation, call)
        except ConnectorError as error:
            response = error.response()
            call.status = response.status_code
        call.ms = round((time.monotonic() - started) * 1000)
        return response

    async def forget_late_calls(self) -> None:
        """Drop what was cut off and is still to be done."""
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    async def _perform(self, operation: Operation, call: Call) -> Response:
        fault = self._faults.take(operation.on, operation.facts)
        if fault is None:
            return _answered(call, operation.run())
        call.fault = fault.do
        match fault.do:
            case "lose_answer":
                self._settle(operation, call)
                return LostAnswer()
            case "late":
                task = asyncio.create_task(self._settle_late(fault.seconds, operation, call))
                self._late.add(task)
                task.add_done_callback(self._late.discard)
                return LostAnswer()
            case "status":
                return _demanded(call, fault)
            case "status_after":
                operation.run()
                return _demanded(call, fault)
            case "slow":
                await asyncio.sleep(fault.seconds)
            case "removed":
                self._conversations.remove_bot(self._conversations.get(operation.conversation_id))
            case "gone":
                return _answered(call, self._run_and_lose(operation))
        return _answered(call, operation.run())

    def _run_and_lose(self, operation: Operation) -> Result:
        """The message the call is about disappears: before the call, or at once if the call makes it."""
        conversation = self._conversations.get(operation.conversation_id)
        if operation.message_id is not None:
            message = self._conversations.live_message(conversation, operation.message_id)
            self._conversations.delete(conversation, message)
        result = operation.run()
        if result.created is not None:
            self._conversations.delete(conversation, result.created)
        return result

    def _settle(self, operation: Operation, call: Call) -> None:
        """Do it for nobody to hear of: the record alone tells what it came to."""
        try:
            call.status = operation.run().status
        except ConnectorError as error:
            call.status = error.status

    async def _settle_late(self, seconds: float, operation: Operation, call: Call) -> None:
        await asyncio.sleep(seconds)
        self._settle(operation, call)


def _answered(call: Call, result: Result) -> Response:
    call.status = result.status
    if result.body is None:
        return Response(status_code=result.status)
    return JSONResponse(result.body, result.status)


def _demanded(call: Call, fault: Fault) -> Response:
    """The answer a fault asks for."""
    call.status = fault.status
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    status = fault.status or 500
    body = {"error": {"code": "Fault", "message": "As ordered."}} if fault.body is None else fault.body
    return JSONResponse(body, status, headers)
