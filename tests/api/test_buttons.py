"""A click through the whole edge: which card, who, and what the person who clicked gets to see."""

import asyncio
import gc
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from api.gateway import Gateway
from muster.seed import seed
from muster.store import cards, links, targets
from muster.store.pool import Pool, open_pool, transaction
from muster.temporal.client import connect
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.buttons import (
    NOBODYS_MESSAGE,
    Buttons,
    Connector,
    is_card,
    is_sentence,
    serving_buttons,
    words,
)
from tests.api.conftest import BotFramework
from tests.api.outage import cut_known, line_to
from tests.support.company import ACCOUNT, ADA_AAD, BO_AAD, CY_AAD, OPS, RELEASES, TENANT, company
from tests.support.settings import database_at, settings_for
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import QUICK, Run, shown
from workflows.channel_incident.activities import CHANGE_STATUS, DELETE_MESSAGE, ShowCard
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT, CLICKS
from workflows.errors import Forbidden, ProviderUnavailable, RequestInvalid
from workflows.ids import ChannelIncidentId

pytestmark = pytest.mark.anyio

CLIENT_WAITS = 3.0
"""Seconds after which somebody's client says that the click went wrong; Muster answers within 2.5."""

Serve = Callable[..., AbstractAsyncContextManager[Buttons]]


@pytest.fixture
async def connector() -> AsyncIterator[Connector]:
    connector = Connector()
    async with connector.listening():
        yield connector


@pytest.fixture
async def serve(
    database_url: str,
    pool: Pool,
    client: Client,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
    connector: Connector,
) -> Serve:
    """``serve(run)``: the edge, whose clicks go to this run."""
    await seed(settings_for(database_url, "127.0.0.1:1"), company(service_url=connector.service_url))

    @asynccontextmanager
    async def serving(
        run: Run, *, through: Pool | None = None, by: Client | None = None
    ) -> AsyncIterator[Buttons]:
        gateway = Gateway(by or client, task_queue=run.queue)
        async with serving_buttons(through or pool, gateway, framework, framework_pool, connector) as buttons:
            yield buttons

    return serving


@pytest.fixture(autouse=True)
async def nothing_unread() -> AsyncIterator[None]:
    """No click leaves a failure that nobody read: the loop hears of one when it is collected."""
    yield
    gc.collect()


@pytest.fixture
async def run(client: Client) -> AsyncIterator[Run]:
    """A triggered incident whose card is there."""
    async with shown(client) as run:
        yield run


@pytest.fixture
async def buttons(run: Run, serve: Serve) -> AsyncIterator[Buttons]:
    """The edge, with the run's card in its row."""
    async with serve(run) as buttons:
        await buttons.store(run)
        yield buttons


def card_of(run: Run) -> ShowCard:
    return run.outside.shown[-1]


def message_of(run: Run) -> str:
    assert run.outside.activity_id
    return run.outside.activity_id


async def link_of(pool: Pool, who: str) -> int | None:
    return await links.link_of(pool, tenant=TENANT, aad_object_id=who, account=ACCOUNT)


# A click on the card


@pytest.mark.pooler_too
async def test_a_click_is_answered_with_the_card_as_it_is_then(run: Run, buttons: Buttons) -> None:
    answer = await buttons.click(buttons.on(card_of(run), message_of(run), ADA_AAD))
    assert is_card(answer)
    assert "Acknowledged" in words(answer)
    (change,) = run.outside.changes
    assert (change.click.verb, change.click.person.aad_object_id) == ("acknowledge", ADA_AAD)
    assert change.click.person.link == await link_of(buttons.pool, ADA_AAD)
    assert change.card.conversation == OPS


@pytest.mark.parametrize("activity_id", ["f:1", "f:2"])
async def test_a_click_that_teams_repeats_is_one_click(run: Run, buttons: Buttons, activity_id: str) -> None:
    """With the same activity id, and half a minute later with a new one."""
    click = buttons.on(card_of(run), message_of(run), ADA_AAD)
    first, again = await buttons.click(click), await buttons.click(click | {"id": activity_id})
    assert is_card(first)
    assert is_card(again)
    assert len(run.outside.changes) == 1


