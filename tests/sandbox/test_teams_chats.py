"""Group chats: who is in them, what the bot hears of them, and that they have no threads."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.sandbox.chats import Chats
from tests.sandbox.teams_process import TeamsProcess, message
from tests.support.connections import async_client

pytestmark = pytest.mark.anyio

ADA, BO, CY, DI = "ada@acme.example", "bo@acme.example", "cy@acme.example", "di@acme.example"


@pytest.fixture
async def bot(teams: TeamsProcess) -> AsyncIterator[httpx.AsyncClient]:
    """The bot's own client."""
    teams.reset()
    async with teams.async_connector() as client:
        yield client


@pytest.fixture
async def chats(teams: TeamsProcess, bot: httpx.AsyncClient) -> AsyncIterator[Chats]:
    async with async_client(base_url=teams.url) as http:
        yield Chats(http)


def accounts(teams: TeamsProcess, *people: str) -> list[dict[str, str]]:
    found = [teams.company.person(key) for key in people]
    return [{"id": p.teams_id, "aadObjectId": p.aad_object_id} for p in found if p is not None]


def listed(teams: TeamsProcess, person: str) -> list[dict[str, Any]]:
    """The group chats in the person's list."""
    chats: list[dict[str, Any]] = teams.get("/page/state", person=person)["chats"]
    return [chat for chat in chats if chat["kind"] == "group"]


async def test_a_chat_is_seen_by_its_people_by_its_topic_or_their_names(
    teams: TeamsProcess, chats: Chats
) -> None:
    named = await chats.open(ADA, BO, topic="Incident 42 Checkout is slow")
    nameless = await chats.open(ADA, BO, CY)
    assert {chat["id"]: chat["name"] for chat in listed(teams, ADA)} == {
        named: "Incident 42 Checkout is slow",
        nameless: "Bo, Cy",
    }
    assert [chat["name"] for chat in listed(teams, CY)] == ["Ada, Bo"]
    assert listed(teams, DI) == []
    (first, second) = (c for c in teams.records()["conversations"] if c["kind"] == "group")
    assert (first["name"], first["team"], second["name"]) == ("Incident 42 Checkout is slow", None, "")
    assert first["members"] == [account["aadObjectId"] for account in accounts(teams, ADA, BO)]


