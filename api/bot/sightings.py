"""What every activity tells beside its purpose: where its conversation lives now, and who its person is.

Microsoft may move a conversation to another address and tells so by the next activity alone. It is written
after the answer, which nobody has to wait longer for.
"""

import asyncio
from typing import Protocol

import structlog

from api.background import BackgroundTasks
from api.bot.activity import InboundActivity
from muster.store import conversations, people, teams
from muster.store.pool import UNAVAILABLE, Connection, Pool

WITHIN = 2.0
"""Seconds for one activity, its wait for a connection too."""
_AT_ONCE = 4
"""Of the pool's connections. Those who press buttons at the same moment need the others."""
_MOST = 500
"""Activities that wait. What another one tells is dropped: the next activity tells it again."""
_ENDS_WITHIN = 3.0
"""Seconds that the last ones have when the API stops."""

log = structlog.stdlib.get_logger(__name__)


class Presence(Protocol):
    """Who is to hear that something came from a conversation in which the bot was thought not to be."""

    async def is_news(self, connection: Connection, activity: InboundActivity) -> bool:
        """Whether that conversation is suspended, and the activity says that it should not be."""

    async def heard(self, activity: InboundActivity) -> None:
        """Tell; raises nothing that may pass."""


class Sightings:
    """Writes what activities tell, in the background."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._tasks = BackgroundTasks()
        self._connections = asyncio.Semaphore(_AT_ONCE)

    def begin(self, activity: InboundActivity, presence: Presence | None = None) -> asyncio.Task[None] | None:
        """Write what this one tells; the task raises nothing. ``None``: too much waits to be written.

        ``presence`` hears that something came from a suspended conversation.
        """
        if len(self._tasks) >= _MOST:
            log.warning("what an activity tells was dropped", waiting=len(self._tasks))
            return None
        return self._tasks.begin(self._note(activity, presence))

    async def wait_for(self, noting: asyncio.Task[None] | None) -> None:
        """Return when it is written or given up; a connection that hangs may give it up later still."""
        if noting is not None:
            await asyncio.wait({noting}, timeout=WITHIN)

    async def finish(self) -> None:
        """Give the last ones a few seconds; the next activities tell again what is lost then."""
        await self._tasks.finish(within=_ENDS_WITHIN)

    async def _note(self, activity: InboundActivity, presence: Presence | None) -> None:
        if activity.tenant is None:
            return
        try:
            async with asyncio.timeout(WITHIN), self._connections, self._pool.acquire() as connection:
                await _write(connection, activity, activity.tenant)
                is_news = presence is not None and await presence.is_news(connection, activity)
            if presence is not None and is_news:  # without a connection held for it
                await presence.heard(activity)
        except UNAVAILABLE as failure:  # the next activity tells it again
            log.warning("what an activity tells could not be noted", reason=type(failure).__name__)
        except Exception:
            # Nobody awaits it: whatever it is, it has to be said here.
            log.exception("what an activity tells was not noted")


async def _write(connection: Connection, activity: InboundActivity, tenant: str) -> None:
    address, sender = activity.service_url, activity.sender
    is_ours = activity.is_in_a_place_of_the_bot
    is_private_chat = is_ours and activity.is_private
    if is_ours:
        await conversations.follow(
            connection, id=activity.conversation_id, tenant=tenant, service_url=address
        )
    if is_ours and activity.team is not None:
        await teams.follow(connection, id=activity.team.id, tenant=tenant, service_url=address)
    if sender.aad_object_id is not None:
        await people.seen(
            connection,
            tenant=tenant,
            aad_object_id=sender.aad_object_id,
            teams_id=sender.id,
            name=sender.name,
            private_conversation=activity.conversation_id if is_private_chat else None,
            service_url=address if is_private_chat else None,
        )
