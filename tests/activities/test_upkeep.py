"""The stages of upkeep against the simulators and a database: who is let go, and who never is."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.signals import WorkflowSignals
from activities.upkeep.old_rows import OldRowActivities
from activities.upkeep.people import PeopleActivities
from activities.upkeep.telling import TellingActivities
from activities.upkeep.users import UserActivities
from muster.clients.entra.token import fresh_app_token
from muster.clients.graph.client import GRAPH, GraphClient
from muster.clients.http import open_pool
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.clients.teams.clouds import CLOUDS
from muster.clients.way_out import way_out
from muster.config_file import PagerDutyAccount, TeamsRegistration
from muster.store import accounts as tenants
from muster.store import links
from muster.store.pool import Pool
from tests.sandbox.microsoft_process import MicrosoftProcess, running_microsoft
from tests.support.pagerduty_account import ADA_USER, BO_USER, COMPANY, SimulatedAccount
from tests.support.settings import settings_for
from workflows.upkeep.activities import Batch, FindAgain, Missed, OfAccount, Progress

pytestmark = pytest.mark.anyio

ACME = Batch(account="acme")
TENANT = COMPANY.tenant_id
OTHER_TENANT = "00000000-0000-4000-b000-000000000001"
"""One whose registration has a secret that Entra does not take any more."""


async def run(activity: Any, argument: Any, *, after: Progress | None = None) -> Progress:
    """One attempt; ``after`` is what the last heartbeat of the one before carried."""
    environment = ActivityEnvironment()
    if after is not None:
        details = [after.model_dump(mode="json")]
        environment.info = replace(environment.info, heartbeat_details=details)
    progress: Progress = await environment.run(activity, argument)
    return progress


async def linked(pool: Pool) -> dict[str, int]:
    """The links of acme, by PagerDuty user."""
    rows = await links.after(pool, "acme", after=0, most=100)
    return {row.pagerduty_user: row.link for row in rows}


async def endings(pool: Pool) -> dict[str, str]:
    """Why links ended, by person; only those that were told, or need no telling."""
    rows = await pool.fetch("SELECT aad_object_id, reason FROM ended_link WHERE told_at IS NOT NULL")
    return {row["aad_object_id"]: row["reason"] for row in rows}


@pytest.fixture
def signals(client: Client) -> WorkflowSignals:
    return WorkflowSignals(client, task_queue="nobody-runs-account-links")


# Users of PagerDuty


@pytest.fixture
def users(
    http: httpx.AsyncClient,
    pool: Pool,
    accounts: dict[str, PagerDutyAccount],
    signals: WorkflowSignals,
    pagerduty_side: SimulatedAccount,
) -> UserActivities:
    settings = settings_for("postgresql://unused", "127.0.0.1:1")
    return UserActivities(PagerDutyClient(http), AppTokens(http, accounts), accounts, signals, settings, pool)


async def let_go(users: UserActivities) -> Progress:
    """Look for everybody, and again for whoever was missed."""
    seen = await run(users.find_users, ACME)
    again = FindAgain(account="acme", missed=seen.missed, found_in=seen.found_in)
    return await run(users.end_links, again)


async def deactivate(pagerduty_side: SimulatedAccount, *gone: str, active: bool = False) -> None:
    for user in gone:
        await pagerduty_side.sandbox("POST", f"/users/{user}", {"active": active})


async def test_a_user_who_left_pagerduty_is_unlinked_alone(
    users: UserActivities, pool: Pool, pagerduty_side: SimulatedAccount
) -> None:
    before = await linked(pool)
    await deactivate(pagerduty_side, BO_USER)
    seen = await run(users.find_users, ACME)
    assert (seen.examined, seen.is_last, seen.stopped) == (len(before), True, None)
    assert [one.link for one in seen.missed] == [before[BO_USER]]
    assert await linked(pool) == before, "nothing ends at the first look"
    assert (await let_go(users)).done == 1
    assert await linked(pool) == {user: link for user, link in before.items() if user != BO_USER}
    bo = pagerduty_side.person(BO_USER)
    assert await endings(pool) == {bo.aad_object_id: "user_gone"}


async def test_a_user_who_is_found_the_second_time_stays(
    users: UserActivities, pool: Pool, pagerduty_side: SimulatedAccount
) -> None:
    before = await linked(pool)
    await deactivate(pagerduty_side, BO_USER)
    seen = await run(users.find_users, ACME)
    await deactivate(pagerduty_side, BO_USER, active=True)
    again = FindAgain(account="acme", missed=seen.missed, found_in=seen.found_in)
    assert (await run(users.end_links, again)).done == 0
    assert await linked(pool) == before


NOT_FOUND = {"error": {"message": "Not Found", "code": 2100}}


@pytest.mark.parametrize(
    ("fault", "stopped"),
    [
        ({"status": 503}, "ProviderUnavailable"),
        ({"status": 500, "body": NOT_FOUND}, "ProviderUnavailable"),
        ({"status": 429, "retry_after": 5}, "RateLimited"),
        ({"status": 403}, "Forbidden"),
        ({"status": 401}, "CredentialRejected"),
        ({"status": 400}, "RequestInvalid"),
        ({"status": 404, "body": "<h1>Not Found</h1>"}, "ProviderUnavailable"),
        ({"status": 404, "body": {"error": "no route"}}, "ProviderUnavailable"),
        ({"status": 200, "body": {"user": {"id": "PSOMEBODY"}}}, "ProviderUnavailable"),
    ],
    ids=lambda value: str(value),
)
async def test_no_failure_of_the_apps_or_of_pagerdutys_unlinks_anybody(
    users: UserActivities,
    pool: Pool,
    pagerduty_side: SimulatedAccount,
    fault: dict[str, Any],
    stopped: str,
) -> None:
    before = await linked(pool)
    await pagerduty_side.fault("rest", "status", times=100, **fault)
    seen = await run(users.find_users, ACME)
    assert (seen.missed, seen.stopped) == ((), stopped)
    missed = tuple(Missed(link=link, where="acme", who=user) for user, link in before.items())
    again = await run(users.end_links, FindAgain(account="acme", missed=missed, found_in=("acme",)))
    assert (again.done, again.stopped) == (0, stopped)
    assert await linked(pool) == before
    assert await endings(pool) == {}


async def test_an_account_that_knows_nobody_is_doubted(
    users: UserActivities, pool: Pool, pagerduty_side: SimulatedAccount
) -> None:
    """Another account or region answers 404 for everybody, in PagerDuty's own words."""
    before = await linked(pool)
    assert len(before) > 1
    await deactivate(pagerduty_side, *before)
    ended = await let_go(users)
    assert (ended.done, ended.stopped) == (0, "NobodyFound")
    assert ended.left_out == (f"{len(before)} of acme",)
    assert await linked(pool) == before


