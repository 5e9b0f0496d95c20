"""Text of strangers: nothing that they type becomes markup, runs out of its place or is cut in two."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.cards.text import clip, escape, literal, plain, web_link

texts = st.text(st.characters(codec="utf-8"), max_size=300)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("plain words, 100 % (really)", "plain words, 100 % (really)"),
        ("**bold** _it_ `code` ~~no~~", r"\*\*bold\*\* \_it\_ \`code\` \~\~no\~\~"),
        ("[x](https://evil.example)", r"\[x\](https://evil.example)"),
        ("<at>all</at> &amp;", "&lt;at&gt;all&lt;/at&gt; &amp;amp;"),
        ("# heading", r"\# heading"),
        ("- item", r"\- item"),
        ("12. item", r"12\. item"),
        ("> quote", "&gt; quote"),
        ("back\\slash", r"back\\slash"),
        ("two\r\nlines\u2028here", "two lines here"),
    ],
)
def test_escape_makes_markdown_literal(typed: str, sent: str) -> None:
    assert escape(typed, 100) == sent


@given(texts)
def test_escaped_text_has_no_live_markdown(text: str) -> None:
    unescaped = re.sub(r"\\[\\`*_~|\[\]#+=.)-]", "", escape(text, 100))
    assert not set(unescaped) & set("\\`*_~|[]<>\n\r")


@pytest.mark.parametrize("text", ["{{DATE(2020-02-02T02:02:02Z)}}", "{{{{TIME(2020-02-02T02:02:02Z)}}}}"])
def test_functions_of_cards_do_not_run(text: str) -> None:
    assert not re.search(r"\{\{(DATE|TIME)\(", literal(text, 100))
    assert literal(text, 100).replace("\u2060", "") == text


@pytest.mark.parametrize(
    "name",
    [
        "checkout-7d9f8b6c5d-x2x7q.eu-west-1.compute.internal",
        "{{ $labels.pod }} is down",
        "urn:uuid:6f1c7a52-0000-4000-8000-5d3c0f1e2a9b",
        "a" * 90,
        "https://grafana.example/d/checkout?from=now-1h&to=now&var-pod=checkout-7d9f8b6c5d",
    ],
)
def test_what_is_copied_is_what_it_shows(name: str) -> None:
    assert literal(name, 100) == name


@given(texts)
def test_literal_has_no_functions_no_controls_one_line(text: str) -> None:
    shown = literal(text, 100)
    assert not re.search(r"\{\{(DATE|TIME)\(", shown)
    assert not re.search("[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066\u2067\ufeff]", shown)
    assert shown.count("\u2068") == shown.count("\u2069") <= 1


def test_right_to_left_text_is_isolated_and_overrides_are_removed() -> None:
    assert plain("שלום", 100) == "\u2068שלום\u2069"
    assert plain("left", 100) == "left"
    assert plain("\u202eevil\u202c\u2067\u200b", 100) == "evil"


def test_persian_and_emoji_keep_their_joiners() -> None:
    assert "\u200c" in plain("می\u200cشود", 100)
    assert plain("👩‍👩‍👧‍👦", 100) == "👩‍👩‍👧‍👦"


@given(texts, st.integers(1, 40))
def test_clip_keeps_its_limit_and_marks_a_cut(text: str, limit: int) -> None:
    clipped = clip(text, limit)
    assert len(clipped) <= limit
    assert clipped == text or clipped.endswith("…")


@pytest.mark.parametrize(
    ("text", "limit", "clipped"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd…"),
        ("one two three", 9, "one two…"),
        ("abe\u0301f", 4, "ab…"),
        ("ab👩‍👩‍👧‍👦", 6, "ab…"),
        ("ab👍🏽c", 4, "ab…"),
        ("🇩🇪🇫🇷🇮🇹", 4, "🇩🇪…"),
        ("e" + "\u0301" * 40, 4, "e\u0301\u0301…"),
    ],
)
def test_clip_does_not_cut_a_character_in_two(text: str, limit: int, clipped: str) -> None:
    assert clip(text, limit) == clipped


@pytest.mark.parametrize(
    ("url", "linked_to"),
    [
        ("https://acme.pagerduty.com/incidents/Q1", "https://acme.pagerduty.com/incidents/Q1"),
        ("http://localhost:8092/incidents/Q1", "http://localhost:8092/incidents/Q1"),
        ("https://a.example/x) [y](z", "https://a.example/x%29%20%5By%5D%28z"),
        ("https://a.example/ä?q=1%20%zz#f", "https://a.example/%C3%A4?q=1%20%25zz#f"),
        ("javascript:alert(1)", None),
        ("//a.example", None),
        ("https://", None),
        ("https://[broken", None),
        ("https://pagerduty.com@evil.example", None),
        ("https://a.example/" + "x" * 2_030, "https://a.example/" + "x" * 2_030),
        ("https://a.example/" + "x" * 7_000, None),
        (None, None),
    ],
)
def test_only_sane_web_addresses_are_linked(url: str | None, linked_to: str | None) -> None:
    assert web_link(url) == linked_to


@given(st.one_of(texts, texts.map("https://a.example/{}".format)))
def test_a_web_link_cannot_leave_its_markdown(url: str) -> None:
    assert not re.search(r"[\s()\[\]<>]", web_link(url) or "")
