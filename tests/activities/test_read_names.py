"""``teams.read_names``: what Teams calls a team and its channels, into their rows."""

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.teams.names import NameActivities
from muster.clients.teams.connector import ConnectorClient
from muster.store import teams
from muster.store.pool import Pool
from tests.support.teams_service import TeamsService
from workflows.team_setup.activities import Names, OfTeam

pytestmark = pytest.mark.anyio


@pytest.fixture
async def names(connector: ConnectorClient, pool: Pool, teams_side: TeamsService) -> NameActivities:
    await pool.execute("UPDATE team SET service_url = $1, name = 'old'", teams_side.service_url)
    await pool.execute("DELETE FROM connection")
    await pool.execute("DELETE FROM conversation WHERE kind = 'channel'")
    return NameActivities(connector, pool)


async def read(names: NameActivities, teams_side: TeamsService) -> Names:
    company = teams_side.company
    request = OfTeam(tenant=company.tenant_id, team=company.teams[0].id)
    found: Names = await ActivityEnvironment().run(names.read_names, request)
    return found


@pytest.mark.pooler_too
async def test_the_names_of_a_team_and_of_its_channels_are_written(
    names: NameActivities, pool: Pool, teams_side: TeamsService
) -> None:
    team = teams_side.company.teams[0]
    assert await read(names, teams_side) == Names(name=team.name)
    rows = await pool.fetch(
        "SELECT id, name, account, service_url FROM conversation WHERE team = $1", team.id
    )
    assert {row["id"]: row["name"] for row in rows} == {
        channel.id: "General" if channel.id == team.id else channel.name for channel in team.channels
    }
    assert {row["account"] for row in rows} == {"acme"}
    assert {row["service_url"] for row in rows} == {teams_side.service_url}
    found = await teams.find(pool, team.id)
    assert found is not None
    assert found.name == team.name


async def test_channels_of_a_team_without_an_account_belong_to_none(
    names: NameActivities, pool: Pool, teams_side: TeamsService
) -> None:
    await pool.execute("UPDATE team SET account = NULL")
    await read(names, teams_side)
    assert (
        await pool.fetchval(
            "SELECT count(*) FROM conversation WHERE account IS NOT NULL AND team IS NOT NULL"
        )
        == 0
    )


async def test_names_that_cannot_be_read_change_nothing(
    names: NameActivities, pool: Pool, teams_side: TeamsService
) -> None:
    await teams_side.fault("team", "status", status=503)
    with pytest.raises(ApplicationError) as failed:
        await read(names, teams_side)
    assert failed.value.type == "ProviderUnavailable"
    found = await teams.find(pool, teams_side.company.teams[0].id)
    assert found is not None
    assert found.name == "old"
