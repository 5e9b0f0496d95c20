"""The search beside the box to write in, what is shared from it, its buttons, and how it is seen anew."""

import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.company import build_company
from tests.sandbox.chats import Chats, crowded
from tests.sandbox.teams_process import (
    CARD_TYPE,
    Answer,
    TeamsProcess,
    card,
    card_answer,
    message,
    running_teams,
)
from tests.support.connections import async_client
from tests.support.waiting import wait_until

pytestmark = pytest.mark.anyio

ADA, BO, CY, DI = "ada@acme.example", "bo@acme.example", "cy@acme.example", "di@acme.example"
HERO = "application/vnd.microsoft.card.hero"
THUMBNAIL = "application/vnd.microsoft.card.thumbnail"
MINUTE = 60


def with_refresh(text: str, people: list[str] | None = None) -> dict[str, Any]:
    """A card with a button that asks to be seen anew; for these people, or for everybody."""
    refresh: dict[str, Any] = {
        "action": {"type": "Action.Execute", "verb": "refresh", "title": "Refresh", "data": {"of": text}}
    }
    return card(text, "follow") | {"refresh": refresh | ({} if people is None else {"userIds": people})}


def result(text: str, **more: Any) -> dict[str, Any]:
    """One result of a search."""
    preview = {"contentType": THUMBNAIL, "content": {"title": text, "text": "Checkout · triggered"}}
    return {"contentType": CARD_TYPE, "content": with_refresh(text), "preview": preview} | more


def found(*results: dict[str, Any]) -> dict[str, Any]:
    return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": results}}


@pytest.fixture
async def bot(teams: TeamsProcess) -> AsyncIterator[httpx.AsyncClient]:
    """The bot's own client."""
    teams.reset()
    teams.bot.answer = lambda _: (200, found(result("#42 Checkout is slow"), result("#41 Ledger")))
    async with teams.async_connector() as client:
        yield client


@pytest.fixture
async def chats(teams: TeamsProcess, bot: httpx.AsyncClient) -> AsyncIterator[Chats]:
    async with async_client(base_url=teams.url) as http:
        yield Chats(http)


async def shared_in(chats: Chats, conversation: str, person: str = ADA) -> str:
    results = (await chats.search(person, conversation, "42")).results
    return (await chats.share(person, conversation, results[0])).message


async def test_a_search_asks_the_bot_wherever_the_person_writes(teams: TeamsProcess, chats: Chats) -> None:
    chat = await chats.open(ADA, BO)
    ada = teams.person(0)
    for conversation in (teams.channel, chat, teams.personal_chat(ada)):
        searched = await chats.search(ADA, conversation, "checkout")
        assert (searched.kind, searched.titles) == ("results", ["#42 Checkout is slow", "#41 Ledger"])
    in_channel, in_chat, in_private = teams.bot.activities
    for activity in teams.bot.activities:
        assert (activity["type"], activity["name"]) == ("invoke", "composeExtension/query")
        assert activity["from"]["aadObjectId"] == ada.aad_object_id
        assert activity["channelData"]["source"] == {"name": "compose"}
        assert activity["value"] == {
            "commandId": teams.company.search_command,
            "parameters": [{"name": "query", "value": "checkout"}],
            "queryOptions": {"skip": 0, "count": 25},
        }
    assert in_channel["conversation"]["id"] == teams.channel
    assert in_channel["channelData"]["team"] == {"id": teams.company.teams[0].id}
    assert (in_chat["conversation"]["id"], in_chat["conversation"]["conversationType"]) == (chat, "groupChat")
    assert in_private["conversation"]["conversationType"] == "personal"


async def test_an_opened_search_asks_before_anybody_types(teams: TeamsProcess, chats: Chats) -> None:
    await chats.search(ADA, teams.channel)
    (asked,) = teams.bot.activities
    assert asked["value"]["parameters"] == [{"name": "initialRun", "value": "true"}]


