"""The rows of personal links, and what other runs are told and asked for one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.account_links import LinkActivities
from activities.signals import Rejected
from activities.teams.link_notices import LinkNoticeActivities
from activities.teams.private import PrivateSends
from activities.teams.sends import Sends
from muster.settings import Settings
from muster.store import link_offers, links
from muster.store.pool import Pool, transaction
from tests.activities.account_link import ACCOUNT, RING, Link
from tests.support.settings import settings_for
from tests.support.teams_service import TeamsService
from workflows.account_link.activities import DoMetClick, MakePersonalOffer, RestoreLink, StoredLink
from workflows.account_link.messages import MetClick, OfferLink, Start
from workflows.account_link.state import ClickEnding
from workflows.account_link.workflow_type import ACCOUNT_LINK
from workflows.channel_incident.activities import OfferToClicker
from workflows.channel_incident.messages import CardKey, ClickAnswer
from workflows.channel_incident.view import CardIdentity, View
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT
from workflows.errors import ProviderUnavailable
from workflows.ids import click_key
from workflows.verbs.click import Click, Clicker
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio

AT = datetime(2026, 1, 1, 10, tzinfo=UTC)
DONE = Outcome(kind="done", status="acknowledged")


class FakeSignals:
    """What would be told and asked of workflows."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.asked: list[tuple[Any, ...]] = []
        self.answer: ClickAnswer | Exception = ClickAnswer(
            outcome=DONE, view=None, identity=CardIdentity(marker="m", nonce="n")
        )

    async def signal(self, *message: Any) -> None:
        self.told.append(message)

    async def ask(self, *message: Any, update_id: str, within: float) -> ClickAnswer:
        self.asked.append((*message, update_id))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url, "127.0.0.1:1")


@pytest.fixture
def link(
    private: PrivateSends, pool: Pool, sends: Sends, settings: Settings, teams_side: TeamsService
) -> Link:
    return Link(teams_side, pool, LinkNoticeActivities(pool, private, sends, RING, settings))


@pytest.fixture
def signals() -> FakeSignals:
    return FakeSignals()


@pytest.fixture
def activities(pool: Pool, settings: Settings, signals: FakeSignals) -> LinkActivities:
    return LinkActivities(pool, settings, signals)  # type: ignore[arg-type]  # the same two methods


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
        "key": "k1",
        "verb": "acknowledge",
        "person": Clicker(
            aad_object_id=link.person.aad_object_id, teams_id=link.person.teams_id, name=link.person.name
        ),
        "message": "1700000000001",
        "nonce": "n1",
        "received_at": AT,
        "correlation": "f:1",
        **more,
    }
    return Click.model_validate(given)


def card_in(link: Link) -> CardKey:
    return CardKey(account=ACCOUNT, incident_id="Q1", conversation=link.teams_side.channel)


async def register(link: Link) -> None:
    await link.pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, $2, $3)",
        *(ACCOUNT, "Q1", link.teams_side.channel),
    )


@pytest.mark.parametrize(
    ("title", "number", "told"),
    [("Checkout\nlatency", 42, "#42 Checkout latency"), (None, None, "incident Q1")],
)
async def test_a_click_that_met_no_link_is_told_with_what_it_was_on(
    activities: LinkActivities,
    link: Link,
    signals: FakeSignals,
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
    ((row, start, signal, offer),) = signals.told
    assert (row, signal.name) == (ACCOUNT_LINK, "offer")
    assert isinstance(start, Start)
    assert (start.tenant, start.person, start.account) == (link.tenant, link.person, ACCOUNT)
    assert isinstance(offer, OfferLink)
    assert (offer.key, offer.why, offer.conversation) == ("k1", "clicked", link.teams_side.channel)
    assert offer.met == MetClick(card=card_in(link), title=told, click=click)


def doing(link: Link, **more: Any) -> DoMetClick:
    met = MetClick(card=card_in(link), title="#42 Checkout", click=click_of(link, **more))
    return DoMetClick(person=link.person, met=met, link=7)


async def test_the_incidents_run_is_asked_for_the_click_by_the_new_link_under_one_key(
    activities: LinkActivities, link: Link, signals: FakeSignals
) -> None:
    await register(link)
    for _ in range(2):
        ending = await ActivityEnvironment().run(activities.do_met_click, doing(link, orphan_marker="lost"))
        assert ending == ClickEnding(kind="outcome", outcome=DONE)
    first, second = signals.asked
    assert first == second
    row, start, update, click, _ = first
    assert (row, update.name, start.incident_id) == (CHANNEL_INCIDENT, "acknowledge", "Q1")
    assert click.key == click_key(
        person=link.person.aad_object_id,
        message="1700000000001",
        verb="acknowledge",
        nonce="n1",
        link=7,
    )
    assert (click.person.link, click.received_at, click.orphan_marker) == (7, AT, None)


async def test_a_card_that_is_gone_is_told(
    activities: LinkActivities, link: Link, signals: FakeSignals
) -> None:
    ending = await ActivityEnvironment().run(activities.do_met_click, doing(link))
    assert ending == ClickEnding(kind="card_gone")
    assert signals.asked == []


async def test_what_the_incidents_run_rejects_is_told(
    activities: LinkActivities, link: Link, signals: FakeSignals
) -> None:
    await register(link)
    signals.answer = Rejected("unknown update")
    ending = await ActivityEnvironment().run(activities.do_met_click, doing(link))
    assert ending == ClickEnding(kind="rejected")


async def test_a_verb_that_is_not_there_any_more_is_rejected(
    activities: LinkActivities, link: Link, signals: FakeSignals
) -> None:
    await register(link)
    ending = await ActivityEnvironment().run(activities.do_met_click, doing(link, verb="snooze"))
    assert ending == ClickEnding(kind="rejected")
    assert signals.asked == []


async def test_a_run_that_does_not_answer_is_asked_again_by_the_reconciler(
    activities: LinkActivities, link: Link, signals: FakeSignals
) -> None:
    await register(link)
    signals.answer = ProviderUnavailable("no answer in time")
    with pytest.raises(ApplicationError) as failed:
        await ActivityEnvironment().run(activities.do_met_click, doing(link))
    assert failed.value.type == "ProviderUnavailable"
