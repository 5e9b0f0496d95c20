"""``workflow.show_in_chat`` and ``announce_room``: the incident's cards, in its own chat and elsewhere."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.service import RPCError

from activities.rooms import RoomActivities
from activities.signals import WorkflowSignals
from muster.card_runs import CardRuns
from muster.store import chats, conversations, rooms
from muster.store.pool import Pool
from tests.support.pagerduty_account import COMPANY
from tests.support.rooms import failed, ran
from workflows.channel_incident.messages import Start, Timing
from workflows.incident_room.activities import Announce, ShowInChat
from workflows.incident_room.messages import RoomKey
from workflows.room import Absent, Room

pytestmark = pytest.mark.anyio

CHAT, TOPIC = "19:room@thread.v2", "Incident #42 Checkout is slow"
OPS, RELEASES = (one.id for one in COMPANY.teams[0].channels[1:])
AT = datetime(2026, 1, 1, 10, tzinfo=UTC)


class Cards:
    """An incident with a room, and the runs of its cards; no worker takes them."""

    def __init__(self, pool: Pool, client: Client, signals: WorkflowSignals) -> None:
        self.pool = pool
        self.client = client
        self.activities = RoomActivities(pool, CardRuns(signals, Timing()))
        self.room = RoomKey(account=COMPANY.account, incident_id=f"Q{uuid.uuid4().hex[:12].upper()}")

    @property
    def call(self) -> dict[str, Any]:
        return {"room": self.room, "tenant": COMPANY.tenant_id, "correlation": "f:1"}

    async def registered(self, *conversations: str) -> None:
        """The incident has a card in each of these."""
        for one in conversations:
            await self.pool.execute(
                "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, $2, $3)",
                *(*dict(self.room).values(), one),
            )

    def telling(self, number: int, **more: Any) -> Announce:
        told = Room(number=number, stage="made", tenant=COMPANY.tenant_id, chat=CHAT, topic=TOPIC, **more)
        return Announce(**self.call, told=told)

    async def announce(self, number: int, **more: Any) -> None:
        await ran(self.activities.announce, self.telling(number, **more))

    def showing(self, **changes: Any) -> ShowInChat:
        return ShowInChat(**self.call | {"chat": CHAT, "topic": TOPIC, "number": 42} | changes)

    async def show(self, **changes: Any) -> None:
        await ran(self.activities.show_in_chat, self.showing(**changes))

    async def signalled(self, key: str) -> list[tuple[str, str]]:
        """What the run of the card in this conversation was told; none without a run."""
        return [
            (event.signal_name, event.input.payloads[0].data.decode()) for event in (await self._of(key))[1]
        ]

    async def told(self, key: str) -> list[int]:
        """The numbers of what it was told of the room."""
        signals = await self.signalled(key)
        return [Room.model_validate_json(body).number for name, body in signals if name == "room"]

    async def start(self, key: str) -> Start:
        return Start.model_validate_json((await self._of(key))[0])

    async def _of(self, key: str) -> tuple[bytes, list[Any]]:
        handle = self.client.get_workflow_handle(f"incident/acme/{self.room.incident_id}/{key}")
        try:
            events = (await handle.fetch_history()).events
        except RPCError:
            return b"", []
        begun = events[0].workflow_execution_started_event_attributes.input.payloads[0].data
        return begun, [
            event.workflow_execution_signaled_event_attributes
            for event in events
            if event.HasField("workflow_execution_signaled_event_attributes")
        ]

    async def row(self) -> Any:
        return await rooms.restore(self.pool, self.room)

    async def in_chat(self) -> list[tuple[str, str]]:
        """The conversations of its cards, each with its preset."""
        rows = await self.pool.fetch(
            "SELECT conversation, preset FROM incident_card WHERE incident_id = $1 ORDER BY 1",
            self.room.incident_id,
        )
        return [(row["conversation"], row["preset"]) for row in rows]


@pytest.fixture
async def cards(pool: Pool, client: Client, signals: WorkflowSignals) -> Cards:
    cards = Cards(pool, client, signals)
    await rooms.open_room(pool, cards.room, tenant=COMPANY.tenant_id)
    began_at = await rooms.begin(pool, cards.room, topic=TOPIC, owner="ada")
    await rooms.note_made(pool, cards.room, began_at=began_at, chat=CHAT, url="")
    return cards


async def keys(pool: Pool) -> dict[str, str]:
    """The keys of conversations."""
    return {row["id"]: row["key"] for row in await pool.fetch("SELECT id, key FROM conversation")}


# Told of the room


@pytest.mark.pooler_too
async def test_every_card_is_told_and_the_row_keeps_it_for_new_ones(cards: Cards) -> None:
    await cards.registered(OPS, RELEASES)
    absent = (Absent(name="Cy Net", why="no_account"),)
    await cards.announce(1, absent=absent, absent_count=1)
    key = await keys(cards.pool)
    assert [await cards.told(key[one]) for one in (OPS, RELEASES)] == [[1], [1]]
    stored = (await cards.row()).told
    assert (stored.number, stored.stage, stored.chat, stored.absent) == (1, "made", CHAT, absent)


async def test_a_card_without_a_run_starts_with_it(cards: Cards) -> None:
    await cards.registered(OPS)
    await cards.announce(1)
    start = await cards.start((await keys(cards.pool))[OPS])
    assert (start.incident_id, start.offers_chat, start.stored) == (cards.room.incident_id, True, False)


async def test_what_is_older_changes_nothing_in_the_row(cards: Cards) -> None:
    for number, topic in ((2, "second"), (1, "first"), (2, "again"), (3, "third")):
        told = cards.telling(number).told.model_copy(update={"topic": topic})
        await ran(cards.activities.announce, Announce(**cards.call, told=told))
        assert (await cards.row()).told.topic == {1: "second", 2: "second", 3: "third"}[number]


async def test_where_the_bot_is_not_and_what_somebody_stopped_hears_nothing(cards: Cards) -> None:
    await cards.registered(OPS, RELEASES)
    await cards.pool.execute("UPDATE conversation SET suspended_at = now() WHERE id = $1", OPS)
    await cards.pool.execute(
        "UPDATE incident_card SET followed_at = now(), followed_name = 'Ada', follow_number = 2,"
        " stopped_at = now(), stopped_name = 'Ada' WHERE conversation = $1",
        RELEASES,
    )
    await cards.announce(1)
    key = await keys(cards.pool)
    assert [await cards.told(key[one]) for one in (OPS, RELEASES)] == [[], []]
    assert (await cards.row()).told.number == 1, "whoever comes back knows it from the row"


async def test_another_incidents_cards_hear_nothing(cards: Cards, signals: WorkflowSignals) -> None:
    other = Cards(cards.pool, cards.client, signals)
    await other.registered(OPS)
    await cards.announce(1)
    assert await other.told((await keys(cards.pool))[OPS]) == []


# In its own chat


async def test_the_chat_has_its_row_and_the_incidents_card_with_all_updates(
    cards: Cards,
) -> None:
    await cards.registered(OPS)
    await cards.show()
    chat = await chats.find(cards.pool, id=CHAT, tenant=COMPANY.tenant_id)
    assert chat is not None
    assert (chat.kind, chat.key, chat.name, chat.account) == ("group", "chat-42", TOPIC, COMPANY.account)
    assert chat.service_url == await conversations.service_url_of(cards.pool, OPS)
    assert await cards.in_chat() == sorted([(CHAT, "all_updates"), (OPS, "highlights_only")])
    ((name, _),) = await cards.signalled("chat-42")
    assert name == "attach"
    start = await cards.start("chat-42")
    assert (start.conversation.id, start.preset.preset) == (CHAT, "all_updates")
    assert (await cards.row()).shown
    assert await cards.signalled((await keys(cards.pool))[OPS]) == [], "the others are not asked to"


async def test_shown_again_it_is_one_card_whose_preset_stays(cards: Cards) -> None:
    await cards.show()
    await cards.pool.execute("UPDATE incident_card SET preset = 'highlights_only'")
    await cards.show(topic="Another topic")
    assert await cards.in_chat() == [(CHAT, "highlights_only")]
    assert [name for name, _ in await cards.signalled("chat-42")] == ["attach", "attach"]


async def test_the_card_in_the_chat_knows_what_was_told_before(cards: Cards) -> None:
    await cards.announce(1)
    await cards.show()
    await cards.announce(2)
    assert await cards.told("chat-42") == [2]


async def test_a_chat_without_a_number_has_a_key_all_the_same(cards: Cards) -> None:
    await cards.show(number=None)
    assert (await keys(cards.pool))[CHAT] == f"chat-{cards.room.incident_id.casefold()}"


async def test_where_the_bot_was_removed_nothing_is_shown(cards: Cards) -> None:
    await cards.show()
    await cards.pool.execute("DELETE FROM incident_card")
    await cards.pool.execute("UPDATE conversation SET suspended_at = now() WHERE id = $1", CHAT)
    assert (await failed(cards.activities.show_in_chat, cards.showing()))[0] == "BotRemoved"
    assert await cards.in_chat() == []
    assert len(await cards.signalled("chat-42")) == 1


async def test_until_somebody_tells_where_the_tenant_lives_it_is_tried_again(cards: Cards) -> None:
    await cards.pool.execute("UPDATE team SET service_url = NULL")
    await cards.pool.execute("DELETE FROM connection")
    await cards.pool.execute("DELETE FROM conversation")
    kind, _ = await failed(cards.activities.show_in_chat, cards.showing())
    assert kind == "ProviderUnavailable"
    assert not (await cards.row()).shown


# The row itself


async def test_a_room_that_nobody_asked_for_is_not_there(cards: Cards) -> None:
    nobody = RoomKey(account=COMPANY.account, incident_id="QNOBODY")
    assert not (await ran(cards.activities.restore_room, nobody)).exists
    restored = await ran(cards.activities.restore_room, cards.room)
    assert (restored.exists, restored.tenant_name) == (True, COMPANY.tenant_name)


async def test_a_chat_that_nobody_knows_of_is_forgotten_and_one_that_is_there_is_kept(cards: Cards) -> None:
    await rooms.begin(cards.pool, cards.room, topic=TOPIC, owner="ada")
    for stage, kept in (("making", "making"), ("unknown", "none"), ("gone", "none"), ("made", "made")):
        await cards.pool.execute("UPDATE incident_room SET stage = $1", stage)
        await ran(cards.activities.begin_anew, cards.room)
        assert (await cards.row()).stage == kept
