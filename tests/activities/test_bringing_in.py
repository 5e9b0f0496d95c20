"""Bringing open incidents in: PagerDuty's simulator, real rows, a real Temporal, and what fails between."""

import asyncio
import uuid
from collections import Counter
from typing import Any

import httpx
import pytest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.pagerduty.bringing_in import BringingInActivities
from activities.signals import WorkflowSignals
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.store.pool import Pool
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.settings import settings_for
from tests.support.teams_service import TeamsService
from workflows.bringing_in.activities import MOST, BringIn, BroughtIn, OfConnection, OfService, OpenIncidents
from workflows.channel_incident.messages import Attached, Start
from workflows.channel_incident.workflow_type import ATTACH
from workflows.errors import ProviderUnavailable

pytestmark = pytest.mark.anyio

CHECKOUT = "PSVC001"
FORTY_DAYS = 40 * 86_400


class WatchedSignals(WorkflowSignals):
    """Signals of which some fail; what was told, and whether the card had its row by then."""

    def __init__(self, client: Client, pool: Pool, key: str) -> None:
        super().__init__(client, task_queue=f"q-{uuid.uuid4().hex[:8]}")
        self.client = client
        self.pool = pool
        self.key = key
        self.told: list[tuple[str, Attached]] = []
        self.without_row: list[str] = []
        self.lost: set[str] = set()
        """Incidents whose next signal does not arrive."""
        self.at_once = 0
        self.most_at_once = 0

    # It takes the one kind of signal that bringing in sends, and not every one.
    async def signal(self, row: Any, start: Start, signal: Any, message: Any) -> None:  # type: ignore[override]
        assert signal is ATTACH
        registered = "SELECT count(*) FROM incident_card WHERE incident_id = $1 AND conversation = $2"
        if not await self.pool.fetchval(registered, start.incident_id, start.conversation.id):
            self.without_row.append(start.incident_id)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if start.incident_id in self.lost:
                self.lost.remove(start.incident_id)
                raise ProviderUnavailable("Temporal did not take a signal in time")
            await super().signal(row, start, signal, message)
        finally:
            self.at_once -= 1
        self.told.append((start.incident_id, message))

    async def runs_of(self, incident: str) -> list[str]:
        """The signals of each run of the incident's card."""
        handle = self.client.get_workflow_handle(f"incident/acme/{incident}/{self.key}")
        return [
            event.workflow_execution_signaled_event_attributes.signal_name
            for event in (await handle.fetch_history()).events
            if event.HasField("workflow_execution_signaled_event_attributes")
        ]


class Bringing:
    """Checkout, which is connected to Payments › ops."""

    def __init__(self, activities: BringingInActivities, signals: WatchedSignals, side: PagerDuty) -> None:
        self.activities = activities
        self.signals = signals
        self.side = side
        self.pool = signals.pool
        self.place = OfConnection(account="acme", service=CHECKOUT, conversation="")

    async def bring_in(self, *, by: str | None = "Ada Ops") -> BroughtIn:
        request = BringIn(connection=self.place, by=by, correlation="f:7")
        brought: BroughtIn = await ActivityEnvironment().run(self.activities.bring_in, request)
        return brought

    async def count(self) -> OpenIncidents:
        request = OfService(account="acme", service=CHECKOUT)
        found: OpenIncidents = await ActivityEnvironment().run(self.activities.count_open, request)
        return found

    async def open(self, number: int) -> list[str]:
        """So many incidents, the newest last."""
        return [str((await self.side.trigger(title=f"Nr {one}"))["id"]) for one in range(number)]

    async def cards(self) -> set[str]:
        rows = await self.pool.fetch(
            "SELECT incident_id FROM incident_card WHERE conversation = $1", self.place.conversation
        )
        return {row["incident_id"] for row in rows}

    @property
    def told(self) -> Counter[str]:
        return Counter(incident for incident, _ in self.signals.told)


@pytest.fixture
async def bringing(
    client: Client,
    pool: Pool,
    http: httpx.AsyncClient,
    temporal: EmbeddedTemporal,
    database_url: str,
    accounts: dict[str, PagerDutyAccount],
    pagerduty_side: PagerDuty,
    teams_side: TeamsService,
) -> Bringing:
    key = f"payments-ops-{uuid.uuid4().hex[:8]}"
    await pool.execute("UPDATE conversation SET key = $1 WHERE id = $2", key, teams_side.channel)
    signals = WatchedSignals(client, pool, key)
    activities = BringingInActivities(
        PagerDutyClient(http),
        AppTokens(http, accounts),
        accounts,
        pool,
        signals,
        settings_for(database_url, temporal.address),
    )
    bringing = Bringing(activities, signals, pagerduty_side)
    bringing.place = bringing.place.model_copy(update={"conversation": teams_side.channel})
    return bringing


@pytest.mark.pooler_too
async def test_what_is_open_gets_a_row_and_a_run_and_what_is_resolved_does_not(bringing: Bringing) -> None:
    triggered, acknowledged, resolved = await bringing.open(3)
    await bringing.side.put(acknowledged, status="acknowledged")
    await bringing.side.put(resolved, status="resolved")
    await bringing.side.trigger(service={"id": "PSVC003", "type": "service_reference"})
    assert await bringing.count() == OpenIncidents(count=2)
    brought = await bringing.bring_in()
    page = f"{bringing.side.configured.web_url}/service-directory/PSVC001"
    assert brought == BroughtIn(outcome="brought_in", count=2, page=page)
    assert await bringing.cards() == {triggered, acknowledged}
    assert bringing.told == {triggered: 1, acknowledged: 1}
    attached = Attached(by="Ada Ops", by_connection=True, correlation="f:7")
    assert {message for _, message in bringing.signals.told} == {attached}
    assert bringing.signals.without_row == []
    assert await bringing.signals.runs_of(triggered) == ["attach"]


