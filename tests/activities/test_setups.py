"""The rows of a set-up: what a new run restores, what is recorded, offers, and the set-ups that wait."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment

from activities.setups import SetupActivities
from activities.signals import WorkflowSignals
from muster.store import accounts, forgetting, link_offers, people, suspensions, teams
from muster.store.forgetting import Gone
from muster.store.link_offers import Spending
from muster.store.pool import Pool, transaction
from muster.store.teams import Team
from tests.activities.setup import RING
from tests.support.settings import CONFIG, config_file, settings_for
from workflows.errors import ProviderUnavailable
from workflows.team_setup.activities import MakeOffer, Offered, OfTeam, RecordSetup, RestoreSetup, StoredSetup
from workflows.team_setup.changes import Change

pytestmark = pytest.mark.anyio

TENANT = "8f0c1f5e-0000-4000-8000-000000000001"
AT = datetime(2026, 1, 1, 10, tzinfo=UTC)
SECOND_ACCOUNT = """
[[pagerduty]]
subdomain = "umbrella"
client_id = "client"
client_secret = "not used here"
"""


class Rows:
    """The rows of one tenant's teams, and the activities that keep them."""

    def __init__(self, pool: Pool, database_url: str, client: Client, folder: Path) -> None:
        self.pool = pool
        self._database_url = database_url
        self.client = client
        self._folder = folder
        self.configure(CONFIG)

    def configure(self, text: str) -> None:
        settings = settings_for(self._database_url, "127.0.0.1:1", config=config_file(self._folder, text))
        self.settings = settings
        self.activities = SetupActivities(
            self.pool, RING, settings, WorkflowSignals(self.client, task_queue="nobody")
        )

    async def team(self, name: str = "Orders") -> Team:
        await accounts.write_configured(self.pool, self.settings.accounts.values(), self.settings.teams)
        return await teams.first_seen(
            self.pool, id=f"19:{name}", tenant=TENANT, name=name, aad_group_id=None, service_url="https://s/"
        )

    async def restore(self, team: Team) -> StoredSetup:
        request = RestoreSetup(
            tenant=TENANT, team=team.id, key=team.key, name=team.name, subject=f"setup/{team.key}"
        )
        stored: StoredSetup = await ActivityEnvironment().run(self.activities.restore_setup, request)
        return stored

    async def record(self, team: Team, step: Any, **more: Any) -> None:
        given: dict[str, Any] = {
            "team": team.id,
            "step": step,
            "installer": None,
            "chosen_channel": None,
            "membership_at": AT,
            "anew_at": None,
            "ends_links": False,
            **more,
        }
        await ActivityEnvironment().run(self.activities.record_setup, RecordSetup(**given))

    async def offer(self, team: Team, *, account: str | None = "acme", request: str = "r/1") -> Offered:
        made: Offered = await ActivityEnvironment().run(
            self.activities.make_offer,
            MakeOffer(
                kind="authorize", tenant=TENANT, team=team.id, account=account, request=request, life=60
            ),
        )
        return made

    async def authorize(self, offered: Offered) -> None:
        spending = Spending(account="acme", user="PGRACE", name="Grace Admin", role="admin")
        await link_offers.spend(self.pool, offered.id, spending, b"flow")


@pytest.fixture
def rows(pool: Pool, database_url: str, client: Client, tmp_path: Path) -> Rows:
    return Rows(pool, database_url, client, tmp_path)


@pytest.mark.pooler_too
async def test_a_team_that_was_just_seen_has_no_step_yet(rows: Rows) -> None:
    stored = await rows.restore(await rows.team())
    assert (stored.name, stored.step, stored.account, stored.accounts) == ("Orders", None, None, ("acme",))
    assert (stored.removed, stored.is_authorized, stored.missing, stored.links) == (False, False, None, ())


async def test_what_is_recorded_is_restored(rows: Rows) -> None:
    team = await rows.team()
    await people.upsert(
        rows.pool, tenant=TENANT, aad_object_id="ada", teams_id="29:ada", name="Ada Ops", email=""
    )
    offered = await rows.offer(team)
    await rows.record(team, "authorizing", installer="ada", chosen_channel="19:ops")
    await accounts.note_roles(rows.pool, TENANT, ["Chat.Create"])
    stored = await rows.restore(team)
    assert (stored.step, stored.chosen_channel, stored.membership_at) == ("authorizing", "19:ops", AT)
    assert stored.installer is not None
    assert stored.installer.name == "Ada Ops"
    assert "Chat.Create" not in (stored.missing or ())
    assert stored.missing
    (link,) = stored.links
    assert (link.id, link.kind, link.state, link.request) == (offered.id, "authorize", "open", "r/1")


