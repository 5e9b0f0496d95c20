"""``POST /v1/incidents/{incident}/messages``: a program says something in Teams."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from api.public.bodies import StrictBody
from api.public.errors import errors
from api.public.idempotency import IdempotentCall
from api.public.message_work import KIND, MessageWork, Recipient, Saying
from api.public.operations import OperationAnswer
from api.public.public_api import PublicApi
from api.public.room_work import ACCEPTED
from api.public.route import AnswerBy, IncidentId
from api.public.tenants import Tenants
from muster.cards.messages import EMPTY, LONGEST_TEXT
from muster.values import TEAMS_ID, is_visible

_CHANNEL = "Muster's key of a channel (`payments-ops`), or Teams' id."
_CHAT = "`dedicated`: the incident's own chat. Or Muster's key of a chat (`chat-42`), or Teams' id."
_PERSON = "E-mail or PagerDuty user id of somebody who is linked: they alone read it."
_TEXT = "Shown letter by letter: nothing in it is markup."


def _visible(text: str) -> str:
    if not is_visible(text):
        raise PydanticCustomError("empty", EMPTY)
    return text


_Name = Annotated[str | None, Field(min_length=1, max_length=TEAMS_ID)]


class To(StrictBody):
    """Where a message goes: one of the three."""

    channel: Annotated[_Name, Field(description=_CHANNEL)] = None
    chat: Annotated[_Name, Field(description=_CHAT)] = None
    person: Annotated[_Name, Field(description=_PERSON)] = None

    @model_validator(mode="after")
    def _one_is_named(self) -> "To":
        if sum(name is not None for name in (self.channel, self.chat, self.person)) != 1:
            raise PydanticCustomError("one", "name one of channel, chat and person")
        return self

    @property
    def recipient(self) -> Recipient:
        """The one that is named."""
        if self.channel is not None:
            return Recipient("channel", self.channel)
        if self.chat is not None:
            return Recipient("chat", self.chat)
        return Recipient("person", self.person or "")


class Message(StrictBody):
    """What is said where."""

    to: To
    text: Annotated[str, Field(max_length=LONGEST_TEXT, description=_TEXT), AfterValidator(_visible)]


def messages_router(api: PublicApi) -> APIRouter:
    """The routes."""
    router = api.router()
    saying = Saying(api.pool, api.gateway, api.incidents, Tenants(api))
    idempotency = api.idempotency

    @router.post(
        "/v1/incidents/{incident}/messages",
        summary="Send a message",
        status_code=201,
        response_model=OperationAnswer,
        responses={
            **ACCEPTED,
            **errors(403, 404, 422, 502, 504),
        },
    )
    async def post(
        incident: IncidentId, message: Message, call: IdempotentCall, answer_by: AnswerBy
    ) -> Response:
        """To a channel, in the thread of the incident's card where that is; to a chat; to one person alone.

        Without an `Idempotency-Key` the same message within the minute is sent once.
        """
        work = MessageWork(saying, call, incident, message.to.recipient, message.text, answer_by)
        return await idempotency.answered(call, KIND, work, within_minute=True)

    return router
