"""The invariant of an incident's chat can fail: what counts as a click or a search before each create."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.chaos.made_chats import MadeChat, Search, chats_made, known_to_muster, made_unasked, searches

BEGIN = datetime(2026, 11, 30, tzinfo=UTC)
DI, SOMEBODY = "di", "somebody"


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def made(seconds: float) -> MadeChat:
    return MadeChat(id=f"made at {seconds}", members=(DI, "bo"), asked_at=at(seconds))


@pytest.mark.parametrize(
    ("clicked", "searched"),
    [([1, 6], []), ([1], [Search(DI, at(6))])],
    ids=["a second click", "a search in the chats of whoever asked"],
)
def test_a_second_chat_is_made_after_a_click_or_a_search(
    clicked: list[float], searched: list[Search]
) -> None:
    assert [*made_unasked([made(2), made(7)], searched, list(map(at, clicked)))] == []


@pytest.mark.parametrize(
    ("clicked", "searched"),
    [
        ([1], []),
        ([1, 1.5], []),
        ([1, 8], []),
        ([1], [Search(DI, at(1))]),
        ([1], [Search(DI, at(8))]),
        ([1], [Search(SOMEBODY, at(6))]),
    ],
    ids=[
        "nothing",
        "two clicks before both",
        "a click after both",
        "a search before both",
        "a search after both",
        "a search in another's chats",
    ],
)
def test_a_second_chat_without_either_is_a_violation(clicked: list[float], searched: list[Search]) -> None:
    (broken,) = made_unasked([made(2), made(7)], searched, list(map(at, clicked)))
    assert broken.startswith("made at 7")


def test_a_first_chat_without_a_click_is_a_violation() -> None:
    (broken,) = made_unasked([made(2)], [Search(DI, at(1))], [])
    assert broken.startswith("made at 2")


def test_the_room_knows_those_of_its_chats_in_which_the_incident_is_followed() -> None:
    """A chat of which every answer was lost has no card. Somebody's own chat is none of the room's."""
    chats = [made(2), made(7)]
    assert known_to_muster(chats, {"made at 7", "somebody's own"}) == ["made at 7"]
    assert known_to_muster(chats, {"made at 2", "made at 7"}) == ["made at 2", "made at 7"]


def test_chats_are_told_from_the_records_by_the_time_in_which_they_came() -> None:
    """A refused create made nothing. One whose answer was lost or an error did; a slow one did it late."""
    records = {
        "conversations": [
            chat("one", "Incident #1 Checkout is slow", 3),
            chat("people's own", "", 4),
            chat("two", "✓ Incident #2 Checkout is slow", 5),
            chat("one again", "Incident #1 Checkout is slow", 11),
            chat("twelve", "Incident #12 Checkout is slow", 12),
        ],
        "graph_calls": [
            call("POST", "/chats", 1, status=403),
            call("POST", "/chats", 2, status=201, ms=9000, fault="slow"),
            call("POST", "/chats", 3, status=201, fault="lose_answer"),
            call("POST", "/chats/two/members", 4, status=201),
            call("POST", "/chats", 5, status=503, fault="status_after"),
            call("POST", "/chats", 12, status=201),
        ],
    }
    asked = {one.id: one.asked_at for number in (1, 2, 12) for one in chats_made(records, number)}
    assert asked == {"one": at(3), "one again": at(2), "two": at(5), "twelve": at(12)}


def test_a_chat_that_was_deleted_leaves_to_the_others_their_own_times() -> None:
    """Its own is known where the records of before are."""
    deleted = chat("one", "Incident #1 Checkout is slow", 1)
    records = {
        "conversations": [
            chat("two", "Incident #2 Checkout is slow", 2),
            chat("one again", "Incident #1 ", 4),
        ],
        "graph_calls": [
            call("POST", "/chats", 1, status=201),
            call("POST", "/chats", 2, status=201),
            call("DELETE", "/chats/one/members/di", 2.5, status=204),
            call("DELETE", "/chats/one", 3, status=204),
            call("POST", "/chats", 4, status=201),
        ],
    }
    assert [one.asked_at for one in chats_made(records, 2)] == [at(2)]
    assert [one.asked_at for one in chats_made(records, 1)] == [at(4)]
    assert [one.asked_at for one in chats_made(records, 1, [deleted])] == [at(1), at(4)]


def test_a_search_counts_where_it_was_answered() -> None:
    records = {
        "graph_calls": [
            call("GET", "/users/di/chats", 1, status=200),
            call("GET", "/users/di/chats", 2, status=403),
            call("GET", "/users/di/chats", 3, status=200, fault="lose_answer"),
            call("GET", "/chats/one/members", 4, status=200),
        ]
    }
    assert searches(records) == [Search(DI, at(1))]


def chat(id: str, topic: str, seconds: float) -> dict[str, Any]:
    created_at = at(seconds).isoformat()
    return {"id": id, "kind": "group", "name": topic, "members": [DI], "created_at": created_at}


def call(
    method: str, path: str, seconds: float, *, status: int, ms: int = 1, fault: str | None = None
) -> dict[str, Any]:
    began = at(seconds).isoformat()
    return {"at": began, "method": method, "path": path, "status": status, "ms": ms, "fault": fault}