async def test_a_click_made_again_on_the_message_gets_the_recorded_refusal_with_a_button_that_works(
    run: Run, buttons: Buttons
) -> None:
    """Temporal keeps the first answer to an update, whose button has been used by then."""
    run.outside.fails(CHANGE_STATUS, *[Forbidden("not on this team")] * 2)
    on_the_message = buttons.on(card_of(run), message_of(run), ADA_AAD)
    first = await buttons.click(on_the_message)
    second = await buttons.click(beside(first, on_the_message, "f:2"))
    again = await buttons.click(on_the_message | {"id": "f:3"})
    assert all("Acknowledge was not done" in words(answer) for answer in (first, second, again))
    assert len(run.outside.changes) == 2
    acted = await buttons.click(beside(again, on_the_message, "f:4"))
    assert "was not done" not in words(acted)
    assert len(run.outside.changes) == 3
    await run.is_idle()
    assert len(run.outside.posts) == 1


def beside(answer: dict[str, Any], click: dict[str, Any], activity_id: str) -> dict[str, Any]:
    """The same person's click on the same button of the answer's card."""
    (data,) = (
        action["data"]
        for element in answer["value"]["body"]
        for action in element.get("actions", [])
        if action.get("verb") == "acknowledge"
    )
    value = {"action": {"type": "Action.Execute", "verb": "acknowledge", "data": data}, "trigger": "manual"}
    return click | {"id": activity_id, "value": value}


async def test_the_second_person_to_click_is_told_who_was_first(run: Run, buttons: Buttons) -> None:
    click = buttons.on(card_of(run), message_of(run), ADA_AAD)
    await buttons.click(click)
    later = await buttons.click(buttons.on(card_of(run), message_of(run), BO_AAD))
    assert "Already acknowledged by" in words(later)
    assert len(run.outside.changes) == 1


async def test_a_stale_button_shows_the_truth(run: Run, buttons: Buttons) -> None:
    click = buttons.on(card_of(run), message_of(run), ADA_AAD)
    await run.hears(run.life.is_resolved())
    answer = await buttons.click(click)
    assert is_card(answer)
    assert "Already resolved by Ada Ops; nothing was changed." in words(answer)
    assert run.outside.changes == []


async def test_somebody_who_is_not_linked_is_offered_a_link_and_changes_nothing(
    run: Run, buttons: Buttons
) -> None:
    answer = await buttons.click(buttons.on(card_of(run), message_of(run), CY_AAD))
    assert is_card(answer)
    assert "not linked to PagerDuty" in words(answer)
    assert "A message for you alone waits" in words(answer)
    assert (run.outside.changes, run.outside.told) == ([], [])
    await run.outside.until(lambda: bool(run.outside.offered))
    (offered,) = run.outside.offered
    assert offered.click.person.aad_object_id == CY_AAD


async def test_what_pagerduty_could_not_be_told_is_said(run: Run, buttons: Buttons) -> None:
    run.outside.fails(CHANGE_STATUS, *[ProviderUnavailable("down")] * 2)
    answer = await buttons.click(buttons.on(card_of(run), message_of(run), ADA_AAD))
    assert is_card(answer)
    assert "Acknowledge was not done. PagerDuty did not answer." in words(answer)


async def test_what_pagerduty_refused_is_told_as_pagerduty_tells_it(run: Run, buttons: Buttons) -> None:
    refusal = RequestInvalid("PagerDuty answered 400 (2001)", code="2001", says="Title cannot be empty")
    run.outside.fails(CHANGE_STATUS, refusal)
    answer = await buttons.click(buttons.on(card_of(run), message_of(run), ADA_AAD))
    assert is_card(answer)
    assert "Acknowledge was not done. PagerDuty says: Title cannot be empty (2001)." in words(answer)
    (judged,) = run.outside.judged()
    assert (judged.outcome.code, judged.outcome.says) == ("2001", "Title cannot be empty")


