"""What tells whether the bot is in a channel: whatever arrives from there, and refused sends."""

from datetime import datetime

import structlog

from api.bot.activity import InboundActivity
from api.gateway import Gateway
from muster.refused_sends import RefusedSend, refusal_in
from muster.store import suspensions, teams
from muster.store.pool import UNAVAILABLE, Connection, Pool
from muster.temporal.attempts import Rejected, TemporalUnavailable
from workflows.contract import ArgumentT, Signal
from workflows.team_setup.messages import ChannelHeard, Deadlines
from workflows.team_setup.workflow_type import CHANNEL_HEARD, SEND_REFUSED, TEAM_SETUP

log = structlog.stdlib.get_logger(__name__)


class ChannelPresence:
    """Tells the set-up of a channel's team; what cannot be told now is told by the next one of its kind."""

    def __init__(self, pool: Pool, gateway: Gateway, deadlines: Deadlines) -> None:
        self._pool = pool
        self._gateway = gateway
        self._deadlines = deadlines

    async def is_news(self, connection: Connection, activity: InboundActivity) -> bool:
        """Whether somebody wrote or pressed a button in a channel, and what suspended it holds no more.

        An event of a team says by itself what it means: it comes from General even when that goes. A search
        and a shared card say nothing: they work where the bot is not.
        """
        if not activity.is_in_a_place_of_the_bot:
            return False
        if activity.tenant is None or activity.team is None or activity.type not in ("message", "invoke"):
            return False
        return await suspensions.is_disproved(
            connection, channel=activity.conversation_id, tenant=activity.tenant, at=activity.at
        )

    async def heard(self, activity: InboundActivity) -> None:
        """Tell that something came from a suspended channel."""
        channel = activity.conversation_id
        heard = ChannelHeard(channel=channel, at=activity.at, correlation=activity.id)
        try:
            await self._tell(channel, CHANNEL_HEARD, heard)
        except (TemporalUnavailable, Rejected, *UNAVAILABLE) as failure:
            log.warning("a set-up was not told of a channel", reason=type(failure).__name__)

    async def refused(self, channel: str, refused: RefusedSend, at: datetime) -> None:
        """The answer to a command was refused in a channel; its send began at ``at``."""
        message = refusal_in(channel, refused, at)
        if message is None:
            return
        try:
            await self._tell(channel, SEND_REFUSED, message)
        except (TemporalUnavailable, Rejected, *UNAVAILABLE) as failure:
            log.warning("a refused send was not reported", reason=type(failure).__name__)

    async def _tell(self, channel: str, signal: Signal[ArgumentT], message: ArgumentT) -> None:
        team = await teams.of_channel(self._pool, channel)
        if team is None:
            return
        await self._gateway.signal(TEAM_SETUP, team.start(self._deadlines), signal, message)
        log.info("a set-up was told of a channel", team=team.key, what=signal.name)
