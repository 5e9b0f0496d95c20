"""What a person wrote at some length: its lines kept, and the addresses in it made to be pressed."""

import re
from collections.abc import Iterator

from muster.cards.blocks import Block, link, run
from muster.cards.text import clip, tidy, verbatim, web_link

_ADDRESS = re.compile(r"(?<!\S)(https?://\S*[^\s.,;:!?)\]}>'\"])")
"""An address that stands as a word of its own: one inside somebody's markup stays text."""


def passage(text: str, *, limit: int, most_lines: int) -> list[list[Block]]:
    """The runs of each line: blank lines dropped, at most ``most_lines``, at most ``limit`` characters."""
    lines = [line for line in map(tidy, text.splitlines()) if line]
    kept = clip("\n".join(lines[:most_lines]), limit).splitlines()
    if len(lines) > most_lines and not kept[-1].endswith("…"):
        kept[-1] += " …"
    return [linked(line) for line in kept]


def linked(line: str) -> list[Block]:
    """The runs of a tidy line in which every whole web address is a link that shows where it leads."""
    return list(_runs(line))


def _runs(line: str) -> Iterator[Block]:
    for place, piece in enumerate(_ADDRESS.split(line)):
        is_address = place % 2 == 1 and not piece.endswith("…")
        if piece:
            yield link(verbatim(piece), web_link(piece)) if is_address else run(verbatim(piece))
