"""Web addresses in text that others wrote: where one begins and where it ends. The one place that knows.

Pure: payloads, which cut no address, and cards, which link whole ones, share it.
"""

import re

_BEGINNING = re.compile(r"https?://", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"`“”„«»]+", re.IGNORECASE)
"""What ends it stands in no address: browsers write it as ``%3C``, ``%22`` and so on. An apostrophe may stand
in one (Kibana's filters), and so does every bracket but ``<>``."""
_QUOTES = {'"': '"', "`": "`", "“": "”", "„": "“”", "«": "»", "'": "'", "‘": "’"}
"""By the quote that opens: those that close it."""
_STANDING = re.compile(rf"(?<!\S)([{''.join(_QUOTES)}]?)({_ADDRESS.pattern})", re.IGNORECASE)
"""An address that stands as a word of its own, perhaps in quotes. One inside somebody's markup stays text."""
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_ENDS_OF_SENTENCES = ".,;:!?'‘’"
_CUT = "…"


def begins_as_address(text: str) -> bool:
    """Whether ``text`` begins as a web address does, whatever follows."""
    return _BEGINNING.match(text) is not None


def holds_address(text: str) -> bool:
    """Whether a web address stands anywhere in ``text``."""
    return _ADDRESS.search(text) is not None


def addresses_in(text: str) -> tuple[str, ...]:
    """Every whole web address that stands as a word in ``text``, once, in the order of the text."""
    found = (_whole(*match.groups()) for match in _STANDING.finditer(text))
    return tuple(dict.fromkeys(filter(None, found)))


def without_scheme(address: str) -> str:
    """A web address without ``https://``."""
    return _BEGINNING.sub("", address, count=1)


def _whole(quote: str, text: str) -> str | None:
    """The address that begins ``text``, without what closes around it or ends its sentence.

    ``None`` where the address was cut.
    """
    closing = [at for mark in _QUOTES.get(quote, "") if (at := text.find(mark)) >= 0]
    text = text[: min(closing)] if closing else text
    if text.endswith(_CUT):
        return None
    while text and (text[-1] in _ENDS_OF_SENTENCES or _closes_what_it_did_not_open(text)):
        text = text[:-1]
    return text


def _closes_what_it_did_not_open(text: str) -> bool:
    opening = _BRACKETS.get(text[-1])
    return opening is not None and text.count(text[-1]) > text.count(opening)
