"""One set of rules for the values that others wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.values import URL, clipped_between_addresses, is_visible, size

LONG = "https://grafana.example/d/" + "x" * 560


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (LONG, LONG),
        (f"see {LONG}", f"see {LONG}"),
        (f"{LONG}, {LONG}y", f"{LONG}, {LONG}y"),
        (f"{LONG} " + "word " * 80, f"{LONG} " + ("word " * 80)[:295].rstrip() + " …"),
        (f"see {LONG * 5}", "see …"),
        (f'see "{LONG}", <a href="{LONG}">', f'see "{LONG}", <a href="{LONG}">'),
    ],
    ids=["one", "in a text", "two", "a long text after it", "too long", "in quotes and markup"],
)
def test_no_address_is_cut(text: str, kept: str) -> None:
    assert clipped_between_addresses(text, 300) == kept


@given(st.lists(st.sampled_from([LONG, "word", "🔥" * 90, "\n", " "]), max_size=12).map(" ".join))
def test_a_text_with_addresses_is_bounded(text: str) -> None:
    kept = clipped_between_addresses(text, 300)
    assert size(kept) <= 300 + URL + 4
    assert kept == text.strip() or kept.endswith("…")


@pytest.mark.parametrize(
    ("text", "seen"), [("a", True), (" \u200b\u202e\ufeff", False), ("", False), ("🔥", True)]
)
def test_formatting_characters_alone_are_nothing(text: str, seen: bool) -> None:
    assert is_visible(text) is seen
