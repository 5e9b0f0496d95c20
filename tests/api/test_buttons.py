"""A press through the whole edge: which card, who, and what the person who pressed gets to see."""

import asyncio
import gc
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from api.bot.press import press_of
from api.gateway import Gateway
from muster.seed import seed
from muster.store import cards, people, targets
from muster.store.pool import Pool, open_pool, transaction
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
from tests.api.outage import line_to
from tests.conftest import settings_for
from tests.support.company import ACCOUNT, ADA, BO, CY, OPS, RELEASES, TENANT, company
from tests.workflows.outside import World
from tests.workflows.running import QUICK, Run, shown
from workflows.contract import CHANGE_STATUS
from workflows.errors import ProviderUnavailable
from workflows.ids import ChannelIncidentId
from workflows.messages import ShowCard

pytestmark = pytest.mark.anyio

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
    """``serve(run)``: the edge, whose presses go to this run."""
    await seed(settings_for(database_url, "127.0.0.1:1"), company(service_url=connector.service_url))

    @asynccontextmanager
    async def serving(
        run: Run, *, through: Pool | None = None, by: Client | None = None
    ) -> AsyncIterator[Buttons]:
        gateway = Gateway(by or client, task_queue=run.queue, timing=QUICK)
        async with serving_buttons(through or pool, gateway, framework, framework_pool, connector) as buttons:
            yield buttons

    return serving


@pytest.fixture(autouse=True)
async def nothing_unread() -> AsyncIterator[None]:
    """No press leaves a failure that nobody read: the loop hears of one when it is collected."""
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
        await buttons.remember(run)
        yield buttons


def card_of(run: Run) -> ShowCard:
    return run.world.shown[-1]


def message_of(run: Run) -> str:
    assert run.world.activity_id
    return run.world.activity_id


async def link_of(pool: Pool, who: str) -> int | None:
    return await people.link_of(pool, tenant=TENANT, aad_object_id=who, account=ACCOUNT)


# A press on the card


async def test_a_press_is_answered_with_the_card_as_it_is_then(run: Run, buttons: Buttons) -> None:
    answer = await buttons.press(buttons.on(card_of(run), message_of(run), ADA))
    assert is_card(answer)
    assert "Acknowledged" in words(answer)
    (change,) = run.world.changes
    assert (change.click.verb, change.click.person.aad_object_id) == ("acknowledge", ADA)
    assert change.click.person.link == await link_of(buttons.pool, ADA)
    assert change.card.conversation == OPS


@pytest.mark.parametrize("activity_id", ["f:1", "f:2"])
async def test_a_press_that_teams_repeats_is_one_press(run: Run, buttons: Buttons, activity_id: str) -> None:
    """With the same activity id, and half a minute later with a new one."""
    press = buttons.on(card_of(run), message_of(run), ADA)
    first, again = await buttons.press(press), await buttons.press(press | {"id": activity_id})
    assert is_card(first)
    assert is_card(again)
    assert len(run.world.changes) == 1


async def test_two_people_press_at_the_same_card(run: Run, buttons: Buttons) -> None:
    press = buttons.on(card_of(run), message_of(run), ADA)
    await buttons.press(press)
    later = await buttons.press(buttons.on(card_of(run), message_of(run), BO))
    assert "Already acknowledged by" in words(later)
    assert len(run.world.changes) == 1


async def test_a_stale_button_shows_the_truth(run: Run, buttons: Buttons) -> None:
    press = buttons.on(card_of(run), message_of(run), ADA)
    await run.hears(run.life.is_resolved())
    answer = await buttons.press(press)
    assert is_card(answer)
    assert "Already resolved by Ada Ops; nothing was changed." in words(answer)
    assert run.world.changes == []


async def test_somebody_who_is_not_linked_is_told_and_changes_nothing(run: Run, buttons: Buttons) -> None:
    answer = await buttons.press(buttons.on(card_of(run), message_of(run), CY))
    assert is_card(answer)
    assert "not linked to PagerDuty" in words(answer)
    assert run.world.changes == []
    (told,) = run.world.told
    assert (told.click.person.aad_object_id, told.outcome.kind) == (CY, "unlinked")


async def test_what_pagerduty_could_not_be_told_is_said(run: Run, buttons: Buttons) -> None:
    run.world.fails(CHANGE_STATUS, *[ProviderUnavailable("down")] * 2)
    answer = await buttons.press(buttons.on(card_of(run), message_of(run), ADA))
    assert is_card(answer)
    assert "Acknowledge was not done. PagerDuty did not answer." in words(answer)


# A press whose data are not its card's


def with_data(press: dict[str, Any], **data: Any) -> dict[str, Any]:
    """The press with other data on its button."""
    action = press["value"]["action"]
    return press | {"value": {"action": action | {"data": action["data"] | data}}}