async def post_click(buttons: Buttons, activity: dict[str, Any]) -> dict[str, Any]:
    """Click with what Python's client would not write: a lone surrogate goes out as its escape."""
    headers = {
        "Authorization": buttons.framework.token(serviceurl=buttons.connector.service_url),
        "Content-Type": "application/json",
    }
    answer = await buttons.http.post("/api/messages", content=json.dumps(activity).encode(), headers=headers)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.parametrize(
    ("name", "known_as"),
    [
        ("Ada\x00 \ud83dOps\x1b", "Ada Ops"),
        ("Ada\r\nOps", "Ada Ops"),
        ("A" * 200_000, "A" * 117 + "…"),
        ("\x00", "Somebody"),
        (None, "Somebody"),
        ({}, "Somebody"),
    ],
)
async def test_a_name_is_cleaned_and_clipped_and_its_click_is_done_once(
    run: Run, buttons: Buttons, name: Any, known_as: str
) -> None:
    click = buttons.on(card_of(run), message_of(run), ADA_AAD)
    click["from"]["name"] = name
    assert is_card(await post_click(buttons, click))
    assert is_card(await post_click(buttons, click))
    (change,) = run.outside.changes
    assert change.click.person.name == known_as


# A click whose data are not its card's


def with_data(click: dict[str, Any], **data: Any) -> dict[str, Any]:
    """The click with other data on its button."""
    action = click["value"]["action"]
    return click | {"value": {"action": action | {"data": action["data"] | data}}}


async def refuses(buttons: Buttons, run: Run, click: dict[str, Any], why: str) -> None:
    answer = await buttons.click(click)
    assert answer["statusCode"] == 400
    assert answer["type"] == "application/vnd.microsoft.error"
    assert why in answer["value"]["message"]
    assert run.outside.changes == []
    assert run.outside.deleted == []
    assert buttons.connector.calls == []


async def test_data_that_name_another_incident_than_the_message_are_refused(
    run: Run, buttons: Buttons
) -> None:
    await buttons.register("Q2")
    click = buttons.on(card_of(run), message_of(run), ADA_AAD)
    await refuses(buttons, run, with_data(click, i="Q2"), "another incident")
    await refuses(buttons, run, with_data(click, a="emca"), "another incident")


async def test_a_click_on_a_message_of_another_conversation_is_refused(run: Run, buttons: Buttons) -> None:
    """What is said of a card in one channel does not reach it in another."""
    click = buttons.on(card_of(run), message_of(run), ADA_AAD)
    elsewhere = click | {"conversation": {"id": f"{RELEASES};messageid={message_of(run)}"}}
    await refuses(buttons, run, elsewhere, "not one of Muster's")


async def test_a_message_nobody_knows_about_an_incident_that_is_not_there_is_refused(
    run: Run, buttons: Buttons
) -> None:
    await buttons.register("Q2", RELEASES)
    click = buttons.on(card_of(run), NOBODYS_MESSAGE, ADA_AAD)
    await refuses(buttons, run, with_data(click, i="Q2"), "not one of Muster's")


async def test_an_incomplete_click_is_refused(run: Run, buttons: Buttons) -> None:
    click = buttons.on(card_of(run), message_of(run), ADA_AAD)
    for broken in (
        {"replyToId": None},
        {"from": {"id": "29:ada", "name": "Ada"}},
        {"id": None},
        {"value": {"action": {"type": "Action.Execute", "verb": "acknowledge"}}},
        {"value": {"action": {"type": "Action.Execute", "verb": "acknowledge", "data": "text"}}},
    ):
        await refuses(buttons, run, click | broken, "incomplete")


async def test_a_verb_nobody_knows_is_refused(run: Run, buttons: Buttons) -> None:
    click = buttons.on(card_of(run), message_of(run), ADA_AAD, verb="explode")
    await refuses(buttons, run, click, "does not know this button")


async def test_incomplete_data_are_refused(run: Run, buttons: Buttons) -> None:
    click = buttons.on(card_of(run), message_of(run), ADA_AAD)
    for missing, value in itertools.product(("a", "i", "m", "n"), (None, "", 7)):
        await refuses(buttons, run, with_data(click, **{missing: value}), "incomplete")


# A click on a message that no row knows


@pytest.mark.parametrize("field", ["a", "i", "m", "n"])
async def test_data_that_no_button_of_ours_has_are_refused(run: Run, buttons: Buttons, field: str) -> None:
    for odd in ("\x00", "Q1\x00", "Q1\nx", "Q1\ud83d", "Q1\n", "x" * 65, 5):
        click = with_data(buttons.on(card_of(run), NOBODYS_MESSAGE, ADA_AAD), **{field: odd})
        answer = await post_click(buttons, click)
        refused = (answer["statusCode"], answer["value"]["message"])
        assert refused == (400, "This button is incomplete."), odd
    assert run.outside.changes == []


