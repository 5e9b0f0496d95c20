"""Names of teams and channels: messages carry none of channels."""

from activities.registration import implements
from muster.clients.teams.connector import ConnectorClient
from muster.store import conversations, teams
from muster.store.pool import Pool, transaction
from workflows.errors import RequestInvalid
from workflows.team_setup.activities import READ_NAMES, Names, OfTeam

GENERAL = "General"
"""What Teams calls the first channel of a team in English; it tells no name of it."""


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
                    name=channel.name or GENERAL,
                    service_url=where[0],
                )
        return Names(name=name)
