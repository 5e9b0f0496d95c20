"""Incident workflows and custom actions of PagerDuty that call the product: chat, meeting, message."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from sandbox.up.supervision.launch import Launched
from tests.e2e.pagerduty_console import PagerDutyConsole
from tests.e2e.screens import DESKTOP, SCREENS, keep
from tests.e2e.setting_up import keep_page_on_every_screen
from tests.e2e.temporal_ui import TemporalUi
from tests.e2e.windows import Windows
from tests.support.product import running
from tests.support.simulators import PagerDuty, Teams

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

WORKFLOW = "Chat and meeting in Teams"
OPEN_CHAT = "Create a Dedicated Chat in Microsoft Teams"
OPEN_MEETING = "Create Conference Bridge in Microsoft Teams"
ASK, TELL = "Ask for the chat", "Tell the chat"
EXISTS = "The incident chat group already exists."
JOIN = re.compile(r"https://teams\.microsoft\.com/l/meetup-join/\S+")
PAGE = Path(__file__).parents[2] / "docs" / "api.md"
_WITH_BOTH = ("Acknowledge", "Resolve", "Join Meeting", "•••", "Open in PagerDuty")
_SLOW = 9
"""Seconds: the call for the chat is answered 202 before, Microsoft's answer is lost, the chat is found."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A product of its own: PagerDuty's clock is moved on, and Microsoft is slow."""
    with running(tmp_path_factory.mktemp("workflows")) as stack:
        yield stack


async def test_a_workflow_opens_chat_and_meeting_and_speaks_in_the_chat_once(
    stack: Launched, windows: Windows, pagerduty: PagerDuty, records: Teams
) -> None:
    title = "Checkout: latency above 2 s in eu-west-1"
    bo = await windows.teams("Bo Call")
    in_ops = (await bo.open_channel("Payments", "ops")).card(title)
    incident = await pagerduty.trigger(title)
    topic = f"incident_{(await pagerduty.incident(incident))['incident_number']}"
    await in_ops.expect("Triggered")

    # Ada runs it in PagerDuty. Its page tells what each step sent, and what came of it.
    ada = await windows.pagerduty("Ada Ops")
    await ada.open_incident(title)
    await ada.run_workflow(WORKFLOW)
    await in_ops.expect_buttons(*_WITH_BOTH)
    await _end(ada, pagerduty)
    await ada.expect_step(OPEN_CHAT, "Success", "Chat Link")
    await ada.expect_step(OPEN_MEETING, "Success", "Conference Bridge URL", JOIN)
    await ada.expect_step(TELL, "Success", "Response Status Code", "201")
    await keep_page_on_every_screen(ada.page, "workflow-1-run")

    # Its people have the chat, where the bot says what the workflow told it; the cards lead there.
    await in_ops.click_on_page("•••")
    await expect(bo.page.get_by_role("menuitem").filter(has_text="Join Chat")).to_be_visible()
    await keep(bo.page, "workflow-2-card")
    chat = await bo.open_chat(topic)
    message = ("Ada Ops through PagerDuty workflows:", "The meeting: https://teams.microsoft.com/")
    await chat.expect_message(*message)
    await chat.card(title).expect_buttons("Acknowledge", "Resolve", "Join Meeting", "Open in PagerDuty")
    for screen in SCREENS:
        window = await windows.onlooking("Bo Call", screen)
        await window.open_chat(topic)
        await keep(window.page, f"workflow-3-chat-{screen.name}")

    # Run again it is refused a second chat, and finds the meeting; nothing is there twice.
    await ada.page.get_by_role("link", name=title).click()
    await ada.run_workflow(WORKFLOW)
    await _end(ada, pagerduty)
    await ada.expect_step(OPEN_CHAT, "Failed", EXISTS)
    await ada.expect_step(OPEN_MEETING, "Success", "Conference Bridge URL", JOIN)
    await ada.expect_step(TELL, "Success", "201")
    await keep_page_on_every_screen(ada.page, "workflow-4-again")
    chats = [one["name"] for one in (await records.records())["conversations"] if one["kind"] == "group"]
    assert chats.count(topic) == 1
    await chat.expect_message(*message)
    assert len([note for note in await pagerduty.notes(incident) if "meetup-join" in note]) == 1

    # Operators find all of it under the incident.
    ui = TemporalUi(await windows.open(DESKTOP), stack.ready["temporal_ui"])
    ours = f"PdIncident = '{incident}'"
    await ui.open_workflow(f"room/acme/{incident}", query=ours)
    await ui.expect_details("create_chat: done", "create_meeting: done", "PagerDuty workflows as PUSER01")
    await keep(ui.page, "workflow-5-room")
    await ui.open_only("operation/acme/", query=f"{ours} AND WorkflowType = 'Operation'")
    await ui.expect_details("Ada Ops", "through")
    await keep(ui.page, "workflow-6-operation")


async def test_the_message_comes_after_the_chat_where_microsoft_is_slow(
    windows: Windows, pagerduty: PagerDuty, records: Teams
) -> None:
    title = "Card payments are declined"
    incident = await pagerduty.trigger(title)
    topic = f"incident_{(await pagerduty.incident(incident))['incident_number']}"
    await records.fault("chat", "slow", seconds=_SLOW)
    ada = await windows.pagerduty("Ada Ops")
    await ada.open_incident(title)
    await ada.run_workflow(WORKFLOW)
    await expect(ada.step(ASK)).to_contain_text("The incident has no chat.")
    await (await (await windows.teams("Bo Call")).open_chat(topic)).card(title).expect("Triggered")
    await _end(ada, pagerduty)
    await expect(ada.step(ASK)).to_have_count(2)
    await ada.expect_step(TELL, "Success", "201")


async def test_the_workflow_of_the_page_is_built_and_run(
    stack: Launched, windows: Windows, pagerduty: PagerDuty
) -> None:
    ada = await windows.pagerduty("Ada Ops")
    chat, meeting, loop, message = await _told_inputs(ada)
    await ada.begin_workflow("Chat and meeting")
    await ada.add_action("Send POST Request", "Open the chat", chat, connection="Muster")
    await ada.add_action("Send POST Request", "Open the meeting", meeting, connection="Muster")
    url = {"URL": loop.pop("URL")}
    await ada.add_action("Loop Until", "Loop until both are there", loop)
    await ada.add_action("Send GET Request", ASK, url, connection="Muster", inside=True)
    await ada.add_action("Send POST Request", TELL, message, connection="Muster")
    await keep(ada.page, "workflow-7-built", whole=True)
    await ada.publish()

    title = "Refunds wait"
    bo = await windows.teams("Bo Call")
    in_ops = (await bo.open_channel("Payments", "ops")).card(title)
    incident = await pagerduty.trigger(title)
    await in_ops.expect("Triggered")
    await ada.page.get_by_role("link", name="Incidents").click()
    await ada.open_incident(title)
    await ada.run_workflow("Chat and meeting")
    await in_ops.expect_buttons(*_WITH_BOTH)
    await _end(ada, pagerduty)
    await expect(ada.page.get_by_test_id("run-state")).to_have_text("Completed")
    opened = await bo.open_chat(f"incident_{(await pagerduty.incident(incident))['incident_number']}")
    await opened.expect_message("through", "The meeting: https://teams.microsoft.com/l/meetup-join/")

    # Operators find all of it under the incident.
    ui = TemporalUi(await windows.open(DESKTOP), stack.ready["temporal_ui"])
    ours = f"PdIncident = '{incident}'"
    await ui.open_workflow(f"room/acme/{incident}", query=ours)
    await ui.expect_timeline("graph.create_chat", "graph.create_meeting")
    await ui.open_only("operation/acme/", query=ours)
    await ui.expect_details("done", "Ada Ops")

    # Run again it is refused a second chat, which its step tells, and goes on.
    await ada.page.get_by_role("link", name=title).click()
    await ada.run_workflow("Chat and meeting")
    await _end(ada, pagerduty)
    await ada.expect_step("Open the chat", "Failed", re.compile(r"Response Status Code\s*409"), EXISTS)
    await ada.expect_step("Open the meeting", "Success", re.compile(r"Response Status Code\s*201"))


async def _told_inputs(console: PagerDutyConsole) -> list[dict[str, str]]:
    """The inputs that docs/api.md tells, with this sandbox's address, tenant and team in them."""
    await console.page.get_by_role("link", name="Workflows").click()
    health = await console.page.get_by_test_id("connection").get_by_text("/v1/health").inner_text()
    await console.page.get_by_role("link", name=WORKFLOW).first.click()
    inputs = console.page.get_by_test_id("step")
    section = PAGE.read_text().partition("## The workflow to build in PagerDuty")[2]
    section = section.replace("https://muster.example.com", health.split()[1].removesuffix("/v1/health"))
    for field, label in (("tenant", "Microsoft Teams Organization"), ("team", "Microsoft Teams Team")):
        value = inputs.get_by_text(label, exact=True).locator("xpath=following-sibling::dd[1]")
        key = await value.inner_text()
        section = re.sub(rf'(?<="mst_{field}_id": ")[^"]+', key, section)
    blocks = re.findall(r"```text\n(.*?)```", section, re.DOTALL)
    lines = [[line.strip() for line in block.splitlines() if line.strip()] for block in blocks]
    return [dict(re.split(r" {2,}", line, maxsplit=1) for line in block) for block in lines]


