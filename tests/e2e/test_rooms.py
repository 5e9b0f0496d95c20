"""A chat of its own for an incident: made from the card, lived in, ended; and what can keep it from that."""

import re
from collections.abc import Iterator
from functools import partial

import pytest
from playwright.async_api import expect

from sandbox.up.supervision.launch import Launched
from tests.e2e.chat_window import ChatWindow
from tests.e2e.screens import DESKTOP, PICTURES, SCREENS, Screen, keep
from tests.e2e.setting_up import keep_teams_on_every_screen
from tests.e2e.temporal_ui import TemporalUi
from tests.e2e.windows import Windows
from tests.support.product import Product, running
from tests.support.simulators import P2, Microsoft, PagerDuty, Teams
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

CREATE, MEMBERS = "Chat.Create", "ChatMember.ReadWrite.All"
ASK_ADMIN = "is not granted. A Microsoft admin grants it with appconnect."
MAKING_OR_THERE = re.compile(
    r"There is a chat for this incident: https://teams\.microsoft\.com/l/chat/\S+"
    r"|Muster is making the chat; the card will show Join Chat\."
)
QUESTION, NOTE = "I am here. Shall we roll the release of 14:02 back?", "The release of 14:02 is rolled back."
_OPEN = ("Acknowledge", "Resolve", "Create Meeting", "•••")
"""Buttons of an open incident; the last one opens the others."""
TEAMS_PATIENCE = 3.0
"""Seconds in which Teams wants an answer to a press."""
_PICTURED = Screen("room", width=1100, height=980, scale=1.5)
"""The picture of docs/chats.md."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A product of its own: its permissions are taken away, and its worker is killed."""
    with running(tmp_path_factory.mktemp("rooms")) as stack:
        yield stack


async def test_a_chat_is_made_from_the_card_and_follows_to_the_end(
    windows: Windows, pagerduty: PagerDuty
) -> None:
    title = "Checkout: latency above 2 s in eu-west-1"
    di = ChatWindow(await windows.teams("Di Pager"))
    ops = await di.window.open_channel("Payments", "ops")
    in_ops = ops.card(title)
    bo = ChatWindow(await windows.teams("Bo Call", _PICTURED))
    await bo.window.open_channel("Payments", "releases")
    incident = await pagerduty.trigger(title, priority=P2)
    topic = await _topic(pagerduty, incident)
    await in_ops.expect("Triggered")
    await in_ops.expect_buttons(*_OPEN, "Open in PagerDuty")

    # Di asks for it: she is answered in time, and Bo, who is on call, finds the chat in his list.
    assert await in_ops.choose("Create Chat") < TEAMS_PATIENCE
    await expect(di.page.get_by_test_id("toast")).to_contain_text(MAKING_OR_THERE)
    await keep(di.page, "room-1-answered")
    await bo.window.expect_unread_chat(topic)
    await keep(bo.page, "room-2-in-the-list")
    seen_by_bo = await bo.window.open_chat(topic)
    in_room = seen_by_bo.card(title)
    await in_room.expect("Triggered", "P2 · High")
    await in_room.expect_buttons("Acknowledge", "Resolve", "Create Meeting", "Open in PagerDuty")
    assert await bo.members() == ["Bo Call", "Di Pager", "Muster"]
    await in_ops.expect("Join Chat")
    await in_ops.expect_buttons(*_OPEN, "Open in PagerDuty")

    # What is done there is seen in the channel, whose card leads there.
    await in_room.click("Acknowledge")
    for card in (in_room, in_ops):
        await card.expect("Acknowledged by Bo Call")
    await _show_on_all_screens(windows, title, topic)
    await in_ops.click_on_page("Join Chat")
    await di.window.expect_open(topic)
    await di.window.back()
    in_ops = (await di.window.open_channel("Payments", "ops")).card(title)
    await in_ops.follow_link("Join Chat")
    await di.window.expect_open(topic)

    # Whoever is asked to help comes into the chat.
    ada = await windows.pagerduty("Ada Ops")
    await ada.open_incident(title)
    await ada.ask_for_help("Eve Stand")
    await expect(bo.people).to_have_text("3")
    assert await bo.members() == ["Bo Call", "Di Pager", "Eve Stand", "Muster"]
    eve = ChatWindow(await windows.teams("Eve Stand"))
    seen_by_eve = await eve.window.open_chat(topic)
    await seen_by_eve.card(title).expect("Acknowledged by Bo Call")
    await seen_by_eve.box.fill(QUESTION)
    await seen_by_eve.box.press("Enter")
    await seen_by_bo.expect_message("Eve Stand", QUESTION)
    await ada.add_note(NOTE)
    await in_room.expect("Eve Stand … asked", NOTE)
    await seen_by_bo.expect_message("Note by Ada Ops", NOTE)
    await seen_by_bo.box.focus()
    await bo.page.mouse.move(0, 0)
    await keep(bo.page, _PICTURED.name, folder=PICTURES)

    await ada.resolve()
    await in_room.expect("Resolved by Ada Ops")
    await seen_by_bo.expect_message("🏁", "was resolved by Ada Ops after", "3 people")
    await bo.window.expect_open(f"✓ {topic}")
    await keep(bo.page, "room-5-over")


