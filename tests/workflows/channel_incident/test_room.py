"""The incident's own chat: who tells the card's run of it, and what its card then offers and says."""

from typing import Any

import pytest
from temporalio.client import Client

from tests.support.life import BO
from tests.workflows.channel_incident.conftest import SOON
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import (
    CONVERSATION,
    NO_CACHE,
    QUICK,
    Run,
    running,
    shown,
)
from workflows.channel_incident.messages import Conversation
from workflows.channel_incident.room import Place, shown_room
from workflows.channel_incident.view import View
from workflows.following import Following
from workflows.room import Absent, Lack, Room, RoomStage, ShownRoom
from workflows.verbs.verb import VerbName

pytestmark = pytest.mark.anyio

CHAT, URL, TOPIC = "19:room@thread.v2", "https://teams.example/l/chat/19:room", "Incident #42 Checkout"
LONG = QUICK.model_copy(update={"grace": 60})


def told(number: int = 1, stage: RoomStage = "made", **changes: object) -> Room:
    """What the cards are told of the chat."""
    is_made = stage == "made"
    room = Room(
        number=number,
        stage=stage,
        tenant=CONVERSATION.tenant,
        tenant_name="Acme",
        chat=CHAT if is_made else "",
        url=URL if is_made else "",
        topic=TOPIC,
    )
    return room.model_copy(update=changes)


def view(run: Run) -> View:
    """What the card shows now."""
    return run.outside.shown[-1].view


async def hears_of(run: Run, *rooms: Room) -> None:
    for room in rooms:
        await run.signal("room", room)


async def triggered(run: Run) -> None:
    """The incident is triggered, its card is there and its details are read."""
    await run.hears(run.life.triggers())
    await run.outside.until(lambda: bool(run.outside.reads or run.outside.recalls))
    await run.is_idle()


async def until_it_says(run: Run, kind: str) -> ShownRoom:
    """Wait until the card says this of the chat."""

    def says() -> bool:
        room = view(run).room if run.outside.shown else None
        return room is not None and room.kind == kind

    await run.outside.until(says)
    await run.is_idle()
    room = view(run).room
    assert room is not None
    return room


ABSENT = (Absent(name="Cy", why="no_account"),)
HERE, ELSEWHERE = Place("tenant", "19:ops"), Place("another", "19:ops")


@pytest.mark.parametrize(
    "why",
    [
        {"app_unknown": True},
        {"bot_removed": True},
        {"lacks": (Lack(step="bot", permission="A.B"),)},
    ],
    ids=lambda why: next(iter(why)),
)
def test_what_a_chat_without_a_living_card_cannot_say_the_other_cards_say(why: dict[str, Any]) -> None:
    room = told(absent=ABSENT, absent_count=1, tenant="tenant", **why)
    join = ShownRoom(kind="join", url=URL, absent=ABSENT, absent_count=1)
    assert shown_room(room, HERE) == join.model_copy(update=why)
    own = shown_room(room, Place("tenant", CHAT))
    assert own is not None
    assert (own.kind, own.app_unknown, own.bot_removed) == ("own", False, False)
    assert shown_room(room, ELSEWHERE) == ShownRoom(kind="elsewhere", tenant_name="Acme")


def test_what_the_chats_own_card_says_the_others_do_not_say_again() -> None:
    room = told(absent=ABSENT, absent_count=1, tenant="tenant")
    assert shown_room(room, HERE) == ShownRoom(kind="join", url=URL)
    assert shown_room(room, Place("tenant", CHAT)) == ShownRoom(kind="own", absent=ABSENT, absent_count=1)


# Who tells of it


async def test_a_signal_turns_create_chat_into_the_way_in(client: Client) -> None:
    async with running(client) as run:
        run.offers_chat = True
        await triggered(run)
        assert view(run).verbs == ("acknowledge", "resolve", "create_chat")
        assert view(run).room is None
        await hears_of(run, told())
        assert await until_it_says(run, "join") == ShownRoom(kind="join", url=URL)
        assert view(run).verbs == ("acknowledge", "resolve")
        assert "chat: made | Muster" in await run.details()
    assert len(run.outside.posts) == 1
    assert run.outside.replies == []


async def test_a_worker_without_a_memory_shows_the_same(client: Client) -> None:
    async with running(client, cached=NO_CACHE) as run:
        run.offers_chat = True
        await triggered(run)
        await hears_of(run, told())
        await until_it_says(run, "join")
    assert view(run).verbs == ("acknowledge", "resolve")


async def test_a_card_that_is_new_knows_the_chat_from_its_start(client: Client) -> None:
    async with running(client) as run:
        run.offers_chat, run.room = True, told()
        await triggered(run)
    (card,) = run.outside.shown
    assert card.view.room == ShownRoom(kind="join", url=URL)
    assert card.view.verbs == ("acknowledge", "resolve")