@pytest.mark.parametrize("shows_others", [True, False])
async def test_the_only_user_is_gone_where_the_account_shows_another(
    users: UserActivities, pool: Pool, pagerduty_side: SimulatedAccount, shows_others: bool
) -> None:
    await pool.execute("DELETE FROM user_link WHERE pagerduty_user <> $1", ADA_USER)
    gone = [ADA_USER] if shows_others else list(pagerduty_side.simulator.directory.users)
    await deactivate(pagerduty_side, *gone)
    ended = await let_go(users)
    assert (ended.done, ended.stopped) == ((1, None) if shows_others else (0, "NobodyFound"))
    assert (ADA_USER in await linked(pool)) is not shows_others


async def test_an_app_without_the_scope_leaves_its_users_alone(
    users: UserActivities, pool: Pool, pagerduty_side: SimulatedAccount
) -> None:
    before = await linked(pool)
    await pagerduty_side.sandbox("POST", "/identity", {"client_scopes": ["incidents.read"]})
    await deactivate(pagerduty_side, BO_USER)
    seen = await run(users.find_users, ACME)
    assert (seen.examined, seen.missed, seen.stopped) == (0, (), "Forbidden")
    assert await linked(pool) == before


async def test_one_link_that_cannot_be_examined_keeps_no_other_waiting(
    users: UserActivities, pool: Pool, pagerduty_side: SimulatedAccount
) -> None:
    count = len(await linked(pool))
    match = {"path": f"/users/{ADA_USER}"}
    await pagerduty_side.fault("rest", "status", status=500, match=match, times=9)
    seen = await run(users.find_users, ACME)
    assert (seen.examined, seen.is_last, seen.stopped) == (count, True, None)
    assert seen.left_out == (f"link {(await linked(pool))[ADA_USER]}: ProviderUnavailable",)