async def test_what_an_admin_has_not_granted_is_said_and_the_rest_goes_on(
    windows: Windows, pagerduty: PagerDuty, microsoft: Microsoft, product: Product
) -> None:
    title = "Card payments are declined"
    di = ChatWindow(await windows.teams("Di Pager"))
    card = (await di.window.open_channel("Payments", "ops")).card(title)
    incident = await pagerduty.trigger(title)
    topic = await _topic(pagerduty, incident)
    await card.expect("Triggered")
    await microsoft.revoke(CREATE, MEMBERS)
    await product.forget_tokens()

    await card.choose("Create Chat")
    refusal = f"The chat cannot be made: {CREATE} {ASK_ADMIN}"
    await di.window.expect_toast(refusal)
    await keep_teams_on_every_screen(di.page, "room-6-not-granted")
    await di.window.close_toast(refusal)
    await card.expect_buttons(*_OPEN, "Open in PagerDuty")
    await di.window.expect_no_chat(topic)

    # An admin grants one of the two: there is a chat, and its people are those of the beginning.
    await microsoft.grant(without=(MEMBERS,))
    await card.choose("Create Chat")
    for screen in SCREENS:
        window = await windows.onlooking("Bo Call", screen)
        in_room = (await window.open_chat(topic)).card(title)
        await in_room.expect("Triggered", f"People cannot be added to the chat: {MEMBERS} {ASK_ADMIN}")
        await keep(window.page, f"room-7-lacks-{screen.name}")
    await card.expect_buttons(*_OPEN, "Open in PagerDuty")
    await keep(di.page, "room-7-lacks-in-the-channel")


@pytest.mark.soak
async def test_a_worker_that_is_killed_in_the_middle_leaves_one_chat_and_tells_of_it(
    stack: Launched, windows: Windows, pagerduty: PagerDuty, records: Teams, product: Product
) -> None:
    title = "Payout file is late"
    di = await windows.teams("Di Pager")
    card = (await di.open_channel("Payments", "ops")).card(title)
    incident = await pagerduty.trigger(title)
    topic = await _topic(pagerduty, incident)
    await card.expect("Triggered")

    await records.fault("chat", "slow", seconds=TEAMS_PATIENCE / 2, match={"method": "POST"})
    creations = await _creations(records)
    await card.choose_on_page("Create Chat")
    await eventually(partial(_is_created, records, creations))
    product.kill("worker")
    await expect(di.page.get_by_test_id("toast")).to_contain_text(MAKING_OR_THERE)
    await (await di.open_chat(topic)).card(title).expect("Triggered")
    await product.expect_back("worker")
    chats = [chat["name"] for chat in (await records.records())["conversations"] if chat["kind"] == "group"]
    assert chats.count(topic) == 1
    ui = TemporalUi(await windows.open(DESKTOP), stack.ready["temporal_ui"])
    await ui.open_workflow(f"room/acme/{incident}", query=f"PdIncident = '{incident}'")
    told = ("chat made · 2 of 2 people in it", topic, "create_chat: done", "Di Pager in Teams")
    await ui.expect_details(*told)
    await keep(ui.page, "room-8-temporal")


async def _topic(pagerduty: PagerDuty, incident: str) -> str:
    """What the chat of this incident is called."""
    known = await pagerduty.incident(incident)
    return f"Incident #{known['incident_number']} {known['title'].replace(':', '')}"


async def _show_on_all_screens(windows: Windows, title: str, topic: str) -> None:
    """The card of the channel and that of the chat, as Bo has them on each screen."""
    for screen in SCREENS:
        window = await windows.onlooking("Bo Call", screen)
        channel = await window.open_channel("Payments", "ops")
        await channel.card(title).expect("Acknowledged by Bo Call")
        await channel.card(title).show()
        await keep(window.page, f"room-3-channel-{screen.name}")
        await window.back()
        chat = await window.open_chat(topic)
        await chat.card(title).expect("Acknowledged by Bo Call")
        await chat.card(title).show()
        await keep(window.page, f"room-3-chat-{screen.name}")
        await window.back()


async def _creations(records: Teams) -> int:
    """How often Microsoft was asked for a chat."""
    calls = (await records.records())["graph_calls"]
    return sum((call["method"], call["path"]) == ("POST", "/chats") for call in calls)


async def _is_created(records: Teams, before: int) -> bool:
    return await _creations(records) > before
