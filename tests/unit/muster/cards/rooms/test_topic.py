"""The topic of a chat: what Teams takes, and what a reader recognises."""

import pytest

from muster.cards.rooms.topic import MOST_UNITS, topic_of
from workflows.incident_room.activities import OVER

FAMILY = "👨‍👩‍👧‍👦"
THUMB = "👍🏽"
FLAG = "🇩🇪"


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("title", "topic"),
    [
        ("Checkout is slow", "Incident #42 Checkout is slow"),
        ("", "Incident #42"),
        (":", "Incident #42"),
        (" : :\n:\t ", "Incident #42"),
        ("db: replica\r\nlag:\t9 s", "Incident #42 db replica lag 9 s"),
        ("a\u2028b\u2029c\x00d\x7fe\x85f", "Incident #42 a b c d e f"),
        ("a  \u00a0 b", "Incident #42 a b"),
        ("\u202eevil\u2066", "Incident #42 evil"),
        ("\u200fשלום", "Incident #42 \u200fשלום"),
        ("\u200f \u200d\ufe0f", "Incident #42"),
        (f"{FAMILY} {THUMB} {FLAG}", f"Incident #42 {FAMILY} {THUMB} {FLAG}"),
        ("half \ud83d pair", "Incident #42 half pair"),
    ],
)
def test_what_teams_does_not_take_is_taken_out(title: str, topic: str) -> None:
    assert topic_of(42, title, "Q1") == topic


def test_without_a_number_the_incident_has_its_id() -> None:
    assert topic_of(None, "Checkout", "Q1ABC") == "Incident Q1ABC Checkout"


@pytest.mark.parametrize(
    "title", ["x" * 600, "🔥" * 600, FAMILY * 60, THUMB * 200, FLAG * 200, "é" * 600, "e\u0301" * 600]
)
def test_a_long_title_is_cut_between_characters_and_leaves_room_for_the_mark(title: str) -> None:
    topic = topic_of(42, title, "Q1")
    assert topic.endswith("…")
    assert MOST_UNITS - 30 < units(OVER + topic) <= MOST_UNITS
    kept = topic.removeprefix("Incident #42 ").removesuffix("…")
    character = next(one for one in (FAMILY, THUMB, FLAG, "🔥", "e\u0301", "é", "x") if title.startswith(one))
    assert kept == character * (len(kept) // len(character)), "nothing was divided"


def test_a_title_that_fits_to_the_unit_is_whole() -> None:
    room = MOST_UNITS - units(OVER + "Incident #42 ")
    assert topic_of(42, "x" * room, "Q1") == "Incident #42 " + "x" * room
    assert topic_of(42, "x" * (room + 1), "Q1") == "Incident #42 " + "x" * (room - 1) + "…"
