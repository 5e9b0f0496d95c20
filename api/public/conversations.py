"""``/v1/incidents/{incident}/conversations/{conversation}``: where else an incident has its card."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.responses import Response

from api.public.bodies import StrictBody
from api.public.errors import errors
from api.public.following_work import FOLLOW, STOP, FollowWork, Linking, StopWork
from api.public.idempotency import IdempotentCall
from api.public.operations import OperationAnswer
from api.public.public_api import PublicApi
from api.public.room_work import ACCEPTED
from api.public.route import AnswerBy, IncidentId
from muster.values import TEAMS_ID
from workflows.presets import Preset

_EVENTS = (
    "How much is said beside the card, as PagerDuty calls it. Without it: what the conversation has, "
    "`highlights_only` where it is new."
)

ConversationName = Annotated[
    str,
    Path(
        max_length=TEAMS_ID,
        description="Muster's key of a channel or a group chat (`payments-ops`, `chat-42`), or Teams' id.",
    ),
]


class Link(StrictBody):
    """How the incident is followed there."""

    events: Annotated[Preset | None, Field(description=_EVENTS)] = None


_AS_IT_IS = Link()


def conversations_router(api: PublicApi) -> APIRouter:
    """The routes."""
    router = api.router()
    linking = Linking.of(api)
    idempotency = api.idempotency
    path = "/v1/incidents/{incident}/conversations/{conversation}"

    @router.put(
        path,
        summary="Link a conversation",
        response_model=OperationAnswer,
        responses=ACCEPTED | errors(404, 422),
    )
    async def link(
        incident: IncidentId,
        conversation: ConversationName,
        call: IdempotentCall,
        answer_by: AnswerBy,
        link: Link = _AS_IT_IS,
    ) -> Response:
        """The incident gets a live card there, once; linked again, the new `events` count."""
        work = FollowWork(linking, call, incident, conversation, link.events, answer_by)
        return await idempotency.answered(call, FOLLOW, work)

    @router.delete(
        path,
        summary="Unlink a conversation",
        response_model=OperationAnswer,
        responses=ACCEPTED | errors(404, 409, 422),
    )
    async def unlink(
        incident: IncidentId, conversation: ConversationName, call: IdempotentCall, answer_by: AnswerBy
    ) -> Response:
        """The card there shows its last state, and nothing more."""
        work = StopWork(linking, call, incident, conversation, answer_by)
        return await idempotency.answered(call, STOP, work)

    return router
