"""Text with addresses: it stays as it is, its length is bounded, and every whole address can be followed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.cards.elements import RichTextBlock, TextBlock
from muster.cards.rich_text import is_address, lines_with_links, links_in, markdown_link
from muster.cards.text import web_link

texts = st.text(st.characters(codec="utf-8"), max_size=300)


def lines_of(blocks: list[RichTextBlock | TextBlock]) -> list[str]:
    return [
        block["text"] if block["type"] == "TextBlock" else "".join(run["text"] for run in block["inlines"])
        for block in blocks
    ]


def test_an_address_stays_in_its_text_and_is_linked_below() -> None:
    text = "See https://wiki.example/x?a=1#b, then call."
    assert lines_of(lines_with_links(text, limit=100, most_lines=3)) == [
        text,
        "🔗 [wiki.example/x](https://wiki.example/x?a=1#b)",
    ]


@pytest.mark.parametrize(
    "address",
    [
        "https://kibana.example/app/discover#/?_g=(time:(from:now-15m,to:now))",
        "https://wiki.example/Rust_(programming_language)",
        "https://a.example/x?ids=[1]",
        "HTTPS://A.example/x",
        "https://prod_eu.example/x",
        "https://x.example/" + "é" * 1_000,
    ],
)
def test_an_address_is_linked_as_it_is(address: str) -> None:
    (links,) = links_in(f"See {address}.")
    assert links["text"].endswith(f"]({web_link(address)})")
    assert is_address(address)


def test_what_closes_around_an_address_is_none_of_it() -> None:
    (links,) = links_in("Runbook (see https://wiki.example/x) or https://wiki.example/y!")
    assert links["text"] == (
        "🔗 [wiki.example/x](https://wiki.example/x) · [wiki.example/y](https://wiki.example/y)"
    )


@pytest.mark.parametrize("name", ["हिन्दी रनबुक", "Ru\u0301nbook", "a_b_c-pod_1", "دليل"])
def test_a_label_is_the_name_that_was_given(name: str) -> None:
    assert markdown_link(name, "https://a.example") == f"[{name}](https://a.example)"


def test_a_label_does_not_claim_another_address() -> None:
    link = markdown_link("https://good.example/login", "https://evil.example/x")
    assert link == "[evil.example/x](https://evil.example/x)"


@pytest.mark.parametrize(
    "text",
    [
        "{}<br>Then call.",
        "{}</a>",
        '{}">the runbook</a>',
        "{}'>the runbook</a>",
        "{}>",
        '{}"',
        '"{}"',
        '"{}", then call.',
        "'{}'",
        "'{}'.",
        "“{}”",
        "„{}“",
        "«{}».",
        "‘{}’",
        "`{}`",
    ],
)
@pytest.mark.parametrize("address", ["https://wiki.example/x?a=1", "https://wiki.example/x_(y)"])
def test_an_address_ends_at_angle_brackets_and_quotes(text: str, address: str) -> None:
    (links,) = links_in(f"See {text.format(address)}")
    assert links["text"].endswith(f"]({web_link(address)})")
    assert links["text"].count("](") == 1


def test_an_apostrophe_inside_an_address_is_its_own() -> None:
    address = "https://kibana.example/app/discover#/?_a=(query:(query:'status:500'))"
    assert is_address(address)
    (links,) = links_in(f"See {address}, then call.")
    assert links["text"].endswith(f"]({web_link(address)})")


def test_many_addresses_are_counted() -> None:
    (links,) = links_in(" ".join(f"https://a.example/{n}" for n in range(9)))
    assert links["text"].count("](") == 5
    assert links["text"].endswith(" · … and 4 more in PagerDuty")


def test_an_address_is_linked_once() -> None:
    (links,) = links_in("https://a.example https://b.example https://a.example")
    assert links["text"] == "🔗 [a.example](https://a.example) · [b.example](https://b.example)"


def test_an_address_inside_markup_stays_text() -> None:
    assert links_in("[runbook](https://evil.example) <https://evil.example>") == []
    assert links_in('<a href="https://evil.example">runbook</a>') == []


@pytest.mark.parametrize("limit", [20, 26], ids=["in its host", "in its path"])
def test_a_link_is_whole_where_its_text_is_clipped(limit: int) -> None:
    address = "https://wiki.example/a/long/way"
    shown, links = lines_of(lines_with_links(address, limit=limit, most_lines=1))
    assert shown.endswith("…")
    assert links.endswith(f"({address})")


@pytest.mark.parametrize("cut", ["https://wiki.example/a/lo…", "https://wiki.exa…"])
def test_an_address_that_was_cut_before_is_no_link(cut: str) -> None:
    assert links_in(f"see {cut}") == []
    assert not is_address(cut)


def test_an_address_of_two_kilobytes_is_whole() -> None:
    address = "https://grafana.example/d/" + "x" * 2_000
    (links,) = links_in(f"Dashboard: {address}")
    assert links["text"].endswith(f"({address})")


@given(texts)
def test_no_label_breaks_its_link(text: str) -> None:
    link = markdown_link(text, "https://a.example/x")
    assert link is not None
    label, address = link.removeprefix("[").removesuffix(")").split("](")
    assert address == "https://a.example/x"
    assert label
    assert not set(label) & set("[]()*`~\\<>&#|!{}\n")
    assert not re.search(r"(?<!\w)_|_(?!\w)", label)


def test_a_long_text_keeps_its_first_lines() -> None:
    lines = lines_of(lines_with_links("one\n\n \ntwo\nthree", limit=100, most_lines=2))
    assert lines == ["one", "two …"]


@given(texts)
def test_a_long_text_keeps_its_limits(text: str) -> None:
    lines = [b for b in lines_with_links(text, limit=50, most_lines=3) if b["type"] == "RichTextBlock"]
    assert len(lines) <= 3
    assert all(line["inlines"] for line in lines)