@pytest.fixture
async def lost(run: Run, buttons: Buttons) -> dict[str, Any]:
    """A click on the message of a lost post, which the card's row knows by its marker."""
    await buttons.pool.execute("UPDATE incident_card SET orphan_markers = '{lost}'")
    return with_data(buttons.on(card_of(run), NOBODYS_MESSAGE, ADA_AAD), m="lost")


async def test_an_orphan_is_deleted_and_its_click_goes_on(
    run: Run, buttons: Buttons, lost: dict[str, Any]
) -> None:
    assert is_card(await buttons.click(lost))
    await run.outside.until(lambda: bool(run.outside.deleted))
    (deleted,) = run.outside.deleted
    assert (deleted.card.conversation, deleted.activity_id) == (OPS, NOBODYS_MESSAGE)
    assert deleted.marker == "lost"
    assert len(run.outside.changes) == 1


async def test_an_orphan_that_cannot_be_deleted_holds_up_no_click(
    run: Run, buttons: Buttons, lost: dict[str, Any]
) -> None:
    run.outside.fails(DELETE_MESSAGE, RequestInvalid("not this one"))
    assert is_card(await buttons.click(lost))
    await run.is_idle()
    assert len(run.outside.deleted) == 1
    assert len(run.outside.changes) == 1


async def test_a_deletion_that_takes_long_holds_up_no_answer(
    run: Run, buttons: Buttons, lost: dict[str, Any]
) -> None:
    deletion = run.outside.holds(DELETE_MESSAGE)
    assert is_card(await buttons.click(lost))
    assert len(run.outside.changes) == 1
    deletion.set()
    await run.outside.until(lambda: bool(run.outside.deleted))


async def is_done_and_deletes_nothing(run: Run, buttons: Buttons, click: dict[str, Any]) -> None:
    """The click is one on the card, and its message stays: nothing is sent for it once all is quiet."""
    assert is_card(await buttons.click(click))
    await run.is_idle()
    assert run.outside.deleted == []
    assert len(run.outside.changes) == 1


async def test_a_card_whose_row_is_late_is_no_orphan(run: Run, buttons: Buttons) -> None:
    """It is seen, and pressed, before the commit that follows its post."""
    await buttons.pool.execute("UPDATE incident_card SET activity_id = NULL, marker = NULL")
    await cards.intend(buttons.pool, card_of(run).model_copy(update={"activity_id": None}), datetime.now(UTC))
    click = buttons.on(card_of(run), NOBODYS_MESSAGE, ADA_AAD)
    await is_done_and_deletes_nothing(run, buttons, click)


async def test_a_card_whose_row_is_late_is_no_orphan_where_another_post_was_lost(
    run: Run, buttons: Buttons
) -> None:
    await buttons.pool.execute(
        "UPDATE incident_card SET activity_id = NULL, marker = NULL, intent_marker = 'lost'"
    )
    await cards.intend(buttons.pool, card_of(run).model_copy(update={"activity_id": None}), datetime.now(UTC))
    click = buttons.on(card_of(run), NOBODYS_MESSAGE, ADA_AAD)
    await is_done_and_deletes_nothing(run, buttons, click)


@pytest.mark.parametrize("marker", ["made up", None], ids=["made up", "the card's own"])
async def test_a_message_that_no_row_knows_stays_unless_its_marker_is_an_orphans(
    run: Run, buttons: Buttons, lost: dict[str, Any], marker: str | None
) -> None:
    """Whoever can press a button can say what it carries, and which message it stands on."""
    click = with_data(lost, m=marker or card_of(run).identity.marker)
    await is_done_and_deletes_nothing(run, buttons, click)


async def test_a_reply_in_a_thread_stays_whatever_its_data_say(
    run: Run, buttons: Buttons, lost: dict[str, Any]
) -> None:
    """The data are an orphan's, and the message is an announcement: it begins no thread."""
    in_thread = lost | {"conversation": {"id": f"{OPS};messageid={message_of(run)}"}}
    await is_done_and_deletes_nothing(run, buttons, in_thread)


