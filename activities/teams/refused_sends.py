"""Sends that Teams refuses because of where they go: the set-up of the team hears of it and finds out why."""

import structlog

from activities.signals import WorkflowSignals
from muster.settings import Settings
from muster.store import teams
from muster.store.pool import UNAVAILABLE, Pool
from workflows.errors import BotRemoved, ProviderUnavailable
from workflows.team_setup.messages import Deadlines, SendRefused
from workflows.team_setup.workflow_type import SEND_REFUSED, TEAM_SETUP

_IS_CERTAIN = {
    "BotNotInConversationRoster": True,
    "MessageWritesBlocked": True,
    "ConversationNotFound": False,  # also comes at random, for channels that are fine
}
"""By the connector's code; what has another one is suspended by nobody."""

log = structlog.stdlib.get_logger(__name__)


class RefusedSends:
    """Reports refused sends."""

    def __init__(self, pool: Pool, signals: WorkflowSignals, settings: Settings) -> None:
        self._pool = pool
        self._signals = signals
        self._settings = settings

    async def report(self, conversation: str, refused: BotRemoved) -> None:
        """Tell the set-up of the channel's team; a later send of the card reports what cannot be told now."""
        is_certain = _IS_CERTAIN.get(refused.code or "")
        if is_certain is None:
            return
        try:
            team = await teams.of_channel(self._pool, conversation)
            if team is None:  # a chat
                return
            start = team.start(Deadlines(link=self._settings.link_life))
            message = SendRefused(channel=conversation, is_certain=is_certain)
            await self._signals.signal(TEAM_SETUP, start, SEND_REFUSED, message)
        except (ProviderUnavailable, *UNAVAILABLE) as failure:
            log.warning("a refused send was not reported", reason=type(failure).__name__)
        else:
            log.info("a refused send was reported", team=team.key, code=refused.code)