async def test_a_message_and_a_sign_in_take_the_place_of_results(teams: TeamsProcess, chats: Chats) -> None:
    nothing = {"composeExtension": {"type": "message", "text": "Nothing found."}}
    teams.bot.answer = lambda _: (200, nothing)
    searched = await chats.search(ADA, teams.channel, "nothing")
    assert (searched.kind, searched.text, searched.results) == ("message", "Nothing found.", [])

    action = {"type": "openUrl", "value": "https://muster.example/l/1", "title": "Link accounts"}
    sign_in = {"composeExtension": {"type": "auth", "suggestedActions": {"actions": [action]}}}
    teams.bot.answer = lambda _: (200, sign_in)
    searched = await chats.search(CY, teams.channel)
    assert searched.kind == "sign_in"
    assert searched.action == {"title": "Link accounts", "url": "https://muster.example/l/1"}


WRONG: dict[str, Any] = {
    "no envelope": {"type": "result", "attachmentLayout": "list", "attachments": []},
    "no body": None,
    "an unknown type": {"composeExtension": {"type": "results", "attachments": []}},
    "no layout": {"composeExtension": {"type": "result", "attachments": []}},
    "a result without a preview": found({"contentType": CARD_TYPE, "content": card("one")}),
    "a preview that is an Adaptive Card": found(
        result("one", preview={"contentType": CARD_TYPE, "content": card("one")})
    ),
    "a preview that says nothing": found(result("one", preview={"contentType": HERO, "content": {}})),
    "a card that is none": found(result("one", content={"type": "Card"})),
    "an attachment that nobody can share": found(result("one", contentType="image/png")),
    "too many results": found(*(result(str(number)) for number in range(26))),
    "a message without words": {"composeExtension": {"type": "message", "text": ""}},
    "a sign-in that leads nowhere": {"composeExtension": {"type": "auth"}},
    "a sign-in by another action": {
        "composeExtension": {
            "type": "auth",
            "suggestedActions": {"actions": [{"type": "imBack", "value": "https://x", "title": "x"}]},
        }
    },
}


@pytest.mark.parametrize("case", WRONG)
async def test_an_answer_in_another_form_is_an_error_that_says_what_is_wrong(
    teams: TeamsProcess, chats: Chats, case: str
) -> None:
    teams.bot.answer = lambda _: (200, WRONG[case])
    searched = await chats.search(ADA, teams.channel)
    assert (searched.kind, searched.results) == ("error", [])
    assert searched.problem
    assert len(teams.bot.activities) == 1, "a search is not repeated"


async def test_a_bot_that_fails_or_is_late_is_an_error(teams: TeamsProcess, chats: Chats) -> None:
    teams.bot.answer = lambda _: (500, None)
    failed = await chats.search(ADA, teams.channel)
    assert (failed.kind, failed.status, failed.problem) == ("error", 500, None)

    answered = threading.Event()

    def too_late(_: dict[str, Any]) -> Answer:
        answered.wait(20)
        return 200, found()

    teams.bot.answer = too_late
    teams.post("/_sandbox/waits", {"answer": 0.1})
    late = await chats.search(ADA, teams.channel)
    answered.set()
    assert (late.kind, late.status) == ("error", None)


async def test_what_is_shared_is_the_senders_and_no_bot_can_change_it(
    teams: TeamsProcess, bot: httpx.AsyncClient, chats: Chats
) -> None:
    chat = await chats.open(ADA, BO, app=True)
    shared = await shared_in(chats, chat)
    (told,) = teams.messages(chat)
    activity = told["versions"][0]["activity"]
    assert activity["from"]["aadObjectId"] == teams.person(0).aad_object_id
    assert activity["attachments"] == [
        {"contentType": CARD_TYPE, "content": with_refresh("#42 Checkout is slow")}
    ]
    (shown,) = await chats.shown(BO, chat)
    assert shown["from"]["name"] == "Ada Ops"
    assert shown["notification"] == "Shared a card"
    address = f"v3/conversations/{chat}/activities/{shared}"
    for refused in (await bot.put(address, json=message("mine")), await bot.delete(address)):
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "Forbidden")
    by_bo = {"person": BO, "conversation": chat, "message": shared}
    assert teams.post("/_sandbox/delete", by_bo).status_code == 403
    assert teams.post("/_sandbox/delete", by_bo | {"person": ADA}).status_code == 204