async def test_a_shared_card_is_never_an_orphan_in_a_channel_that_has_its_own_card_too(
    run: Run, buttons: Buttons, lost: dict[str, Any]
) -> None:
    """The message is that of whoever shared it, whatever else its data say. The click is one on the card."""
    await is_done_and_deletes_nothing(run, buttons, with_data(lost, s=1))


async def test_data_of_a_shared_card_let_nobody_do_what_they_could_not(
    run: Run, buttons: Buttons, lost: dict[str, Any]
) -> None:
    on_card = with_data(buttons.on(card_of(run), message_of(run), CY_AAD), s=1)
    assert "not linked" in words(await buttons.click(on_card))
    others = with_data(buttons.on(card_of(run), message_of(run), ADA_AAD), s=1, i="Q2")
    assert (await buttons.click(others))["statusCode"] == 400
    nowhere = with_data(lost, s=1, i="Q2")
    assert (await buttons.click(nowhere))["statusCode"] == 400
    await run.is_idle()
    assert (run.outside.changes, run.outside.deleted) == ([], [])


async def test_an_orphan_of_another_incident_is_none_of_this_one(
    run: Run, buttons: Buttons, lost: dict[str, Any]
) -> None:
    await buttons.pool.execute("UPDATE incident_card SET orphan_markers = '{}'")
    await buttons.register("Q2")
    await buttons.pool.execute("UPDATE incident_card SET orphan_markers = '{lost}' WHERE incident_id = 'Q2'")
    await is_done_and_deletes_nothing(run, buttons, lost)


# A click while something is away


@pytest.fixture
async def idle(client: Client) -> Run:
    """A triggered incident whose card is there, and whose worker is gone."""
    run = Run(client, FakeActivities())
    async with run.working():
        await run.hears(run.life.triggers())
        await run.outside.until(lambda: bool(run.outside.reads))
        await run.is_idle()
    return run


async def test_without_a_worker_the_click_is_handed_over_and_done_later(idle: Run, serve: Serve) -> None:
    async with serve(idle) as buttons:
        await buttons.store(idle)
        began = time.monotonic()
        answer = await buttons.click(buttons.on(card_of(idle), message_of(idle), ADA_AAD))
        assert time.monotonic() - began < CLIENT_WAITS
        assert is_sentence(answer)
        assert "working on it: Acknowledge" in words(answer)
        timeline = await idle.handle.fetch_history()
        handed = [
            event.workflow_execution_signaled_event_attributes
            for event in timeline.events
            if event.HasField("workflow_execution_signaled_event_attributes")
        ]
        assert handed[-1].signal_name == "click"

        async with idle.working():
            await idle.outside.until(lambda: bool(idle.outside.changes))
            await idle.is_idle()
        (change,) = idle.outside.changes
        assert change.click.key in handed[-1].input.payloads[0].data.decode()


async def test_a_click_is_answered_not_reachable_while_temporal_is_away(
    run: Run, serve: Serve, temporal: EmbeddedTemporal
) -> None:
    async with line_to(temporal.address) as line:
        by = await connect(settings_for("postgresql://unused", line.address), repeats=False)
        async with serve(run, by=by) as buttons:
            await buttons.store(run)
            click = buttons.on(card_of(run), message_of(run), ADA_AAD)
            await cut_known(line, Gateway(by, task_queue=run.queue))
            began = time.monotonic()
            answer = await buttons.click(click)
            assert time.monotonic() - began < CLIENT_WAITS
            assert is_sentence(answer)
            assert "not reachable right now. Try again" in words(answer)
            assert run.outside.changes == []

            await line.mend()
            assert is_card(await buttons.click(click))
            assert len(run.outside.changes) == 1


