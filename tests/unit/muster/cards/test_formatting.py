"""Instants, durations and lists as cards and messages say them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from muster.cards.formatting import duration, instant, instant_after, listed

OPENED = datetime(2026, 1, 1, 10, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=45.9), "45 s"),
        (timedelta(minutes=21, seconds=39), "21 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(days=3, hours=4, minutes=30), "3 d 4 h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(span: timedelta, words: str) -> None:
    assert duration(span) == words


def test_instants_are_in_the_form_that_renderers_know() -> None:
    there = OPENED.astimezone(timezone(timedelta(hours=9))).replace(microsecond=123456)
    assert instant(there) == "{{DATE(2026-01-01T10:00:01Z,SHORT)}}, {{TIME(2026-01-01T10:00:01Z)}}"


def test_the_day_is_left_out_where_it_is_plain() -> None:
    assert instant_after(OPENED + timedelta(hours=1), OPENED) == "{{TIME(2026-01-01T11:00:01Z)}}"
    assert "DATE" in instant_after(OPENED + timedelta(days=1), OPENED)
    assert "DATE" in instant_after(OPENED, None)


def test_a_long_list_says_how_many_are_left() -> None:
    assert listed(["Ada", "Bo"], most=2) == "Ada, Bo"
    assert listed(["Ada", "Bo", "Cy"], most=2, total=200) == "Ada, Bo, … and 198 more"
    assert listed(["Ada", "Bo"], most=1, separator=" · ") == "Ada · … and 1 more"
    assert listed([], most=2) == ""
