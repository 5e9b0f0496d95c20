"""Group chats and the app's search on the simulator's page: open, change, search, share, see anew."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.chat_window import ChatWindow
from tests.e2e.screens import SCREENS, Screen, keep
from tests.e2e.windows import Windows
from tests.sandbox.teams_process import CARD_TYPE, Answer, TeamsProcess, card, running_teams
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

TITLE = "#42 Checkout is slow"


def found(*titles: str) -> dict[str, Any]:
    """An answer to a search: cards with a button and a refresh, and their previews."""
    refresh = {"action": {"type": "Action.Execute", "verb": "refresh", "data": {}}}
    attachments = [
        {
            "contentType": CARD_TYPE,
            "content": card(title, "follow") | {"refresh": refresh},
            "preview": {
                "contentType": "application/vnd.microsoft.card.thumbnail",
                "content": {"title": title, "text": "Carts &amp; checkout · triggered · Bo Call"},
            },
        }
        for title in titles
    ]
    return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": attachments}}


class Searched:
    """What the bot answers: results whose titles have the words, and newer cards for who sees one."""

    def __call__(self, activity: dict[str, Any]) -> Answer:
        value = activity.get("value", {})
        if activity.get("name") == "composeExtension/query":
            (parameter,) = value["parameters"]
            words = "" if parameter["name"] == "initialRun" else parameter["value"]
            titles = [title for title in (TITLE, "#41 Ledger is late") if words.lower() in title.lower()]
            if titles:
                return 200, found(*titles)
            return 200, {"composeExtension": {"type": "message", "text": "Nothing found."}}
        if activity.get("name") != "adaptiveCard/action":
            return 200, None
        if value["trigger"] == "automatic":
            shown = card(f"seen anew by {activity['from']['name']}", "follow")
            return 200, {"statusCode": 200, "type": CARD_TYPE, "value": shown}
        said = {"type": "application/vnd.microsoft.activity.message", "value": "You follow it."}
        return 200, {"statusCode": 200} | said


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamsProcess]:
    with running_teams(tmp_path_factory.mktemp("chats")) as running:
        yield running


@pytest.fixture
async def windows(running: TeamsProcess, browser: Browser) -> AsyncIterator[Windows]:
    running.reset()
    running.bot.answer = Searched()
    people = [{"name": person.name, "email": person.email} for person in running.company.people]
    opened = Windows(browser, {"teams": running.url, "people": people})
    yield opened
    await opened.close()


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
async def test_a_chat_is_opened_changed_and_left_on_the_page(
    running: TeamsProcess, windows: Windows, screen: Screen
) -> None:
    ada = ChatWindow(await windows.teams("Ada Ops", screen))
    await ada.page.get_by_test_id("new-chat").click()
    await keep(ada.page, f"new-chat-{screen.name}")
    await ada.page.keyboard.press("Escape")
    await ada.open_new("Bo Call", "Cy Net", topic="Payments are down")
    assert await ada.members() == ["Ada Ops", "Bo Call", "Cy Net"]

    await ada.add_people("Di Pager")
    await expect(ada.people).to_have_text("4")
    await ada.add_app()
    wait_until(lambda: len(running.bot.activities) == 2, within=5)
    await ada.remove("Cy Net")
    await expect(ada.people).to_have_text("3")
    assert await ada.members() == ["Ada Ops", "Bo Call", "Di Pager", "Muster"]
    await ada.people.click()
    await keep(ada.page, f"chat-people-{screen.name}")
    await ada.page.keyboard.press("Escape")
    await ada.rename("Payments are slow")
    wait_until(lambda: running.bot.activities[-1].get("topicName") == "Payments are slow", within=5)
    await ada.remove("Muster")
    wait_until(lambda: running.bot.activities[-1].get("action") == "remove", within=5)

    bo = ChatWindow(await windows.teams("Bo Call", screen))
    await bo.window.open_chat("Payments are slow")
    dialog = await bo.choose("Leave chat")
    await bo.confirm(dialog, "Leave")
    await expect(bo.page.get_by_text("Payments are slow")).to_have_count(0)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
async def test_a_card_is_found_shared_and_seen_anew(
    running: TeamsProcess, windows: Windows, screen: Screen
) -> None:
    ada = ChatWindow(await windows.teams("Ada Ops", screen))
    await ada.open_new("Bo Call", topic="Payments are down")
    panel = await ada.search()
    await expect(panel.get_by_test_id("search-result")).to_have_count(2)
    await expect(panel.get_by_text("Carts & checkout · triggered")).to_have_count(2)
    await keep(ada.page, f"search-{screen.name}")
    await panel.get_by_test_id("search-box").fill("nothing at all")
    await expect(panel.get_by_text("Nothing found.")).to_be_visible()
    await panel.get_by_test_id("search-box").fill("checkout")
    await expect(panel.get_by_test_id("search-result")).to_have_count(1)
    await expect(await ada.preview(TITLE)).to_contain_text(TITLE)
    await keep(ada.page, f"search-preview-{screen.name}")
    await ada.send()
    await ada.add_offered_app()
    shared = ada.page.get_by_test_id("message").filter(has_text=TITLE)
    await expect(shared.get_by_test_id("via")).to_have_text("via Muster")
    await shared.get_by_role("button", name="follow").click()
    await ada.window.expect_toast("You follow it.")

    bo = ChatWindow(await windows.teams("Bo Call", screen))
    await bo.window.open_chat("Payments are down")
    await expect(bo.page.get_by_test_id("card")).to_contain_text("seen anew by Bo Call")
    await expect(ada.page.get_by_test_id("card")).to_contain_text(TITLE)
    await keep(bo.page, f"seen-anew-{screen.name}")


async def test_a_button_without_the_app_offers_to_add_it(running: TeamsProcess, windows: Windows) -> None:
    ada = ChatWindow(await windows.teams("Ada Ops"))
    await ada.open_new("Bo Call")
    await ada.search("checkout")
    await ada.preview(TITLE)
    await ada.send()
    offer = ada.page.get_by_test_id("add-app-dialog")
    await offer.get_by_role("button", name="Cancel").click()
    await ada.page.get_by_role("button", name="follow").click()
    await ada.add_offered_app()
    wait_until(lambda: running.bot.activities[-1].get("action") == "add", within=5)


async def test_a_search_that_wants_a_sign_in_leads_there(running: TeamsProcess, windows: Windows) -> None:
    action = {"type": "openUrl", "value": f"{running.url}/?signed-in", "title": "Link accounts"}
    asked = {"composeExtension": {"type": "auth", "suggestedActions": {"actions": [action]}}}
    running.bot.answer = lambda _: (200, asked)
    cy = ChatWindow(await windows.teams("Cy Net"))
    await cy.window.open_channel("Payments", "ops")
    panel = await cy.search()
    link = panel.get_by_test_id("search-sign-in").get_by_role("link", name="Link accounts")
    await expect(link).to_have_attribute("href", f"{running.url}/?signed-in")
    await expect(link).to_have_attribute("target", "_blank")


async def test_the_address_of_a_chat_opens_it(running: TeamsProcess, windows: Windows) -> None:
    ada = ChatWindow(await windows.teams("Ada Ops"))
    await ada.open_new("Bo Call", topic="Payments are down")
    chat = next(one for one in running.records()["conversations"] if one["name"] == "Payments are down")
    tenant = running.company.tenant_id
    address = f"https://teams.microsoft.com/l/chat/{quote(chat['id'], safe='')}/0?tenantId={tenant}"
    content = {
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [{"type": "TextBlock", "text": f"[Chat]({address})"}],
        "actions": [{"type": "Action.OpenUrl", "title": "Join Chat", "url": address}],
    }
    with running.connector() as bot:
        sent = {"type": "message", "attachments": [{"contentType": CARD_TYPE, "content": content}]}
        bot.post(f"v3/conversations/{running.channel}/activities", json=sent).raise_for_status()
        said = {"type": "message", "text": f"There is a chat: {address}"}
        bot.post(f"v3/conversations/{running.channel}/activities", json=said).raise_for_status()

    for way_in in ("Join Chat", "Chat", address):
        await ada.window.open_channel("Payments", "ops")
        await ada.page.get_by_role("main").get_by_role("link", name=way_in, exact=True).click()
        await ada.window.expect_open("Payments are down")
    assert len(ada.page.context.pages) == 1

    cy = await windows.teams("Cy Net")
    await cy.open_channel("Payments", "ops")
    await cy.page.get_by_role("link", name="Join Chat").click()
    await cy.expect_toast("You are not in this conversation.")
    assert len(cy.page.context.pages) == 1
