"""Which cards an event concerns, and how an incident enters a conversation."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from muster.store import cards, connections, rooms
from muster.store.conversations import Kind
from muster.store.pool import Connection, Pool
from muster.store.targets import (
    Target,
    bring_in,
    find_card,
    find_card_of_incident,
    in_chat,
    in_revived,
    why_not_bring_in,
)
from tests.store.webhooks import CHECKOUT_IN_OPS, SECOND, Incident
from tests.support.company import ACCOUNT, CHECKOUT, LEDGER, OPS, RELEASES, SERVICE_URL, TEAM, TENANT
from tests.support.waiting import eventually
from workflows.channel_incident.messages import CardKey, Conversation, Timing
from workflows.incident_room.messages import RoomKey
from workflows.room import Room

pytestmark = pytest.mark.anyio


def places(targets: tuple[Target, ...]) -> list[str]:
    return [target.conversation.id for target in targets]


async def test_an_open_incident_enters_the_channels_of_its_service(incident: Incident) -> None:
    (target,) = await incident.event()
    assert target == Target(
        account=ACCOUNT,
        incident_id="Q1",
        conversation_key="payments-ops",
        conversation=Conversation(tenant=TENANT, id=OPS, label="Payments/#ops"),
        stored=False,
    )
    assert await incident.rows() == [OPS]


async def test_an_open_incident_enters_every_channel_that_is_connected_to_its_service(
    incident: Incident,
) -> None:
    assert places(await incident.event(service=LEDGER)) == [OPS, RELEASES]
    assert await incident.rows() == [OPS, RELEASES]


@pytest.mark.parametrize(
    ("created_at", "enters"),
    [
        (SECOND - timedelta(seconds=1), False),
        (SECOND, True),
        (SECOND + timedelta(seconds=1), True),
        (None, False),
    ],
)
async def test_only_what_was_created_after_the_connection_enters(
    incident: Incident, created_at: datetime | None, enters: bool
) -> None:
    """The whole second counts: what was created later in it is told as its beginning."""
    assert places(await incident.event(created_at=created_at)) == ([OPS] if enters else [])


async def test_an_old_incident_enters_when_the_event_made_it_match(incident: Incident) -> None:
    old = SECOND - timedelta(days=3)
    assert places(await incident.event(created_at=old)) == []
    assert places(await incident.event(created_at=old, just_matched=True)) == [OPS]


async def test_a_resolved_incident_never_enters(incident: Incident) -> None:
    assert places(await incident.event(is_open=False)) == []
    assert places(await incident.event(is_open=False, just_matched=True)) == []
    assert await incident.rows() == []


@pytest.mark.parametrize("service", ["PSVC999", None])
async def test_an_incident_of_a_service_that_is_connected_nowhere_enters_nothing(
    incident: Incident, service: str | None
) -> None:
    assert places(await incident.event(service=service)) == []


async def test_another_accounts_connection_is_not_meant(incident: Incident) -> None:
    await incident.pool.execute("INSERT INTO pagerduty_account VALUES ('emca', 'emca', 'eu')")
    await incident.pool.execute("UPDATE connection SET account = 'emca'")
    assert places(await incident.event()) == []


async def test_an_event_that_names_its_incident_alone_finds_its_cards(incident: Incident) -> None:
    assert places(await incident.note()) == []
    await incident.event(service=LEDGER)
    assert places(await incident.note()) == [OPS, RELEASES]


async def test_once_there_it_is_followed_whatever_the_connections_say(incident: Incident) -> None:
    await incident.event(service=LEDGER)
    await incident.pool.execute("DELETE FROM connection")
    assert places(await incident.event(service="PSVC999", is_open=False)) == [OPS, RELEASES]


async def test_a_move_to_another_service_adds_its_channels(incident: Incident) -> None:
    await incident.event(service=CHECKOUT)
    moved = await incident.event(service=LEDGER, just_matched=True)
    assert places(moved) == [OPS, RELEASES]


async def test_a_suspended_channel_is_skipped_and_comes_back(incident: Incident) -> None:
    await incident.event(service=LEDGER)
    await incident.pool.execute("UPDATE conversation SET suspended_at = now() WHERE id = $1", OPS)
    assert places(await incident.event(service=LEDGER)) == [RELEASES]
    fresh = Incident(incident.pool, "Q2")
    assert places(await fresh.event(service=LEDGER)) == [RELEASES]
    assert await fresh.rows() == [RELEASES]
    await incident.pool.execute("UPDATE conversation SET suspended_at = NULL")
    assert places(await incident.note()) == [OPS, RELEASES]


async def test_whether_anything_was_ever_sent_is_told(incident: Incident) -> None:
    assert [target.stored for target in await incident.event(service=LEDGER)] == [False, False]
    await incident.pool.execute("UPDATE incident_card SET intent_at = now() WHERE conversation = $1", OPS)
    found = await incident.note()
    assert [target.stored for target in found] == [True, False]
    assert [target.start(Timing()).stored for target in found] == [True, False]


async def test_many_at_once_make_one_row_a_channel(incident: Incident) -> None:
    found = await asyncio.gather(*(incident.event(service=LEDGER) for _ in range(8)))
    assert [places(targets) for targets in found] == [[OPS, RELEASES]] * 8
    assert await incident.rows() == [OPS, RELEASES]


async def test_an_event_that_meets_the_registration_of_another_finds_the_card_too(
    pool: Pool, incident: Incident
) -> None:
    """It waits for the other's row, which its own statement does not see when it begins."""
    async with pool.acquire() as first, pool.acquire() as second:
        transaction = first.transaction()
        await transaction.start()
        await Incident(first).event()
        waiting = asyncio.create_task(Incident(second).event())
        await until_blocked(pool)
        await transaction.commit()
        assert places(await waiting) == [OPS]


