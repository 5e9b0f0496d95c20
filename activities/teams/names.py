"""What Teams tells of a team that is asked: its name, those of its channels, and whether one is there."""

from activities.heartbeats import heartbeats
from activities.registration import implements
from muster.clients.teams.connector import ConnectorClient
from muster.store import conversations, teams
from muster.store.pool import Pool, transaction
from workflows.errors import BotRemoved, NotFound, RequestInvalid
from workflows.team_setup.activities import (
    FIND_CHANNEL,
    READ_NAMES,
    FindChannel,
    Found,
    Names,
    OfTeam,
)

_GONE = (BotRemoved, NotFound)
_AT_RANDOM = "BotDisabledByAdmin"
"""Comes for teams that are fine, and no event tells when it is over."""


class NameActivities:
    """Reads what Teams calls a team and its channels."""

    def __init__(self, connector: ConnectorClient, pool: Pool) -> None:
        self._connector = connector
        self._pool = pool

    @implements(READ_NAMES)
    async def read_names(self, request: OfTeam) -> Names:
        """Ask the connector, and write what it says into the rows of the team and its channels."""
        team = await teams.find(self._pool, request.team)
        if team is None or team.service_url is None:
            raise RequestInvalid("nobody has told where the team lives")
        where = (team.service_url, request.tenant, request.team)
        name = (await self._connector.get_team(*where)).name or team.name
        channels = await self._connector.get_channels(*where)
        async with transaction(self._pool) as connection:
            await teams.rename(connection, request.team, name)
            # From here on nobody else changes the row: the channels get the account that the team has now.
            team = await teams.find(connection, request.team) or team
            for channel in channels:
                await conversations.upsert_channel(
                    connection,
                    id=channel.id,
                    tenant=request.tenant,
                    account=team.account,
                    team=request.team,
                    team_name=name,
                    name=channel.name or conversations.GENERAL,
                    service_url=where[0],
                )
        return Names(name=name)

    @implements(FIND_CHANNEL)
    async def find_channel(self, request: FindChannel) -> Found:
        """Ask for the team and for its channels.

        Teams also refuses at random: the app is taken for gone where both calls say so.
        """
        team = await teams.find(self._pool, request.team)
        if team is None or team.service_url is None:
            raise RequestInvalid("nobody has told where the team lives")
        where = (team.service_url, request.tenant, request.team)
        async with heartbeats():
            try:
                channels = await self._connector.get_channels(*where)
            except _GONE as refused:
                if refused.code == _AT_RANDOM:
                    raise
                try:
                    await self._connector.get_team(*where)
                except _GONE:
                    return Found(has_app=False, is_there=False)
                raise
        return Found(has_app=True, is_there=request.channel in {channel.id for channel in channels})
