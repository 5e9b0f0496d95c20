"""People's own text with the web addresses in it: the text as it is, and links to press below it.

A link inside a TextRun is dead text in Teams on desktop and web (AdaptiveCards #9100), so the links stand in
a TextBlock of their own, under labels that are made of harmless characters alone.
"""

import re
from collections.abc import Iterable

from muster.cards.elements import RichTextBlock, TextBlock, rich_text_block, text_block, text_run
from muster.cards.text import clip, tidy, verbatim, web_link
from muster.web_addresses import addresses_in, without_scheme

_LIKE_AN_ADDRESS = re.compile(r"\S+\.\S+")
_UNSAFE_IN_LABEL = re.compile(r"[\\`*~\[\](){}<>#+=!|&\"']|(?<!\w)_+|_+(?!\w)")
"""What Markdown could read. An underscore inside a word is none of it."""
_LABEL_LIMIT = 40
_MOST_LINKS = 5


def lines_with_links(text: str, *, limit: int, most_lines: int) -> list[RichTextBlock | TextBlock]:
    """The first lines of ``text``, at most ``limit`` characters, then links to every whole address in it."""
    lines = [line for line in map(tidy, text.splitlines()) if line]
    kept = clip("\n".join(lines[:most_lines]), limit).splitlines()
    if len(lines) > most_lines and not kept[-1].endswith("…"):
        kept[-1] += " …"
    blocks: list[RichTextBlock | TextBlock] = [
        rich_text_block(text_run(verbatim(line)), spacing="None") for line in kept
    ]
    return [*blocks, *links_in(text)]


def links_in(text: str) -> list[TextBlock]:
    """One line with a link to each whole web address in ``text``; no line where there is none."""
    links = [link for address in addresses_in(text) if (link := markdown_link(label_of(address), address))]
    if len(links) > _MOST_LINKS:
        links = [*links[:_MOST_LINKS], f"… and {len(links) - _MOST_LINKS} more in PagerDuty"]
    return [linked(links)] if links else []


def linked(links: Iterable[str]) -> TextBlock:
    """One line of links."""
    return text_block("🔗 " + " · ".join(links), size="Small", spacing="None")


def is_address(text: str) -> bool:
    """Whether ``text`` is one whole web address and nothing else."""
    return addresses_in(text) == (text,)


def markdown_link(label: str, url: str | None) -> str | None:
    """A link for a TextBlock; ``None`` where ``url`` is not fit for one.

    The label loses everything that Markdown could read, since clients differ in which escapes they honour.
    One that looks like an address gives way to where the link leads.
    """
    fit = web_link(url)
    if url is None or fit is None:
        return None
    named = label_of(url) if _LIKE_AN_ADDRESS.fullmatch(tidy(label)) else label
    shown = clip(tidy(_UNSAFE_IN_LABEL.sub(" ", tidy(named))), _LABEL_LIMIT)
    return f"[{shown or 'Link'}]({fit})"


def label_of(address: str) -> str:
    """Where an address leads: its host and path."""
    return re.split(r"[?#]", without_scheme(address).removeprefix("www."))[0].rstrip("/")
