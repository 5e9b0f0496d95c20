"""Text with links: a text that opens a page, and people's own text with the web addresses in it."""

import re
from collections.abc import Iterator
from typing import Unpack

from muster.cards.elements import TextRun, TextRunOptions, action_open_url, text_run
from muster.cards.text import clip, tidy, verbatim, web_link

_ADDRESS = re.compile(r"(?<!\S)(https?://\S*[^\s.,;:!?)\]}>'\"])")
"""A web address that stands as a word of its own. One inside somebody's markup stays text."""


def link(text: str, url: str | None, **options: Unpack[TextRunOptions]) -> TextRun:
    """``text`` as a link to ``url``; without a ``url`` only the text."""
    run = text_run(text, **options)
    if url is not None:
        run["selectAction"] = action_open_url(url)
    return run


def lines_with_links(text: str, *, limit: int, most_lines: int) -> list[list[TextRun]]:
    """The first ``most_lines`` lines of ``text`` in at most ``limit`` characters, without blank lines."""
    lines = [line for line in map(tidy, text.splitlines()) if line]
    kept = clip("\n".join(lines[:most_lines]), limit).splitlines()
    if len(lines) > most_lines and not kept[-1].endswith("…"):
        kept[-1] += " …"
    return [with_links(line) for line in kept]


def with_links(text: str) -> list[TextRun]:
    """A tidy text of one line, in which every whole web address is a link and shows where it leads."""
    return list(_runs(text))


def _runs(text: str) -> Iterator[TextRun]:
    for place, piece in enumerate(_ADDRESS.split(text)):
        is_address = place % 2 == 1 and not piece.endswith("…")
        if piece:
            yield link(verbatim(piece), web_link(piece) if is_address else None)