async def test_a_click_that_temporal_may_have_taken_is_handed_over_when_it_answers_again(
    run: Run, serve: Serve, temporal: EmbeddedTemporal
) -> None:
    """Nobody knows how far it got, so nobody is told that it was not taken."""
    async with line_to(temporal.address) as line:
        by = await connect(settings_for("postgresql://unused", line.address), repeats=False)
        async with serve(run, by=by) as buttons:
            await buttons.store(run)
            line.stall()
            began = time.monotonic()
            answer = await buttons.click(buttons.on(card_of(run), message_of(run), ADA_AAD))
            assert time.monotonic() - began < CLIENT_WAITS
            assert "working on it: Acknowledge" in words(answer)
            assert run.outside.changes == []

            line.flow()
            await run.outside.until(lambda: bool(run.outside.changes))
            await run.is_idle()
            assert len(run.outside.changes) == 1


async def test_a_click_is_answered_not_reachable_while_postgres_is_away(
    run: Run, serve: Serve, database_url: str, pool: Pool
) -> None:
    async with line_to(database_url) as line:
        server = database_url.rpartition("@")[2].partition("/")[0]
        async with (
            await open_pool(database_at(database_url.replace(server, line.address))) as through,
            serve(run, through=through) as buttons,
        ):
            await buttons.store(run)
            click = buttons.on(card_of(run), message_of(run), ADA_AAD)
            await line.cut()
            answer = await buttons.click(click)
            assert is_sentence(answer)
            assert "not reachable right now. Try again" in words(answer)

            await line.mend()
            assert is_card(await buttons.click(click))


@asynccontextmanager
async def locked_cards(pool: Pool) -> AsyncIterator[None]:
    """The table of the cards, in which nobody can look anything up meanwhile."""
    async with transaction(pool) as connection:
        await connection.execute("LOCK TABLE incident_card IN ACCESS EXCLUSIVE MODE")
        yield


async def test_a_search_that_outlasts_the_answer_promises_nothing(run: Run, buttons: Buttons) -> None:
    async with locked_cards(buttons.pool):
        began = time.monotonic()
        answer = await buttons.click(buttons.on(card_of(run), message_of(run), ADA_AAD))
        assert time.monotonic() - began < CLIENT_WAITS
    assert is_sentence(answer)
    assert words(answer) == '"Muster is not reachable right now. Try again in a moment."'
    assert run.outside.changes == []


async def test_a_slow_search_leaves_time_to_hand_the_click_over(idle: Run, serve: Serve) -> None:
    async with serve(idle) as buttons:
        await buttons.store(idle)
        began = time.monotonic()
        async with locked_cards(buttons.pool):
            click = asyncio.create_task(buttons.click(buttons.on(card_of(idle), message_of(idle), ADA_AAD)))
            await asyncio.wait({click}, timeout=1.5)
        answer = await click
        assert time.monotonic() - began < CLIENT_WAITS
        assert "working on it: Acknowledge" in words(answer)
        async with idle.working():
            await idle.outside.until(lambda: bool(idle.outside.changes))
            await idle.is_idle()


async def test_a_click_handed_over_starts_a_workflow_that_can_be_found(run: Run, buttons: Buttons) -> None:
    """Its time is so short that nothing but the hand-over is left."""
    known = await targets.find_card(buttons.pool, conversation=OPS, activity_id=message_of(run))
    assert known
    target = known.model_copy(update={"incident_id": "Q0HANDEDOVER"})
    gateway = Gateway(run.client, task_queue="nobody")
    click, update = run.click(), CLICKS["acknowledge"]
    answer_by = asyncio.get_running_loop().time() + 0.4
    asked = gateway.ask(
        CHANNEL_INCIDENT, target.start(QUICK), update, click, update_id=click.key, answer_by=answer_by
    )
    assert await asked is None
    workflow = str(ChannelIncidentId(target.account, target.incident_id, target.conversation_key))
    handle = run.client.get_workflow_handle(workflow)
    found = (await handle.describe()).typed_search_attributes
    await handle.terminate()
    assert target.incident_id in [pair.value for pair in found]


async def test_a_click_that_temporal_refuses_for_good_is_told_that_the_button_does_not_work_any_more(
    run: Run, buttons: Buttons
) -> None:
    """It takes no workflow id of more than a thousand characters."""
    await buttons.pool.execute("UPDATE conversation SET key = repeat('x', 1100) WHERE id = $1", OPS)
    answer = await buttons.click(buttons.on(card_of(run), message_of(run), ADA_AAD))
    assert is_sentence(answer)
    assert "does not work any more" in words(answer)