async def test_a_result_is_shared_into_a_thread(
    teams: TeamsProcess, bot: httpx.AsyncClient, chats: Chats
) -> None:
    root = (await bot.post(f"v3/conversations/{teams.channel}/activities", json=message("root"))).json()["id"]
    (first, _) = (await chats.search(ADA, teams.channel)).results
    reply = await chats.share(ADA, teams.channel, first, reply_to=root)
    told = {one["id"]: one["reply_to"] for one in teams.messages(teams.channel)}
    assert told[reply.message] == root


async def test_the_bot_hears_what_is_shared_in_its_own_chat_alone(teams: TeamsProcess, chats: Chats) -> None:
    chat = await chats.open(ADA, BO, app=True)
    await shared_in(chats, chat)
    private = teams.personal_chat(teams.person(0))
    shared = await shared_in(chats, private)
    (heard,) = (activity for activity in teams.bot.activities if activity["type"] == "message")
    assert (heard["id"], heard["text"]) == (shared, "")
    assert heard["attachments"][0]["contentType"] == CARD_TYPE


async def test_without_the_app_its_buttons_offer_to_add_it_and_with_it_they_work(
    teams: TeamsProcess, chats: Chats
) -> None:
    chat = await chats.open(ADA, BO)
    (first, _) = (await chats.search(ADA, chat)).results
    shared = await chats.share(ADA, chat, first)
    assert shared.offers_app
    teams.bot.activities.clear()
    clicked = await chats.click(BO, chat, shared.message, "follow")
    assert (clicked.answers, clicked.offers_app) == ([], True)
    on_page = {
        "person": BO,
        "conversation": chat,
        "message": shared.message,
        "action": {"verb": "follow", "data": {}},
    }
    assert teams.post("/page/invoke", on_page).json()["result"] == "offers_app"
    assert await chats.visit(BO, chat) == []
    assert teams.bot.activities == []

    await chats.add_app(BO, chat, only="none")
    teams.bot.answer = lambda _: card_answer("followed")
    clicked = await chats.click(BO, chat, shared.message, "follow")
    assert (len(clicked.answers), clicked.offers_app) == (1, False)
    (heard,) = teams.bot.activities
    assert (heard["replyToId"], heard["value"]["trigger"]) == (shared.message, "manual")
    assert heard["value"]["action"]["data"]["of"] == "follow"
    teams.bot.answer = lambda _: (200, found(result("again")))
    (again,) = (await chats.search(ADA, chat)).results
    assert not (await chats.share(ADA, chat, again)).offers_app


async def test_a_card_without_buttons_needs_no_app(teams: TeamsProcess, chats: Chats) -> None:
    chat = await chats.open(ADA, BO)
    plain = {"type": "AdaptiveCard", "version": "1.5", "body": []}
    assert not (await chats.share(ADA, chat, result("one", content=plain))).offers_app


async def test_a_visit_asks_once_a_minute_and_shows_the_answer_to_the_visitor_alone(
    teams: TeamsProcess, chats: Chats
) -> None:
    chat = await chats.open(ADA, BO, CY, app=True)
    shared = await shared_in(chats, chat)
    teams.bot.activities.clear()
    teams.bot.answer = lambda _: card_answer("newer")
    assert await chats.visit(ADA, chat) == [], "whoever has just shared it has it"
    (refreshed,) = await chats.visit(BO, chat)
    assert (refreshed["message"], refreshed["status"]) == (shared, 200)
    (asked,) = teams.bot.activities
    assert asked["value"] == {
        "action": {
            "type": "Action.Execute",
            "verb": "refresh",
            "data": {"of": "#42 Checkout is slow"},
        },
        "trigger": "automatic",
    }
    assert (asked["replyToId"], asked["from"]["name"]) == (shared, "Bo Call")
    (for_bo,), (for_cy,) = await chats.shown(BO, chat), await chats.shown(CY, chat)
    assert (for_bo["private_card"], for_cy["private_card"]) == (card("newer"), None)

    assert await chats.visit(BO, chat) == []
    await chats.pass_time(MINUTE)
    assert len(await chats.visit(ADA, chat)) == 1
    assert await chats.visit(BO, chat) == [], "the card of the answer has no refresh"


