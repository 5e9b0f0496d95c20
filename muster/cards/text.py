"""Escaping and clipping of text that other people wrote.

- ``literal`` is for a card's ``TextRun``, which shows text as it is.
- ``escape`` is for a message, which is Markdown with HTML entities.
- ``plain`` is for a place without any markup, and ``plain_lines`` for several lines there.

All take bidirectional controls out and isolate right-to-left text, so that a text cannot reorder
what stands beside it. Nothing else is added: a name that somebody copies from a card is the name.
"""

import re
import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

_WEB_LINK_LIMIT = 6_500
"""Characters of a quoted address: three for each byte of 2 KB, the longest that is kept."""
_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?")
_URL_SAFE = "%:/?@!$&'*+,;=~"
"""Not the round and square brackets: they may stand in an address, but they end a Markdown link."""
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")

_INVISIBLE = re.compile(
    "[\u0000-\u001f\u007f-\u009f"  # C0 and C1 controls
    "\u200b\u2060-\u2064\ufeff"  # zero-width space, joiners of words, byte order mark
    "\u202a-\u202e\u2066-\u2069"  # bidirectional embeddings, overrides and isolates
    "\ud800-\udfff]"  # lone surrogates, which UTF-8 cannot carry
)
_FUNCTION = re.compile(r"\{\{(?=(DATE|TIME)\()")
_NO_BREAK = "\u2060"
_TAB = 4
"""Spaces."""
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_MARKDOWN = re.compile(r"[\\`*_~|\[\]]|^[#+=-]")
_NUMBERED_ITEM = re.compile(r"^(\d+)([.)])")

_ZERO_WIDTH_JOINER = "\u200d"
_EMOJI_MODIFIERS = range(0x1F3FB, 0x1F400)
_EMOJI_TAGS = range(0xE0020, 0xE0080)
_REGIONAL_INDICATORS = range(0x1F1E6, 0x1F200)


def plain(text: str, limit: int) -> str:
    """One visible line of at most ``limit`` characters, for a place without any markup."""
    return _isolated(clip(tidy(text), limit))


def plain_lines(text: str) -> str:
    """The lines of a text as they are, for a place without any markup."""
    lines = (_INVISIBLE.sub("", line.expandtabs(_TAB)).rstrip() for line in text.splitlines())
    return "\n".join(map(_isolated, lines)).strip("\n")


def literal(text: str, limit: int) -> str:
    """One line for a ``TextRun``, shown letter by letter."""
    return verbatim(clip(tidy(text), limit))


def escape(text: str, limit: int) -> str:
    """One line for a Markdown message, in which every character stands for itself."""
    line = _without_functions(clip(tidy(text), limit))
    line = _NUMBERED_ITEM.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\g<0>", line))
    return _isolated(line.translate(_ENTITIES))


def tidy(text: str) -> str:
    """``text`` on one line, without invisible characters that change how it is shown."""
    return " ".join(_INVISIBLE.sub("", " ".join(text.split())).split())


def verbatim(text: str) -> str:
    """A tidy line for a ``TextRun``, shown letter by letter."""
    return _isolated(_without_functions(text))


def clip(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` characters, ending with … where something was cut.

    No cut falls inside what a reader sees as one character: an accented letter, a joined emoji, a flag.
    """
    if len(text) <= limit:
        return text
    cut = limit - 1
    while cut > 0 and _joined(text, cut):
        cut -= 1
    return text[: cut or limit - 1].rstrip() + "…"


def web_link(url: str | None) -> str | None:
    """``url`` made fit for a link in a card or in Markdown; ``None`` unless it is a sane http(s) address."""
    if url is None:
        return None
    try:
        scheme, host, *rest = urlsplit(url)
    except ValueError:
        return None
    if scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return None
    path, query, fragment = (_STRAY_PERCENT.sub("%25", quote(part, safe=_URL_SAFE)) for part in rest)
    quoted = urlunsplit((scheme, host, path, query, fragment))
    return quoted if len(quoted) <= _WEB_LINK_LIMIT else None


def _without_functions(text: str) -> str:
    """Some renderers run the functions of a TextBlock in a TextRun, too; templates' ``{{`` stays as it is."""
    return _FUNCTION.sub("{" + _NO_BREAK + "{", text)


def _isolated(text: str) -> str:
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}"
    return text


def _joined(text: str, cut: int) -> bool:
    """Whether the characters on both sides of ``cut`` belong together."""
    before, after = text[cut - 1], text[cut]
    code = ord(after)
    if before == _ZERO_WIDTH_JOINER or after == _ZERO_WIDTH_JOINER or unicodedata.category(after)[0] == "M":
        return True
    if code in _REGIONAL_INDICATORS:
        flags = len(text[:cut]) - len(text[:cut].rstrip("".join(map(chr, _REGIONAL_INDICATORS))))
        return flags % 2 == 1
    return code in _EMOJI_MODIFIERS or code in _EMOJI_TAGS
