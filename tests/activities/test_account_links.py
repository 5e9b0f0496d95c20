"""The rows of personal links, and what other runs are told and asked for one."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Worker

from activities.account_links import LinkActivities
from activities.signals import WorkflowSignals
from activities.teams.link_notices import LinkNoticeActivities
from activities.teams.sends import Sends
from muster.private_sends import PrivateSends
from muster.settings import Settings
from muster.store import link_offers, links
from muster.store.pool import Pool, transaction
from tests.activities.account_link import ACCOUNT, RING, Link
from tests.support.settings import settings_for
from tests.support.teams_service import TeamsService
from tests.workflows.channel_incident.outside import FakeActivities
from worker import workflow_runner
from workflows.account_link.activities import DoMetClick, MakePersonalOffer, RestoreLink, StoredLink
from workflows.account_link.messages import MetClick, OfferLink, Start
from workflows.account_link.state import ClickEnding
from workflows.channel_incident.activities import OfferToClicker
from workflows.channel_incident.messages import CardKey
from workflows.channel_incident.view import View
from workflows.channel_incident.workflow import ChannelIncidentWorkflow
from workflows.ids import click_key
from workflows.verbs.click import Click, Clicker
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio

AT = datetime(2026, 1, 1, 10, tzinfo=UTC)
DONE = Outcome(kind="done", status="acknowledged")


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url, "127.0.0.1:1")


@pytest.fixture
def link(
    private: PrivateSends, pool: Pool, sends: Sends, settings: Settings, teams_side: TeamsService
) -> Link:
    return Link(teams_side, pool, LinkNoticeActivities(pool, private, sends, RING, settings))


@pytest.fixture
def queue() -> str:
    """Where nobody works unless a test says so."""
    return f"q-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def activities(pool: Pool, settings: Settings, client: Client, queue: str) -> LinkActivities:
    return LinkActivities(pool, settings, WorkflowSignals(client, task_queue=queue))


async def restored(activities: LinkActivities, link: Link) -> StoredLink:
    request = RestoreLink(
        tenant=link.tenant, person=link.person.aad_object_id, account=ACCOUNT, subject=link.subject
    )
    stored: StoredLink = await ActivityEnvironment().run(activities.restore_link, request)
    return stored


async def test_of_somebody_of_whom_nothing_is_known_nothing_is_restored(
    activities: LinkActivities, link: Link
) -> None:
    assert await restored(activities, link) == StoredLink()


async def test_the_newest_offer_is_restored_by_the_databases_clock_with_the_messages(
    activities: LinkActivities, link: Link
) -> None:
    await link.offer("1")
    newest = await link.offer("2", life=timedelta(0))
    await link.show(link.request("replaced", name="link/1"))
    await link.show(link.request("open", name="link/2"))
    stored = await restored(activities, link)
    assert stored.offer is not None
    assert (stored.offer.id, stored.offer.state, stored.known) == (newest.id, "expired", None)
    assert [one.name for one in stored.notices] == ["link/2"]
    assert stored.number == 2


async def test_a_spent_offer_is_restored_with_the_link_that_came_of_it(
    activities: LinkActivities, link: Link
) -> None:
    offer = await link.offer()
    before = datetime.now(UTC)
    await link.spend(offer.id)
    stored = await restored(activities, link)
    assert stored.offer is not None
    assert stored.known is not None
    assert (stored.offer.state, stored.offer.spent_name) == ("spent", "Cy of PagerDuty")
    assert (stored.offer.link, stored.known.name) == (stored.known.id, "Cy of PagerDuty")
    assert abs(stored.known.linked_at - before) < timedelta(minutes=1)
    assert not stored.known.is_told_of_year
    await link.pool.execute("UPDATE user_link SET told_of_year_at = now()")
    stored = await restored(activities, link)
    assert stored.known is not None
    assert stored.known.is_told_of_year


async def test_after_unlinking_the_offer_names_a_link_that_is_gone(
    activities: LinkActivities, link: Link
) -> None:
    offer = await link.offer()
    await link.spend(offer.id)
    async with transaction(link.pool) as connection:
        await links.unlink(
            connection, tenant=link.tenant, aad_object_id=link.person.aad_object_id, account=ACCOUNT
        )
    stored = await restored(activities, link)
    assert stored.offer is not None
    assert stored.offer.link is not None
    assert stored.known is None


async def test_a_request_finds_its_own_offer_and_another_one_replaces_it(
    activities: LinkActivities, link: Link
) -> None:
    def making(request: str) -> MakePersonalOffer:
        return MakePersonalOffer(
            tenant=link.tenant, person=link.person.aad_object_id, account=ACCOUNT, request=request, life=60
        )

    environment = ActivityEnvironment()
    first = await environment.run(activities.make_personal_offer, making("run/1"))
    assert (await environment.run(activities.make_personal_offer, making("run/1"))).id == first.id
    second = await environment.run(activities.make_personal_offer, making("run/2"))
    again = await environment.run(activities.make_personal_offer, making("run/1"))
    assert (first.is_open, second.is_open, again.is_open) == (True, True, False)
    newest = await link_offers.newest_personal(
        link.pool, tenant=link.tenant, person=link.person.aad_object_id, account=ACCOUNT
    )
    assert newest is not None
    assert newest.id == second.id


# Clicks


def click_of(link: Link, **more: Any) -> Click:
    given = {
        "key": f"k-{uuid.uuid4().hex[:8]}",
        "verb": "acknowledge",
        "person": Clicker(
            aad_object_id=link.person.aad_object_id, teams_id=link.person.teams_id, name=link.person.name
        ),
        "message": "1700000000001",
        "nonce": "n1",
        "received_at": datetime.now(UTC),
        "correlation": "f:1",
        **more,
    }
    return Click.model_validate(given)


def card_in(link: Link, incident_id: str = "Q1") -> CardKey:
    return CardKey(account=ACCOUNT, incident_id=incident_id, conversation=link.teams_side.channel)


@pytest.mark.parametrize(
    ("title", "number", "told"),
    [("Checkout\nlatency", 42, "#42 Checkout latency"), (None, None, "incident Q1")],
)
async def test_a_click_that_met_no_link_is_told_with_what_it_was_on(
    activities: LinkActivities,
    link: Link,
    client: Client,
    title: str | None,
    number: int | None,
    told: str,
) -> None:
    view = title and View(
        account=ACCOUNT,
        incident_id="Q1",
        revision=1,
        as_of=AT,
        number=number,
        title=title,
        status="triggered",
    )
    click = click_of(link)
    request = OfferToClicker(card=card_in(link), tenant=link.tenant, click=click, view=view or None)
    await ActivityEnvironment().run(activities.offer_link, request)
    handle = client.get_workflow_handle(link.subject)
    history = await handle.fetch_history()
    description = await handle.describe()
    await handle.terminate()
    assert await description.static_summary() == f"{link.person.name} · acme · link"
    started = history.events[0].workflow_execution_started_event_attributes
    signalled = history.events[1].workflow_execution_signaled_event_attributes
    (start,) = await client.data_converter.decode(started.input.payloads, [Start])
    (offer,) = await client.data_converter.decode(signalled.input.payloads, [OfferLink])
    assert (start.tenant, start.person, start.account) == (link.tenant, link.person, ACCOUNT)
    assert signalled.signal_name == "offer"
    assert (offer.key, offer.why, offer.conversation) == (click.key, "clicked", link.teams_side.channel)
    assert offer.met == MetClick(card=card_in(link), title=told, click=click)


@asynccontextmanager
async def working(client: Client, queue: str, link: Link) -> AsyncIterator[FakeActivities]:
    """The incident of a card, whose run a worker works on; PagerDuty and Teams are fakes."""
    outside = FakeActivities()
    await link.pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, $2, $3)",
        *(ACCOUNT, outside.life.incident_id, link.teams_side.channel),
    )
    async with Worker(
        client,
        task_queue=queue,
        workflows=[ChannelIncidentWorkflow],
        activities=outside.activities(),
        workflow_runner=workflow_runner(sandboxed=True),
    ):
        yield outside
        key = await link.pool.fetchval("SELECT key FROM conversation WHERE id = $1", link.teams_side.channel)
        run = client.get_workflow_handle(f"incident/{ACCOUNT}/{outside.life.incident_id}/{key}")
        with suppress(RPCError):  # nobody has asked it
            await run.terminate()


def doing(link: Link, incident_id: str = "Q1", **more: Any) -> DoMetClick:
    met = MetClick(card=card_in(link, incident_id), title="#42 Checkout", click=click_of(link, **more))
    return DoMetClick(person=link.person, met=met, link=7)


async def test_the_incidents_run_does_the_click_by_the_new_link_once(
    activities: LinkActivities, link: Link, client: Client, queue: str
) -> None:
    async with working(client, queue, link) as outside:
        request = doing(link, outside.life.incident_id, orphan_marker="lost")
        for _ in range(2):
            ending = await ActivityEnvironment().run(activities.do_met_click, request)
            assert ending == ClickEnding(kind="outcome", outcome=DONE)
    (change,) = outside.changes
    assert change.click.key == click_key(
        person=link.person.aad_object_id,
        message="1700000000001",
        verb="acknowledge",
        nonce="n1",
        link=7,
    )
    assert (change.click.person.link, change.click.received_at) == (7, request.met.click.received_at)
    assert outside.deleted == []


async def test_a_click_that_is_minutes_old_by_then_is_late(
    activities: LinkActivities, link: Link, client: Client, queue: str
) -> None:
    async with working(client, queue, link) as outside:
        request = doing(link, outside.life.incident_id, received_at=AT)
        ending = await ActivityEnvironment().run(activities.do_met_click, request)
    assert ending == ClickEnding(kind="outcome", outcome=Outcome(kind="late"))
    assert outside.changes == []


async def test_a_card_that_is_gone_is_told(activities: LinkActivities, link: Link) -> None:
    ending = await ActivityEnvironment().run(activities.do_met_click, doing(link, "QGONE"))
    assert ending == ClickEnding(kind="card_gone")


async def test_a_verb_that_is_not_there_any_more_is_rejected(
    activities: LinkActivities, link: Link, client: Client, queue: str
) -> None:
    async with working(client, queue, link) as outside:
        request = doing(link, outside.life.incident_id, verb="no_such_verb")
        ending = await ActivityEnvironment().run(activities.do_met_click, request)
    assert ending == ClickEnding(kind="rejected")
