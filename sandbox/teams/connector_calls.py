"""Answer a connector call: check the token, apply a fault, run the operation, record the call."""

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
from sandbox.teams.tokens import BotTokens

_ANYWHERE = frozenset({"lose_answer", "late", "status", "status_after", "slow", "removed"})
_CONVERSATION = frozenset({"conversation"})
_MESSAGE = _CONVERSATION | {"message"}
_TARGETED = frozenset({"targeted"})
_GONE = frozenset({403, 404})
FAULTS = {
    "create": FaultyPlace(_ANYWHERE | {"gone"}, _CONVERSATION | _TARGETED, _GONE),
    "open": FaultyPlace(_ANYWHERE, _CONVERSATION),
    **dict.fromkeys(("edit", "delete"), FaultyPlace(_ANYWHERE | {"gone"}, _MESSAGE | _TARGETED, _GONE)),
    "reply": FaultyPlace(_ANYWHERE | {"gone"}, _MESSAGE | _TARGETED, frozenset({404})),
    "members": FaultyPlace(_ANYWHERE, _MESSAGE),
    "team": FaultyPlace(_ANYWHERE, _CONVERSATION),
}
"""The faults of each kind of call, and the ``Operation.properties`` that a fault can match."""


class ConnectorCalls:
    """Answers connector calls, with the faults that were ordered."""

    def __init__(
        self, conversations: Conversations, faults: FaultBook, tokens: BotTokens, service_path: str
    ) -> None:
        self._conversations = conversations
        self._faults = faults
        self._tokens = tokens
        self._service_path = service_path
        self._late: set[asyncio.Task[None]] = set()

    async def answer(self, request: Request, parse: Callable[[Json], Operation]) -> Response:
        """Run the operation that ``parse`` makes of the body, and record the call."""
        started = time.monotonic()
        call = Call(
            at=timestamp(), method=request.method, path=request.url.path.removeprefix(self._service_path)
        )
        self._conversations.record(call)
        try:
            self._tokens.check(request.headers.get("Authorization"))
            raw = await request.body()
            operation = parse(parse_json(raw) if raw else {})
            call.conversation = operation.conversation_id or None
            response = await self._perform(operation, call)
        except ConnectorError as error:
            response = error.response()
            call.status = response.status_code
        call.ms = round((time.monotonic() - started) * 1000)
        return response

    async def cancel_late_calls(self) -> None:
        """Cancel the calls that a ``late`` fault has put off."""
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    async def _perform(self, operation: Operation, call: Call) -> Response:
        fault = self._faults.take(operation.on, operation.properties)
        if fault is None:
            return _answer_with(call, operation.run())
        call.fault = fault.do
        match fault.do:
            case "lose_answer":
                self._run_unanswered(operation, call)
                return LostAnswer()
            case "late":
                task = asyncio.create_task(self._run_later(fault.seconds, operation, call))
                self._late.add(task)
                task.add_done_callback(self._late.discard)
                return LostAnswer()
            case "status":
                return _fault_answer(call, fault)
            case "status_after":
                operation.run()
                return _fault_answer(call, fault)
            case "slow":
                await asyncio.sleep(fault.seconds)
            case "removed":
                self._conversations.remove_bot(self._conversations.get(operation.conversation_id))
            case "gone":
                return _answer_with(call, self._run_with_message_gone(operation, fault))
        return _answer_with(call, operation.run())

    def _run_with_message_gone(self, operation: Operation, fault: Fault) -> Result:
        """Delete the message of the call: before the call, or right after a call that creates it."""
        conversation = self._conversations.get(operation.conversation_id)
        gone_answer = fault.status or 404
        if operation.message_id is not None:
            message = self._conversations.existing_message(conversation, operation.message_id)
            self._conversations.delete(conversation, message, gone_answer)
        result = operation.run()
        if result.created is not None:
            self._conversations.delete(conversation, result.created, gone_answer)
        return result

    def _run_unanswered(self, operation: Operation, call: Call) -> None:
        """Run the operation without an answer; only the record has its status."""
        try:
            call.status = operation.run().status
        except ConnectorError as error:
            call.status = error.status

    async def _run_later(self, seconds: float, operation: Operation, call: Call) -> None:
        await asyncio.sleep(seconds)
        self._run_unanswered(operation, call)


def _answer_with(call: Call, result: Result) -> Response:
    call.status = result.status
    if result.body is None:
        return Response(status_code=result.status)
    return JSONResponse(result.body, result.status)


def _fault_answer(call: Call, fault: Fault) -> Response:
    """The answer that the fault asks for."""
    call.status = fault.status
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    status = fault.status or 500
    body = {"error": {"code": "Fault", "message": "As ordered."}} if fault.body is None else fault.body
    return JSONResponse(body, status, headers)
