"""Following an incident in a conversation, and stopping it there: what the rows say, and who is told."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from muster.store import cards, following, rooms, subscriptions
from muster.store.chats import find_or_make
from muster.store.following import Followed
from muster.store.pool import Pool, transaction
from muster.store.targets import (
    bring_in,
    find_and_register,
    find_card,
    find_card_of_incident,
    in_chat,
    in_revived,
)
from tests.store.locks import somebody_waits
from tests.support.company import ACCOUNT, CHECKOUT, LEDGER, OPS, SERVICE_URL, TEAM, TENANT
from tests.support.waiting import eventually
from workflows.bringing_in.activities import OfConnection
from workflows.channel_incident.activities import ShowCard
from workflows.channel_incident.messages import CardKey, Timing
from workflows.channel_incident.view import CardIdentity, View
from workflows.following import Following, Stopped
from workflows.incident_room.messages import RoomKey
from workflows.verbs.click import Click, Clicker

pytestmark = [pytest.mark.anyio, pytest.mark.pooler_too]

CHAT = "19:chat@thread.v2"
OTHER_TENANT = "44444444-4444-4444-4444-444444444444"
AT = datetime(2026, 11, 29, 10, tzinfo=UTC)
BY_ADA = Following(number=1, by="Ada Ops")


def click(name: str = "Bo Call", *, key: str = "k1") -> Click:
    return Click(
        key=key,
        verb="stop_following",
        person=Clicker(aad_object_id=name, teams_id=f"29:{name}", name=name, link=1),
        message="1700000000001",
        received_at=AT,
        correlation="f:1",
    )


def key(conversation: str) -> CardKey:
    return CardKey(account=ACCOUNT, incident_id="Q1", conversation=conversation)


async def follows(
    pool: Pool, conversation: str = CHAT, *, name: str = "Ada Ops", service: str | None = CHECKOUT
) -> Followed | None:
    return await following.follow(
        pool,
        account=ACCOUNT,
        incident_id="Q1",
        service=service,
        conversation=conversation,
        tenant=TENANT,
        by=name,
        name=name,
    )


async def follow(pool: Pool, conversation: str = CHAT, *, name: str = "Ada Ops") -> Followed:
    followed = await follows(pool, conversation, name=name)
    assert followed is not None
    return followed


async def shows(pool: Pool, conversation: str = CHAT, *, service: str = CHECKOUT) -> None:
    """Its card is there."""
    await pool.execute(
        "UPDATE incident_card SET activity_id = '1700000000001', marker = 'm1', revision = 3, content = 'c3',"
        " intent_at = now(), notified = '{escalated}', view = $2 WHERE conversation = $1",
        *(conversation, json.dumps({"status": "triggered", "service": {"id": service}})),
    )


def show(*, stopped: Stopped | None = None) -> ShowCard:
    """The next send of its run: an edit to the last state, or a post."""
    view = View(
        account=ACCOUNT,
        incident_id="Q1",
        revision=4,
        as_of=AT,
        title="Slow",
        status="triggered",
        stopped=stopped,
    )
    return ShowCard(
        card=key(CHAT),
        tenant=TENANT,
        activity_id="1700000000001" if stopped else None,
        view=view,
        identity=CardIdentity(marker="m1" if stopped else "m2", nonce="n4"),
        content="c4",
        correlation="f:1",
    )


async def event(pool: Pool, *, service: str | None = None, just_matched: bool = False) -> list[str]:
    """The conversations that an event of the incident reaches."""
    found = await find_and_register(
        pool,
        account=ACCOUNT,
        incident_id="Q1",
        service=service,
        is_open=service is not None,
        just_matched=just_matched,
        created_at=datetime.now(UTC) if service else None,
    )
    return [target.conversation.id for target in found.cards]


@pytest.fixture
async def chat(pool: Pool) -> Pool:
    """A chat in which nothing is followed yet."""
    async with transaction(pool) as connection:
        await find_or_make(
            connection,
            id=CHAT,
            tenant=TENANT,
            account=ACCOUNT,
            number=42,
            name="",
            service_url=SERVICE_URL,
            at=datetime.now(UTC),
        )
    return pool


async def test_whoever_follows_registers_a_card_and_its_events_reach_it(chat: Pool) -> None:
    followed = await follow(chat)
    assert (followed.message, followed.team_group) == (None, None)
    target = followed.target
    assert (target.workflow_id, target.following, target.stored) == (
        f"incident/{ACCOUNT}/Q1/chat-42",
        BY_ADA,
        False,
    )
    assert target.start(Timing()).following == BY_ADA
    assert (target.preset.preset, target.preset.number) == ("highlights_only", 0)
    assert await event(chat) == [CHAT]


async def test_in_the_chat_that_was_made_for_it_it_is_nobodys_to_stop_and_all_is_said(chat: Pool) -> None:
    """Somebody added the bot to a chat that Muster could not bring it into, and follows there."""
    room = RoomKey(account=ACCOUNT, incident_id="Q1")
    await rooms.open_room(chat, room, tenant=TENANT)
    began_at = await rooms.begin(chat, room, topic="Incident #42", owner="ada")
    await rooms.note_made(chat, room, began_at=began_at, chat=CHAT, url="")
    await follow(chat)
    row = await chat.fetchrow("SELECT followed_at, preset FROM incident_card WHERE conversation = $1", CHAT)
    assert row is not None
    assert (row["followed_at"], row["preset"]) == (None, "all_updates")


async def test_it_is_followed_once_whoever_else_asks(chat: Pool) -> None:
    names = [f"Person {n}" for n in range(10)]
    found = await asyncio.gather(*(follow(chat, name=name) for name in names))
    assert len({one.target for one in found}) == 1
    assert await chat.fetchval("SELECT count(*) FROM incident_card WHERE incident_id = 'Q1'") == 1


async def test_where_a_card_is_there_its_message_is_found(chat: Pool) -> None:
    await follow(chat)
    await shows(chat)
    again = await follow(chat, name="Bo Call")
    assert (again.message, again.target.following, again.target.stored) == ("1700000000001", BY_ADA, True)


async def test_what_a_connection_brings_is_nobodys_to_stop(pool: Pool) -> None:
    followed = await follow(pool, OPS)
    assert followed.target.following is None
    await shows(pool, OPS)
    assert await following.stop(pool, key(OPS), click()) is None


async def test_what_a_connection_brings_has_the_connections_preset_whoever_was_first(pool: Pool) -> None:
    await pool.execute("UPDATE connection SET preset = 'no_updates' WHERE conversation = $1", OPS)
    assert (await follow(pool, OPS)).target.preset.preset == "no_updates"
    await pool.execute("UPDATE connection SET ended_at = now()")
    await pool.execute("DELETE FROM incident_card")
    assert (await follow(pool, OPS)).target.preset.preset == "highlights_only", "it ended"


async def test_a_card_that_a_connection_brought_stays_the_connections(pool: Pool) -> None:
    assert OPS in await event(pool, service=CHECKOUT)
    assert (await follow(pool, OPS)).target.following is None


async def test_the_conversation_of_another_tenant_or_a_suspended_one_is_not_followed_in(chat: Pool) -> None:
    await chat.execute("UPDATE conversation SET suspended_at = now() WHERE id = $1", CHAT)
    assert await follows(chat) is None
    await chat.execute("UPDATE conversation SET suspended_at = NULL WHERE id = $1", CHAT)
    other = await following.follow(
        chat,
        account=ACCOUNT,
        incident_id="Q1",
        service=None,
        conversation=CHAT,
        tenant=OTHER_TENANT,
        by="x",
        name="X",
    )
    assert other is None
    assert await follows(chat, "19:unknown@thread.v2") is None


async def test_an_account_without_a_connection_is_followed_until_it_is_stopped(chat: Pool) -> None:
    await chat.execute("UPDATE connection SET ended_at = now()")
    assert not await subscriptions.is_needed(chat, ACCOUNT)
    await follow(chat)
    assert await subscriptions.is_needed(chat, ACCOUNT)
    await following.stop(chat, key(CHAT), click())
    assert not await subscriptions.is_needed(chat, ACCOUNT)


# Stopped


async def test_it_is_stopped_once_and_events_reach_it_no_more(chat: Pool) -> None:
    await follow(chat)
    await shows(chat)
    stopped = BY_ADA.model_copy(update={"stopped": Stopped(by="Bo Call", at=AT)})
    assert await following.stop(chat, key(CHAT), click()) == stopped
    assert await following.stop(chat, key(CHAT), click("Cy Net")) is None
    assert await following.stopped(chat, key(CHAT)) == stopped
    assert await event(chat) == []
    assert await event(chat, service=CHECKOUT, just_matched=True) != [CHAT]


async def test_an_event_that_matches_a_later_connection_brings_no_stopped_card_back(pool: Pool) -> None:
    await pool.execute("UPDATE connection SET ended_at = now() WHERE conversation = $1", OPS)
    await follow(pool, OPS)
    await shows(pool, OPS)
    assert await following.stop(pool, key(OPS), click()) is not None
    await pool.execute("UPDATE connection SET ended_at = NULL WHERE conversation = $1", OPS)
    assert OPS not in await event(pool, service=CHECKOUT, just_matched=True)


async def test_a_run_restores_who_followed_it_and_who_stopped_it(chat: Pool) -> None:
    assert (await cards.restore(chat, key(CHAT))).following is None
    await follow(chat)
    assert (await cards.restore(chat, key(CHAT))).following == BY_ADA
    stopped = await following.stop(chat, key(CHAT), click())
    assert stopped is not None
    assert (await cards.restore(chat, key(CHAT))).following == stopped


async def test_a_click_finds_a_stopped_card_and_knows_that_it_is(chat: Pool) -> None:
    await follow(chat)
    await shows(chat)
    await following.stop(chat, key(CHAT), click())
    by_message = await find_card(chat, conversation=CHAT, activity_id="1700000000001")
    by_incident = await find_card_of_incident(chat, conversation=CHAT, account=ACCOUNT, incident_id="Q1")
    for target in (by_message, by_incident):
        assert target is not None
        assert target.following is not None
        assert target.following.stopped == Stopped(by="Bo Call", at=AT)


LAST_STATE = (
    """UPDATE incident_card SET view = view || '{"stopped": {"by": "Bo Call"}}' WHERE conversation = $1"""
)


async def test_a_chat_lists_its_stopped_cards_as_such(chat: Pool) -> None:
    await follow(chat)
    await shows(chat)
    await following.stop(chat, key(CHAT), click())
    await chat.execute(LAST_STATE, CHAT)
    (target,) = await in_chat(chat, CHAT)
    assert target.following is not None
    assert target.following.stopped is not None
    assert await in_chat(chat, CHAT, with_last_states=False) == ()


async def test_a_chat_lists_a_stopped_card_whose_message_does_not_say_so_with_the_live_ones(
    chat: Pool,
) -> None:
    await follow(chat)
    await shows(chat)
    (live,) = await in_chat(chat, CHAT, with_last_states=False)
    await following.stop(chat, key(CHAT), click())
    (stopped,) = await in_chat(chat, CHAT, with_last_states=False)
    assert live.following == BY_ADA
    assert stopped.following == await following.stopped(chat, key(CHAT))
    await cards.forget_message(chat, key(CHAT), "1700000000001")
    assert await in_chat(chat, CHAT, with_last_states=False) == (), "there is no message to say it"


async def test_a_channel_that_is_there_again_brings_no_stopped_card_back(pool: Pool) -> None:
    await pool.execute("UPDATE connection SET ended_at = now() WHERE conversation = $1", OPS)
    await follow(pool, OPS)
    await shows(pool, OPS)
    await pool.execute("UPDATE conversation SET suspended_by = 'r' WHERE id = $1", OPS)
    assert len(await in_revived(pool, team=TEAM, request="r")) == 1
    await following.stop(pool, key(OPS), click())
    (target,) = await in_revived(pool, team=TEAM, request="r")
    assert target.following == await following.stopped(pool, key(OPS)), "its message does not say so yet"
    await pool.execute(LAST_STATE, OPS)
    assert await in_revived(pool, team=TEAM, request="r") == ()


async def test_following_again_forgets_the_message_and_remembers_what_was_said(chat: Pool) -> None:
    await follow(chat)
    await shows(chat)
    await following.stop(chat, key(CHAT), click())
    again = await follow(chat, name="Cy Net")
    assert (again.message, again.target.stored) == (None, True)
    assert again.target.following == Following(number=2, by="Cy Net")
    row = await chat.fetchrow("SELECT activity_id, marker, revision, notified FROM incident_card")
    assert row is not None
    assert tuple(row) == (None, None, 3, ["escalated"])
    assert await event(chat) == [CHAT]


async def test_a_last_state_that_is_recorded_after_somebody_follows_again_is_not_the_card(
    chat: Pool,
) -> None:
    await follow(chat)
    await shows(chat)
    await following.stop(chat, key(CHAT), click())
    last_state = show(stopped=Stopped(by="Bo Call", at=AT))
    await follow(chat, name="Cy Net")
    recorded = await cards.record_shown(chat, last_state, "1700000000001")
    assert (recorded.recorded, recorded.superseded) == (False, None), "it stays where it is"
    intended = await cards.intend(chat, show(), datetime.now(UTC))
    assert intended.activity_id is None, "and another one is posted"


async def test_the_last_state_of_a_stopped_card_is_recorded(chat: Pool) -> None:
    await follow(chat)
    await shows(chat)
    await following.stop(chat, key(CHAT), click())
    await cards.forget_message(chat, key(CHAT), "1700000000001")
    last_state = show(stopped=Stopped(by="Bo Call", at=AT))
    assert (await cards.record_shown(chat, last_state, "1700000000001")).recorded, "it was there after all"


# A connection takes it over


async def test_bringing_in_takes_over_what_is_followed_and_what_was_stopped(pool: Pool) -> None:
    place = OfConnection(account=ACCOUNT, service=CHECKOUT, conversation=OPS)
    await pool.execute("UPDATE connection SET ended_at = now() WHERE conversation = $1", OPS)
    await follow(pool, OPS)
    await shows(pool, OPS)
    await pool.execute("UPDATE connection SET ended_at = NULL WHERE conversation = $1", OPS)
    (target,) = await bring_in(pool, place, ["Q1"], most=50)
    assert (target.following, target.stored) == (None, True)
    found = await find_card(pool, conversation=OPS, activity_id="1700000000001")
    assert found is not None
    assert found.following is None, "the same message, and nobody's to stop"

    await pool.execute(
        "UPDATE incident_card SET followed_at = now(), followed_by = 'a', followed_name = 'A',"
        " stopped_at = now(), stopped_by = 'b', stopped_name = 'B'"
    )
    assert await event(pool) == []
    (target,) = await bring_in(pool, place, ["Q1"], most=50)
    assert target.following is None
    assert await event(pool) == [OPS]
    assert await pool.fetchval("SELECT activity_id FROM incident_card WHERE conversation = $1", OPS) is None


async def test_what_somebody_stops_while_it_is_brought_in_begins_anew(pool: Pool) -> None:
    place = OfConnection(account=ACCOUNT, service=CHECKOUT, conversation=OPS)
    await pool.execute("UPDATE connection SET ended_at = now() WHERE conversation = $1", OPS)
    await follow(pool, OPS)
    await shows(pool, OPS)
    async with transaction(pool) as connection:
        assert await following.stop(connection, key(OPS), click()) is not None
        await pool.execute("UPDATE connection SET ended_at = NULL WHERE conversation = $1", OPS)
        bringing_in = asyncio.create_task(bring_in(pool, place, ["Q1"], most=50))
        await eventually(lambda: somebody_waits(pool))
    (target,) = await bringing_in
    assert (target.incident_id, target.following) == ("Q1", None)
    assert await following.stopped(pool, key(OPS)) is None
    assert await pool.fetchval("SELECT activity_id FROM incident_card WHERE conversation = $1", OPS) is None
    assert await event(pool) == [OPS]


async def test_the_followed_card_of_another_service_is_not_the_connections(pool: Pool) -> None:
    """The channel has another service connected, and events of this incident are not brought by it."""
    await pool.execute(
        "UPDATE connection SET ended_at = now() WHERE conversation = $1 AND service = $2", OPS, CHECKOUT
    )
    assert LEDGER != CHECKOUT
    followed = await follow(pool, OPS)
    assert followed.target.following == BY_ADA