async def test_the_card_that_one_sees_is_the_one_that_is_asked_for_anew(
    teams: TeamsProcess, chats: Chats
) -> None:
    chat = await chats.open(ADA, BO, app=True)
    await shared_in(chats, chat)
    teams.bot.answer = lambda _: (
        200,
        {"statusCode": 200, "type": CARD_TYPE, "value": with_refresh("second")},
    )
    await chats.visit(BO, chat)
    await chats.pass_time(MINUTE)
    await chats.visit(BO, chat)
    assert teams.bot.activities[-1]["value"]["action"]["data"] == {"of": "second"}


@pytest.mark.parametrize(
    "answer", [(500, None), (401, None), (200, None), (200, {"statusCode": 500, "type": "x"})]
)
async def test_a_refresh_that_fails_shows_nothing(
    teams: TeamsProcess, chats: Chats, answer: tuple[int, Any]
) -> None:
    chat = await chats.open(ADA, BO, app=True)
    await shared_in(chats, chat)
    teams.bot.activities.clear()
    teams.bot.answer = lambda _: answer
    (refreshed,) = await chats.visit(BO, chat)
    assert refreshed["status"] == answer[0]
    (shown,) = await chats.shown(BO, chat)
    assert (shown["private_card"], len(teams.bot.activities)) == (None, 1)


async def test_named_people_alone_are_asked_for_and_an_edit_asks_at_once(
    teams: TeamsProcess, bot: httpx.AsyncClient, chats: Chats
) -> None:
    bo, cy = teams.person(1), teams.person(2)
    names = [bo.teams_id, f"8:orgid:{cy.aad_object_id}"]
    address = f"v3/conversations/{teams.channel}/activities"
    named = {
        "type": "message",
        "attachments": [{"contentType": CARD_TYPE, "content": with_refresh("1", names)}],
    }
    sent = (await bot.post(address, json=named)).json()["id"]
    assert [len(await chats.visit(person, teams.channel)) for person in (ADA, BO, CY)] == [0, 1, 1]
    assert await chats.visit(BO, teams.channel) == []
    await bot.put(f"{address}/{sent}", json=named)
    assert len(await chats.visit(BO, teams.channel)) == 1
    await bot.put(f"{address}/{sent}", json=message("without"))
    assert await chats.visit(BO, teams.channel) == []


async def test_opening_a_conversation_on_the_page_is_a_visit(teams: TeamsProcess, chats: Chats) -> None:
    chat = await chats.open(ADA, BO, app=True)
    await shared_in(chats, chat)
    teams.bot.activities.clear()
    assert teams.post("/page/visit", {"person": BO, "conversation": chat}).is_success
    wait_until(lambda: len(teams.bot.activities) == 1, within=5)


@pytest.mark.parametrize(("people", "asked"), [(60, 1), (61, 0)])
async def test_everybody_is_asked_for_where_at_most_sixty_are(
    tmp_path_factory: pytest.TempPathFactory, people: int, asked: int
) -> None:
    company = crowded(build_company(), 60)
    with running_teams(tmp_path_factory.mktemp("crowd"), company=company) as teams:
        async with async_client(base_url=teams.url) as http:
            chats = Chats(http)
            crowd = [f"crowd{number}@acme.example" for number in range(1, people)]
            chat = await chats.open(ADA, *crowd, app=True)
            teams.bot.answer = lambda _: (200, found(result("one")))
            await shared_in(chats, chat)
            assert len(await chats.visit(crowd[0], chat)) == asked


@pytest.mark.parametrize("path", ["search", "share", "visit"])
async def test_a_conversation_of_others_is_closed(teams: TeamsProcess, chats: Chats, path: str) -> None:
    chat = await chats.open(ADA, BO)
    more = {"share": {"result": result("one")}}.get(path, {})
    assert teams.post(f"/_sandbox/{path}", {"person": DI, "conversation": chat} | more).status_code == 404
    assert teams.post(f"/_sandbox/{path}", {"person": ADA, "conversation": "x"} | more).status_code == 404


async def test_only_a_result_is_shared(teams: TeamsProcess, chats: Chats) -> None:
    wanted = {"person": ADA, "conversation": teams.channel, "result": {"contentType": "image/png"}}
    assert teams.post("/_sandbox/share", wanted).status_code == 422
    assert teams.messages(teams.channel) == []
