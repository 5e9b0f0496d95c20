"""How a program has an incident followed in a conversation, and how it stops that there.

The row is the truth, and is written first; then the run of the card is told. What a crash leaves between the
two is done by the same call again, or by the incident's next event.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from api.gateway import Gateway
from api.public.errors import NOT_IN_TIME, RETRY_AFTER, ApiError
from api.public.idempotency import Call, Given
from api.public.incidents import Incidents
from api.public.operations import operation_answer
from api.public.public_api import PublicApi
from api.public.tenants import Tenants
from muster.card_runs import CardRuns
from muster.cards.conversations import NO_CONVERSATION, NOT_FOLLOWED, NOT_THEIRS_TO_STOP
from muster.cards.messages import speaker_name
from muster.clients.pagerduty.rest import OPEN
from muster.logging import correlation_id
from muster.message_links import message_link
from muster.store import following, message_places, targets
from muster.store.following import Followed
from muster.store.pool import Pool
from muster.store.targets import Target
from muster.temporal.attempts import TemporalUnavailable
from workflows.channel_incident.messages import CardKey, Timing
from workflows.channel_incident.messages import Followed as FollowedMessage
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT
from workflows.channel_incident.workflow_type import FOLLOW as FOLLOW_SIGNAL
from workflows.operation.state import Ended, OperationKey, Place
from workflows.presets import IN_CHANNELS, Preset

FOLLOW, STOP = "follow", "stop_following"
"""Kinds of operations."""
_TELLING_TAKES = 0.6
"""Seconds that are kept for the row and for Temporal."""


class Linking(NamedTuple):
    """What incidents are followed by."""

    pool: Pool
    gateway: Gateway
    incidents: Incidents
    tenants: Tenants
    card_runs: CardRuns
    timing: Timing

    @classmethod
    def of(cls, api: PublicApi) -> "Linking":
        """Of the API's dependencies."""
        timing = Timing(edit_interval=api.settings.edit_interval, grace=api.settings.grace)
        return cls(api.pool, api.gateway, api.incidents, Tenants(api), CardRuns(api.gateway, timing), timing)

    async def place(self, account: str, incident_id: str, name: str) -> Place:
        """The channel or group chat of this name; raises ``ApiError`` 404."""
        for find in (message_places.channel, message_places.chat):
            found = await find(self.pool, account=account, incident_id=incident_id, name=name)
            if found is not None and self.tenants.is_of(account, found.tenant):
                return found
        raise ApiError(404, NO_CONVERSATION)

    async def speaker(self, call: Call) -> str:
        """Who follows it, as people read it."""
        caller = call.caller
        name = await message_places.speaker(
            self.pool, account=caller.account, pagerduty_user=caller.pagerduty_user
        )
        return speaker_name(name or caller.pagerduty_email, through=caller.name)

    async def card(self, account: str, incident_id: str, place: Place) -> Target | None:
        """The incident's card there."""
        return await targets.find_card_of_incident(
            self.pool, conversation=place.conversation, account=account, incident_id=incident_id
        )

    async def require_temporal(self, answer_by: float) -> None:
        """Return where Temporal serves, so that no row is written of which no run is told.

        Raises ``TemporalUnavailable``.
        """
        try:
            async with asyncio.timeout_at(answer_by - _TELLING_TAKES):
                await self.gateway.check_health()
        except TimeoutError as error:
            raise TemporalUnavailable("Temporal did not say in time whether it serves") from error


