"""From the text of a message to a command. Pure, and linear in the length of the text.

Teams sends what its editors make of what somebody wrote: the bot's mention anywhere, entities of HTML, spaces
that do not break, addresses as links (docs/platform-facts.md, appendix A).
"""

import html
import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import NamedTuple

_AT = re.compile(r"<at\b[^<>]{0,200}>([^<>]{0,200})</at>", re.IGNORECASE)
_LINK = re.compile(
    r"<a\b[^<>]{0,4096}?\bhref\s*=\s*[\"']([^\"'<>]{1,4096})[\"'][^<>]{0,4096}>", re.IGNORECASE
)
_LINKED = re.compile(r"\0([^\0<]*)\0[^<]{0,4096}</a>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:a|b|blockquote|br|code|div|em|emoji|font|h[1-6]|i|img|li|ol|p|pre|s|span|strong|sub|sup|u|ul)"
    r"(?:\s[^<>]{0,4096})?/?>",
    re.IGNORECASE,
)
"""Markup of Teams' editor. Anything else between angle brackets is text: a placeholder, an address."""
_MARKDOWN_LINK = re.compile(r"\[[^\[\]]{0,4096}\]\((https?://[^\s()]{1,4096})\)", re.IGNORECASE)
_BRACKETED = re.compile(r"<(https?://[^\s<>]{1,4096})>", re.IGNORECASE)
_COLON = re.compile("[:\uff1a](?!//)")
"""Between a command and what it is about (``authorize:KEY``); an address has one too."""
_AROUND = "/!.,:;?\"'`*_~()[]{}<>“”‘’«»-"
"""What people type around a command, and Markdown's emphasis."""


class Mentioned(NamedTuple):
    """A mention as the activity lists it."""

    text: str
    """As it stands in the message: ``<at>Muster</at>``."""
    is_ours: bool


class Command(NamedTuple):
    """What somebody asks for."""

    name: str
    """In small letters; empty where the message says nothing."""
    argument: str
    """The rest, with single spaces; addresses in it are whole and bare."""


def parse(text: str, *, mentions: Sequence[Mentioned] = (), names: Collection[str] = ()) -> Command:
    """The command of a message to the bot, which is called by one of these names."""
    ours = {folded(name) for name in names} - {""}
    text = _without_mentions(text.replace("\0", ""), mentions, ours)
    text = _TAG.sub(" ", _LINKED.sub(r" \1 ", _LINK.sub("\0\\1\0", text)).replace("\0", " "))
    text = html.unescape(text)
    text = _BRACKETED.sub(r" \1 ", _MARKDOWN_LINK.sub(r" \1 ", text))
    pieces = _visible(text).split()
    while pieces and (length := _name_in_front(pieces, ours)):
        del pieces[:length]
    while pieces and not pieces[0].strip(_AROUND):
        del pieces[0]
    if not pieces:
        return Command("", "")
    name, *glued = _COLON.split(pieces[0].strip(_AROUND), maxsplit=1)
    return Command(name.casefold(), " ".join(glued + pieces[1:]))


def _without_mentions(text: str, mentions: Sequence[Mentioned], ours: Collection[str]) -> str:
    """Our mentions taken out, and of the others the names kept.

    The activity lists them in the order of the text, so that a person of the bot's name stays a person.
    """
    kept, rest, found_ours = "", text, False
    for mention in mentions:
        before, mark, after = rest.partition(mention.text) if mention.text else ("", "", "")
        if mark:
            kept, rest = kept + before + (" " if mention.is_ours else _AT.sub(r"\1", mark)), after
            found_ours = found_ours or mention.is_ours
    text = kept + rest

    def by_name(match: re.Match[str]) -> str:
        return " " if not found_ours and folded(html.unescape(match[1])) in ours else match[1]

    return _AT.sub(by_name, text)


def _name_in_front(pieces: Sequence[str], ours: Collection[str]) -> int:
    """How many pieces are the bot's name, typed with an ``@`` that Teams did not take for a mention."""
    if not pieces[0].startswith("@"):
        return 0
    for name in ours:
        length = len(name.split())
        if folded(" ".join(pieces[:length])).strip(_AROUND + "@") == name:
            return length
    return 0


def folded(name: str) -> str:
    """A name as it is compared: what can be seen of it, in small letters, with single spaces."""
    return " ".join(_visible(name).split()).casefold()


def _visible(text: str) -> str:
    """The text without characters that nobody sees: zero-width, bidirectional, controls."""
    return "".join(
        character
        for character in text
        if character.isspace() or unicodedata.category(character) not in ("Cf", "Cc", "Cs")
    )