async def test_what_was_opened_months_ago_is_brought_in_too(bringing: Bringing) -> None:
    """PagerDuty tells the last month's alone unless it is asked for all; the app's token dies meanwhile."""
    (old,) = await bringing.open(1)
    assert (await bringing.count()).count == 1
    await bringing.side.sandbox("POST", "/clock", {"advance": FORTY_DAYS})
    (new,) = await bringing.open(1)
    assert await bringing.count() == OpenIncidents(count=2)
    assert (await bringing.bring_in()).count == 2
    assert await bringing.cards() == {old, new}


async def test_the_newest_fifty_are_brought_in_and_more_is_said(bringing: Bringing) -> None:
    opened = await bringing.open(MOST + 2)
    assert await bringing.count() == OpenIncidents(count=MOST, more=True)
    brought = await bringing.bring_in()
    assert (brought.outcome, brought.count, brought.more) == ("brought_in", MOST, True)
    assert len(await bringing.cards()) == MOST
    assert set(opened) > await bringing.cards()
    assert bringing.signals.most_at_once <= 10


async def test_a_card_that_was_there_goes_on_however_many_newer_ones_there_are(bringing: Bringing) -> None:
    (oldest,) = await bringing.open(1)
    await bringing.bring_in()
    await bringing.side.sandbox("POST", "/clock", {"advance": 60})
    await bringing.open(MOST + 1)
    brought = await bringing.bring_in(by=None)
    assert (brought.count, brought.more) == (MOST + 1, True)
    assert bringing.told[oldest] == 2
    assert len(await bringing.cards()) == MOST + 1


async def test_done_again_or_twice_at_once_each_incident_has_one_row_and_one_run(bringing: Bringing) -> None:
    opened = await bringing.open(3)
    first, second = await asyncio.gather(bringing.bring_in(), bringing.bring_in(by="Ben Ops"))
    assert first == second == await bringing.bring_in()
    assert await bringing.cards() == set(opened)
    assert len(await bringing.pool.fetch("SELECT FROM incident_card")) == 3
    for incident in opened:
        assert await bringing.signals.runs_of(incident) == ["attach"] * 3, "of one run"


async def test_a_run_that_could_not_be_started_is_started_by_the_next_attempt(bringing: Bringing) -> None:
    """As after a worker that died between the rows and the runs."""
    first, second, third = await bringing.open(3)
    bringing.signals.lost = {second}
    with pytest.raises(ApplicationError, match="1 of 3 incidents were not brought in") as failed:
        await bringing.bring_in()
    assert failed.value.type == "ProviderUnavailable"
    assert await bringing.cards() == {first, second, third}, "the rows come first"
    assert set(bringing.told) == {first, third}, "one that fails holds up no other"
    assert (await bringing.bring_in()).count == 3
    assert bringing.told[second] == 1


async def test_where_nothing_is_open_nothing_comes(bringing: Bringing) -> None:
    assert await bringing.count() == OpenIncidents(count=0)
    brought = await bringing.bring_in()
    assert (brought.outcome, brought.count, brought.more) == ("nothing_open", 0, False)
    assert await bringing.cards() == set()


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ("UPDATE connection SET ended_at = now()", "not_connected"),
        ("UPDATE conversation SET suspended_at = now()", "channel_suspended"),
    ],
)
async def test_where_nothing_is_to_appear_pagerduty_is_not_asked(
    bringing: Bringing, change: str, outcome: str
) -> None:
    await bringing.open(1)
    await bringing.pool.execute(change)
    await bringing.side.fault("rest", "status", status=500, match={"path": "/incidents"})
    assert await bringing.bring_in() == BroughtIn(outcome=outcome)
    assert (await bringing.cards(), bringing.told) == (set(), Counter())


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ("UPDATE connection SET ended_at = now()", "not_connected"),
        ("UPDATE conversation SET suspended_at = now()", "channel_suspended"),
    ],
)
async def test_what_ends_while_pagerduty_is_asked_brings_in_nothing(
    bringing: Bringing, monkeypatch: pytest.MonkeyPatch, change: str, outcome: str
) -> None:
    await bringing.open(1)
    asked = PagerDutyClient.list_open_incidents

    async def asked_meanwhile(*args: Any, **given: Any) -> Any:
        page = await asked(*args, **given)
        await bringing.pool.execute(change)
        return page

    monkeypatch.setattr(PagerDutyClient, "list_open_incidents", asked_meanwhile)
    assert await bringing.bring_in() == BroughtIn(outcome=outcome)
    assert (await bringing.cards(), bringing.told) == (set(), Counter())


async def test_a_pagerduty_that_is_down_is_worth_another_attempt(bringing: Bringing) -> None:
    await bringing.open(1)
    await bringing.side.fault("rest", "status", status=503, match={"path": "/incidents"})
    with pytest.raises(ApplicationError) as failed:
        await bringing.bring_in()
    assert (failed.value.type, failed.value.non_retryable) == ("ProviderUnavailable", False)
    assert await bringing.cards() == set()
    assert (await bringing.bring_in()).count == 1
