"""What programs want done with the chat that is there: the room is asked, and what it did is told in full."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import BaseModel

from api.public.errors import ApiError
from api.public.idempotency import Call, Given
from api.public.incidents import Incidents
from api.public.operations import OperationAnswer, operation_answer
from api.public.public_api import PublicApi
from api.public.room_work import RoomOf, Rooms
from muster.cards.rooms.programs import NO_CHAT, room_error
from muster.store import rooms
from muster.store.pool import Pool
from muster.temporal.attempts import TemporalUnavailable
from workflows.incident_room.messages import AskedOfChat, RoomAnswer, RoomKey, ended_by, outcome_of
from workflows.incident_room.state import OrderKind
from workflows.operation.state import Ended, OperationKey


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


@dataclass
class OrderWork:
    """Asks a room for one thing. Asked again for the same operation it answers the same."""

    chats: Chats
    call: Call
    called: OrderKind
    """Also the kind of the operation."""
    incident_id: str
    message: Callable[[str], AskedOfChat]
    """What the room is sent, by the key of the operation."""
    told: Callable[[OperationAnswer, RoomAnswer], BaseModel]
    """What the call gets where it was done, or found so."""
    answer_by: float
    _asked: RoomOf | None = field(default=None, init=False)
    _heard: RoomAnswer | None = field(default=None, init=False)

    async def do(self, operation: OperationKey) -> Ended | None:
        """Ask, and wait for how that ended; raises ``ApiError`` 404 or 503, or ``TemporalUnavailable``."""
        room = await self._room()
        self._heard = answer = await self.chats.rooms.ask(
            operation.account,
            room,
            self.called,
            self.message(operation.key),
            key=operation.key,
            answer_by=self.answer_by,
        )
        return None if answer is None else ended_by(answer.outcome, url=answer.url)

    async def answer(self, operation: OperationKey, ended: Ended) -> Given:
        """What came of it; raises ``ApiError``."""
        if ended.outcome != "done":
            raise await self._refusal(operation, ended)
        if self._heard is None:  # it ended when nobody waited: the row tells less than the room
            await self.do(operation)
        if self._heard is None:
            raise TemporalUnavailable("the room did not say in time what it did")
        told = operation_answer(operation.key, self.called, ended)
        return Given(200, self.told(told, self._heard))

    async def _room(self) -> RoomOf:
        """Looked for once in a call: whether the incident is there PagerDuty may have to be asked."""
        if self._asked is None:
            account = self.call.caller.account
            self._asked = await self.chats.room(account, self.incident_id, answer_by=self.answer_by)
        return self._asked

    async def _refusal(self, operation: OperationKey, ended: Ended) -> ApiError:
        if ended.outcome == "unknown":
            return ApiError(504, room_error(self.called, ended) or "")
        outcome = outcome_of(ended) if self._heard is None else self._heard.outcome
        return self.chats.rooms.refusal(operation.account, await self._room(), self.called, outcome)
