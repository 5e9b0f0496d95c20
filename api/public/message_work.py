"""How a program's message is sent: by the run of its operation, which writes how that ended."""

import asyncio
from dataclasses import dataclass
from typing import Literal, NamedTuple

from api.gateway import Gateway
from api.public.errors import RETRY_AFTER, ApiError
from api.public.idempotency import Call, Given
from api.public.incidents import Incidents
from api.public.operations import operation_answer
from api.public.tenants import Tenants
from muster.cards.messages import NO_CHANNEL, NO_CHAT, NO_PERSON, message_error
from muster.logging import correlation_id
from muster.store import message_places
from muster.store.message_places import DEDICATED
from muster.store.pool import Pool
from workflows.errors import (
    BotRemoved,
    Conflict,
    ConversationUnavailable,
    Forbidden,
    NotFound,
    ProviderUnavailable,
    RateLimited,
    RefusedForNow,
)
from workflows.operation.messages import Say, Start
from workflows.operation.state import Ended, OperationKey, Place
from workflows.operation.workflow_type import DO, OPERATION

KIND = "message"
_STATUSES: dict[str, int] = {
    BotRemoved.__name__: 404,
    ConversationUnavailable.__name__: 404,
    NotFound.__name__: 404,
    Forbidden.__name__: 403,
    ProviderUnavailable.__name__: 503,
    RateLimited.__name__: 503,
    RefusedForNow.__name__: 503,
    Conflict.__name__: 503,
    "withdrawn": 503,
}
"""By the reason for which it was certainly not sent; all else Teams refuses for good."""
_REFUSED, _LOST = 502, 504
_SENDING_TAKES = 1.5
"""Seconds of a call that are kept for the message itself."""
_ASKS_AGAIN = 0.2
"""Seconds. The bot comes by an activity of Teams', which may reach another process of the API."""


class Recipient(NamedTuple):
    """Where a message goes, as the program names it."""

    kind: Literal["channel", "chat", "person"]
    name: str


class Saying(NamedTuple):
    """What messages are sent by."""

    pool: Pool
    gateway: Gateway
    incidents: Incidents
    tenants: Tenants


@dataclass(frozen=True)
class MessageWork:
    """Sends one message."""

    saying: Saying
    call: Call
    incident_id: str
    recipient: Recipient
    text: str
    answer_by: float

    async def do(self, operation: OperationKey) -> Ended | None:
        """Let the run send it, and wait for how that ended; raises ``ApiError`` 404 or 503."""
        account, caller = operation.account, self.call.caller
        await self.saying.incidents.require(account, self.incident_id, answer_by=self.answer_by)
        place = await self._place(account)
        speaker = await message_places.speaker(
            self.saying.pool, account=account, pagerduty_user=caller.pagerduty_user
        )
        start = Start(
            account=account,
            key=operation.key,
            incident_id=self.incident_id,
            place=place,
            by=speaker or caller.pagerduty_email,
            through=caller.name,
        )
        say = Say(text=self.text, correlation=correlation_id.get())
        return await self.saying.gateway.ask(
            OPERATION, start, DO, say, update_id=operation.key, answer_by=self.answer_by
        )

    async def answer(self, operation: OperationKey, ended: Ended) -> Given:
        """The operation; raises ``ApiError`` where the message was not sent, or nobody knows."""
        told = message_error(ended)
        if told is None:
            return Given(201, operation_answer(operation.key, KIND, ended))
        if ended.outcome == "unknown":
            raise ApiError(_LOST, told)
        status = _STATUSES.get(ended.reason, _REFUSED)
        raise ApiError(status, told, RETRY_AFTER if status == 503 else None)

    async def _place(self, account: str) -> Place:
        pool, incident_id, (kind, name) = self.saying.pool, self.incident_id, self.recipient
        match kind:
            case "channel":
                found = await message_places.channel(
                    pool, account=account, incident_id=incident_id, name=name
                )
                otherwise = NO_CHANNEL
            case "chat":
                found = await self._chat(account)
                otherwise = NO_CHAT
            case "person":
                found = await message_places.person(
                    pool, account=account, name=name, tenants=self.saying.tenants.of_account(account)
                )
                otherwise = NO_PERSON
        if found is None or not self.saying.tenants.is_of(account, found.tenant):
            raise ApiError(404, otherwise)
        return found

    async def _chat(self, account: str) -> Place | None:
        """A step of a workflow may come right after the one that made the chat: the bot is waited for."""
        pool, incident_id, name = self.saying.pool, self.incident_id, self.recipient.name
        clock = asyncio.get_running_loop().time
        while True:
            found = await message_places.chat(pool, account=account, incident_id=incident_id, name=name)
            if found is not None or name != DEDICATED or clock() > self.answer_by - _SENDING_TAKES:
                return found
            if not await message_places.is_being_entered(pool, account=account, incident_id=incident_id):
                return None
            await asyncio.sleep(_ASKS_AGAIN)