@dataclass(frozen=True)
class FollowWork:
    """Registers a card in the conversation and tells its run, once for all."""

    linking: Linking
    call: Call
    incident_id: str
    conversation: str
    events: Preset | None
    answer_by: float

    async def do(self, operation: OperationKey) -> Ended:
        """Have it followed; raises ``ApiError`` 404 or 503, or ``TemporalUnavailable``."""
        own, account = self.linking, operation.account
        details = await own.incidents.read(
            account, self.incident_id, answer_by=self.answer_by - _TELLING_TAKES
        )
        snapshot = details.snapshot
        place = await own.place(account, self.incident_id, self.conversation)
        name = await own.speaker(self.call)
        await own.require_temporal(self.answer_by)
        followed = await following.follow(
            own.pool,
            account=account,
            incident_id=self.incident_id,
            service=snapshot.service.id if snapshot.service else None,
            conversation=place.conversation,
            tenant=place.tenant,
            by=None,
            name=name,
            preset=self.events or IN_CHANNELS,
        )
        if followed is None:  # suspended meanwhile
            raise ApiError(404, NO_CONVERSATION)
        is_open = snapshot.status in OPEN
        if followed.message is None or is_open:
            await self._tell(followed, name, is_open=is_open)
        await self._choose(followed, place, name)
        return Ended(outcome="done", says=place.name, url=_address_of(followed, place))

    async def answer(self, operation: OperationKey, ended: Ended) -> Given:
        """The operation."""
        return Given(200, operation_answer(operation.key, FOLLOW, ended))

    async def _tell(self, followed: Followed, name: str, *, is_open: bool) -> None:
        """What is no news to a run changes nothing."""
        target = followed.target
        told = FollowedMessage(
            by=name, following=target.following, is_open=is_open, correlation=correlation_id.get()
        )
        start = target.start(self.linking.timing)
        with _written():
            await self.linking.gateway.signal(CHANNEL_INCIDENT, start, FOLLOW_SIGNAL, told)

    async def _choose(self, followed: Followed, place: Place, name: str) -> None:
        """What is followed already, or brought by a connection, has a preset of its own."""
        target, own = followed.target, self.linking
        if self.events is None or target.preset.preset == self.events:
            return
        chosen = await targets.choose_preset(own.pool, place.conversation, [target], self.events)
        with _written():
            await own.card_runs.choose(chosen, by=name)


@dataclass(frozen=True)
class StopWork:
    """Writes that nobody follows it there any more, and has the card show its last state."""

    linking: Linking
    call: Call
    incident_id: str
    conversation: str
    answer_by: float

    async def do(self, operation: OperationKey) -> Ended:
        """Stop it; raises ``ApiError`` 404, 409 or 503, or ``TemporalUnavailable``."""
        own, account = self.linking, operation.account
        await own.incidents.require(account, self.incident_id, answer_by=self.answer_by)
        place = await own.place(account, self.incident_id, self.conversation)
        card = await own.card(account, self.incident_id, place)
        if card is None:
            raise ApiError(404, NOT_FOLLOWED)
        key = CardKey(account=account, incident_id=self.incident_id, conversation=place.conversation)
        name = await own.speaker(self.call)
        await own.require_temporal(self.answer_by)
        stopped = await following.stop_as(own.pool, key, by=None, name=name, at=datetime.now(UTC))
        stopped = stopped or await following.stopped(own.pool, key)
        if stopped is None:
            raise ApiError(409, NOT_THEIRS_TO_STOP)
        with _written():
            await own.card_runs.end(card, stopped)
        return Ended(outcome="done", says=place.name)

    async def answer(self, operation: OperationKey, ended: Ended) -> Given:
        """The operation."""
        return Given(200, operation_answer(operation.key, STOP, ended))


@contextmanager
def _written() -> Iterator[None]:
    """Tell a run in here what a row says by now: whoever calls is not told that nothing was done."""
    try:
        yield
    except TemporalUnavailable as error:
        raise ApiError(503, NOT_IN_TIME, RETRY_AFTER) from error


def _address_of(followed: Followed, place: Place) -> str:
    """Of the card; empty while it is not posted yet."""
    if followed.message is None:
        return ""
    return message_link(
        conversation=place.conversation,
        message=followed.message,
        tenant=place.tenant,
        is_channel=place.kind == "channel",
        group=followed.team_group,
    )
