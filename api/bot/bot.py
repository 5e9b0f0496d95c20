# mypy: allow-subclassing-any, allow-untyped-calls
# (botbuilder has no types)
"""What Muster does when Teams talks to it."""

import asyncio

import structlog
from botbuilder.core import InvokeResponse, TurnContext
from botbuilder.core.teams import TeamsActivityHandler

from api.bot.activity import InboundActivity
from api.bot.adapter import inbound_of
from api.bot.clicks import ClickHandler
from muster.store import conversations
from muster.store.pool import UNAVAILABLE, Pool

_NOTED_WITHIN = 0.5
"""Seconds that noting an address may take from the time of an answer."""

log = structlog.stdlib.get_logger(__name__)


class MusterBot(TeamsActivityHandler):
    """Gives each kind of activity to whoever handles it."""

    def __init__(self, clicks: ClickHandler, pool: Pool) -> None:
        super().__init__()
        self._clicks = clicks
        self._pool = pool

    async def on_turn(self, turn_context: TurnContext) -> None:
        """Note where the conversation lives now, then handle the activity, whatever it is."""
        await self._follow(inbound_of(turn_context).activity)
        await super().on_turn(turn_context)

    async def _follow(self, activity: InboundActivity) -> None:
        """Microsoft may move a conversation to another address, and tells so by the next activity alone."""
        if activity.tenant is None:
            return
        try:
            async with asyncio.timeout(_NOTED_WITHIN):
                await conversations.follow(
                    self._pool,
                    id=activity.conversation_id,
                    tenant=activity.tenant,
                    service_url=activity.service_url,
                )
        except UNAVAILABLE as failure:  # the next activity tells it again
            log.warning("where a conversation lives could not be noted", reason=type(failure).__name__)

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """Card actions are answered here; botbuilder's own answer cannot hold a text.

        Muster has no answer to other invokes, so that botbuilder need not read what they carry.
        """
        inbound = inbound_of(turn_context)
        if not inbound.activity.is_card_action:
            return InvokeResponse(status=501)
        return InvokeResponse(
            status=200, body=await self._clicks.answer(inbound.activity, answer_by=inbound.answer_by)
        )