async def refuses(buttons: Buttons, run: Run, press: dict[str, Any], why: str) -> None:
    answer = await buttons.press(press)
    assert answer["statusCode"] == 400
    assert answer["type"] == "application/vnd.microsoft.error"
    assert why in answer["value"]["message"]
    assert run.world.changes == []
    assert buttons.connector.calls == []


async def test_data_that_names_another_incident_than_the_message(run: Run, buttons: Buttons) -> None:
    await buttons.register("Q2")
    press = buttons.on(card_of(run), message_of(run), ADA)
    await refuses(buttons, run, with_data(press, i="Q2"), "another incident")
    await refuses(buttons, run, with_data(press, a="emca"), "another incident")


async def test_a_message_of_another_conversation(run: Run, buttons: Buttons) -> None:
    """What is said of a card in one channel does not reach it in another."""
    press = buttons.on(card_of(run), message_of(run), ADA)
    elsewhere = press | {"conversation": {"id": f"{RELEASES};messageid={message_of(run)}"}}
    await refuses(buttons, run, elsewhere, "not one of Muster's")


async def test_a_message_nobody_knows_about_an_incident_that_is_not_there(run: Run, buttons: Buttons) -> None:
    await buttons.register("Q2", RELEASES)
    press = buttons.on(card_of(run), NOBODYS_MESSAGE, ADA)
    await refuses(buttons, run, with_data(press, i="Q2"), "not one of Muster's")


async def test_a_press_that_is_incomplete(run: Run, buttons: Buttons) -> None:
    press = buttons.on(card_of(run), message_of(run), ADA)
    for broken in (
        {"replyToId": None},
        {"from": {"id": "29:ada", "name": "Ada"}},
        {"id": None},
        {"value": {"action": {"type": "Action.Execute", "verb": "acknowledge"}}},
        {"value": {"action": {"type": "Action.Execute", "verb": "acknowledge", "data": "text"}}},
    ):
        await refuses(buttons, run, press | broken, "incomplete")


async def test_a_verb_nobody_knows(run: Run, buttons: Buttons) -> None:
    press = buttons.on(card_of(run), message_of(run), ADA, verb="explode")
    await refuses(buttons, run, press, "does not know this button")


async def test_data_that_is_incomplete(run: Run, buttons: Buttons) -> None:
    press = buttons.on(card_of(run), message_of(run), ADA)
    for missing, value in itertools.product(("a", "i", "m", "n"), (None, "", 7)):
        await refuses(buttons, run, with_data(press, **{missing: value}), "incomplete")


# A press on a message that no row knows


async def test_an_orphan_is_deleted_and_its_press_goes_on(run: Run, buttons: Buttons) -> None:
    press = with_data(buttons.on(card_of(run), NOBODYS_MESSAGE, ADA), m="the marker of a lost post")
    assert is_card(await buttons.press(press))
    await buttons.orphans.finish()
    path = f"/teams/v3/conversations/{OPS}/activities/{NOBODYS_MESSAGE}"
    assert buttons.connector.calls == [("DELETE", path)]
    assert len(run.world.changes) == 1


async def test_an_orphan_that_cannot_be_deleted_holds_up_no_press(run: Run, buttons: Buttons) -> None:
    buttons.connector.status = 500
    press = with_data(buttons.on(card_of(run), NOBODYS_MESSAGE, ADA), m="the marker of a lost post")
    assert is_card(await buttons.press(press))
    await buttons.orphans.finish()
    assert len(buttons.connector.calls) == 1
    assert len(run.world.changes) == 1


async def test_a_deletion_that_takes_long_holds_up_no_answer(run: Run, buttons: Buttons) -> None:
    buttons.connector.answering.clear()
    press = with_data(buttons.on(card_of(run), NOBODYS_MESSAGE, ADA), m="the marker of a lost post")
    answer = await buttons.press(press)
    assert is_card(answer)
    assert len(run.world.changes) == 1
    finishing = asyncio.create_task(buttons.orphans.finish())
    buttons.connector.answering.set()
    await finishing
    assert len(buttons.connector.calls) == 1