async def until_blocked(pool: Pool) -> None:
    """Wait until a statement waits for somebody else's transaction."""
    await eventually(lambda: pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"), within=5)


async def test_a_card_is_found_by_its_message(incident: Incident) -> None:
    await incident.event()
    assert await find_card(incident.pool, conversation=OPS, activity_id="1") is None
    await incident.pool.execute(
        "UPDATE incident_card SET activity_id = '1', orphan_markers = '{m1,m2}', intent_at = now()"
    )
    card = await find_card(incident.pool, conversation=OPS, activity_id="1")
    assert card is not None
    assert (card.account, card.incident_id, card.conversation_key) == (ACCOUNT, "Q1", "payments-ops")
    assert (card.stored, card.orphan_markers) == (True, frozenset({"m1", "m2"}))
    assert await find_card(incident.pool, conversation=RELEASES, activity_id="1") is None


async def test_a_card_is_found_by_its_incident_whatever_message_it_is(incident: Incident) -> None:
    async def find(conversation: str, incident_id: str) -> Target | None:
        return await find_card_of_incident(
            incident.pool, conversation=conversation, account=ACCOUNT, incident_id=incident_id
        )

    await incident.event()
    card = await find(OPS, "Q1")
    assert card is not None
    assert (card.conversation.id, card.orphan_markers) == (OPS, frozenset())
    assert await find(RELEASES, "Q1") is None
    assert await find(OPS, "Q2") is None


@pytest.mark.parametrize(
    ("kind", "name", "label"),
    [
        ("group", "Incident 42", "chat “Incident 42”"),
        ("personal", "Cy Net", "Cy Net"),
    ],
)
async def test_a_conversation_without_a_team_is_found_as_a_channel_is(
    incident: Incident, kind: Kind, name: str, label: str
) -> None:
    chat = "19:chat@thread.v2"
    await incident.pool.execute(
        "INSERT INTO conversation (id, kind, tenant, account, key, name, service_url)"
        " VALUES ($1, $2, $3, $4, 'a-chat', $5, $6)",
        *(chat, kind, TENANT, ACCOUNT, name, SERVICE_URL),
    )
    await connections.upsert(
        incident.pool, account=ACCOUNT, service=CHECKOUT, service_name="Checkout", conversation=chat
    )
    expected = Target(
        account=ACCOUNT,
        incident_id="Q1",
        conversation_key="a-chat",
        conversation=Conversation(tenant=TENANT, id=chat, label=label),
        stored=False,
    )
    just_created = datetime.now(UTC) + timedelta(seconds=1)
    assert (await incident.event(created_at=just_created))[0] == expected

    await incident.pool.execute("UPDATE incident_card SET activity_id = '1' WHERE conversation = $1", chat)
    assert await find_card(incident.pool, conversation=chat, activity_id="1") == expected
    assert (
        await find_card_of_incident(incident.pool, conversation=chat, account=ACCOUNT, incident_id="Q1")
        == expected
    )


async def a_chat(pool: Pool | Connection, *incidents: str, id: str = "19:chat@thread.v2") -> str:
    """A chat in which these incidents are followed."""
    await pool.execute(
        "INSERT INTO conversation (id, kind, tenant, account, key, name, service_url)"
        " VALUES ($1, 'group', $2, $3, $1, 'Incident 42', $4)",
        *(id, TENANT, ACCOUNT, SERVICE_URL),
    )
    for incident in incidents:
        await pool.execute(
            "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, $2, $3)",
            *(ACCOUNT, incident, id),
        )
    return id


async def test_an_incident_is_in_the_channels_of_its_service_and_in_chats_that_follow_it(
    incident: Incident,
) -> None:
    chat = await a_chat(incident.pool, "Q1")
    assert places(await incident.event()) == [chat, OPS]
    assert places(await Incident(incident.pool, "Q2").event()) == [OPS], "nobody follows that one there"
    assert places(await incident.note()) == [chat, OPS]


async def test_a_suspended_chat_is_passed_over_and_stays_registered(incident: Incident) -> None:
    chat = await a_chat(incident.pool, "Q1")
    await incident.pool.execute("UPDATE conversation SET suspended_at = now() WHERE id = $1", chat)
    assert places(await incident.event()) == [OPS]
    assert await incident.rows() == [chat, OPS]


async def test_the_cards_of_a_chat_are_those_of_unresolved_incidents_shown_or_not(
    incident: Incident,
) -> None:
    chat = await a_chat(incident.pool, "Q1", "Q2", "Q3")
    await a_chat(incident.pool, "Q4", id="19:other@thread.v2")
    for id, status in (("Q1", "acknowledged"), ("Q2", "resolved")):
        await incident.pool.execute(
            "UPDATE incident_card SET intent_at = now(), view = jsonb_build_object('status', $2::text) "
            "WHERE incident_id = $1",
            *(id, status),
        )
    found = await in_chat(incident.pool, chat)
    assert [(card.incident_id, card.stored) for card in found] == [("Q1", True), ("Q3", False)]
    assert {card.conversation.label for card in found} == {"chat “Incident 42”"}
    assert found[0].workflow_id == f"incident/{ACCOUNT}/Q1/{chat}"
    await incident.event()
    assert await in_chat(incident.pool, OPS) == (), "a channel is none"


# The incident's room

TOLD = Room(number=3, stage="made", tenant=TENANT, chat="19:room@thread.v2", url="https://teams.example/r")


async def a_room(incident: Incident, told: Room | None = TOLD) -> RoomKey:
    """Somebody asked for a chat of the incident, and its cards were told so."""
    room = RoomKey(account=ACCOUNT, incident_id=incident.id)
    await rooms.open_room(incident.pool, room, tenant=TENANT)
    if told is not None:
        await rooms.note_told(incident.pool, room, told)
    return room


async def heard(incident: Incident, service: str | None = CHECKOUT) -> tuple[list[str], str | None]:
    """Where the cards are that an event concerns, and the tenant of the room that it concerns."""
    found = await incident.concerned(service=service)
    return places(found.cards), found.room_tenant


async def has_chat(incident: Incident) -> bool:
    return (await incident.concerned()).room_has_something


async def test_an_event_concerns_the_room_beside_the_cards(incident: Incident) -> None:
    assert await heard(incident) == ([OPS], None)
    await a_room(incident, told=None)
    assert await heard(incident, LEDGER) == ([OPS, RELEASES], TENANT)
    assert await heard(Incident(incident.pool, "Q2")) == ([OPS], None), "that one has none"


async def test_an_event_concerns_the_room_also_where_no_card_is(incident: Incident) -> None:
    assert await heard(incident, "PSVC999") == ([], None)
    await a_room(incident)
    assert await heard(incident, "PSVC999") == ([], TENANT)
    assert await heard(incident, None) == ([], TENANT)


async def test_an_event_concerns_the_room_also_where_every_card_is_suspended(incident: Incident) -> None:
    await incident.event(service=LEDGER)
    await a_room(incident)
    await incident.pool.execute("UPDATE conversation SET suspended_at = now()")
    assert await heard(incident, LEDGER) == ([], TENANT)


@pytest.mark.parametrize(
    ("stage", "expected"),
    [("none", False), ("making", True), ("made", True), ("unknown", True), ("gone", False)],
)
async def test_a_room_has_a_chat_from_its_intent_on_until_the_chat_is_gone(
    incident: Incident, stage: str, expected: bool
) -> None:
    assert not await has_chat(incident), "there is no room"
    await a_room(incident)
    await incident.pool.execute("UPDATE incident_room SET stage = $1", stage)
    assert await has_chat(incident) == expected


async def test_another_accounts_room_of_the_same_incident_is_not_meant(incident: Incident) -> None:
    await a_room(incident)
    await incident.pool.execute("UPDATE incident_room SET account = 'emca'")
    assert await heard(incident) == ([OPS], None)


async def test_a_card_that_enters_knows_the_room(incident: Incident) -> None:
    await a_room(incident)
    (card,) = await incident.event()
    assert card.room == TOLD
    start = card.start(Timing())
    assert (start.room, start.offers_chat) == (TOLD, True)


async def test_a_card_that_is_brought_in_knows_the_room(incident: Incident) -> None:
    await a_room(incident)
    found = await bring_in(incident.pool, CHECKOUT_IN_OPS, ["Q1", "Q2"], most=2)
    assert [(card.incident_id, card.room) for card in found] == [("Q1", TOLD), ("Q2", None)]


async def test_a_room_of_which_nothing_was_told_says_nothing(incident: Incident) -> None:
    await a_room(incident, told=None)
    (card,) = await incident.event()
    assert card.room is None


async def test_a_card_that_is_restored_knows_what_was_told_last(incident: Incident) -> None:
    await incident.event()
    key = CardKey(account=ACCOUNT, incident_id="Q1", conversation=OPS)
    assert (await cards.restore(incident.pool, key)).room is None
    await a_room(incident)
    assert (await cards.restore(incident.pool, key)).room == TOLD


# Bringing in


def incidents(found: tuple[Target, ...]) -> list[tuple[str, bool]]:
    return [(target.incident_id, target.stored) for target in found]


@pytest.mark.pooler_too
async def test_open_incidents_are_brought_in_whenever_they_were_created_and_once(incident: Incident) -> None:
    assert places(await incident.event(created_at=SECOND - timedelta(days=90))) == []
    found = await bring_in(incident.pool, CHECKOUT_IN_OPS, ["Q3", "Q1", "Q2"], most=2)
    assert incidents(found) == [("Q3", False), ("Q1", False)], "in their order, and no more than so many"
    assert {target.conversation_key for target in found} == {"payments-ops"}
    assert incidents(await bring_in(incident.pool, CHECKOUT_IN_OPS, ["Q3", "Q1", "Q2"], most=2)) == [
        ("Q3", False),
        ("Q1", False),
    ]
    assert places(await incident.note()) == [OPS], "it is followed from now on"


async def test_those_that_have_a_card_are_found_beyond_that_number_with_what_was_sent(
    incident: Incident,
) -> None:
    await incident.event()
    await incident.pool.execute("UPDATE incident_card SET intent_at = now()")
    found = await bring_in(incident.pool, CHECKOUT_IN_OPS, ["Q3", "Q2", "Q1"], most=1)
    assert incidents(found) == [("Q3", False), ("Q1", True)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE connection SET ended_at = now()", "not_connected"),
        ("UPDATE connection SET service = 'PSVC999' WHERE service = 'PSVC001'", "not_connected"),
        ("UPDATE conversation SET suspended_at = now()", "channel_suspended"),
        ("UPDATE connection SET conversation = '19:else' WHERE false", None),
    ],
)
async def test_nothing_is_brought_in_where_nothing_is_to_appear(
    incident: Incident, change: str, reason: str | None
) -> None:
    await incident.event()
    await incident.pool.execute(change)
    assert await why_not_bring_in(incident.pool, CHECKOUT_IN_OPS) == reason
    found = await bring_in(incident.pool, CHECKOUT_IN_OPS, ["Q1", "Q2"], most=50)
    assert incidents(found) == ([] if reason else [("Q1", False), ("Q2", False)])
    assert await incident.pool.fetchval("SELECT count(*) FROM incident_card") == (1 if reason else 2)


