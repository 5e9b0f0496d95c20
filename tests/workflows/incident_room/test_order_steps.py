"""A step of an order that goes wrong, or whose worker is killed, at any moment: it is done, and once."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest
from temporalio.client import Client

from tests.support.life import ADA, BO, CY
from tests.workflows.incident_room.calls import Moment, Row
from tests.workflows.incident_room.cutting_off import FAULTS, KILLS, are_missed_soon, beside_each_other
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.incident_room.running import NO_CACHE, PATIENT, Run, running
from workflows.errors import OutsideError
from workflows.incident_room.activities import (
    ADD_MEMBERS,
    ARCHIVE_ROOM,
    ARCHIVED,
    DELETE_CHAT,
    END_CARD,
    MARK_ARCHIVED,
    REMOVE_MEMBERS,
    REMOVE_PEOPLE,
    SET_TOPIC,
)
from workflows.incident_room.messages import ArchiveChat, AskedOfChat, ChangeMembers, DeleteChat, SetTopic
from workflows.incident_room.workflow_type import ADD_MEMBERS as ADD
from workflows.incident_room.workflow_type import REMOVE_MEMBERS as REMOVE
from workflows.members import NamedPerson

pytestmark = pytest.mark.anyio


class Ordered(NamedTuple):
    row: Row
    asked: Callable[[Run], AskedOfChat]
    is_done: Callable[[FakeActivities], bool]
    update: str | None = None


def _people_leave(run: Run) -> AskedOfChat:
    return run.order(ArchiveChat, people_leave=True)


def _is_archived(outside: FakeActivities) -> bool:
    (chat,) = outside.chats
    is_left = (sorted(chat.removed), chat.members) == ([ADA.id, BO.id], set())
    is_shown = chat.topic == f"{ARCHIVED}Incident #42 Checkout latency" and outside.ended_cards == [chat.id]
    return is_left and is_shown and outside.announced[-1].stage == outside.store.stage == "archived"


def _is_deleted(outside: FakeActivities) -> bool:
    (chat,) = outside.chats
    return (outside.detached, outside.deleted, outside.store.stage) == ([chat.id], [chat.id], "gone")


ORDERS: Mapping[str, Ordered] = {
    "delete": Ordered(DELETE_CHAT, lambda run: run.order(DeleteChat), _is_deleted),
    "end the card": Ordered(END_CARD, _people_leave, _is_archived),
    "mark": Ordered(MARK_ARCHIVED, _people_leave, _is_archived),
    "take everybody out": Ordered(REMOVE_PEOPLE, _people_leave, _is_archived),
    "archive": Ordered(ARCHIVE_ROOM, _people_leave, _is_archived),
    "topic": Ordered(
        SET_TOPIC,
        lambda run: run.order(SetTopic, topic="War room"),
        lambda outside: outside.chats[0].topic == outside.store.shown_topic == "War room",
    ),
    "add": Ordered(
        ADD_MEMBERS,
        lambda run: run.order(ChangeMembers, people=(NamedPerson(user=CY.id),)),
        lambda outside: outside.chats[0].joined == [BO.id, ADA.id, CY.id],
        ADD.name,
    ),
    "remove": Ordered(
        REMOVE_MEMBERS,
        lambda run: run.order(ChangeMembers, people=(NamedPerson(user=BO.id),)),
        lambda outside: outside.chats[0].removed == [BO.id] and outside.store.members[BO.id].has_left,
        REMOVE.name,
    ),
}

every_order = pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)


@pytest.mark.soak
@every_order
async def test_an_order_that_goes_wrong_at_any_moment_is_done_once(client: Client, order: Ordered) -> None:
    async def live(moment: Moment, error: OutsideError) -> None:
        outside = FakeActivities()
        async with running(client, outside, timing=PATIENT) as run:
            await _is_done(run, order, lambda: outside.fails(order.row, error, at=moment))
        assert order.is_done(outside)

    await beside_each_other(live, FAULTS)


@pytest.mark.soak
@every_order
async def test_an_order_whose_worker_is_killed_at_any_moment_is_done_once(
    client: Client, monkeypatch: pytest.MonkeyPatch, order: Ordered
) -> None:
    """The next worker knows the run by its history alone."""
    are_missed_soon(monkeypatch, order.row)

    async def live(moment: Moment) -> None:
        outside = FakeActivities()
        async with running(client, outside, timing=PATIENT, cached=NO_CACHE) as run:
            await _is_done(run, order, lambda: outside.dies(order.row, moment))
        assert order.is_done(outside)

    await beside_each_other(live, KILLS)


async def _is_done(run: Run, order: Ordered, go_wrong: Callable[[], None]) -> None:
    assert (await run.ask()).outcome.kind == "done"
    await run.is_idle()
    go_wrong()
    assert (await run.ask(order.asked(run), update=order.update)).outcome.kind == "done"
    await run.is_idle()