async def test_the_api_does_not_stop_before_a_deletion_ends_or_its_time_is_over(
    run: Run, buttons: Buttons, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.bot.orphans._FINISH_WITHIN", 0.1)
    buttons.connector.answering.clear()
    press = with_data(buttons.on(card_of(run), NOBODYS_MESSAGE, ADA), m="the marker of a lost post")
    await buttons.press(press)
    async with asyncio.timeout(2):
        await buttons.orphans.finish()
    buttons.connector.answering.set()


async def test_a_card_whose_row_is_late_is_no_orphan(run: Run, buttons: Buttons) -> None:
    """It is seen, and pressed, before the commit that follows its post."""
    press = buttons.on(card_of(run), NOBODYS_MESSAGE, ADA)
    await cards.intend(buttons.pool, card_of(run).model_copy(update={"activity_id": None}))
    assert is_card(await buttons.press(press))
    assert buttons.connector.calls == []
    assert len(run.world.changes) == 1


# A press while something is away


@pytest.fixture
async def idle(client: Client) -> Run:
    """A triggered incident whose card is there, and whose worker is gone."""
    run = Run(client, World())
    async with run.working():
        await run.hears(run.life.triggers())
        await run.world.until(lambda: bool(run.world.reads))
        await run.settles()
    return run


async def test_without_a_worker_the_press_is_handed_over_and_done_later(idle: Run, serve: Serve) -> None:
    async with serve(idle) as buttons:
        await buttons.remember(idle)
        began = time.monotonic()
        answer = await buttons.press(buttons.on(card_of(idle), message_of(idle), ADA))
        assert time.monotonic() - began < 3
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
            await idle.world.until(lambda: bool(idle.world.changes))
            await idle.settles()
        (change,) = idle.world.changes
        assert change.click.key in handed[-1].input.payloads[0].data.decode()


async def test_temporal_is_away(run: Run, serve: Serve, temporal: EmbeddedTemporal) -> None:
    async with line_to(temporal.address) as line:
        by = await Client.connect(line.address, data_converter=run.client.data_converter)
        async with serve(run, by=by) as buttons:
            await buttons.remember(run)
            press = buttons.on(card_of(run), message_of(run), ADA)
            await line.cut()
            began = time.monotonic()
            answer = await buttons.press(press)
            assert time.monotonic() - began < 3
            assert is_sentence(answer)
            assert "not reachable right now. Try again" in words(answer)
            assert run.world.changes == []

            await line.mend()
            assert is_card(await buttons.press(press))
            assert len(run.world.changes) == 1


async def test_postgres_is_away(run: Run, serve: Serve, database_url: str, pool: Pool) -> None:
    async with line_to(database_url) as line:
        server = database_url.rpartition("@")[2].partition("/")[0]
        async with (
            await open_pool(database_url.replace(server, line.address)) as through,
            serve(run, through=through) as buttons,
        ):
            await buttons.remember(run)
            press = buttons.on(card_of(run), message_of(run), ADA)
            await line.cut()
            answer = await buttons.press(press)
            assert is_sentence(answer)
            assert "not reachable right now. Try again" in words(answer)

            await line.mend()
            assert is_card(await buttons.press(press))


@asynccontextmanager
async def locked_cards(pool: Pool) -> AsyncIterator[None]:
    """The table of the cards, in which nobody can look anything up meanwhile."""
    async with transaction(pool) as connection:
        await connection.execute("LOCK TABLE incident_card IN ACCESS EXCLUSIVE MODE")
        yield


async def test_a_look_up_that_outlasts_the_answer_promises_nothing(run: Run, buttons: Buttons) -> None:
    async with locked_cards(buttons.pool):
        began = time.monotonic()
        answer = await buttons.press(buttons.on(card_of(run), message_of(run), ADA))
        assert time.monotonic() - began < 3
    assert is_sentence(answer)
    assert words(answer) == '"Muster is not reachable right now. Try again in a moment."'
    assert run.world.changes == []


async def test_a_slow_look_up_leaves_time_to_hand_the_press_over(idle: Run, serve: Serve) -> None:
    async with serve(idle) as buttons:
        await buttons.remember(idle)
        began = time.monotonic()
        async with locked_cards(buttons.pool):
            press = asyncio.create_task(buttons.press(buttons.on(card_of(idle), message_of(idle), ADA)))
            await asyncio.wait({press}, timeout=1.5)
        answer = await press
        assert time.monotonic() - began < 3
        assert "working on it: Acknowledge" in words(answer)
        async with idle.working():
            await idle.world.until(lambda: bool(idle.world.changes))
            await idle.settles()


async def test_a_press_handed_over_starts_a_workflow_that_can_be_found(run: Run, buttons: Buttons) -> None:
    """Its time is so short that nothing but the hand-over is left."""
    press = press_of(buttons.on(card_of(run), message_of(run), ADA))
    known = await targets.find_card(buttons.pool, conversation=OPS, activity_id=press.message)
    assert known
    target = known.model_copy(update={"incident_id": "Q0HANDEDOVER"})
    gateway = Gateway(run.client, task_queue="nobody", timing=QUICK)
    answer_by = asyncio.get_running_loop().time() + 0.4
    assert await gateway.press(target, run.click(), answer_by=answer_by) is None
    workflow = str(ChannelIncidentId(target.account, target.incident_id, target.channel))
    handle = run.client.get_workflow_handle(workflow)
    found = (await handle.describe()).typed_search_attributes
    await handle.terminate()
    assert target.incident_id in [pair.value for pair in found]


async def test_what_temporal_refuses_for_good(run: Run, buttons: Buttons) -> None:
    """It takes no workflow id of more than a thousand characters."""
    await buttons.pool.execute("UPDATE channel SET key = repeat('x', 1100) WHERE id = $1", OPS)
    answer = await buttons.press(buttons.on(card_of(run), message_of(run), ADA))
    assert is_sentence(answer)
    assert "does not work any more" in words(answer)