async def test_a_run_that_is_started_by_the_telling_reads_the_incident_and_shows_both(client: Client) -> None:
    async with running(client) as run:
        await hears_of(run, told())
        await until_it_says(run, "join")
    assert view(run).status == "triggered"


async def test_a_telling_of_an_incident_that_is_over_and_had_no_card_leaves_no_run(client: Client) -> None:
    outside = FakeActivities()
    outside.life.is_resolved(by=BO)
    async with running(client, outside) as run:
        await hears_of(run, told())
        assert (await run.ends()).status == "resolved"
    assert outside.shown == []


async def test_a_later_run_knows_the_chat_from_the_cards_row(client: Client) -> None:
    async with shown(client) as run:
        run.offers_chat = True
        await run.hears(run.life.is_resolved(by=BO))
        await run.is_stored()
        run.outside.store(room=told(4))
        await run.hears(run.life.reopens())
        assert (await until_it_says(run, "join")).url == URL
    assert view(run).verbs == ("acknowledge", "resolve")
    assert len(run.outside.posts) == 1


@pytest.mark.parametrize("number", [3, 4], ids=["older", "the same"])
async def test_what_the_row_knows_is_not_undone_by_an_older_start_or_signal(
    client: Client, number: int
) -> None:
    async with shown(client) as run:
        await run.hears(run.life.is_resolved(by=BO))
        await run.is_stored()
        run.outside.store(room=told(4))
        run.room = told(number, "gone") if number < 4 else None
        await hears_of(run, told(number, "gone"))
        await run.hears(run.life.reopens())
        await until_it_says(run, "join" if number < 4 else "gone")


async def test_what_was_told_meanwhile_is_newer_than_the_row(client: Client) -> None:
    async with shown(client) as run:
        await run.hears(run.life.is_resolved(by=BO))
        await run.is_stored()
        run.outside.store(room=told(4))
        await hears_of(run, told(5, "gone"))
        await run.hears(run.life.reopens())
        await until_it_says(run, "gone")


@pytest.mark.parametrize("number", [1, 2], ids=["older", "the same"])
async def test_an_older_telling_changes_nothing_and_is_no_line_of_the_timeline(
    client: Client, number: int
) -> None:
    async with shown(client) as run:
        await hears_of(run, told(2))
        await until_it_says(run, "join")
        cards = len(run.outside.shown)
        await hears_of(run, told(number, "gone"), told(number, "unknown"))
        await run.hears(run.life.is_acknowledged())
        await run.outside.until(lambda: len(run.outside.shown) > cards)
        await run.is_idle()
        details = await run.details()
    assert [card.view.status for card in run.outside.shown[cards:]] == ["acknowledged"]
    assert view(run).room == ShownRoom(kind="join", url=URL)
    assert "chat: made" in details
    assert "chat: gone" not in details


async def test_a_run_that_goes_on_in_another_keeps_the_chat_and_the_offer(impatient: Client) -> None:
    async with running(impatient) as run:
        run.offers_chat = True
        await triggered(run)
        first = (await run.describe()).run_id
        await hears_of(run, told(7))
        await until_it_says(run, "join")
        for _ in range(SOON):
            await run.hears(run.life.is_noted("still slow"))
            if (await run.describe()).run_id != first:
                break
        assert (await run.describe()).run_id != first
        await hears_of(run, told(6, "unknown"), told(8, "gone"))
        await until_it_says(run, "gone")
    assert view(run).verbs == ("acknowledge", "resolve", "create_chat")


# Who may make one


@pytest.mark.parametrize(
    ("room", "is_offered"),
    [
        (None, True),
        (told(stage="none"), True),
        (told(stage="unknown"), True),
        (told(stage="gone"), True),
        (told(), False),
        (told(tenant="umbrella"), False),
        (told(stage="none", tenant="umbrella"), False),
        (told(stage="unknown", tenant="umbrella"), False),
        (told(stage="gone", tenant="umbrella"), False),
        (told(chat=CONVERSATION.id), False),
    ],
)
async def test_create_chat_is_offered_where_there_is_none_and_the_tenant_is_its_own(
    client: Client, room: Room | None, is_offered: bool
) -> None:
    offered: tuple[VerbName, ...] = ("create_chat",) if is_offered else ()
    async with running(client) as run:
        run.offers_chat, run.room = True, room
        await triggered(run)
        assert view(run).verbs == ("acknowledge", "resolve", *offered)
        await run.hears(run.life.is_acknowledged(by=BO))
        await run.outside.until(lambda: view(run).status == "acknowledged")
        assert view(run).verbs == ("resolve", *offered)
        await run.hears(run.life.is_resolved(by=BO))
        await run.ends()
    assert view(run).verbs == ()


