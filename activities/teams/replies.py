"""Announcements: short lines beside a card, in a chat messages of their own, each said at most once."""

from collections.abc import Mapping
from typing import Any

import structlog

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.teams.refused_sends import RefusedSends
from activities.teams.sends import Sends
from muster.cards.incident.announcement import announcement_text
from muster.clients.teams.connector import ConnectorClient
from muster.store import cards
from muster.store.cards import ReplyPlace
from muster.store.pool import UNAVAILABLE, Pool
from workflows.channel_incident.activities import REPLY, Replied, Reply
from workflows.errors import OutcomeUnknown, OutsideError

log = structlog.stdlib.get_logger(__name__)


class ReplyActivities:
    """Posts announcements beside their cards."""

    def __init__(
        self, connector: ConnectorClient, pool: Pool, sends: Sends, refused_sends: RefusedSends
    ) -> None:
        self._connector = connector
        self._pool = pool
        self._sends = sends
        self._refused_sends = refused_sends

    @implements(REPLY)
    async def reply(self, request: Reply) -> Replied:
        """Say an announcement beside the card, at most once: the intent is committed first."""
        async with heartbeats(), self._refused_sends.reporting(request.card.conversation):
            return await self._sends.run(("thread", request.card), lambda: self._say(request))

    async def _say(self, request: Reply) -> Replied:
        key = request.announcement.key
        place = await cards.intend_announcement(self._pool, request.card, key)
        if place is None:
            return Replied(said=False)
        text = announcement_text(request.view, request.announcement, names_incident=not place.has_threads)
        try:
            said = await self._post(
                request, place, {"type": "message", "text": text, "textFormat": "markdown"}
            )
        except OutcomeUnknown:
            raise
        except OutsideError:
            await cards.withdraw_announcement(self._pool, request.card, key)
            raise
        try:
            await cards.record_reply(self._pool, request.card, said)
        except UNAVAILABLE:
            log.warning(
                "an announcement is said and could not be recorded", incident=request.card.incident_id
            )
        return Replied(said=True)

    async def _post(self, request: Reply, place: ReplyPlace, message: Mapping[str, Any]) -> str:
        """The id of the message: in the card's thread, and in a chat beside the card."""
        where = (place.service_url, request.tenant, request.card.conversation)
        if place.has_threads:
            return await self._connector.reply(*where, request.activity_id, message)
        return await self._connector.send(*where, message)
