"""``/v1/incidents/{incident}/chat/members``: who is in the incident's own chat."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from api.public.bodies import StrictBody
from api.public.chat import ENDS
from api.public.chat_orders import Chats
from api.public.errors import errors
from api.public.idempotency import Call, IdempotentCall
from api.public.operations import OperationAnswer
from api.public.public_api import PublicApi
from api.public.room_work import asked_as
from api.public.route import AnswerBy, Caller, IncidentId
from muster.cards.rooms.programs import not_changed_sentence, not_there_sentence
from muster.store import room_members
from muster.store.room_members import Member
from muster.values import identifier
from workflows.incident_room.messages import ChangeMembers, RoomAnswer, RoomKey
from workflows.members import MOST_NAMED_AT_ONCE, NamedPerson, NotChanged, WhyNotChanged

_PATH = "/v1/incidents/{incident}/chat/members"
_LONGEST_NAME = 254
"""Characters of an e-mail address (RFC 5321)."""
_MEMBERS = "People by the id of their PagerDuty user, or by e-mail."


def _named(name: str) -> str:
    if "@" not in name and identifier(name) is None:
        raise PydanticCustomError("person", "it is neither an e-mail nor an id of a PagerDuty user")
    return name


class People(StrictBody):
    """Those who are named."""

    members: Annotated[
        list[Annotated[str, Field(max_length=_LONGEST_NAME), AfterValidator(_named)]],
        Field(min_length=1, max_length=MOST_NAMED_AT_ONCE, description=_MEMBERS),
    ]

    @property
    def named(self) -> tuple[NamedPerson, ...]:
        """Each once."""
        return tuple(
            NamedPerson(email=name) if "@" in name else NamedPerson(user=name)
            for name in dict.fromkeys(self.members)
        )


class ListedMember(BaseModel):
    """Somebody who is wanted in the chat."""

    user: str | None
    """Id of their PagerDuty user; ``null``: PagerDuty is not known to know them."""
    name: str
    role: Literal["owner", "guest"] | None
    """``null``: nobody has told."""
    in_chat: bool
    why_not: str | None
    """Why they are not in it, where that is known."""


class Members(BaseModel):
    """Everybody who is wanted in the chat, those who matter most first."""

    members: list[ListedMember]


class RefusedMember(BaseModel):
    """Somebody who was not added, or not removed."""

    member: str
    """As the call named them."""
    reason: WhyNotChanged
    message: str


class Added(OperationAnswer):
    """The operation, with who is in the chat now and who is not."""

    added: list[str]
    refused: list[RefusedMember]


class Removed(OperationAnswer):
    """The operation, with who is not in the chat any more and who was not."""

    removed: list[str]
    refused: list[RefusedMember]


def members_router(api: PublicApi) -> APIRouter:
    """The routes."""
    router = api.router()
    chats = Chats.of(api)
    idempotency = api.idempotency

    @router.get(_PATH, summary="List the people of the chat", responses=errors(404))
    async def get(incident: IncidentId, caller: Caller, answer_by: AnswerBy) -> Members:
        """Those whom Muster knows of, as it read the chat last: whoever else is in it is not named."""
        await chats.room(caller.account, incident, answer_by=answer_by)
        room = RoomKey(account=caller.account, incident_id=incident)
        return Members(members=[_listed(one) for one in await room_members.listed(api.pool, room)])

    @router.post(
        _PATH,
        summary="Add people to the chat",
        response_model=Added,
        responses=ENDS,
    )
    async def add(
        incident: IncidentId, people: People, call: IdempotentCall, answer_by: AnswerBy
    ) -> Response:
        """With all that was said before. Who cannot be added is named with the reason, and hinders nobody."""
        message = _changing(call, people)
        work = chats.order(call, "add_members", incident, message, _added, answer_by)
        return await idempotency.answered(call, work.called, work)

    @router.delete(
        _PATH,
        summary="Remove people from the chat",
        response_model=Removed,
        responses=ENDS,
    )
    async def remove(
        incident: IncidentId, people: People, call: IdempotentCall, answer_by: AnswerBy
    ) -> Response:
        """They are not brought back by what PagerDuty tells of the incident."""
        message = _changing(call, people)
        work = chats.order(call, "remove_members", incident, message, _removed, answer_by)
        return await idempotency.answered(call, work.called, work)

    return router


def _changing(call: Call, people: People) -> Callable[[str], ChangeMembers]:
    return lambda key: ChangeMembers(**asked_as(call, key), people=people.named)


def _listed(one: Member) -> ListedMember:
    why_not = None if one.in_chat else not_there_sentence(one.absence, has_left=one.has_left)
    return ListedMember(
        user=one.pagerduty_user, name=one.name, role=one.role, in_chat=one.in_chat, why_not=why_not
    )


def _added(operation: OperationAnswer, answer: RoomAnswer) -> Added:
    change = answer.members
    return Added(**operation.model_dump(), added=[*change.changed], refused=_refused(change.refused))


def _removed(operation: OperationAnswer, answer: RoomAnswer) -> Removed:
    change = answer.members
    return Removed(**operation.model_dump(), removed=[*change.changed], refused=_refused(change.refused))


def _refused(ones: tuple[NotChanged, ...]) -> list[RefusedMember]:
    return [RefusedMember(member=one.who, reason=one.why, message=not_changed_sentence(one)) for one in ones]
