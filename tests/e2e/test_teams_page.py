"""The simulator's page alone: the app comes into a team, is mentioned, opens pages, and leaves."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.screens import DESKTOP, SCREENS, Screen, keep
from tests.e2e.windows import Windows
from tests.sandbox.teams_process import CARD_TYPE, TeamsProcess, card_answer, message, running_teams
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

on_every_screen = pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamsProcess]:
    with running_teams(tmp_path_factory.mktemp("page"), connected=False) as running:
        yield running


@pytest.fixture
def teams(running: TeamsProcess) -> TeamsProcess:
    """With the app in no team."""
    running.reset()
    return running


@pytest.fixture
async def windows(teams: TeamsProcess, browser: Browser) -> AsyncIterator[Windows]:
    people = [{"name": person.name, "email": person.email} for person in teams.company.people]
    opened = Windows(browser, {"teams": teams.url, "people": people})
    yield opened
    await opened.close()


def post(teams: TeamsProcess, conversation: str, content: dict[str, Any]) -> None:
    with teams.connector() as bot:
        sent = bot.post(f"v3/conversations/{conversation}/activities", json={"type": "message"} | content)
        sent.raise_for_status()


class Targeted:
    """The bot's messages for Bo in Payments › ops."""

    def __init__(self, teams: TeamsProcess) -> None:
        self._teams = teams
        installation = {"person": "ada@acme.example", "team": "Payments", "only": "none"}
        assert teams.post("/_sandbox/install", installation).is_success

    def send(self, text: str, *, under: str | None = None) -> str:
        recipient = {"id": self._teams.person(1).teams_id}
        thread = "" if under is None else f";messageid={under}"
        body = message(text, "link") | {"recipient": recipient}
        return str(self._call("POST", thread=thread, body=body)["id"])

    def edit(self, sent: str, text: str) -> None:
        self._call("PUT", sent, body=message(text, "link"))

    def delete(self, sent: str) -> None:
        self._call("DELETE", sent)

    def _call(
        self, method: str, sent: str | None = None, *, thread: str = "", body: dict[str, Any] | None = None
    ) -> Any:
        address = f"v3/conversations/{self._teams.channel}{thread}/activities"
        where = address if sent is None else f"{address}/{sent}"
        with self._teams.connector() as bot:
            answer = bot.request(method, where, params={"isTargetedActivity": "true"}, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def card(address: str) -> dict[str, Any]:
    content = {
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [
            {"type": "TextBlock", "text": f"Muster is here. [Read on]({address})", "wrap": True},
            {"type": "TextBlock", "id": "more", "text": "More of it", "isVisible": False},
        ],
        "actions": [
            {"type": "Action.OpenUrl", "title": "Authorize", "url": address},
            {"type": "Action.ToggleVisibility", "title": "More", "targetElements": ["more"]},
            {
                "type": "Action.ShowCard",
                "title": "I'm not an Admin",
                "card": {"type": "AdaptiveCard", "body": [{"type": "TextBlock", "text": "Ask one"}]},
            },
        ],
    }
    return {"attachments": [{"contentType": CARD_TYPE, "content": content}]}


@on_every_screen
async def test_the_app_comes_into_a_team_is_mentioned_and_leaves(
    teams: TeamsProcess, windows: Windows, screen: Screen
) -> None:
    window = await windows.teams("Ada Ops", screen)
    page = window.page
    await window.back()
    await expect(page.get_by_text("Muster is in none of your teams yet.")).to_be_visible()
    await keep(page, f"app-offer-{screen.name}")
    dialog = await window.begin_to_add_app()
    await expect(dialog.get_by_role("radio")).to_have_count(3)
    await expect(dialog.get_by_role("radio", name="General")).to_be_checked()
    await dialog.get_by_label("Team").select_option("Platform")
    await expect(dialog.get_by_role("radio")).to_have_count(2)
    await keep(page, f"app-dialog-{screen.name}")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    assert teams.bot.activities == []

    conversation = await window.add_app("ops")
    await expect(page.get_by_test_id("invitation")).to_have_count(0)
    wait_until(lambda: len(teams.bot.activities) == 2, within=5)
    chosen = [a["channelData"]["settings"]["selectedChannel"]["id"] for a in teams.bot.activities]
    assert chosen == [teams.channel] * 2

    await conversation.box.press_sequentially("Hello @")
    options = conversation.mention_menu.get_by_role("option")
    others = [person.name for person in teams.company.colleagues if person.name != "Ada Ops"]
    await expect(options.locator(".name")).to_have_text(["Muster", *others])
    await keep(page, f"mention-menu-{screen.name}")
    await conversation.box.press_sequentially("mus")
    await expect(options).to_have_count(1)
    await conversation.box.press("Enter")
    await expect(conversation.box).to_have_value("Hello @Muster ")
    await conversation.box.press_sequentially("help")
    await conversation.box.press("Enter")
    await conversation.expect_message("Hello Muster help")
    wait_until(lambda: len(teams.bot.activities) == 3, within=5)
    assert teams.bot.activities[2]["text"] == "Hello <at>Muster</at> help"

    await window.back()
    removal = await window.begin_to_remove_app("Payments")
    await keep(page, f"app-removal-{screen.name}")
    await removal.get_by_role("button", name="Remove").click()
    await expect(removal).to_have_count(0)
    await expect(page.get_by_text("Muster is in none of your teams yet.")).to_be_visible()
    wait_until(lambda: len(teams.bot.activities) == 5, within=5)
    assert teams.bot.activities[4]["action"] == "remove"
    await window.open_channel("Payments", "ops")
    await expect(page.get_by_test_id("invitation")).to_contain_text("Muster is not in Payments.")
    await conversation.box.press_sequentially("@mus")
    await expect(conversation.mention_menu).to_have_count(0)
    await keep(page, f"app-invitation-{screen.name}")


async def test_buttons_and_links_open_real_pages_in_a_new_tab(teams: TeamsProcess, windows: Windows) -> None:
    address = f"{teams.url}/page/static/icons.svg"
    window = await windows.teams("Ada Ops")
    await window.add_app("ops")
    post(teams, teams.channel, card(address) | {"text": f"Go to {address}"})
    message = window.page.get_by_test_id("message")
    shown = message.get_by_test_id("card")
    for link in (
        shown.get_by_text("Authorize"),
        shown.get_by_role("link", name="Read on"),
        message.get_by_role("link", name=address),
    ):
        async with window.page.context.expect_page() as opening:
            await link.click()
        opened = await opening.value
        await opened.wait_for_load_state()
        assert opened.url == address
        assert await opened.evaluate("window.opener") is None
        await opened.close()

    await expect(shown.get_by_text("More of it")).to_be_hidden()
    await shown.get_by_role("button", name="More", exact=True).click()
    await expect(shown.get_by_text("More of it")).to_be_visible()
    await shown.get_by_role("button", name="I'm not an Admin").click()
    await expect(shown.get_by_text("Ask one")).to_be_visible()
    await keep(window.page, "card-that-opens-pages")


async def test_a_reply_mentions_a_member_and_the_bot(teams: TeamsProcess, windows: Windows) -> None:
    window = await windows.teams("Ada Ops")
    conversation = await window.add_app("ops")
    wait_until(lambda: len(teams.bot.activities) == 2, within=5)
    await conversation.box.fill("Who is there?")
    await conversation.box.press("Enter")
    await conversation.expect_message("Who is there?")
    await window.page.get_by_test_id("reply-open").click()
    reply = window.page.get_by_test_id("reply-box")
    await reply.press_sequentially("@call")
    await conversation.mention_menu.get_by_role("option", name="Bo Call").click()
    await expect(reply).to_be_focused()
    await reply.press_sequentially("and @")
    await reply.press("ArrowDown")
    await reply.press("ArrowUp")
    await reply.press("Tab")
    await expect(reply).to_have_value("@Bo Call and @Muster ")
    await reply.press("@")
    await expect(conversation.mention_menu).to_have_count(1)
    await reply.press("Escape")
    await expect(conversation.mention_menu).to_have_count(0)
    await expect(reply).to_be_visible()
    await reply.press("Backspace")
    await reply.press("Enter")
    await expect(window.page.get_by_test_id("reply")).to_contain_text("Bo Call and Muster")
    wait_until(lambda: len(teams.bot.activities) == 3, within=5)
    heard = teams.bot.activities[2]
    assert heard["text"] == "<at>Bo Call</at> and <at>Muster</at>"
    assert heard["replyToId"] == teams.messages(teams.channel)[0]["id"]


@on_every_screen
async def test_a_targeted_message_is_seen_by_its_person_alone(
    teams: TeamsProcess, windows: Windows, screen: Screen
) -> None:
    targeted = Targeted(teams)
    bos, adas = await windows.teams("Bo Call", screen), await windows.teams("Ada Ops", screen)
    for window in (bos, adas):
        await window.open_channel("Payments", "ops")
    messages = bos.page.get_by_test_id("message")
    sent = targeted.send("Link your accounts")
    await expect(messages).to_contain_text("Only you can see this message")
    await expect(messages).to_contain_text("Link your accounts")
    await expect(bos.page.get_by_test_id("reply-open")).to_have_count(0)
    await expect(bos.page.get_by_test_id("message-delete")).to_have_count(0)
    await keep(bos.page, f"targeted-{screen.name}")

    teams.bot.answer = lambda _: card_answer("One moment")
    await messages.get_by_role("button", name="link").click()
    await expect(messages).to_contain_text("One moment")
    targeted.edit(sent, "You are linked")
    await expect(messages).to_contain_text("You are linked")
    await expect(messages).to_contain_text("Only you can see this message")

    post(teams, teams.channel, {"text": "For everybody"})
    await expect(adas.page.get_by_test_id("message")).to_have_text(re.compile("For everybody"))
    await expect(adas.page.get_by_test_id("only-you")).to_have_count(0)
    await expect(messages).to_have_count(2)
    targeted.delete(sent)
    await expect(messages).to_have_count(1)
    await expect(messages).to_contain_text("For everybody")
    await bos.page.reload()
    await expect(bos.page.get_by_test_id("only-you")).to_have_count(0)


async def test_an_old_targeted_message_leaves_its_thread_as_it_was(
    teams: TeamsProcess, windows: Windows
) -> None:
    targeted = Targeted(teams)
    window = await windows.teams("Bo Call")
    await window.open_channel("Payments", "ops")
    page = window.page
    targeted.send("Alone on its day")
    await expect(page.get_by_test_id("only-you")).to_have_count(1)
    assert teams.post("/_sandbox/clock", {"advance": 24 * 3600}).is_success
    await expect(page.get_by_test_id("message")).to_have_count(0)
    await expect(page.locator(".day")).to_have_count(0)

    post(teams, teams.channel, {"text": "For everybody"})
    await expect(page.locator(".day")).to_have_text(["Today"])
    root = teams.messages(teams.channel)[-1]["id"]
    await page.get_by_test_id("reply-open").click()
    await page.get_by_test_id("reply-box").fill("I am on it")
    for number in range(3):
        targeted.send(f"Number {number}", under=root)
    await expect(page.get_by_test_id("only-you")).to_have_count(3)
    await expect(page.get_by_test_id("replies-toggle")).to_contain_text("3 replies")
    await keep(page, "targeted-in-a-thread")
    assert teams.post("/_sandbox/clock", {"advance": 24 * 3600}).is_success
    await expect(page.get_by_test_id("reply")).to_have_count(0)
    await expect(page.get_by_test_id("replies-toggle")).to_be_hidden()
    await expect(page.get_by_test_id("reply-box")).to_have_value("I am on it")
    await expect(page.get_by_test_id("message")).to_contain_text("For everybody")
    await expect(page.locator(".day")).to_have_text(["Today"])


async def test_the_bot_begins_a_private_chat(teams: TeamsProcess, windows: Windows) -> None:
    window = await windows.teams("Ada Ops")
    await window.add_app("ops")
    await window.expect_no_unread_chat()
    ada = teams.person(0)
    opening = {
        "members": [{"id": ada.teams_id}],
        "channelData": {"tenant": {"id": teams.company.tenant_id}},
    }
    with teams.connector() as bot:
        chat = bot.post("v3/conversations", json=opening).json()["id"]
    post(teams, chat, {"text": "The installation is complete."})
    await window.expect_unread_chat("Muster")
    conversation = await window.open_chat("Muster")
    await conversation.expect_message("The installation is complete.")
    await window.expect_no_unread_chat()


@pytest.mark.parametrize("screen", [DESKTOP, SCREENS[-1]], ids=lambda screen: screen.name)
async def test_the_people_say_who_they_are(teams: TeamsProcess, windows: Windows, screen: Screen) -> None:
    window = await windows.teams("Ada Ops", screen)
    page = window.page
    await page.get_by_test_id("person-switch").click()
    people = page.get_by_test_id("person-option")
    await expect(people).to_have_count(len(teams.company.people))
    await expect(people.filter(has_text="Ada Ops")).to_contain_text("PagerDuty account owner")
    await expect(people.filter(has_text="Mia Tenant")).to_contain_text("Microsoft admin, no PagerDuty user")
    await expect(people.filter(has_text="Sam Stranger")).to_contain_text("of another organization")
    await expect(people.filter(has_text="Mia Tenant")).not_to_contain_text("inked to PagerDuty")
    await keep(page, f"people-{screen.name}")
    await people.filter(has_text="Sam Stranger").click()
    await window.back()
    await expect(page.get_by_test_id("channel")).to_have_count(0)
    await expect(page.get_by_test_id("add-app")).to_have_count(0)
    conversation = await window.open_chat("Muster")
    await conversation.box.fill("authorize KEY")
    await conversation.box.press("Enter")
    await conversation.expect_message("authorize KEY")
    wait_until(lambda: len(teams.bot.activities) == 1, within=5)
    assert teams.bot.activities[0]["channelData"]["tenant"]["id"] == teams.person(6).tenant
