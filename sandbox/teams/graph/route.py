"""The routes of Graph's calls about chats, calendars and meetings: token, limit, fault, record.

Programs reach them by Graph's own address, which the Microsoft simulator answers: it hands these calls on,
with the people who are not in its directory any more.
"""

import asyncio
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sandbox.clock import Clock
from sandbox.faults import Fault, FaultBook, FaultyPlace
from sandbox.graph_errors import GraphError, bad_request
from sandbox.graph_hand_on import ADDRESS, GONE, PATH
from sandbox.graph_tokens import GraphTokens
from sandbox.serving import LostAnswer
from sandbox.teams.conversations import Conversations
from sandbox.teams.graph.access_policy import AccessPolicies
from sandbox.teams.graph.call import Answer, GraphCall, Known
from sandbox.teams.graph.calls import GraphCalls
from sandbox.teams.graph.meeting_calls import MeetingCalls
from sandbox.teams.graph.permissions import DELETE_CHAT, check
from sandbox.teams.graph.throttle import MOST_DELETED_IN_A_SECOND, GraphThrottle, MailboxThrottle
from sandbox.teams.state import Call, Json, timestamp

_DO = frozenset({"lose_answer", "status", "status_after", "slow"})
_MATCH, _MATCH_PERSON = frozenset({"method", "chat"}), frozenset({"method", "person"})
FAULTS = {
    "chat": FaultyPlace(_DO | {"drop_member"}, _MATCH),
    "member": FaultyPlace(_DO | {"block_members"}, _MATCH),
    "install": FaultyPlace(_DO, _MATCH),
    "event": FaultyPlace(_DO | {"late_answer", "no_provider", "join_later"}, _MATCH_PERSON),
    "meeting": FaultyPlace(_DO | {"late_answer"}, _MATCH_PERSON),
}
"""The faults of each kind of call. ``drop_member``: its ``body`` lists the object ids of who is left out.

``no_provider``: the entry gets no online meeting; ``join_later``: its address is told after ``seconds``.
"""


class GraphRoute:
    """Answers calls, each recorded."""

    def __init__(
        self,
        conversations: Conversations,
        tokens: GraphTokens,
        faults: FaultBook,
        policies: AccessPolicies,
        clock: Clock,
    ) -> None:
        self._conversations = conversations
        self._about_chats = GraphCalls(conversations)
        self._about_meetings = MeetingCalls(conversations, policies, clock)
        self._tokens = tokens
        self._faults = faults
        self._throttle = GraphThrottle()
        self._deletions = GraphThrottle(most=MOST_DELETED_IN_A_SECOND)
        self._mailboxes = MailboxThrottle()

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix=PATH)
        router.add_api_route("/{_:path}", self._answer, methods=["GET", "POST", "PATCH", "DELETE"])
        return router

    def reset(self) -> None:
        """Forget which calls were made."""
        self._throttle.clear()
        self._deletions.clear()

    async def _answer(self, request: Request) -> Response:
        started, path = time.monotonic(), request.url.path.removeprefix(PATH)
        record = Call(at=timestamp(), method=request.method, path=path)
        self._conversations.state.graph_calls.append(record)
        try:
            roles = self._tokens.roles_of(request.headers.get("Authorization"))
            call = GraphCall(
                method=request.method,
                path=path,
                query=dict(request.query_params),
                body=await _body_of(request),
                address=request.headers.get(ADDRESS, ""),
                gone=tuple(filter(None, request.headers.get(GONE, "").split(","))),
            )
            known = self._known(call)
            record.conversation = known.chat
            with self._admitted(known):
                check(known.one_of, roles)
                response = await self._perform(call, known, record)
        except GraphError as error:
            record.status = error.status
            response = error.response(request.headers.get("client-request-id"))
        record.ms = round((time.monotonic() - started) * 1000)
        return response

    def _known(self, call: GraphCall) -> Known:
        match call.path.strip("/").split("/"):
            case ["users", _, "events" | "onlineMeetings", *_]:
                return self._about_meetings.known(call)
        return self._about_chats.known(call)

    def _admitted(self, known: Known) -> AbstractContextManager[None]:
        """Calls about calendars are limited in each mailbox, all others by the second."""
        if known.on == "event" and known.person is not None:
            return self._mailboxes.admitted(known.person)
        self._throttle.admit()
        if known.one_of == DELETE_CHAT:
            self._deletions.admit()
        return nullcontext()

    async def _perform(self, call: GraphCall, known: Known, record: Call) -> Response:
        fault = self._faults.take(
            known.on, {"method": call.method, "chat": known.chat, "person": known.person}
        )
        if fault is None:
            return _answered(record, known.run())
        record.fault = fault.do
        match fault.do:
            case "status":
                return _fault_answer(record, fault)
            case "slow":
                await asyncio.sleep(fault.seconds)
            case "drop_member" | "block_members" | "no_provider" | "join_later":
                return _answered(record, self._known(_changed(call, fault)).run())
        response = _answered(record, known.run())
        if fault.do == "late_answer":
            await asyncio.sleep(fault.seconds)
        if fault.do == "lose_answer":
            return LostAnswer()
        return _fault_answer(record, fault) if fault.do == "status_after" else response


def _changed(call: GraphCall, fault: Fault) -> GraphCall:
    """The call as the fault makes it."""
    match fault.do:
        case "block_members":
            return replace(call, blocked=True)
        case "no_provider":
            return replace(call, no_provider=True)
        case "join_later":
            return replace(call, join_after=fault.seconds)
    return replace(call, dropped=tuple(fault.body or ()))


async def _body_of(request: Request) -> Json:
    if request.method not in ("POST", "PATCH"):
        return {}
    try:
        body: Any = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise bad_request("Unable to read JSON request payload.")
    return body


def _answered(record: Call, answer: Answer) -> Response:
    record.status = answer.status
    headers = {} if answer.location is None else {"Location": answer.location}
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    return JSONResponse(answer.body, answer.status, headers)


def _fault_answer(record: Call, fault: Fault) -> Response:
    status = record.status = fault.status or 500
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    error = {"error": {"code": "serviceNotAvailable", "message": "As ordered."}}
    return JSONResponse(error if fault.body is None else fault.body, status, headers)
