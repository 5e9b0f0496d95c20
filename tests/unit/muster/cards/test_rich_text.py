"""Text with links: the addresses in it can be followed, and its length is bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.cards.rich_text import lines_with_links, link, with_links

texts = st.text(st.characters(codec="utf-8"), max_size=300)


def test_a_text_without_an_address_is_no_link() -> None:
    assert link("Checkout", None, size="Large") == {"type": "TextRun", "text": "Checkout", "size": "Large"}


def test_an_address_in_a_text_becomes_a_link() -> None:
    before, address, after = with_links("See https://wiki.example/x, then call.")
    assert (before["text"], after["text"]) == ("See ", ", then call.")
    assert address["text"] == address["selectAction"]["url"] == "https://wiki.example/x"


def test_an_address_inside_markup_stays_text() -> None:
    (run,) = with_links("[runbook](https://evil.example) <https://evil.example>")
    assert "selectAction" not in run


@pytest.mark.parametrize("limit", [20, 26], ids=["in its host", "in its path"])
def test_a_clipped_address_is_no_link(limit: int) -> None:
    ((run,),) = lines_with_links("https://wiki.example/a/long/way", limit=limit, most_lines=1)
    assert run["text"].endswith("…")
    assert "selectAction" not in run


def test_a_long_text_keeps_its_first_lines() -> None:
    lines = lines_with_links("one\n\n \ntwo\nthree", limit=100, most_lines=2)
    assert [runs[0]["text"] for runs in lines] == ["one", "two …"]


@given(texts)
def test_a_long_text_keeps_its_limits(text: str) -> None:
    lines = lines_with_links(text, limit=50, most_lines=3)
    assert len(lines) <= 3
    assert all(runs for runs in lines)
