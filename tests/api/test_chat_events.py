"""What Teams tells of a chat: the bot comes and goes, the chat is renamed, somebody writes there."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from muster.store import accounts, chats, rooms
from muster.store.chats import Chat
from muster.store.pool import Pool, transaction
from muster.temporal.attempts import Rejected, TemporalUnavailable
from tests.api.conftest import APP_ID, SERVICE_URL, BotFramework
from tests.api.team_bot import (
    OTHER_TENANT,
    Bot,
    Connector,
    RecordingGateway,
    activity,
    bot_settings,
    serving_bot,
)
from tests.support.company import TENANT
from workflows.channel_incident.messages import Start
from workflows.incident_room.messages import RoomKey

pytestmark = pytest.mark.anyio

CHAT = "19:chat@thread.v2"
BOT_ID = f"28:{APP_ID}"
AT = datetime(2026, 11, 29, 10, tzinfo=UTC)
RUN = "incident/acme/Q1/chat-42"


@pytest.fixture
def gateway() -> RecordingGateway:
    return RecordingGateway()


@pytest.fixture
async def bot(
    pool: Pool,
    gateway: RecordingGateway,
    database_url: str,
    tmp_path: Path,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
) -> AsyncIterator[Bot]:
    """The bot, and a chat in which an incident is followed."""
    settings = bot_settings(database_url, tmp_path)
    await accounts.write_configured(pool, settings.accounts.values(), settings.teams)
    async with transaction(pool) as connection:
        await chats.find_or_make(
            connection,
            id=CHAT,
            tenant=TENANT,
            account="acme",
            number=42,
            name="Incident 42",
            service_url=SERVICE_URL,
            at=AT - timedelta(days=1),
        )
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation, intent_at, view)"
        " VALUES ('acme', 'Q1', $1, now(), $2), ('acme', 'Q2', $1, now(), $3)",
        *(CHAT, json.dumps({"status": "triggered"}), json.dumps({"status": "resolved"})),
    )
    async with serving_bot(settings, pool, gateway, framework, framework_pool, Connector()) as bot:
        yield bot


def told(type_: str, *, at: datetime = AT, tenant: str = TENANT, **changes: Any) -> dict[str, Any]:
    """An activity from the chat."""
    place = {"id": CHAT, "conversationType": "groupChat", "isGroup": True, "tenantId": tenant}
    data = {"tenant": {"id": tenant}}
    return activity(type_, conversation=place, channelData=data, timestamp=at.isoformat()) | changes


def updated(**changes: Any) -> dict[str, Any]:
    return told("conversationUpdate", **changes)


def came(at: datetime = AT, **more: Any) -> dict[str, Any]:
    return updated(at=at, membersAdded=[{"id": "29:cy"}, {"id": BOT_ID}], **more)


def left(at: datetime = AT, **more: Any) -> dict[str, Any]:
    return updated(at=at, membersRemoved=[{"id": BOT_ID.upper()}], **more)


def installation(action: str, at: datetime = AT) -> dict[str, Any]:
    return told("installationUpdate", at=at, action=action)


async def chat(pool: Pool) -> Chat:
    found = await chats.find(pool, id=CHAT, tenant=TENANT)
    assert found is not None
    return found


def later(seconds: float = 1) -> datetime:
    return AT + timedelta(seconds=seconds)


# The bot comes and goes


async def test_a_room_hears_that_the_bot_left_its_chat_and_that_it_is_back(
    bot: Bot, gateway: RecordingGateway
) -> None:
    room = RoomKey(account="acme", incident_id="Q1")
    await rooms.open_room(bot.pool, room, tenant=TENANT)
    began_at = await rooms.begin(bot.pool, room, topic="Incident #42", owner="ada")
    await rooms.note_made(bot.pool, room, began_at=began_at, chat=CHAT, url="")
    await bot.hears(left())
    assert gateway.signals_to_running == [(RUN, "detach"), ("room/acme/Q1", "bot_removed")]
    assert (await rooms.restore(bot.pool, room)).bot_removed
    await bot.hears(came(later()))
    assert gateway.signals_to_running[2:] == [("room/acme/Q1", "bot_added")]
    assert not (await rooms.restore(bot.pool, room)).bot_removed


@pytest.mark.pooler_too
@pytest.mark.parametrize("away", [left, lambda: installation("remove")], ids=["members", "installation"])
async def test_a_chat_that_the_bot_left_is_suspended_and_its_runs_let_go(
    bot: Bot, gateway: RecordingGateway, away: Any
) -> None:
    await bot.hears(away())
    assert (await chat(bot.pool)).is_suspended
    assert gateway.signals_to_running == [(RUN, "detach")], "what is resolved needs nothing"
    assert gateway.signals == []


@pytest.mark.parametrize(
    "back", [lambda: came(later()), lambda: installation("add", later())], ids=["members", "installation"]
)
async def test_a_chat_that_the_bot_is_in_again_is_revived_and_its_cards_taken_up(
    bot: Bot, gateway: RecordingGateway, back: Any
) -> None:
    await bot.hears(left())
    again = back()
    await bot.hears(again)
    assert not (await chat(bot.pool)).is_suspended
    ((started, signal, attached),) = gateway.signals
    start = cast(Start, started)
    assert (start.incident_id, start.conversation_key, start.stored) == ("Q1", "chat-42", True)
    assert start.conversation.label == "chat “Incident 42”"
    assert (signal, attached.by, attached.correlation) == ("attach", None, again["id"])


async def test_the_twin_events_of_a_return_take_the_cards_up_once(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await bot.hears(left())
    first, second = came(later()), installation("add", later(2))
    for one in (first, second, first):
        await bot.hears(one)
    assert [attached.correlation for _, _, attached in gateway.signals] == [first["id"], first["id"]], (
        "the first one delivered again tells again"
    )


async def test_an_event_that_is_older_than_what_is_known_changes_nothing(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await bot.hears(came(later()))
    await bot.hears(left())
    assert not (await chat(bot.pool)).is_suspended
    assert (gateway.signals, gateway.signals_to_running) == ([], [])


@pytest.mark.parametrize(
    "event",
    [
        updated(membersAdded=[{"id": "29:cy"}]),
        updated(membersRemoved=[{"id": "29:cy"}]),
        installation("add-upgrade"),
        installation("remove-upgrade"),
    ],
    ids=["somebody came", "somebody left", "upgraded", "replaced"],
)
async def test_people_who_come_and_go_and_upgrades_change_nothing(
    bot: Bot, gateway: RecordingGateway, event: dict[str, Any]
) -> None:
    await bot.hears(event)
    assert not (await chat(bot.pool)).is_suspended
    assert (gateway.signals, gateway.signals_to_running) == ([], [])


async def test_a_chat_in_which_nothing_is_followed_gets_no_row(bot: Bot, gateway: RecordingGateway) -> None:
    await bot.pool.execute("DELETE FROM incident_card")
    await bot.pool.execute("DELETE FROM conversation")
    for event in (came(), updated(topicName="War room"), left(later())):
        await bot.hears(event)
    assert await bot.pool.fetchval("SELECT count(*) FROM conversation") == 0
    assert (gateway.signals, gateway.signals_to_running) == ([], [])


async def test_what_temporal_does_not_take_is_delivered_again(bot: Bot, gateway: RecordingGateway) -> None:
    gateway.failure = TemporalUnavailable("away")
    whole = left()
    assert (await bot.post(whole)).status_code == 503
    gateway.failure = None
    await bot.hears(whole)
    assert gateway.signals_to_running == [(RUN, "detach")]


async def test_what_temporal_refuses_for_good_is_taken(bot: Bot, gateway: RecordingGateway) -> None:
    gateway.failure = Rejected("too large")
    await bot.hears(left())
    assert (await chat(bot.pool)).is_suspended


# Its name


async def test_a_renamed_chat_is_called_so(bot: Bot) -> None:
    await bot.hears(updated(topicName="War room"))
    renamed = await chat(bot.pool)
    assert (renamed.name, renamed.key) == ("War room", "chat-42")
    await bot.hears(updated(topicName="Older", at=AT - timedelta(seconds=1)))
    assert (await chat(bot.pool)).name == "War room"


@pytest.mark.parametrize("topic", ["", None, {"text": "x"}])
async def test_a_topic_that_is_none_is_not_written(bot: Bot, topic: Any) -> None:
    await bot.hears(updated(topicName=topic))
    assert (await chat(bot.pool)).name == "Incident 42"


# What comes from there


async def written(bot: Bot, at: datetime) -> None:
    await bot.hears(told("message", at=at, text="help"))
    await bot.sightings.finish()


async def test_a_message_from_a_suspended_chat_says_that_the_bot_is_in_it(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await bot.hears(left())
    await written(bot, AT - timedelta(seconds=1))
    assert (await chat(bot.pool)).is_suspended, "it came before the bot left"
    await written(bot, later())
    assert not (await chat(bot.pool)).is_suspended
    assert [signal for _, signal, _ in gateway.signals] == ["attach"]


async def test_what_a_message_cannot_tell_while_temporal_is_away_the_next_one_tells(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await bot.hears(left())
    gateway.failure = TemporalUnavailable("away")
    await written(bot, later())
    assert not (await chat(bot.pool)).is_suspended
    gateway.failure = None
    assert gateway.signals == []
    for second in (2, 3):
        await written(bot, later(second))
        assert [signal for _, signal, _ in gateway.signals] == ["attach"], "once"


async def test_what_no_delivery_of_a_return_could_tell_its_twin_tells(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await bot.hears(left())
    gateway.failure = TemporalUnavailable("away")
    assert (await bot.post(came(later()))).status_code == 503
    gateway.failure = None
    await bot.hears(installation("add", later(2)))
    assert [signal for _, signal, _ in gateway.signals] == ["attach"]


def click(tenant: str = TENANT, *, at: datetime = AT) -> dict[str, Any]:
    """Acknowledge, on a message of the chat that nobody knows."""
    data = {"a": "acme", "i": "Q1", "m": "m1", "n": "n1"}
    action = {"type": "Action.Execute", "verb": "acknowledge", "data": data}
    value = {"action": action, "trigger": "manual"}
    name = "adaptiveCard/action"
    return told("invoke", tenant=tenant, at=at, name=name, replyToId="1700000000001", value=value)


async def test_a_click_says_nothing_of_where_the_bot_is(bot: Bot) -> None:
    """A card that somebody shared from elsewhere is pressed in any chat."""
    await bot.hears(left())
    await bot.post(click(at=later()))
    await bot.sightings.finish()
    assert (await chat(bot.pool)).is_suspended


@pytest.mark.parametrize("event", [click, lambda tenant: left(tenant=tenant)], ids=["click", "removal"])
async def test_whoever_is_of_another_tenant_is_refused_and_changes_nothing(
    bot: Bot, gateway: RecordingGateway, event: Any
) -> None:
    """A chat may have people of other organizations: Muster answers none of them."""
    answer = await bot.post(event(OTHER_TENANT))
    assert answer.status_code == 403
    assert not (await chat(bot.pool)).is_suspended
    assert (gateway.signals, gateway.signals_to_running, gateway.asked) == ([], [], [])
