"""``POST /v1/custom-actions/chat`` and ``/meeting``: somebody clicked a custom incident action."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from api.public.clicked_actions import Click, ClickedAction
from api.public.errors import errors
from api.public.idempotency import Accepted, Call, Given, Idempotency, IdempotentCall
from api.public.program_wishes import Wish
from api.public.public_api import PublicApi
from api.public.room_work import RoomOf, Rooms
from api.public.route import AnswerBy
from api.public.tenants import Tenants
from muster.cards.rooms.programs import ProgramCall
from muster.store import program_rooms
from workflows.incident_room.messages import RoomKey
from workflows.operation.state import Ended, OperationKey

WebhookId = Annotated[
    str | None,
    Header(
        alias="X-Webhook-Id",
        max_length=255,
        description="PagerDuty's, the same for each attempt: such a click is one.",
    ),
]


@dataclass(frozen=True)
class HandedOver:
    """Asks a room for the chat or the meeting, and does not wait: PagerDuty shows nobody the answer."""

    rooms: Rooms
    idempotency: Idempotency
    call: Call
    called: ProgramCall
    room: RoomOf
    wish: Wish
    answer_by: float

    async def do(self, operation: OperationKey) -> Ended | None:
        """Hand it over; the room writes how it ended."""
        message = self.wish.asked(self.call)(operation.key)
        await self.rooms.hand_over(
            operation.account, self.room, self.called, message, answer_by=self.answer_by
        )
        return None

    async def answer(self, operation: OperationKey, ended: Ended) -> Given:
        """The same for another attempt of a click that is done."""
        return Given(202, self.idempotency.accepted(operation))


class Clicks:
    """Has made what was clicked for: whoever clicked owns it, where they are linked."""

    def __init__(self, api: PublicApi) -> None:
        self._pool = api.pool
        self._rooms, self._tenants = Rooms(api), Tenants(api)
        self._idempotency = api.idempotency

    async def take(
        self, called: ProgramCall, click: Click, call: Call, webhook: str | None, *, answer_by: float
    ) -> Response:
        """Begin it, once for each click; raises ``ApiError`` 404 where the account has no tenant."""
        account = call.caller.account
        linked: tuple[str, ...] = ()
        if click.user:
            linked = await program_rooms.tenants_of_user(
                self._pool, account=account, pagerduty_user=click.user
            )
        key = RoomKey(account=account, incident_id=click.incident_id)
        room = RoomOf(click.incident_id, await self._tenants.of_click(key, linked=linked))
        wish = Wish(
            owner=click.user if room.tenant in linked else None, number=click.number, service=click.service
        )
        once = replace(call, idempotency_key=webhook or call.idempotency_key)
        work = HandedOver(self._rooms, self._idempotency, once, called, room, wish, answer_by)
        return await self._idempotency.answered(once, called, work)


def custom_actions_router(api: PublicApi) -> APIRouter:
    """The routes."""
    router = api.router()
    clicks = Clicks(api)

    @router.post(
        "/v1/custom-actions/chat",
        summary="Open the chat by a custom incident action",
        status_code=202,
        response_model=Accepted,
        responses=errors(404, 422),
    )
    async def chat(
        action: ClickedAction, call: IdempotentCall, answer_by: AnswerBy, webhook: WebhookId = None
    ) -> Response:
        """Begin the chat of the incident on which the button was clicked."""
        return await clicks.take("open_chat", action.click, call, webhook, answer_by=answer_by)

    @router.post(
        "/v1/custom-actions/meeting",
        summary="Open the meeting by a custom incident action",
        status_code=202,
        response_model=Accepted,
        responses=errors(404, 422),
    )
    async def meeting(
        action: ClickedAction, call: IdempotentCall, answer_by: AnswerBy, webhook: WebhookId = None
    ) -> Response:
        """Begin the meeting of the incident on which the button was clicked."""
        return await clicks.take("open_meeting", action.click, call, webhook, answer_by=answer_by)

    return router
