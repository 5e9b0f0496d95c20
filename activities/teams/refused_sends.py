"""Sends that Teams refuses because of where they go: whoever knows the place hears of it and finds out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog

from activities.signals import WorkflowSignals
from muster.chat_life import ChatLife
from muster.refused_sends import NOT_IN_ROSTER, REFUSED_SENDS, RefusedSend, refusal_in
from muster.settings import Settings
from muster.store import rooms, teams
from muster.store.pool import UNAVAILABLE, Pool
from workflows.errors import OutsideError, RefusedForNow
from workflows.team_setup.messages import Deadlines
from workflows.team_setup.workflow_type import SEND_REFUSED, TEAM_SETUP

log = structlog.stdlib.get_logger(__name__)


class RefusedSends:
    """Reports refused sends: into a channel to the set-up of its team, into a chat to what it lives by."""

    def __init__(self, pool: Pool, signals: WorkflowSignals, settings: Settings, chat_life: ChatLife) -> None:
        self._pool = pool
        self._chat_life = chat_life
        self._signals = signals
        self._settings = settings

    @asynccontextmanager
    async def reporting(self, conversation: str) -> AsyncIterator[None]:
        """Report what the block raises, where that says that the conversation refuses the bot.

        A chat into which Muster has just brought the bot may not know it yet: that is ``RefusedForNow``.
        """
        began = datetime.now(UTC)
        try:
            yield
        except REFUSED_SENDS as refused:
            if refused.code == NOT_IN_ROSTER and await self._is_new(conversation):
                text = "the chat does not know yet that the app is installed"
                raise RefusedForNow(text, code=refused.code, retry_after=1) from refused
            await self.report(conversation, refused, began)
            raise

    async def _is_new(self, conversation: str) -> bool:
        """Whether Muster has just brought the bot into it; where nobody can tell, it has not."""
        try:
            return await rooms.is_new(self._pool, conversation)
        except UNAVAILABLE:
            return False

    async def report(self, conversation: str, refused: RefusedSend, at: datetime) -> None:
        """Tell who finds out what became of it; a later send reports what cannot be told now."""
        message = refusal_in(conversation, refused, at)
        if message is None:
            return
        try:
            team = await teams.of_channel(self._pool, conversation)
            if team is None:
                await self._chat_life.refused(conversation)
                return
            start = team.start(Deadlines(link=self._settings.link_life))
            await self._signals.signal(TEAM_SETUP, start, SEND_REFUSED, message)
        except (OutsideError, *UNAVAILABLE) as failure:
            log.warning("a refused send was not reported", reason=type(failure).__name__)
        else:
            log.info("a refused send was reported", team=team.key, code=refused.code)