async def test_the_row_says_who_authorized_the_team_and_that_the_link_is_spent(rows: Rows) -> None:
    team = await rows.team()
    await rows.record(team, "authorizing")
    await rows.authorize(await rows.offer(team))
    stored = await rows.restore(team)
    assert (stored.account, stored.is_authorized, stored.authorized_name) == ("acme", True, "Grace Admin")
    assert [link.state for link in stored.links] == ["spent"]


async def test_a_team_that_is_connected_without_a_setup_counts_as_authorized(rows: Rows) -> None:
    team = await rows.team()
    await rows.pool.execute("UPDATE team SET account = 'acme' WHERE id = $1", team.id)
    assert (await rows.restore(team)).is_authorized


async def test_only_the_newest_link_of_a_kind_is_restored(rows: Rows) -> None:
    team = await rows.team()
    await rows.offer(team)
    newest = await rows.offer(team, request="r/2")
    (link,) = (await rows.restore(team)).links
    assert (link.id, link.state) == (newest.id, "open")


async def test_a_removal_ends_every_link(rows: Rows) -> None:
    team = await rows.team()
    offered = await rows.offer(team)
    await rows.record(team, "removed", ends_links=True)
    found = await link_offers.find(rows.pool, offered.id)
    assert found is not None
    assert found.state == "removed"
    stored = await rows.restore(team)
    assert (stored.step, stored.removed) == ("removed", True)


async def test_an_app_that_came_back_is_not_authorized_any_more_and_keeps_its_account(rows: Rows) -> None:
    rows.configure(CONFIG + SECOND_ACCOUNT)
    team = await rows.team()
    await rows.authorize(await rows.offer(team))
    await rows.record(team, "authorizing", anew_at=datetime.now(UTC) + timedelta(seconds=1))
    stored = await rows.restore(team)
    assert (stored.account, stored.accounts, stored.is_authorized) == ("acme", ("acme",), False)


async def test_an_app_that_came_back_by_nobody_has_no_installer(rows: Rows) -> None:
    team = await rows.team()
    await rows.record(team, "authorizing", installer="ada")
    await rows.record(team, "removed")
    found = await teams.find(rows.pool, team.id)
    assert found is not None
    assert found.installer == "ada", "what is not told stays"
    await rows.record(
        team, "authorizing", anew_at=AT + timedelta(days=1), membership_at=AT + timedelta(days=1)
    )
    found = await teams.find(rows.pool, team.id)
    assert found is not None
    assert found.installer is None


async def test_an_authorization_after_the_app_came_back_stands(rows: Rows) -> None:
    team = await rows.team()
    await rows.authorize(await rows.offer(team))
    await rows.record(team, "authorizing", anew_at=datetime.now(UTC) - timedelta(minutes=1))
    assert (await rows.restore(team)).is_authorized


async def test_the_same_request_finds_its_offer_again(rows: Rows) -> None:
    team = await rows.team()
    assert await rows.offer(team) == await rows.offer(team)


async def test_an_offer_without_an_account_is_for_the_only_one(rows: Rows) -> None:
    assert (await rows.offer(await rows.team(), account=None)).account == "acme"


async def test_an_offer_without_an_account_is_refused_where_there_are_several(rows: Rows) -> None:
    rows.configure(CONFIG + SECOND_ACCOUNT)
    with pytest.raises(ApplicationError) as failed:
        await rows.offer(await rows.team(), account=None)
    assert failed.value.type == "RequestInvalid"


async def test_several_accounts_of_the_configuration_are_restored_in_its_order(rows: Rows) -> None:
    rows.configure(CONFIG + SECOND_ACCOUNT)
    assert (await rows.restore(await rows.team())).accounts == ("acme", "umbrella")