@pytest.mark.parametrize("stage", ["none", "unknown", "gone"])
async def test_a_run_of_before_offers_no_chat(client: Client, stage: RoomStage) -> None:
    """Its start does not say that it may."""
    async with running(client) as run:
        run.room = told(stage=stage)
        await triggered(run)
    assert view(run).verbs == ("acknowledge", "resolve")


async def test_whoever_follows_gets_the_button_before_that_which_stops(client: Client) -> None:
    async with running(client) as run:
        run.offers_chat = True
        run.outside.following = Following(number=1, by="Ada Ops")
        await triggered(run)
    assert view(run).verbs == ("acknowledge", "resolve", "create_chat", "stop_following")


# What the card says


async def test_the_chats_own_card_says_who_is_absent_and_offers_neither(client: Client) -> None:
    absent = (Absent(name="Di Pager", why="no_account"),)
    lacks = (Lack(step="members", permission="ChatMember.ReadWrite.All"),)
    async with running(client) as run:
        run.offers_chat = True
        run.conversation = Conversation(tenant=CONVERSATION.tenant, id=CHAT, label="Incident #42")
        run.room = told(absent=absent, absent_count=3, lacks=lacks)
        await triggered(run)
    assert view(run).room == ShownRoom(kind="own", lacks=lacks, absent=absent, absent_count=3)
    assert view(run).verbs == ("acknowledge", "resolve")


async def test_other_cards_do_not_name_who_is_absent(client: Client) -> None:
    async with running(client) as run:
        run.room = told(absent=(Absent(name="Di Pager", why="no_account"),), absent_count=1)
        await triggered(run)
    assert view(run).room == ShownRoom(kind="join", url=URL)


async def test_a_card_in_another_tenant_says_where_the_chat_is(client: Client) -> None:
    async with running(client) as run:
        run.offers_chat = True
        run.room = told(tenant="umbrella", tenant_name="Umbrella Corp")
        await triggered(run)
        assert view(run).room == ShownRoom(kind="elsewhere", tenant_name="Umbrella Corp")
        await hears_of(run, told(2, "gone", tenant="umbrella"))
        await run.outside.until(lambda: view(run).room is None)


@pytest.mark.parametrize("stage", ["unknown", "gone"])
async def test_what_nobody_knows_and_what_is_gone_is_said_with_the_topic(
    client: Client, stage: RoomStage
) -> None:
    async with shown(client) as run:
        await hears_of(run, told(stage=stage))
        assert (await until_it_says(run, stage)).topic == TOPIC


async def test_a_chat_that_comes_and_goes_is_followed_by_the_card(client: Client) -> None:
    async with running(client) as run:
        run.offers_chat = True
        await triggered(run)
        stages: tuple[tuple[RoomStage, str], ...] = (
            ("made", "join"),
            ("gone", "gone"),
            ("unknown", "unknown"),
            ("made", "join"),
        )
        for number, (stage, kind) in enumerate(stages, 1):
            await hears_of(run, told(number, stage))
            await until_it_says(run, kind)
            assert ("create_chat" in view(run).verbs) == (kind != "join")
    assert len(run.outside.posts) == 1


async def test_a_resolved_card_keeps_the_way_in_and_hears_of_changes(client: Client) -> None:
    async with running(client, timing=LONG) as run:
        run.offers_chat, run.room = True, told()
        await triggered(run)
        await run.hears(run.life.is_resolved(by=BO))
        await run.outside.until(lambda: view(run).status == "resolved")
        await run.is_idle()
        assert view(run).room == ShownRoom(kind="join", url=URL)
        await hears_of(run, told(2, "gone"))
        await until_it_says(run, "gone")
    assert view(run).verbs == ()


# Clicks that are the room's


async def test_a_click_for_the_room_does_nothing_here(client: Client) -> None:
    async with shown(client) as run:
        await run.hands_over(run.click("create_chat"))
        await run.hears(run.life.is_acknowledged())
        await run.outside.until(lambda: view(run).status == "acknowledged")
        await run.is_idle()
    assert (run.outside.changes, run.outside.recorded, run.outside.deleted) == ([], [], [])
    assert (run.outside.told, run.outside.offered) == ([], [])


async def test_an_orphan_whose_click_was_the_rooms_is_deleted(client: Client) -> None:
    async with shown(client, FakeActivities()) as run:
        lost = {"message": "1700000099999", "orphan_marker": "lost"}
        await run.hands_over(run.click("create_chat").model_copy(update=lost))
        await run.outside.until(lambda: bool(run.outside.deleted))
        await run.is_idle()
    (deleted,) = run.outside.deleted
    assert (deleted.activity_id, deleted.marker) == ("1700000099999", "lost")
    assert (run.outside.changes, run.outside.recorded) == ([], [])
