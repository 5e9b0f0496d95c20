"""The name that a program gives a chat or a meeting: cleaned as topics are, and nothing put before it."""

import pytest

from muster.cards.rooms.topic import MOST_UNITS, own_subject, own_topic, subject_of, topic_of
from workflows.incident_room.activities import OVER

NOTHING_TO_READ = ["", " ", ":", " : :\n:\t ", "\u202e\u2066", "\x00\x1f"]


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("name", NOTHING_TO_READ)
def test_of_some_names_nothing_is_left(name: str) -> None:
    assert own_topic(name) == ""


def test_a_colon_is_a_name_for_a_calendar() -> None:
    assert own_subject("\n:\t") == ":"


def test_a_name_is_all_that_is_shown() -> None:
    name = "Incident #1234: Server  Room is on Fire"
    assert topic_of(42, "Checkout is slow", "Q1", name=name) == "Incident #1234 Server Room is on Fire"
    assert subject_of(42, "Checkout is slow", "Q1", name=name) == "Incident #1234: Server Room is on Fire"


@pytest.mark.parametrize("name", ["x" * 600, "😀" * 600, "a: " * 200])
def test_a_long_name_leaves_room_for_the_mark_and_is_cut_once(name: str) -> None:
    topic = own_topic(name)
    assert units(OVER + topic) <= MOST_UNITS
    assert topic.endswith("…")
    assert own_topic(topic) == topic


@pytest.mark.parametrize("name", [f"{OVER}Checkout", f" {OVER}{OVER}Checkout"])
def test_a_name_that_was_read_with_its_mark_has_none(name: str) -> None:
    assert (own_topic(name), own_subject(name)) == ("Checkout", "Checkout")