async def test_another_attempt_goes_on_after_the_link_of_the_last_heartbeat(
    users: UserActivities, pool: Pool
) -> None:
    found = sorted((await linked(pool)).values())
    before = Progress(after=found[0], examined=1, found_in=("acme",))
    seen = await run(users.find_users, ACME, after=before)
    assert (seen.after, seen.examined, seen.found_in) == (found[-1], len(found), ("acme",))


async def test_every_link_is_carried_by_a_heartbeat(users: UserActivities, pool: Pool) -> None:
    beats: list[int] = []
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda progress: beats.append(progress.after)
    await environment.run(users.find_users, ACME)
    assert beats == sorted((await linked(pool)).values())


# People of Microsoft


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MicrosoftProcess]:
    with running_microsoft(tmp_path_factory.mktemp("microsoft"), company=COMPANY) as running:
        yield running


@pytest.fixture
def microsoft(started: MicrosoftProcess) -> MicrosoftProcess:
    started.sandbox("POST", "reset")
    started.consent(requested=["User.ReadBasic.All", "Organization.Read.All"])
    started.sandbox("POST", "consent/grant")
    return started


@pytest.fixture
async def people(
    microsoft: MicrosoftProcess, pool: Pool, database_url: str
) -> AsyncIterator[PeopleActivities]:
    """The tenant's consent has been read."""
    await tenants.note_roles(pool, TENANT, ["User.ReadBasic.All", "Organization.Read.All"])
    way = way_out(settings_for(database_url, "127.0.0.1:1", ca_file=microsoft.ca))
    registration = TeamsRegistration(
        tenant=TENANT, app_id=COMPANY.bot_app_id, app_secret=COMPANY.bot_app_secret
    )
    outdated = registration.model_copy(update={"app_secret": SecretStr("outdated")})
    registrations = {TENANT: registration, OTHER_TENANT: outdated}
    cloud = replace(CLOUDS["public"], authority=microsoft.authority, graph=microsoft.authority)
    clouds = dict.fromkeys(registrations, cloud)
    fresh = fresh_app_token(registrations, clouds, way, GRAPH)
    async with open_pool(way) as http:
        yield PeopleActivities(GraphClient(http, fresh, clouds), pool)


async def let_leave(people: PeopleActivities) -> Progress:
    seen = await run(people.find_people, ACME)
    again = FindAgain(account="acme", missed=seen.missed, found_in=seen.found_in)
    return await run(people.end_links, again)


async def test_a_person_who_left_the_organization_is_unlinked_and_nobody_is_told(
    people: PeopleActivities, pool: Pool, microsoft: MicrosoftProcess
) -> None:
    before = await linked(pool)
    bo = COMPANY.person(BO_USER)
    assert bo is not None
    microsoft.sandbox("POST", f"people/{bo.aad_object_id}", {"deleted": True})
    assert (await let_leave(people)).done == 1
    assert await linked(pool) == {user: link for user, link in before.items() if user != BO_USER}
    assert await endings(pool) == {bo.aad_object_id: "person_gone"}
    assert await links.untold(pool, "acme") == ()


@pytest.mark.parametrize("roles", [None, [], ["Organization.Read.All", "Chat.Create"]])
async def test_a_tenant_without_the_consent_is_left_out_unasked(
    people: PeopleActivities, pool: Pool, microsoft: MicrosoftProcess, roles: list[str] | None
) -> None:
    await pool.execute("UPDATE teams_tenant SET roles = $1", roles)
    seen = await run(people.find_people, ACME)
    assert (seen.missed, seen.left_out, seen.stopped) == ((), (f"tenant {TENANT}",), None)
    assert microsoft.sandbox("GET", "records").json()["reads"] == []


async def test_a_consent_that_was_taken_back_since_is_said_and_unlinks_nobody(
    people: PeopleActivities, pool: Pool, microsoft: MicrosoftProcess
) -> None:
    before = await linked(pool)
    microsoft.sandbox("DELETE", "consent/User.ReadBasic.All")
    seen = await run(people.find_people, ACME)
    assert (seen.missed, seen.left_out, seen.stopped) == ((), (f"tenant {TENANT}",), None)
    assert len(microsoft.sandbox("GET", "records").json()["reads"]) == 1
    missed = tuple(Missed(link=link, where=TENANT, who="nobody") for link in before.values())
    again = FindAgain(account="acme", missed=missed, found_in=(TENANT,))
    assert (await run(people.end_links, again)).done == 0
    assert await linked(pool) == before


