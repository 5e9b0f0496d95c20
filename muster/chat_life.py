"""What happens to a chat: the bot comes and goes, and so do the cards of incidents that are followed there.

A channel's team has a set-up, a workflow that judges what Teams tells. A chat has none: its row judges, by
the time of the newest activity, and whoever hears it tells the runs. The API hears events and messages,
workers hear refused sends.
"""

import asyncio
from datetime import UTC, datetime

import structlog

from muster.card_runs import CardRuns
from muster.clients.teams.connector import ConnectorClient
from muster.store import chats, rooms, targets
from muster.store.chats import Presence
from muster.store.pool import Pool

_REFUSED_WITHIN = 3.0
"""Seconds to find out about a refused send: its activity has twelve, and the send may have taken eight."""
_ROUNDS = 5
"""Most times that the runs are told anew because the bot came or went meanwhile."""

log = structlog.stdlib.get_logger(__name__)


class ChatLife:
    """Suspends and revives chats, lets their cards go and takes them up again.

    What keeps a run from being told is raised, as ``card_runs`` raises it. The same request then tells all,
    and so does another one that finds the bot in the chat: the row knows whose word the runs have heard.
    """

    def __init__(self, pool: Pool, card_runs: CardRuns, connector: ConnectorClient) -> None:
        self._pool = pool
        self._card_runs = card_runs
        self._connector = connector

    async def follow(self, chat: str, tenant: str, *, is_away: bool, at: datetime, request: str) -> None:
        """Take that the bot left a chat, or is in it, as an activity of ``at`` tells.

        A chat in which nobody follows anything has no row, and nothing is done.
        """
        await chats.follow(self._pool, id=chat, tenant=tenant, is_away=is_away, at=at, request=request)
        told: Presence | None = None
        for _ in range(_ROUNDS):
            known = await chats.presence(self._pool, id=chat, tenant=tenant)
            # Another activity may be judged at the same moment, and its runs told before those of this one.
            if known is None or known == told:
                return
            if known.is_away:
                await self._let_go(chat)
            elif told is not None or known.request == request or not known.is_told:
                await self._take_up(chat, request)
            else:
                return
            await chats.note_told(self._pool, id=chat, tenant=tenant, request=known.request)
            told = known._replace(is_told=True)

    async def refused(self, chat: str) -> None:
        """A send into a chat was refused, which also happens at random: find out whether the bot is in it.

        Raises ``OutsideError``s too, where the connector does not tell, and TimeoutError after a few seconds:
        whoever sent waits for it.
        """
        async with asyncio.timeout(_REFUSED_WITHIN):
            known = await chats.find(self._pool, id=chat, tenant=None)
            if known is None:
                return
            at = datetime.now(UTC)  # the bot may be added again before the answer
            if await self._connector.has_bot(known.service_url, known.tenant, chat):
                log.info("a send into a chat was refused though the bot is in it", chat=known.key)
                return
            await self.follow(chat, known.tenant, is_away=True, at=at, request=f"refused/{at.isoformat()}")

    async def _let_go(self, chat: str) -> None:
        cards = await targets.in_chat(self._pool, chat)
        await self._card_runs.let_go(card.workflow_id for card in cards)
        await self._tell_room(chat, is_away=True)
        log.info("the cards of a chat were let go", chat=chat, cards=len(cards))

    async def _take_up(self, chat: str, request: str) -> None:
        cards = await targets.in_chat(self._pool, chat, with_last_states=False)
        await self._card_runs.take_up(cards, correlation=request)
        await self._tell_room(chat, is_away=False)
        log.info("the cards of a chat were taken up", chat=chat, cards=len(cards))

    async def _tell_room(self, chat: str, *, is_away: bool) -> None:
        """The run of the incident whose own chat it is; where none goes on, the next one asks the rows."""
        room = await rooms.of_chat(self._pool, chat)
        if room is not None:
            await self._card_runs.tell_of_bot(room, is_away=is_away)
