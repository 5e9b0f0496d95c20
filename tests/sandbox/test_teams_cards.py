"""What the page draws of a card: what the weakest of Teams' clients does, and no more."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.screens import DESKTOP, Screen, keep
from tests.sandbox.teams_process import CARD_TYPE, TeamsProcess
from tests.support.chromium import chromium
from tests.support.connections import async_client

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

PHONE = Screen("phone", width=390, height=844)
NARROW_PHONE = Screen("narrow-phone", width=320, height=700)
LONG_NAME = "x7f9c4b5d6" * 20

EXECUTE = {"type": "Action.Execute", "verb": "acknowledge", "title": "Acknowledge"}
TOGGLE = {"type": "Action.ToggleVisibility", "title": "Details", "targetElements": ["details"]}

Show = Callable[..., Awaitable[Locator]]


@pytest.fixture
async def bot(teams: TeamsProcess) -> AsyncIterator[httpx.AsyncClient]:
    teams.reset()
    async with async_client(
        base_url=f"{teams.url}/teams/v3/conversations/{teams.channel}/",
        headers={"Authorization": f"Bearer {teams.bot_token()}"},
    ) as client:
        yield client


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def show(teams: TeamsProcess, bot: httpx.AsyncClient, browser: Browser) -> AsyncIterator[Show]:
    """Posts a card of these elements and opens its channel; the card on the page."""

    context = await browser.new_context(locale="en-GB", timezone_id="UTC")

    async def post_and_open(
        *elements: dict[str, Any], screen: Screen = DESKTOP, card: Any = None, **said: str
    ) -> Locator:
        content = {"type": "AdaptiveCard", "version": "1.5", "body": list(elements)} | (card or {})
        activity = {"type": "message", "attachments": [{"contentType": CARD_TYPE, "content": content}]} | said
        sent = await bot.post("activities", json=activity)
        assert sent.status_code == 201
        page = await context.new_page()
        await page.set_viewport_size({"width": screen.width, "height": screen.height})
        query = {"person": teams.person(0).email, "conversation": teams.channel}
        await page.goto(f"{teams.url}/?{urlencode(query)}")
        await expect(page.get_by_test_id("card")).to_be_visible()
        return page.get_by_test_id("card")

    yield post_and_open
    await context.close()


def block(text: str) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True}


def runs(*inlines: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(inlines)}


def run(text: str, **options: Any) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **options}


def actions(*items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "ActionSet", "actions": list(items)}


def link(url: str, **options: Any) -> dict[str, Any]:
    return {"type": "Action.OpenUrl", "title": "Open in PagerDuty", "url": url, **options}


async def test_functions_are_expanded_in_text_blocks_alone(show: Show) -> None:
    function = "{{DATE(2026-01-01T10:39:00Z, SHORT)}} {{TIME(2026-01-01T10:39:00Z)}}"
    fact = {"type": "FactSet", "facts": [{"title": "Until", "value": function}]}
    card = await show(block(f"Opened {function}"), runs(f"Since {function}", run(f" and {function}")), fact)
    await expect(card.locator(".ac-textBlock").first).to_have_text("Opened Thu, 1 Jan 2026 10:39")
    await expect(card.locator(".ac-richTextBlock")).to_have_text(f"Since {function} and {function}")
    await expect(card.locator(".ac-fact-value")).to_have_text(function)


async def test_a_linked_run_is_plain_text_on_a_line_of_its_own(show: Show) -> None:
    opens = link("https://acme.example/42")
    card = await show(runs("Incident ", run("#42", selectAction=opens), " is new"))
    lines = (await card.locator(".ac-richTextBlock").inner_text()).splitlines()
    assert [line.strip() for line in lines] == ["Incident", "#42", "is new"]
    await expect(card.locator(".ac-textRun :is(a, [role], [tabindex])")).to_have_count(0)


async def test_six_primary_actions_are_drawn_and_the_others_are_in_the_menu(show: Show) -> None:
    primary = [EXECUTE | {"verb": f"v{number}", "title": f"Primary {number}"} for number in range(1, 9)]
    secondary = EXECUTE | {"verb": "s", "title": "Secondary", "mode": "secondary"}
    card = await show(actions(secondary, *primary))
    buttons = card.locator(".ac-pushButton")
    await expect(buttons).to_have_text([f"Primary {number}" for number in range(1, 7)] + ["•••"])
    await buttons.last.click()
    await expect(card.page.get_by_role("menuitem")).to_have_text(["Secondary", "Primary 7", "Primary 8"])


@pytest.mark.parametrize("mode", ["primary", "secondary"])
async def test_toggling_shows_what_is_hidden_and_hides_it_again(show: Show, mode: str) -> None:
    details = {"type": "Container", "id": "details", "isVisible": False, "items": [block("Disk is full")]}
    card = await show(details, actions(EXECUTE, TOGGLE | {"mode": mode}))
    await expect(card.get_by_text("Disk is full")).to_be_hidden()
    for visible in (True, False):
        if mode == "secondary":
            await card.get_by_role("button", name="More options").click()
            await card.page.get_by_role("menuitem", name="Details").click()
        else:
            await card.get_by_role("button", name="Details").click()
        await expect(card.get_by_text("Disk is full")).to_be_visible(visible=visible)


@pytest.mark.parametrize("by", ["button", "container"])
async def test_an_address_opens_in_a_new_tab_that_knows_nothing_of_this_one(
    teams: TeamsProcess, show: Show, by: str
) -> None:
    opens = link(f"{teams.url}/_sandbox/records")
    if by == "button":
        card = await show(actions(opens))
        pressed = card.get_by_role("link", name="Open in PagerDuty")
        pressed = pressed.or_(card.get_by_role("button", name="Open in PagerDuty"))
    else:
        card = await show({"type": "Container", "items": [runs("#42 Disk is full")], "selectAction": opens})
        pressed = card.get_by_text("#42 Disk is full")
    async with card.page.context.expect_page() as opening:
        await pressed.click()
    opened = await opening.value
    await opened.wait_for_load_state()
    assert opened.url == opens["url"]
    assert await opened.evaluate("window.opener") is None


@pytest.mark.parametrize("screen", [DESKTOP, PHONE, NARROW_PHONE], ids=lambda screen: screen.name)
async def test_a_long_name_stays_in_its_card_and_is_what_is_copied(show: Show, screen: Screen) -> None:
    column_set = {
        "type": "ColumnSet",
        "columns": [
            {"type": "Column", "width": "84px", "items": [runs("Assigned to")]},
            {"type": "Column", "width": "stretch", "items": [runs(LONG_NAME)]},
            {"type": "Column", "width": "auto", "items": [runs(run("P1 · High", weight="Bolder"))]},
        ],
    }
    fact_set = {"type": "FactSet", "facts": [{"title": LONG_NAME, "value": LONG_NAME}]}
    card = await show(
        runs(run(f"#42 {LONG_NAME}", size="Large", weight="Bolder")),
        block(f"{LONG_NAME} is full"),
        column_set,
        fact_set,
        {"type": "Container", "style": "emphasis", "bleed": True, "items": [runs("Note: ", run(LONG_NAME))]},
        actions(link("https://acme.example", title=LONG_NAME)),
        screen=screen,
        card={"msteams": {"width": "Full"}},
    )
    await keep(card.page, f"teams-long-names-{screen.name}")
    assert await overflowing(card) == []
    assert await card.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert (await card.inner_text()).count(LONG_NAME) == 7
    high = await card.get_by_text("P1 · High").bounding_box()
    assert high is not None
    assert high["height"] < 60, "a short text beside a long name keeps its words whole"


async def overflowing(card: Locator) -> list[str]:
    """The texts that reach over the right edge of the card."""
    texts: list[str] = await card.evaluate(
        """card => {
          const edge = card.getBoundingClientRect().right;
          const over = [];
          const walker = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const range = document.createRange();
            range.selectNodeContents(walker.currentNode);
            const isButton = walker.currentNode.parentElement.closest("button");
            const right = (isButton ?? range).getBoundingClientRect().right;
            if (right > edge + 0.5) over.push(walker.currentNode.data);
          }
          return over;
        }"""
    )
    return texts


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"summary": "#42 Disk is full: triggered"}, "#42 Disk is full: triggered"),
        ({"summary": "#42 triggered", "text": "#42 Disk is full"}, "#42 triggered"),
        ({"text": "**#42** Disk is full"}, "#42 Disk is full"),
        ({}, "Disk is full"),
    ],
)
async def test_a_message_is_named_by_its_summary_else_by_its_text(
    show: Show, said: dict[str, str], name: str
) -> None:
    card = await show(block("Disk is full"), **said)
    await expect(card.page.get_by_role("article")).to_have_accessible_name(name)


async def test_a_button_is_named_by_its_tooltip_also_after_a_click(show: Show) -> None:
    details = {"type": "Container", "id": "details", "isVisible": False, "items": [block("Disk is full")]}
    buttons = (
        EXECUTE | {"tooltip": "Acknowledge #42"},
        TOGGLE | {"tooltip": "What fires in #42"},
        EXECUTE | {"verb": "note", "title": "Add note"},
        EXECUTE | {"verb": "snooze", "title": "Snooze", "tooltip": "Snooze #42", "mode": "secondary"},
    )
    card = await show(details, actions(*buttons))
    names = ["Acknowledge #42", "Details, What fires in #42", "Add note", "More options"]
    for _ in range(2):
        for button, name in zip(await card.locator(".ac-pushButton").all(), names, strict=True):
            await expect(button).to_have_accessible_name(name)
        await card.get_by_text("Details").click()
    await card.get_by_role("button", name="More options").click()
    await expect(card.page.get_by_role("menuitem")).to_have_accessible_name("Snooze #42")
    await expect(card.page.get_by_role("menuitem")).to_have_text("Snooze")


async def test_what_teams_ignores_of_a_button_changes_nothing(show: Show) -> None:
    ordinary, positive, disabled = (
        EXECUTE | {"verb": "a", "title": "Ordinary"},
        EXECUTE | {"verb": "b", "title": "Positive", "style": "positive"},
        EXECUTE | {"verb": "c", "title": "Disabled", "isEnabled": False},
    )
    card = await show(actions(ordinary, positive, disabled))
    buttons = await card.locator("button").all()
    assert len({await button.get_attribute("class") for button in buttons}) == 1
    await expect(card.get_by_role("button", name="Disabled")).to_be_enabled()


@pytest.mark.parametrize(
    "undrawn",
    [
        {"type": "Media", "sources": [{"mimeType": "video/mp4", "url": "https://acme.example/a.mp4"}]},
        {"type": "Image", "url": "data:image/png;base64,AA"},
    ],
)
async def test_what_teams_does_not_draw_is_left_out(show: Show, undrawn: dict[str, Any]) -> None:
    card = await show(block("before"), undrawn, block("after"))
    await expect(card.locator(".ac-textBlock")).to_have_text(["before", "after"])
    await expect(card.locator(".ac-media, .ac-image, img")).to_have_count(0)


@pytest.mark.parametrize(
    "broken",
    [
        {"version": "1.6"},
        {"version": None},
        {"body": [block("x"), {"type": "Image"}]},
        {
            "body": [
                block("x"),
                {"type": "Container", "items": [actions({"type": "Action.ToggleVisibility"})]},
            ]
        },
    ],
)
async def test_a_card_that_some_client_shows_as_a_blank_is_not_drawn(
    show: Show, broken: dict[str, Any]
) -> None:
    card = await show(block("x"), card=broken | {"fallbackText": "Disk is full"})
    await expect(card).to_have_text("We're sorry, this card couldn't be displayed")


@pytest.mark.parametrize(
    ("said", "preview"),
    [
        ({"summary": "#42 triggered"}, "The bot sent you a card"),
        ({"summary": "#42 triggered", "text": "#42 Disk is full"}, "#42 Disk is full"),
    ],
)
async def test_the_activity_feed_shows_what_a_locked_phone_would(
    show: Show, said: dict[str, str], preview: str
) -> None:
    card = await show(block("Disk is full"), **said)
    await card.page.get_by_role("button", name="Activity").click()
    await expect(card.page.get_by_test_id("activity").locator(".preview")).to_have_text(preview)


async def test_a_person_deletes_a_card_and_its_edit_answers_as_teams_does(
    teams: TeamsProcess, bot: httpx.AsyncClient, show: Show
) -> None:
    card = await show(block("Disk is full"), summary="#42 triggered")
    page = card.page
    await page.get_by_role("button", name="Delete message: #42 triggered").click()
    await expect(page.get_by_text("This message has been deleted.")).to_be_visible()
    await expect(page.get_by_test_id("message-delete")).to_have_count(0)
    (deleted,) = teams.messages(teams.channel)
    edit = {"type": "message", "text": "an edit"}
    answer = await bot.put(f"activities/{deleted['id']}", json=edit)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ServiceError")