@pytest.mark.parametrize(
    ("fault", "answer", "is_the_tenants"),
    [
        ({"status": 503}, "ProviderUnavailable", False),
        ({"status": 429, "retry_after": 3}, "RateLimited", True),
        ({"status": 401}, "CredentialRejected", True),
        ({"status": 404}, "ProviderUnavailable", False),
    ],
    ids=lambda value: str(value),
)
async def test_no_failure_of_graphs_unlinks_anybody(
    people: PeopleActivities,
    pool: Pool,
    microsoft: MicrosoftProcess,
    fault: dict[str, Any],
    answer: str,
    is_the_tenants: bool,
) -> None:
    before = await linked(pool)
    microsoft.sandbox("POST", "faults", {"on": "user", "do": "status", "times": 100, **fault})
    seen = await run(people.find_people, ACME)
    left_out = (f"tenant {TENANT}: {answer}",)
    assert (seen.missed, seen.stopped) == ((), None if is_the_tenants else answer)
    assert (seen.left_out == left_out) is is_the_tenants
    missed = tuple(Missed(link=link, where=TENANT, who="nobody") for link in before.values())
    again = FindAgain(account="acme", missed=missed, found_in=(TENANT,))
    ended = await run(people.end_links, again)
    assert (ended.done, ended.stopped) == (0, None if is_the_tenants else answer)
    assert await linked(pool) == before


async def test_people_are_looked_for_behind_a_tenant_that_refuses_the_app(
    people: PeopleActivities, pool: Pool, microsoft: MicrosoftProcess
) -> None:
    """Its link comes first, its consent was read, and its registration's secret has ended."""
    bo = COMPANY.person(BO_USER)
    assert bo is not None
    microsoft.sandbox("POST", f"people/{bo.aad_object_id}", {"deleted": True})
    first = min((await linked(pool)).values())
    await pool.execute("UPDATE user_link SET tenant = $2 WHERE id = $1", first, OTHER_TENANT)
    await pool.execute("INSERT INTO teams_tenant (id, name) VALUES ($1, 'Other')", OTHER_TENANT)
    await tenants.note_roles(pool, OTHER_TENANT, ["User.ReadBasic.All"])
    seen = await run(people.find_people, ACME)
    assert [one.who for one in seen.missed] == [bo.aad_object_id]
    assert (seen.left_out, seen.stopped) == ((f"tenant {OTHER_TENANT}: CredentialRejected",), None)


async def test_a_directory_that_knows_nobody_is_doubted(
    people: PeopleActivities, pool: Pool, microsoft: MicrosoftProcess
) -> None:
    before = await linked(pool)
    for person in COMPANY.people:
        if person.linked:
            microsoft.sandbox("POST", f"people/{person.aad_object_id}", {"deleted": True})
    ended = await let_leave(people)
    assert (ended.done, ended.stopped) == (0, "NobodyFound")
    assert await linked(pool) == before


@pytest.mark.parametrize("roles", [["User.ReadBasic.All", "Organization.Read.All"], ["User.ReadBasic.All"]])
async def test_the_only_person_is_gone_where_the_directory_says_whose_it_is(
    people: PeopleActivities, pool: Pool, microsoft: MicrosoftProcess, roles: list[str]
) -> None:
    ada = COMPANY.person(ADA_USER)
    assert ada is not None
    await pool.execute("DELETE FROM user_link WHERE aad_object_id <> $1", ada.aad_object_id)
    if "Organization.Read.All" not in roles:
        microsoft.sandbox("DELETE", "consent/Organization.Read.All")
    microsoft.sandbox("POST", f"people/{ada.aad_object_id}", {"deleted": True})
    ended = await let_leave(people)
    witnessed = "Organization.Read.All" in roles
    assert (ended.done, ended.stopped) == ((1, None) if witnessed else (0, "NobodyFound"))
    assert bool(await linked(pool)) is not witnessed


# Telling, and old rows


@pytest.fixture
def telling(pool: Pool, signals: WorkflowSignals) -> TellingActivities:
    return TellingActivities(signals, settings_for("postgresql://unused", "127.0.0.1:1"), pool)


