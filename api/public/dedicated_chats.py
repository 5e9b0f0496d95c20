"""``/integration-ms-teams/incidents/{incident_id}/dedicated_chat``: PagerDuty's own calls for the chat.

Source: PagerDuty, *MS Teams Integration API* (ms-teams.openapi.json), to the letter. Beyond it: what takes
longer is answered 202 with its operation, and more errors are told apart.
"""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.public.bodies import PagerDutyBody
from api.public.errors import ApiError, errors
from api.public.idempotency import Given, IdempotentCall
from api.public.operations import OperationAnswer
from api.public.program_wishes import Wish, pagerduty_user
from api.public.public_api import PublicApi
from api.public.room_work import ACCEPTED, RoomOf, Rooms, RoomWork, asked_as
from api.public.route import AnswerBy, Caller, IncidentId
from api.public.tenants import Tenants
from muster.cards.rooms.programs import CHAT_EXISTS, NO_CHAT
from muster.store import program_rooms
from muster.store.pool import Pool
from muster.store.program_rooms import ShownChat
from workflows.incident_room.messages import DeleteChat, RoomAnswer, RoomKey
from workflows.presets import IN_ROOMS, Preset

_ADDRESS = "/integration-ms-teams/incidents/{incident_id}/dedicated_chat"
_TENANT = "Id of the Microsoft tenant in which the chat is made."
_OWNER = (
    "PagerDuty's id of the user who is to own the chat. By default the first assignee who is known in the "
    "tenant, else the user of the token."
)
_NAME = "The chat is called this. By default it is called as the incident."
_EVENTS = "Which updates of the incident are said in the chat."


class ChatDetails(PagerDutyBody):
    """Details of the chat that is to be made."""

    name: Annotated[str | None, Field(description=_NAME)] = None


class NewDedicatedChat(PagerDutyBody):
    """The chat that is to be made."""

    mst_tenant_id: Annotated[str, Field(description=_TENANT)]
    owner_pd_user_id: Annotated[str | None, Field(description=_OWNER)] = None
    chat: ChatDetails | None = None
    events: Annotated[Preset | None, Field(description=_EVENTS)] = None


class Chat(BaseModel):
    """A chat as Teams shows it."""

    name: str
    url: str


class ChatAnswer(BaseModel):
    """The chat that was made."""

    chat: Chat


class FoundChat(ChatAnswer):
    """The chat that is there."""

    tenant_id: str


def dedicated_chats_router(api: PublicApi) -> APIRouter:
    """The routes."""
    router = api.router()
    rooms, tenants = Rooms(api), Tenants(api)
    idempotency = api.idempotency

    @router.post(
        _ADDRESS,
        summary="Create a dedicated chat",
        status_code=201,
        response_model=ChatAnswer,
        responses=ACCEPTED | errors(403, 404, 409, 422, 502, 504),
    )
    async def post(
        incident_id: IncidentId, body: NewDedicatedChat, call: IdempotentCall, answer_by: AnswerBy
    ) -> Response:
        """Make the incident's chat, once."""
        account = call.caller.account

        async def room() -> RoomOf:
            tenant = tenants.require(account, body.mst_tenant_id)
            key = RoomKey(account=account, incident_id=incident_id)
            await tenants.is_home_of_chat(key, tenant)
            return RoomOf(incident_id, tenant)

        async def given(_: OperationAnswer, answer: RoomAnswer) -> Given:
            if answer.outcome.kind == "already":
                raise ApiError(409, CHAT_EXISTS)
            name = answer.name or (await _found(api.pool, account, incident_id)).name
            return Given(201, ChatAnswer(chat=Chat(name=name, url=answer.url)))

        wish = Wish(
            owner=pagerduty_user("open_chat", body.owner_pd_user_id),
            name=body.chat.name if body.chat else None,
            preset=body.events or IN_ROOMS,
        )
        work = RoomWork(rooms, call, "open_chat", room, wish.asked(call), given, answer_by)
        return await idempotency.answered(call, work.called, work)

    @router.get(_ADDRESS, summary="Get a dedicated chat", responses=errors(404))
    async def get(incident_id: IncidentId, caller: Caller) -> FoundChat:
        """The incident's chat; one that is archived is there to be read."""
        chat = await _found(api.pool, caller.account, incident_id)
        return FoundChat(chat=Chat(name=chat.name, url=chat.url), tenant_id=chat.tenant)

    @router.delete(
        _ADDRESS,
        summary="Delete a dedicated chat",
        status_code=204,
        response_model=None,
        responses=ACCEPTED | errors(403, 404, 422, 502, 504),
    )
    async def delete(incident_id: IncidentId, call: IdempotentCall, answer_by: AnswerBy) -> Response:
        """Delete the incident's chat, with everything in it. It takes `Chat.ManageDeletion.All`."""

        async def room() -> RoomOf:
            chat = await _found(api.pool, call.caller.account, incident_id)
            return RoomOf(incident_id, chat.tenant)

        def message(operation: str) -> DeleteChat:
            return DeleteChat(**asked_as(call, operation))

        work = RoomWork(rooms, call, "delete_chat", room, message, _nothing, answer_by)
        return await idempotency.answered(call, work.called, work)

    return router


async def _found(pool: Pool, account: str, incident_id: str) -> ShownChat:
    chat = await program_rooms.chat(pool, RoomKey(account=account, incident_id=incident_id))
    if chat is None:
        raise ApiError(404, NO_CHAT)
    return chat


async def _nothing(_: OperationAnswer, __: RoomAnswer) -> Given:
    return Given(204, None)
