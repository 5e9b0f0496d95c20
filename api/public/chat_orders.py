"""What programs want done with the chat that is there: the room is asked, and what it did is told in full."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from pydantic import BaseModel

from api.public.errors import ApiError
from api.public.idempotency import Call, Given
from api.public.incidents import Incidents
from api.public.operations import OperationAnswer
from api.public.public_api import PublicApi
from api.public.room_work import RoomOf, Rooms, RoomWork
from muster.cards.rooms.programs import NO_CHAT
from muster.store import rooms
from muster.store.pool import Pool
from workflows.incident_room.messages import AskedOfChat, RoomAnswer, RoomKey
from workflows.incident_room.state import OrderKind


class Chats(NamedTuple):
    """The chats of incidents, and who does something with them."""

    pool: Pool
    incidents: Incidents
    rooms: Rooms

    @classmethod
    def of(cls, api: PublicApi) -> "Chats":
        """Of the API's dependencies."""
        return cls(api.pool, api.incidents, Rooms(api))

    async def room(self, account: str, incident_id: str, *, answer_by: float) -> RoomOf:
        """The room of an incident that has a chat, or had one; raises ``ApiError`` 404 or 503.

        Whether there is one at this moment the run knows. Without a row none is begun to say so.
        """
        await self.incidents.require(account, incident_id, answer_by=answer_by)
        found = await rooms.tenant_of_chat(self.pool, RoomKey(account=account, incident_id=incident_id))
        if found is None:
            raise ApiError(404, NO_CHAT)
        return RoomOf(incident_id, found)

    def order(
        self,
        call: Call,
        called: OrderKind,
        incident_id: str,
        message: Callable[[str], AskedOfChat],
        body: Callable[[OperationAnswer, RoomAnswer], BaseModel],
        answer_by: float,
    ) -> RoomWork:
        """Sends ``message`` to the room; ``body``: what the call gets where it was done, or found so."""

        async def given(operation: OperationAnswer, answer: RoomAnswer) -> Given:
            return Given(200, body(operation, answer))

        room = partial(self.room, call.caller.account, incident_id, answer_by=answer_by)
        return RoomWork(self.rooms, call, called, room, message, given, answer_by)