async def test_a_conversation_that_nobody_knows_is_not_there(pool: Pool) -> None:
    nowhere = CHECKOUT_IN_OPS.model_copy(update={"conversation": "19:nowhere"})
    assert await why_not_bring_in(pool, nowhere) == "channel_gone"
    assert await bring_in(pool, nowhere, ["Q1"], most=50) == ()


async def test_cards_of_a_channel_that_a_request_has_revived_go_on_unless_they_show_the_end(
    incident: Incident,
) -> None:
    for id in ("Q1", "Q2", "Q3"):
        await Incident(incident.pool, id).event()
    for id, status in (("Q1", "triggered"), ("Q2", "resolved")):
        await incident.pool.execute(
            "UPDATE incident_card SET intent_at = now(), view = jsonb_build_object('status', $2::text) "
            "WHERE incident_id = $1",
            id,
            status,
        )
    await incident.pool.execute("UPDATE connection SET ended_at = now()")
    assert await in_revived(incident.pool, team=TEAM, request="r/1") == ()
    await incident.pool.execute("UPDATE conversation SET suspended_by = 'r/1' WHERE id = $1", OPS)
    assert incidents(await in_revived(incident.pool, team=TEAM, request="r/1")) == [("Q1", True)]
    await incident.pool.execute("UPDATE conversation SET suspended_at = now()")
    assert await in_revived(incident.pool, team=TEAM, request="r/1") == ()


async def test_bringing_in_and_events_of_the_same_incidents_at_once_make_one_row_each(
    incident: Incident,
) -> None:
    ids = [f"Q{number}" for number in range(20)]
    asked = [bring_in(incident.pool, CHECKOUT_IN_OPS, order, most=50) for order in (ids, ids[::-1])]
    heard = [Incident(incident.pool, id).event() for id in ids]
    await asyncio.gather(*asked, *heard)
    rows = await incident.pool.fetch("SELECT incident_id, conversation FROM incident_card")
    assert sorted(row["incident_id"] for row in rows) == sorted(ids)
    assert {row["conversation"] for row in rows} == {OPS}
