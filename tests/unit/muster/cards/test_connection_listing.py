"""What ``list`` answers."""

from datetime import UTC, datetime

from muster.cards.connections.listing import ListedConnection, list_text, shown_name

SINCE = datetime(2026, 11, 3, 23, 30, tzinfo=UTC)
LARGEST_MESSAGE = 28 * 1024


def test_more_than_a_message_holds_is_counted() -> None:
    text = list_text([ListedConnection("&" * 120, "🚒" * 120, SINCE)] * 130)
    first, *lines, last = text.splitlines()
    assert (first, last) == ("Connected to this channel:", f"- and {130 - len(lines)} more")
    assert 20 < len(lines) < 130
    assert len(text.encode()) < LARGEST_MESSAGE


def test_a_name_is_escaped_and_shown_as_it_is_typed_back() -> None:
    text = list_text([ListedConnection("a_b\u200b *c*", None, SINCE)])
    assert text.splitlines()[1] == "- **a\\_b \\*c\\***, connected since 3 November 2026"
    assert shown_name("a_b\u200b *c*") == "a_b *c*"