async def test_the_end_of_a_year_is_told_once_in_its_last_fourteen_days(
    telling: TellingActivities, pool: Pool
) -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    found = sorted((await linked(pool)).values())[:2]
    far, near = found
    age = "UPDATE user_link SET authorized_at = $2 WHERE id = $1"
    await pool.execute(age, far, now - timedelta(days=365 - 15))
    await pool.execute(age, near, now - timedelta(days=365 - 14))
    batch = Batch(account="acme", now=now)
    assert (await run(telling.tell_of_year, batch)).done == 1
    told = await pool.fetch("SELECT id, told_of_year_at FROM user_link WHERE told_of_year_at IS NOT NULL")
    assert [tuple(row) for row in told] == [(near, now)]
    assert (await run(telling.tell_of_year, batch)).done == 0
    after_the_end = Batch(account="acme", now=now + timedelta(days=16))
    assert (await run(telling.tell_of_year, after_the_end)).done == 0, "then the link's end is told"


async def test_ends_that_nobody_could_be_told_of_are_told(telling: TellingActivities, pool: Pool) -> None:
    link = min((await linked(pool)).values())
    await links.end(pool, link, "refused")
    assert (await run(telling.tell_of_ends, ACME)).done == 1
    assert await links.untold(pool, "acme") == ()
    assert (await run(telling.tell_of_ends, ACME)).examined == 0


async def test_why_a_link_ended_outlives_a_failure_to_tell(telling: TellingActivities, pool: Pool) -> None:
    link = min((await linked(pool)).values())
    await links.end(pool, link, "user_gone")
    (untold,) = await links.untold(pool, "acme")
    assert untold.reason == "user_gone"
    assert (await run(telling.tell_of_ends, ACME)).done == 1


async def test_old_rows_go_and_younger_ones_stay(pool: Pool) -> None:
    person = COMPANY.people[0].aad_object_id
    for name, days in (("old", 8), ("young", 6)):
        ago = timedelta(days=days)
        await pool.execute(
            "INSERT INTO link_offer (kind, tenant, person, account, request, expires_at)"
            " VALUES ('link_accounts', $1, $2, 'acme', $3, now() - $4::interval)",
            *(TENANT, person, name, ago),
        )
        await pool.execute(
            "INSERT INTO command (tenant, conversation, activity_id, received_at)"
            " VALUES ($1, 'c', $2, now() - $3::interval)",
            *(TENANT, name, ago),
        )
        await pool.execute(
            "INSERT INTO wrong_key (tenant, aad_object_id, written_at) VALUES ($1, $2, now() - $3::interval)",
            *(TENANT, name, ago),
        )
    for email, hours in (("old", 25), ("young", 23)):
        await pool.execute(
            "INSERT INTO directory_cache (tenant, email, read_at) VALUES ($1, $2, now() - $3::interval)",
            *(TENANT, email, timedelta(hours=hours)),
        )
    ends: tuple[tuple[int, int | None], ...] = ((901, 31), (902, 29), (903, None))
    for link, told in ends:
        await pool.execute(
            "INSERT INTO ended_link (link, tenant, aad_object_id, account, reason, ended_at, told_at)"
            " VALUES ($1, $2, $3, 'acme', 'refused', now() - interval '40 days', now() - $4::interval)",
            *(link, TENANT, person, None if told is None else timedelta(days=told)),
        )
    for key, hours in (("old", 31 * 24), ("given up", 25), ("young", 23)):
        await pool.execute(
            "INSERT INTO operation (account, key, caller, kind, request_hash, begun_at)"
            " VALUES ('acme', $1, 't1', 'message', 'h', now() - $2::interval)",
            *(key, timedelta(hours=hours)),
        )
    of_account = OfAccount(account="acme")
    old_rows = OldRowActivities(pool)
    assert (await run(old_rows.delete_old_rows, of_account)).done == 6
    assert (await run(old_rows.delete_old_rows, of_account)).done == 0
    assert await pool.fetchval("SELECT array_agg(request) FROM link_offer") == ["young"]
    assert await pool.fetchval("SELECT array_agg(activity_id) FROM command") == ["young"]
    assert await pool.fetchval("SELECT array_agg(aad_object_id) FROM wrong_key") == ["young"]
    assert await pool.fetchval("SELECT array_agg(email) FROM directory_cache") == ["young"]
    assert await pool.fetchval("SELECT array_agg(link ORDER BY link) FROM ended_link") == [902, 903]
    operations = await pool.fetch("SELECT key, outcome FROM operation ORDER BY key")
    assert [tuple(row) for row in operations] == [("given up", "unknown"), ("young", None)]
