"""Nothing that others wrote is markup where operators read it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from workflows.markdown import as_markdown

JOINER = "\u2060"
MARKUP = st.text(st.sampled_from("ab1 .\\`*_~|[]()<>!#&;:/@-+=\n\t\u202e"), max_size=30)
LINKS = re.compile(r"\w+://|www\.|[\w.+-]@\w", re.IGNORECASE)


def read(markdown: str) -> str:
    """What a reader sees of one line, which must be nothing but text."""
    (opened, line, closed) = MarkdownIt("commonmark", {"html": True}).enable("strikethrough").parse(markdown)
    assert (opened.type, line.type, closed.type) == ("paragraph_open", "inline", "paragraph_close")
    assert {child.type for child in line.children or ()} <= {"text", "text_special"}
    return "".join(child.content for child in line.children or ()).replace(JOINER, "")


@pytest.mark.parametrize(
    "text",
    [
        "Ada Ops",
        "Zoë O'Neil-Smith (SRE), 50%",
        "[go](https://evil.example)",
        "![logo](https://evil.example/pixel.png)",
        "https://evil.example",
        "HTTPS://evil.example",
        "see www.evil.example",
        "ftp://evil.example",
        "mailto:ada@evil.example",
        "<https://evil.example>",
        "<a href='https://evil.example'>go</a>",
        "<img src=x onerror=alert(1)>",
        "<!-- -->",
        "`code`",
        "a|b",
        r"a\|b\\",
        "**bold** _it_ ~~gone~~",
        "# heading",
        "- item",
        "1. item",
        "2) item",
        "> quote",
        "---",
        "===",
        "&lt;b&gt; &#60;b&#62; R&D",
        "[ref]: https://evil.example",
        "[^1]",
    ],
)
def test_a_text_is_shown_letter_by_letter_and_nothing_is_a_link(text: str) -> None:
    written = as_markdown(text, 400)
    assert read(written) == text
    assert not LINKS.search(written)


def test_lines_and_what_reorders_them_are_taken_out() -> None:
    assert as_markdown("a\r\n| b |\n\n# c\u202e\x00\u200b\ud83d", 400) == r"a \| b \| # c"


def test_a_number_of_an_incident_is_no_heading() -> None:
    assert as_markdown("#42 · Checkout", 400) == "#42 · Checkout"


@given(st.one_of(MARKUP, st.text(max_size=60)))
def test_any_text_is_nothing_but_text(text: str) -> None:
    written = as_markdown(text, 2_000)
    assert "\n" not in written
    if written:
        read(written)
    assert not LINKS.search(written)


@given(st.one_of(MARKUP, st.text(max_size=300)), st.integers(20, 200))
def test_a_limit_holds_for_what_is_written(text: str, limit: int) -> None:
    assert len(as_markdown(text, limit).encode()) <= limit


@pytest.mark.parametrize("text", ["[" * 500, "<" * 500, "🔥" * 500, "a@b" * 500])
def test_a_clipped_text_says_so_and_no_escape_is_cut(text: str) -> None:
    written = as_markdown(text, 100)
    assert written.endswith("…")
    assert 80 < len(written.encode()) <= 100
    assert text.startswith(read(written)[:-1])
