"""``/v1/incidents/{incident}/chat``: the incident's own chat is renamed or archived."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from api.public.bodies import StrictBody
from api.public.chat_orders import Chats
from api.public.errors import errors
from api.public.idempotency import IdempotentCall
from api.public.operations import OperationAnswer
from api.public.public_api import PublicApi
from api.public.room_work import ACCEPTED, asked_as
from api.public.route import AnswerBy, IncidentId
from muster.cards.messages import EMPTY
from muster.cards.rooms.programs import left_out_sentence
from muster.cards.rooms.topic import own_topic
from workflows.incident_room.messages import ArchiveChat, RoomAnswer, SetTopic

_LONGEST_TOPIC = 1_000
"""Characters, of which Teams shows 250."""
_TOPIC = "Colons become spaces, and what is longer than Teams takes is cut."
_REMOVE_PEOPLE = "Take everybody out whom Muster brought in."
ENDS: dict[int | str, dict[str, Any]] = {
    **ACCEPTED,
    **errors(403, 404, 422, 502, 504),
}
"""How a call ends that asks the room."""


def _readable(topic: str) -> str:
    if not own_topic(topic):
        raise PydanticCustomError("empty", EMPTY)
    return topic


class Topic(StrictBody):
    """What the chat is called."""

    topic: Annotated[str, Field(max_length=_LONGEST_TOPIC, description=_TOPIC), AfterValidator(_readable)]


class Archiving(StrictBody):
    """What becomes of its people."""

    remove_people: Annotated[bool, Field(description=_REMOVE_PEOPLE)] = False


_THEY_STAY = Archiving()


class Renamed(OperationAnswer):
    """The operation, with the chat's name."""

    topic: str


class Archived(OperationAnswer):
    """The operation, with what was left out."""

    left_out: list[str]
    """Why the topic was not marked, or people were not taken out: a permission is missing."""


def chat_router(api: PublicApi) -> APIRouter:
    """The routes."""
    router = api.router()
    chats = Chats.of(api)
    idempotency = api.idempotency

    @router.patch(
        "/v1/incidents/{incident}/chat",
        summary="Set the topic of the chat",
        response_model=Renamed,
        responses=ENDS,
    )
    async def rename(
        incident: IncidentId, topic: Topic, call: IdempotentCall, answer_by: AnswerBy
    ) -> Response:
        """It keeps this name, whatever the incident is called later. Takes `Chat.ReadWrite.All`."""

        def message(key: str) -> SetTopic:
            return SetTopic(**asked_as(call, key), topic=topic.topic)

        work = chats.order(call, "set_topic", incident, message, _renamed, answer_by)
        return await idempotency.answered(call, work.called, work)

    @router.post(
        "/v1/incidents/{incident}/chat/archive",
        summary="Archive the chat",
        response_model=Archived,
        responses=ENDS,
    )
    async def archive(
        incident: IncidentId, call: IdempotentCall, answer_by: AnswerBy, archiving: Archiving = _THEY_STAY
    ) -> Response:
        """Its card shows its last state without buttons, its topic is marked; another chat may be made."""

        def message(key: str) -> ArchiveChat:
            return ArchiveChat(**asked_as(call, key), people_leave=archiving.remove_people)

        work = chats.order(call, "archive_chat", incident, message, _archived, answer_by)
        return await idempotency.answered(call, work.called, work)

    return router


def _renamed(operation: OperationAnswer, answer: RoomAnswer) -> Renamed:
    return Renamed(**operation.model_dump(), topic=answer.name)


def _archived(operation: OperationAnswer, answer: RoomAnswer) -> Archived:
    return Archived(**operation.model_dump(), left_out=[left_out_sentence(one) for one in answer.lacks])
