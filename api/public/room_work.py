"""What programs ask of an incident's room: an update each, and what they are answered by how that ended.

Whether it is so already is the room's to find: chat and meeting are one for each incident, whoever asks::

    work = RoomWork(
        rooms,
        call,
        "archive_chat",
        room,
        lambda key: ArchiveChat(**asked_as(call, key)),
        given,
        answer_by,
    )
    return await idempotency.answered(call, work.called, work)
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypedDict

from api.public.errors import RETRY_AFTER, ApiError
from api.public.idempotency import Accepted, Call, Given
from api.public.operations import OperationAnswer, operation_answer
from api.public.public_api import PublicApi
from api.public.tenants import Tenants
from api.rooms import RoomStarts
from muster.cards.rooms.programs import ProgramCall, program_sentence, room_error
from muster.logging import correlation_id
from workflows.incident_room.messages import RoomAnswer, answer_of, ended_by
from workflows.incident_room.workflow_type import INCIDENT_ROOM, UPDATES
from workflows.operation.state import Ended, OperationKey
from workflows.values import Value
from workflows.verbs.outcomes import Outcome, Reason

ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"model": Accepted, "description": "It takes longer; the operation tells how it ends."}
}
"""What a route that asks a room may answer beside its errors."""
_STATUSES: Mapping[Reason, int] = {
    "owner_absent": 400,
    "nobody_to_talk_to": 400,
    "empty_name": 400,
    "not_granted": 403,
    "no_organiser": 403,
    "forbidden": 403,
    "app_refused": 403,
    "owner_unknown": 404,
    "not_found": 404,
    "no_chat": 404,
    "rate_limited": 503,
    "unavailable": 503,
    "answer_lost": 503,
    "conflict": 503,
}
"""By the reason for which it was not done; all else was refused for good."""
_REFUSED, _LOST = 502, 504


class RoomOf(NamedTuple):
    """The room that is asked."""

    incident_id: str
    tenant: str
    """In which the chat or the meeting is made where there is none yet."""


class AskedAs(TypedDict):
    """What every message of a program to a room has."""

    key: str
    operation: str
    by: str
    through: str
    correlation: str


def asked_as(call: Call, operation: str) -> AskedAs:
    """The fields by which a room knows this call, however often it arrives."""
    return AskedAs(
        key=operation,
        operation=operation,
        by=call.caller.pagerduty_user,
        through=call.caller.name,
        correlation=correlation_id.get() or operation,
    )


class Rooms:
    """Asks rooms, and says why they did not do it."""

    def __init__(self, api: PublicApi) -> None:
        settings = api.settings
        self._gateway = api.gateway
        self._starts = RoomStarts(settings.rooms, grace=settings.room_grace)
        self._tenants = Tenants(api)

    async def ask(
        self, account: str, room: RoomOf, called: ProgramCall, message: Value, *, key: str, answer_by: float
    ) -> RoomAnswer | None:
        """The room's answer; ``None`` where it goes on. Raises as ``Gateway.ask``."""
        start = self._starts.of(account, room.incident_id, tenant=room.tenant)
        return await self._gateway.ask(
            INCIDENT_ROOM, start, UPDATES[called], message, update_id=key, answer_by=answer_by
        )

    async def hand_over(
        self, account: str, room: RoomOf, called: ProgramCall, message: Value, *, answer_by: float
    ) -> None:
        """Ask without waiting for the answer. Raises as ``Gateway.signal``."""
        start = self._starts.of(account, room.incident_id, tenant=room.tenant)
        within = max(0, answer_by - asyncio.get_running_loop().time())
        await self._gateway.signal(INCIDENT_ROOM, start, UPDATES[called].goes_on_as, message, within=within)

    def refusal(self, account: str, tenant: str, called: ProgramCall, outcome: Outcome) -> ApiError:
        """Why it was certainly not done, as the call is answered."""
        policy = self._tenants.policy(tenant)
        told = program_sentence(called, outcome, account=account, policy=policy)
        status = _STATUSES.get(outcome.reason, _REFUSED) if outcome.reason else _REFUSED
        return ApiError(status, told, RETRY_AFTER if status == 503 else None)


@dataclass
class RoomWork:
    """Asks a room for one thing. Asked again for the same operation it answers the same."""

    rooms: Rooms
    call: Call
    called: ProgramCall
    """Also the kind of the operation."""
    room: Callable[[], Awaitable[RoomOf]]
    """Finds the room, or raises ``ApiError``: once in a call, and not where the answer is known already."""
    message: Callable[[str], Value]
    """What the room is sent, by the key of the operation."""
    given: Callable[[OperationAnswer, RoomAnswer], Awaitable[Given]]
    """What the call gets where it was done, or found so."""
    answer_by: float
    _found: RoomOf | None = field(default=None, init=False)

    async def do(self, operation: OperationKey) -> Ended | None:
        """Ask, and wait for how that ended; raises ``ApiError``, or ``TemporalUnavailable``."""
        answer = await self.rooms.ask(
            operation.account,
            await self._room(),
            self.called,
            self.message(operation.key),
            key=operation.key,
            answer_by=self.answer_by,
        )
        return None if answer is None else ended_by(answer)

    async def answer(self, operation: OperationKey, ended: Ended) -> Given:
        """What came of it; raises ``ApiError``."""
        answer = answer_of(ended)
        if ended.outcome == "done":
            return await self.given(operation_answer(operation.key, self.called, ended), answer)
        if ended.outcome == "unknown":
            raise ApiError(_LOST, room_error(self.called, ended) or "")
        raise self.rooms.refusal(operation.account, await self._tenant(), self.called, answer.outcome)

    async def _tenant(self) -> str:
        """Empty where the room cannot be found any more: what was refused stays refused."""
        try:
            return (await self._room()).tenant
        except ApiError:
            return ""

    async def _room(self) -> RoomOf:
        if self._found is None:
            self._found = await self.room()
        return self._found
