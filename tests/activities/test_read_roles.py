"""``graph.read_roles`` and ``graph.read_organization``: by fresh tokens of Microsoft's simulator."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import jwt
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.graph.consent import ConsentActivities
from muster.clients.entra.token import fresh_app_token
from muster.clients.graph.client import GRAPH, GraphClient
from muster.clients.http import open_pool
from muster.clients.teams.clouds import CLOUDS
from muster.clients.way_out import way_out
from muster.config_file import TeamsRegistration
from muster.permissions import REQUIRED
from muster.store import accounts
from muster.store.pool import Pool
from tests.sandbox.microsoft_process import MicrosoftProcess, running_microsoft
from tests.support.settings import settings_for
from workflows.team_setup.activities import ReadRoles, Roles

pytestmark = pytest.mark.anyio

SECRET = "f" * 32


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MicrosoftProcess]:
    with running_microsoft(tmp_path_factory.mktemp("microsoft")) as running:
        yield running


@pytest.fixture
def microsoft(started: MicrosoftProcess) -> MicrosoftProcess:
    started.sandbox("POST", "reset")
    started.consent(requested=list(REQUIRED))
    return started


@pytest.fixture
def consent_of(
    microsoft: MicrosoftProcess, pool: Pool, database_url: str
) -> Callable[[str], AsyncIterator[ConsentActivities]]:
    async def made(secret: str) -> AsyncIterator[ConsentActivities]:
        way = way_out(settings_for(database_url, "127.0.0.1:1", ca_file=microsoft.ca))
        company = microsoft.company
        registration = TeamsRegistration(
            tenant=company.tenant_id, app_id=company.bot_app_id, app_secret=secret
        )
        cloud = replace(CLOUDS["public"], authority=microsoft.authority, graph=microsoft.authority)
        clouds = {company.tenant_id: cloud}
        fresh = fresh_app_token({company.tenant_id: registration}, clouds, way, GRAPH)
        async with open_pool(way) as http:
            yield ConsentActivities(GraphClient(http, fresh, clouds), pool)

    return made


@pytest.fixture
async def consent(
    microsoft: MicrosoftProcess, consent_of: Callable[[str], AsyncIterator[ConsentActivities]]
) -> AsyncIterator[ConsentActivities]:
    async for made in consent_of(microsoft.company.bot_app_secret):
        yield made


async def read(consent: ConsentActivities, microsoft: MicrosoftProcess) -> Roles:
    request = ReadRoles(tenant=microsoft.tenant)
    roles: Roles = await ActivityEnvironment().run(consent.read_roles, request)
    return roles


@pytest.mark.pooler_too
async def test_without_consent_everything_required_is_missing(
    consent: ConsentActivities, microsoft: MicrosoftProcess, pool: Pool
) -> None:
    microsoft.sandbox("DELETE", "consent")
    assert (await read(consent, microsoft)).missing == REQUIRED
    assert await accounts.roles_of(pool, microsoft.tenant) == frozenset()


async def test_each_reading_sees_what_was_granted_a_moment_ago(
    consent: ConsentActivities, microsoft: MicrosoftProcess, pool: Pool
) -> None:
    """A token that is kept tells for an hour what was granted when it was issued."""
    microsoft.sandbox("DELETE", "consent")
    await read(consent, microsoft)
    microsoft.sandbox("POST", "consent/grant")
    assert (await read(consent, microsoft)).missing == ()
    assert await accounts.roles_of(pool, microsoft.tenant) == frozenset(REQUIRED)
    microsoft.sandbox("DELETE", "consent/Chat.Create")
    assert (await read(consent, microsoft)).missing == ("Chat.Create",)


async def test_an_unreachable_authority_may_come_back(
    consent: ConsentActivities, microsoft: MicrosoftProcess
) -> None:
    fault = {"on": "token", "do": "status", "status": 503, "times": 5}
    microsoft.sandbox("POST", "faults", fault)
    with pytest.raises(ApplicationError) as failed:
        await read(consent, microsoft)
    assert failed.value.type == "ProviderUnavailable"


async def test_a_wrong_secret_needs_an_operator(
    microsoft: MicrosoftProcess, consent_of: Callable[[str], AsyncIterator[ConsentActivities]]
) -> None:
    async for consent in consent_of(SECRET):
        with pytest.raises(ApplicationError) as failed:
            await read(consent, microsoft)
        assert failed.value.type == "CredentialRejected"
        assert SECRET not in str(failed.value)


async def test_the_tenants_name_is_read_and_written(
    consent: ConsentActivities, microsoft: MicrosoftProcess, pool: Pool
) -> None:
    await accounts.upsert_tenant(pool, id=microsoft.tenant, name="")
    microsoft.sandbox("POST", "consent/grant")
    request = ReadRoles(tenant=microsoft.tenant)
    await ActivityEnvironment().run(consent.read_organization, request)
    assert await accounts.name_of_tenant(pool, microsoft.tenant) == microsoft.company.tenant_name


async def test_without_the_permission_the_tenants_name_cannot_be_read(
    consent: ConsentActivities, microsoft: MicrosoftProcess
) -> None:
    microsoft.sandbox("POST", "consent/grant")
    microsoft.sandbox("DELETE", "consent/Organization.Read.All")
    with pytest.raises(ApplicationError) as failed:
        await ActivityEnvironment().run(consent.read_organization, ReadRoles(tenant=microsoft.tenant))
    assert failed.value.type == "ConsentMissing"


@pytest.mark.parametrize("token", ["opaque", "a.b.c", jwt.encode({"roles": "all"}, "k" * 32)])
async def test_a_token_that_does_not_tell_changes_no_row(
    pool: Pool, microsoft: MicrosoftProcess, token: str
) -> None:
    async def fresh(_: str) -> str:
        return token

    await accounts.note_roles(pool, microsoft.tenant, ["Chat.Create"])
    async with open_pool() as http:
        consent = ConsentActivities(GraphClient(http, fresh, {}), pool)
        assert (await read(consent, microsoft)).missing is None
    assert await accounts.roles_of(pool, microsoft.tenant) == frozenset({"Chat.Create"})