async def test_that_channels_wait_for_their_team_is_restored(rows: Rows) -> None:
    team = await rows.team()
    assert (await rows.restore(team)).away is None
    gone = Change(reason="removed", channel=None, at=AT, is_over=False, because="teamHardDeleted")
    async with transaction(rows.pool) as connection:
        await suspensions.follow(connection, team=team.id, tenant=TENANT, changes=(gone,), request="r/1")
    assert (await rows.restore(team)).away == "for_good"


async def test_the_row_of_another_tenants_team_is_not_restored(rows: Rows) -> None:
    team = await rows.team()
    with pytest.raises(ApplicationError) as failed:
        await ActivityEnvironment().run(
            rows.activities.restore_setup,
            RestoreSetup(tenant="other", team=team.id, key="x", name="X", subject="setup/x"),
        )
    assert failed.value.type == "RequestInvalid"


async def test_a_team_that_was_forgotten_as_it_came_back_is_a_new_one(rows: Rows) -> None:
    """Upkeep found no run of it, and the activity of its return found the row that upkeep then deleted."""
    team = await rows.team()
    await people.upsert(
        rows.pool, tenant=TENANT, aad_object_id="ada", teams_id="29:ada", name="Ada Ops", email=""
    )
    await rows.record(team, "complete", installer="ada")
    await rows.record(team, "removed")
    assert await forgetting.forget(rows.pool, Gone(team.id, team.key), age=timedelta(days=30))
    assert await teams.find(rows.pool, team.id) is None
    for _ in range(2):
        stored = await rows.restore(team)
        assert (stored.name, stored.step, stored.account, stored.removed) == ("Orders", None, None, False)
    made = await teams.find(rows.pool, team.id)
    assert made is not None
    assert (made.tenant, made.key) == (TENANT, team.key)


async def test_setups_that_wait_for_the_consent_hear_of_it(rows: Rows) -> None:
    found, waiting, other = await rows.team("Found"), await rows.team("Waiting"), await rows.team("Other")
    await rows.record(found, "consenting")
    await rows.record(waiting, "consenting")
    await rows.record(other, "authorizing")
    await ActivityEnvironment().run(rows.activities.wake_setups, OfTeam(tenant=TENANT, team=found.id))
    assert await signals_of(rows.client, waiting) == ["consent_returned"]
    assert await signals_of(rows.client, found) == []
    assert await signals_of(rows.client, other) == []


class Deaf(WorkflowSignals):
    """Some workflows cannot be signalled, and every signal takes a moment."""

    def __init__(self, client: Client, *ids: str) -> None:
        super().__init__(client, task_queue="nobody")
        self.ids = set(ids)
        self.told: list[str] = []
        self.most_at_once = 0
        self._now = 0

    async def signal(self, row: Any, start: Any, signal: Any, message: Any) -> None:
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        await asyncio.sleep(0)
        self._now -= 1
        if start.team in self.ids:
            raise ProviderUnavailable("Temporal did not take a signal in time")
        self.told.append(start.team)


async def test_a_setup_that_cannot_be_told_keeps_no_other_from_hearing(rows: Rows) -> None:
    waiting = [await rows.team(f"Team {number:02}") for number in range(25)]
    for team in waiting:
        await rows.record(team, "consenting")
    deaf = Deaf(rows.client, waiting[0].id, waiting[7].id)
    activities = SetupActivities(rows.pool, RING, rows.settings, deaf)
    request = OfTeam(tenant=TENANT, team="19:found")
    with pytest.raises(ApplicationError, match="2 of 25 set-ups") as failed:
        await ActivityEnvironment().run(activities.wake_setups, request)
    assert (failed.value.type, failed.value.non_retryable) == ("ProviderUnavailable", False)
    assert set(deaf.told) == {team.id for team in waiting} - deaf.ids
    assert 1 < deaf.most_at_once <= 10
    deaf.ids.clear()
    await ActivityEnvironment().run(activities.wake_setups, request)
    assert {team.id for team in waiting} == set(deaf.told)


async def signals_of(client: Client, team: Team) -> list[str]:
    """What the run of a team's set-up was told; its run, which nobody works on, ends."""
    handle = client.get_workflow_handle(f"setup/{team.key}")
    try:
        history = await handle.fetch_history()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return []
        raise
    await handle.terminate()
    return [
        event.workflow_execution_signaled_event_attributes.signal_name
        for event in history.events
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]
