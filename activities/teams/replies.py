"""Highlights: replies in a card's thread, each said at most once."""

import structlog

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.teams.refused_sends import RefusedSends
from activities.teams.sends import Sends
from muster.cards.incident.highlight import highlight_text
from muster.clients.teams.connector import ConnectorClient
from muster.store import cards
from muster.store.pool import UNAVAILABLE, Pool
from workflows.channel_incident.activities import REPLY, Replied, Reply
from workflows.channel_incident.state import highlight_key
from workflows.errors import OutcomeUnknown, OutsideError

log = structlog.stdlib.get_logger(__name__)


class ReplyActivities:
    """Posts highlights into the threads of their cards."""

    def __init__(
        self, connector: ConnectorClient, pool: Pool, sends: Sends, refused_sends: RefusedSends
    ) -> None:
        self._connector = connector
        self._pool = pool
        self._sends = sends
        self._refused_sends = refused_sends

    @implements(REPLY)
    async def reply(self, request: Reply) -> Replied:
        """Say a highlight in the card's thread, at most once: the intent is committed first."""
        async with heartbeats(), self._refused_sends.reporting(request.card.conversation):
            return await self._sends.run(("thread", request.card), lambda: self._say(request))

    async def _say(self, request: Reply) -> Replied:
        key = highlight_key(request.transition, request.at)
        service_url = await cards.intend_highlight(self._pool, request.card, key)
        if service_url is None:
            return Replied(said=False)
        text = highlight_text(request.view, request.transition, by=request.by)
        try:
            said = await self._connector.reply(
                service_url,
                request.tenant,
                request.card.conversation,
                request.activity_id,
                {"type": "message", "text": text, "textFormat": "markdown"},
            )
        except OutcomeUnknown:
            raise
        except OutsideError:
            await cards.withdraw_highlight(self._pool, request.card, key)
            raise
        try:
            await cards.record_reply(self._pool, request.card, said)
        except UNAVAILABLE:
            log.warning("a highlight is said and could not be recorded", incident=request.card.incident_id)
        return Replied(said=True)