async def test_a_custom_action_opens_the_chat_of_its_incident(windows: Windows, pagerduty: PagerDuty) -> None:
    title = "Payment queue is full"
    bo = await windows.teams("Bo Call")
    in_ops = (await bo.open_channel("Payments", "ops")).card(title)
    incident = await pagerduty.trigger(title)
    topic = f"Incident #{(await pagerduty.incident(incident))['incident_number']} {title}"
    ada = await windows.pagerduty("Ada Ops")
    await ada.open_incident(title)
    await ada.page.get_by_role("button", name="Open a Teams chat").click()
    await expect(ada.page.get_by_test_id("action-call")).to_contain_text("Open a Teams chat delivered · 202")
    await (await bo.open_chat(topic)).card(title).expect("Triggered")
    await bo.open_channel("Payments", "ops")
    await in_ops.expect_buttons("Acknowledge", "Resolve", "Create Meeting", "•••", "Open in PagerDuty")


async def _end(console: PagerDutyConsole, pagerduty: PagerDuty) -> None:
    """See the open run end. A loop waits a minute by PagerDuty's clock, which is moved on."""
    ended = console.page.get_by_test_id("run-state").filter(has_text="Completed")
    while True:
        await expect(ended.or_(console.repeated_step).first).to_be_visible(timeout=30_000)
        if await ended.count():
            return
        steps = await console.page.get_by_test_id("step").count()
        await pagerduty.advance(minutes=1)
        await expect(ended.or_(console.page.get_by_test_id("step").nth(steps)).first).to_be_visible()
