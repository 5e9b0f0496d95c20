"""The channel in which somebody writes or presses, as services are connected to it."""

from api.bot.activity import InboundActivity
from muster.cards.connections.sentences import NOT_IN_A_CHAT, PRIVATE_CHANNEL, SHARED_CHANNEL
from muster.clients.teams.connector import ConnectorClient
from muster.store import conversations
from muster.store.conversations import GENERAL, Channel
from muster.store.pool import Pool, transaction
from muster.store.teams import Team
from workflows.errors import BotRemoved, NotFound

_OF_ITS_OWN = {"private": PRIVATE_CHANNEL, "shared": SHARED_CHANNEL}


def why_no_channel(activity: InboundActivity) -> str | None:
    """Why no service is connected to this conversation, in plain text; ``None``: it is a standard channel."""
    if activity.team is None:
        return NOT_IN_A_CHAT
    return _OF_ITS_OWN.get(activity.membership or "")


class Channels:
    """Finds rows of channels."""

    def __init__(self, pool: Pool, connector: ConnectorClient) -> None:
        self._pool = pool
        self._connector = connector

    async def row_of(self, activity: InboundActivity, team: Team) -> Channel | None:
        """The row; one is made for a channel that came after its team was set up.

        ``None``: Teams does not list such a channel in this team, or does not list the team's to the bot.
        Raises any other ``OutsideError``.
        """
        id = activity.conversation_id
        known = await conversations.find_channel(self._pool, id=id, tenant=team.tenant)
        if known is not None:
            return known if known.team == team.id else None
        try:
            listed = await self._connector.get_channels(activity.service_url, team.tenant, team.id)
        except (BotRemoved, NotFound):
            return None
        found = next((channel for channel in listed if channel.id == id), None)
        if found is None:
            return None
        async with transaction(self._pool) as connection:
            await conversations.upsert_channel(
                connection,
                id=id,
                tenant=team.tenant,
                account=team.account,
                team=team.id,
                team_name=team.name,
                name=found.name or GENERAL,
                service_url=activity.service_url,
            )
        return await conversations.find_channel(self._pool, id=id, tenant=team.tenant)