async def test_the_bot_comes_to_a_chat_by_both_events_and_may_write_from_then_on(
    teams: TeamsProcess, bot: httpx.AsyncClient, chats: Chats
) -> None:
    chat = await chats.open(ADA, BO, topic="Payments")
    sending = f"v3/conversations/{chat}/activities"
    refused = await bot.post(sending, json=message("one"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "BotNotInConversationRoster")
    assert teams.bot.activities == []

    assert await chats.add_app(ADA, chat) == [200, 200]
    update, installation = teams.bot.activities
    for activity in (update, installation):
        assert activity["conversation"] == {
            "conversationType": "groupChat",
            "isGroup": True,
            "id": chat,
            "tenantId": teams.company.tenant_id,
            "name": "Payments",
        }
        assert activity["from"]["aadObjectId"] == teams.person(0).aad_object_id
        assert activity["channelData"]["tenant"] == {"id": teams.company.tenant_id}
        assert "team" not in activity["channelData"]
    assert (update["type"], update["membersAdded"]) == (
        "conversationUpdate",
        [{"id": update["recipient"]["id"]}],
    )
    assert (installation["type"], installation["action"]) == ("installationUpdate", "add")
    assert (await bot.post(sending, json=message("one"))).status_code == 201
    members = (await bot.get(f"v3/conversations/{chat}/members")).json()
    assert [member["email"] for member in members] == [ADA, BO]

    assert await chats.remove_app(BO, chat, order="installation_first") == [200, 200]
    installation, update = teams.bot.activities[2:]
    assert installation["action"] == "remove"
    assert update["membersRemoved"] == [{"id": update["recipient"]["id"]}]
    assert (await bot.post(sending, json=message("two"))).status_code == 403
    assert await chats.add_app(BO, chat, only="none") == []
    assert (await bot.post(sending, json=message("three"))).status_code == 201


async def test_the_bot_hears_who_comes_who_goes_and_the_topic(teams: TeamsProcess, chats: Chats) -> None:
    chat = await chats.open(ADA, BO)
    assert await chats.add(chat, CY, by=ADA) == [], "the app is not in the chat yet"
    await chats.add_app(ADA, chat, only="none")
    assert await chats.add(chat, CY, DI, by=ADA) == [200], "Cy is in the chat already"
    assert await chats.remove(chat, CY, by=CY) == [200]
    assert await chats.rename(chat, "Payments are down", by=BO) == [200]
    assert await chats.remove(chat, CY) == [], "nobody has gone"

    came, went, renamed = teams.bot.activities
    assert {activity["type"] for activity in teams.bot.activities} == {"conversationUpdate"}
    assert came["membersAdded"] == accounts(teams, DI)
    assert "name" not in came["conversation"]
    assert went["membersRemoved"] == accounts(teams, CY)
    assert (renamed["topicName"], renamed["conversation"]["name"]) == ("Payments are down",) * 2
    assert renamed["from"]["aadObjectId"] == teams.person(1).aad_object_id
    assert all("eventType" not in activity["channelData"] for activity in teams.bot.activities)
    assert listed(teams, CY) == []
    assert [chat["name"] for chat in listed(teams, DI)] == ["Payments are down"]


async def test_events_of_a_chat_come_often_and_out_of_order(teams: TeamsProcess, chats: Chats) -> None:
    chat = await chats.open(ADA, BO)
    await chats.add_app(ADA, chat, only="none")
    assert await chats.rename(chat, "one", after_next=True) == []
    assert await chats.rename(chat, "two", repeat=2, by_nobody=True) == [200] * 3
    assert [activity["topicName"] for activity in teams.bot.activities] == ["two", "two", "one"]
    assert list(teams.bot.activities[0]["from"]) == ["id"]


async def test_what_is_a_reply_in_a_channel_is_a_message_of_its_own_in_a_chat(
    teams: TeamsProcess, bot: httpx.AsyncClient, chats: Chats
) -> None:
    chat = await chats.open(ADA, BO, app=True)
    sending = f"v3/conversations/{chat}/activities"
    root = (await bot.post(sending, json=message("root"))).json()["id"]
    assert (await bot.post(f"{sending}/{root}", json=message("by its address"))).status_code == 201
    thread = f"v3/conversations/{chat};messageid={root}/activities"
    assert (await bot.post(thread, json=message("by the conversation's id"))).status_code == 201
    assert (await bot.post(f"{sending}/1", json=message("to nothing"))).status_code == 404
    said = {"person": ADA, "conversation": chat, "text": "@Muster help", "reply_to": root}
    assert teams.post("/page/say", said).is_success
    assert [one["reply_to"] for one in teams.messages(chat)] == [None] * 4
    assert teams.bot.activities[-1]["conversation"]["id"] == chat


async def test_only_a_mention_reaches_the_bot_of_a_chat(teams: TeamsProcess, chats: Chats) -> None:
    chat = await chats.open(ADA, BO)
    said = {"person": ADA, "conversation": chat}
    assert teams.post("/page/say", said | {"text": "@Muster help"}).is_success
    assert teams.post("/_sandbox/say", said | {"text": "help"}).status_code == 409
    assert teams.bot.activities == []
    await chats.add_app(ADA, chat, only="none")
    assert teams.post("/page/say", said | {"text": "lunch?"}).is_success
    assert teams.post("/page/say", said | {"text": "@Muster help"}).is_success
    assert teams.post("/_sandbox/say", said | {"text": "help"}).json()["status"] == 200
    heard, _ = teams.bot.activities
    assert [activity["text"] for activity in teams.bot.activities] == ["<at>Muster</at> help"] * 2
    assert heard["conversation"]["conversationType"] == "groupChat"
    assert teams.post("/page/say", said | {"person": CY, "text": "hi"}).status_code == 404


async def test_the_chat_of_a_meeting_names_its_meeting(teams: TeamsProcess, chats: Chats) -> None:
    chat = await chats.open(ADA, BO, topic="Weekly", meeting=True, app=True)
    assert chat.startswith("19:meeting_")
    assert all(activity["channelData"]["meeting"]["id"] for activity in teams.bot.activities)
    plain = await chats.open(ADA, BO, app=True)
    assert not plain.startswith("19:meeting_")
    assert "meeting" not in teams.bot.activities[-1]["channelData"]


async def test_somebody_of_another_organization_clicks_from_their_own_tenant(
    teams: TeamsProcess, bot: httpx.AsyncClient, chats: Chats
) -> None:
    sam = teams.person(6)
    chat = await chats.open(ADA, sam.email, app=True)
    sent = (await bot.post(f"v3/conversations/{chat}/activities", json=message("one", "acknowledge"))).json()[
        "id"
    ]
    assert len((await chats.click(sam.email, chat, sent, "acknowledge")).answers) == 1
    assert teams.bot.activities[-1]["channelData"]["tenant"] == {"id": sam.tenant}


async def test_the_app_of_a_chat_is_updated(teams: TeamsProcess, chats: Chats) -> None:
    chat = await chats.open(ADA, BO)
    wanted = {"person": ADA, "chat": chat}
    assert teams.post("/_sandbox/upgrade", wanted).status_code == 409
    await chats.add_app(ADA, chat, only="none")
    assert teams.post("/_sandbox/upgrade", wanted).json() == {"statuses": [200]}
    assert teams.bot.activities[-1]["action"] == "add-upgrade"
    assert teams.post("/_sandbox/upgrade", {"person": ADA}).status_code == 422


async def test_a_removed_bot_is_refused_in_the_chat_alone(
    teams: TeamsProcess, bot: httpx.AsyncClient, chats: Chats
) -> None:
    one, other = [await chats.open(ADA, BO, app=True) for _ in range(2)]
    teams.post("/_sandbox/faults", {"on": "create", "do": "removed", "match": {"conversation": one}})
    assert (await bot.post(f"v3/conversations/{one}/activities", json=message("one"))).status_code == 403
    assert (await bot.post(f"v3/conversations/{other}/activities", json=message("one"))).status_code == 201


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("chats", {"person": ADA, "people": []}, 422),
        ("chats", {"person": ADA, "people": [ADA]}, 422),
        ("chats", {"person": ADA, "people": ["nobody"]}, 404),
        ("chats", {"person": ADA, "people": [BO], "topic": "Incident 42: slow"}, 422),
        ("chats", {"person": ADA, "people": [BO], "topic": "x" * 251}, 422),
        ("chat", {"event": "topicName"}, 422),
        ("chat", {"event": "membersAdded"}, 422),
        ("chat", {"event": "membersAdded", "people": ["nobody"]}, 404),
        ("chat", {"event": "topicName", "topic": "x", "by": CY}, 403),
        ("chat", {"event": "topicName", "topic": "x", "chat": "19:nothing@thread.v2"}, 404),
        ("chat", {"event": "channelRenamed", "topic": "x"}, 422),
        ("install", {"person": CY}, 403),
        ("install", {"person": ADA, "chat": "19:nothing@thread.v2"}, 404),
        ("install", {"person": ADA, "team": "Payments"}, 422),
        ("uninstall", {"person": CY}, 403),
    ],
)
async def test_what_cannot_be_is_refused(
    teams: TeamsProcess, chats: Chats, path: str, body: dict[str, Any], status: int
) -> None:
    about = {} if path == "chats" else {"chat": await chats.open(ADA, BO)}
    assert teams.post(f"/_sandbox/{path}", about | body).status_code == status
    assert teams.bot.activities == []


async def test_a_channel_is_no_chat(teams: TeamsProcess, chats: Chats) -> None:
    wanted = {"chat": teams.channel, "event": "topicName", "topic": "x"}
    assert teams.post("/_sandbox/chat", wanted).status_code == 404


async def test_chats_outlive_a_restart_and_not_a_reset(teams: TeamsProcess, chats: Chats) -> None:
    chat = await chats.open(ADA, BO, topic="Payments", app=True)
    await chats.rename(chat, "Ledger", after_next=True)
    teams.stop()
    teams.start()
    assert [(c["id"], c["name"]) for c in listed(teams, BO)] == [(chat, "Ledger")]
    assert await chats.add(chat, CY) == [200, 200], "what was held back comes too"
    teams.reset()
    assert listed(teams, BO) == []
