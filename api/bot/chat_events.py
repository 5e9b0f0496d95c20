"""What Teams tells of a chat: whether the bot is in it, and what it is called.

An installation comes as two activities, as in a team, and the second one changes nothing. Where nobody
follows an incident in a chat there is no row, and nothing is to be done.
"""

import asyncio

import structlog

from api.bot.activity import InboundActivity
from api.bot.adapter import NotTaken
from muster.chat_life import ChatLife
from muster.logging import correlated
from muster.store import chats
from muster.store.pool import UNAVAILABLE, Connection, Pool
from muster.temporal.attempts import Rejected, TemporalUnavailable

_WITHIN = 10.0
"""Seconds for all of it: Teams delivers again what is not answered within 15."""

log = structlog.stdlib.get_logger(__name__)


def is_away(activity: InboundActivity) -> bool | None:
    """Whether it tells that the bot left the chat, or came into it; ``None``: neither."""
    if activity.type == "installationUpdate":
        return {"add": False, "remove": True}.get((activity.install_action or "").casefold())
    if activity.type != "conversationUpdate":
        return None
    if activity.removes_bot:
        return True
    if activity.adds_bot:
        return False
    return None


class ChatEvents:
    """Has rows and runs follow what happens to their chats."""

    def __init__(self, pool: Pool, life: ChatLife) -> None:
        self._pool = pool
        self._life = life

    async def tell(self, activity: InboundActivity) -> None:
        """Take an event of a chat; raises ``NotTaken``."""
        if activity.tenant is None:
            return
        chat, tenant = activity.conversation_id, activity.tenant
        with correlated(activity.id):
            try:
                async with asyncio.timeout(_WITHIN):
                    if activity.topic_name:
                        name = activity.topic_name
                        await chats.rename(self._pool, id=chat, tenant=tenant, name=name, at=activity.at)
                    if (away := is_away(activity)) is not None:
                        await self._follow(activity, tenant, is_away=away)
            except (TemporalUnavailable, *UNAVAILABLE) as failure:
                log.warning("an event of a chat was not taken", reason=type(failure).__name__)
                raise NotTaken from failure
            except Rejected as refusal:  # it will be the next time too
                log.error("an event of a chat is refused", reason=str(refusal))

    async def is_news(self, connection: Connection, activity: InboundActivity) -> bool:
        """Whether somebody wrote to the bot in a chat that is suspended, or revived without its runs."""
        if activity.tenant is None or activity.type != "message":
            return False
        return await chats.needs_reviving(
            connection, id=activity.conversation_id, tenant=activity.tenant, at=activity.at
        )

    async def heard(self, activity: InboundActivity) -> None:
        """Revive the chat; what cannot be done now is done by the next message."""
        try:
            if activity.tenant is not None:
                await self._follow(activity, activity.tenant, is_away=False)
        except (TemporalUnavailable, Rejected, *UNAVAILABLE) as failure:
            log.warning("a chat was not revived", reason=type(failure).__name__)

    async def _follow(self, activity: InboundActivity, tenant: str, *, is_away: bool) -> None:
        request = activity.id or f"{activity.type} of {activity.at.isoformat()}"
        await self._life.follow(
            activity.conversation_id, tenant, is_away=is_away, at=activity.at, request=request
        )
