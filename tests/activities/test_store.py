"""``store.recall_card`` and ``store.record_click``: what a run reads from and writes to Postgres alone."""

from datetime import UTC, datetime

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.store import StoreActivities
from muster.store import cards, following
from muster.store.pool import Pool, open_pool
from tests.api.outage import line_to
from tests.support.pagerduty_account import COMPANY
from tests.support.settings import database_at
from workflows.channel_incident.activities import DoVerb, JudgedClick, RecordClicks, StoredCard
from workflows.channel_incident.messages import CardKey
from workflows.following import Following, Stopped
from workflows.verbs.click import Click, Clicker
from workflows.verbs.outcomes import Outcome, RecordedOutcome

pytestmark = pytest.mark.anyio

KEY = CardKey(account=COMPANY.account, incident_id="Q1", conversation=COMPANY.teams[0].channels[1].id)
LATE = Outcome(kind="late")


def click(key: str, minute: int) -> Click:
    return Click(
        key=key,
        verb="resolve",
        person=Clicker(aad_object_id="ada", teams_id="29:ada", name="Ada Ops"),
        message="1",
        received_at=datetime(2026, 1, 1, 10, minute, tzinfo=UTC),
        correlation="f:1",
    )


@pytest.mark.pooler_too
async def test_a_run_restores_what_was_shown_said_and_clicked(
    store_activities: StoreActivities, pool: Pool
) -> None:
    assert await ActivityEnvironment().run(store_activities.restore_card, KEY) == StoredCard()
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, $2, $3)",
        *(KEY.account, KEY.incident_id, KEY.conversation),
    )
    await cards.intend_announcement(pool, KEY, "resolved@2026")
    done = [click("second", 2), click("first", 1)]
    request = RecordClicks(card=KEY, clicks=tuple(JudgedClick(click=one, outcome=LATE) for one in done))
    await ActivityEnvironment().run(store_activities.record_clicks, request)
    assert await ActivityEnvironment().run(store_activities.restore_card, KEY) == StoredCard(
        notified=("resolved@2026",),
        clicks=(RecordedOutcome(key="first", outcome=LATE), RecordedOutcome(key="second", outcome=LATE)),
    )


async def test_a_database_that_is_away_is_tried_again(database_url: str) -> None:
    async with line_to(database_url) as line:
        server = database_url.rpartition("@")[2].partition("/")[0]
        async with await open_pool(database_at(database_url.replace(server, line.address))) as pool:
            await line.cut()
            with pytest.raises(ApplicationError, match="the database is out of reach") as failed:
                await ActivityEnvironment().run(StoreActivities(pool).restore_card, KEY)
    assert (failed.value.type, failed.value.non_retryable) == ("ProviderUnavailable", False)


def stop(key: str = "stop", by: str = "Ada Ops") -> DoVerb:
    person = Clicker(aad_object_id=by, teams_id=f"29:{by}", name=by, link=1)
    return DoVerb(
        card=KEY, click=click(key, 5).model_copy(update={"verb": "stop_following", "person": person})
    )


async def followed(pool: Pool) -> None:
    """Ada follows the incident in a channel to which nothing is connected."""
    await pool.execute("UPDATE connection SET ended_at = now()")
    await following.follow(
        pool,
        account=KEY.account,
        incident_id=KEY.incident_id,
        service="PSVC001",
        conversation=KEY.conversation,
        tenant=COMPANY.tenant_id,
        by="ada",
        name="Ada Ops",
    )


async def test_a_click_stops_following_once_by_one_commit_with_its_outcome(
    store_activities: StoreActivities, pool: Pool
) -> None:
    await followed(pool)
    run = ActivityEnvironment().run
    first = await run(store_activities.stop_following, stop())
    assert first.outcome == Outcome(kind="done")
    at = stop().click.received_at
    assert first.stopped == Following(number=1, by="Ada Ops", stopped=Stopped(by="Ada Ops", at=at))
    assert await run(store_activities.stop_following, stop()) == first, "the same click"
    second = await run(store_activities.stop_following, stop("other", by="Bo Call"))
    assert (second.outcome, second.stopped) == (Outcome(kind="already", by="Ada Ops"), first.stopped)
    restored = await run(store_activities.restore_card, KEY)
    assert {one.key: one.outcome.kind for one in restored.clicks} == {"stop": "done", "other": "already"}


async def test_a_click_that_comes_again_stops_no_later_following(
    store_activities: StoreActivities, pool: Pool
) -> None:
    await followed(pool)
    run = ActivityEnvironment().run
    await run(store_activities.stop_following, stop())
    await followed(pool)
    again = await run(store_activities.stop_following, stop())
    assert (again.outcome.kind, again.stopped) == ("done", None)
    assert await following.stopped(pool, KEY) is None


async def test_what_a_connection_brings_is_not_stopped_by_a_click(
    store_activities: StoreActivities, pool: Pool
) -> None:
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, $2, $3)",
        *(KEY.account, KEY.incident_id, KEY.conversation),
    )
    refused = await ActivityEnvironment().run(store_activities.stop_following, stop())
    assert (refused.outcome, refused.stopped) == (Outcome(kind="refused", reason="by_connection"), None)
