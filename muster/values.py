"""The rules for values that others wrote, whichever way they came in: PagerDuty, Teams, an answer to a call.

An id is taken as it is or not at all: cleaned or cut, it would name something else. What people read is
cleaned and clipped. Pure: payloads, clients, the store, the log and the API share it.
"""

import re
import unicodedata
from collections.abc import Mapping
from math import isfinite
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json

from muster.web_addresses import holds_address

ID, NAME, STATE, VALUE, TITLE, DESCRIPTION, TEXT = 64, 120, 30, 300, 3_100, 1_600, 2_400
"""Most bytes of JSON for each kind of text; what a card shows fits in them whatever the script.

A title is whole: PagerDuty takes 1,024 characters.
"""
URL = 2_048
"""Most bytes of an address, which is whole or not there, and of all addresses in a longer text."""
TEAMS_ID = 512
"""Most characters of an id of Teams: that of a conversation carries its thread."""

UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but for tab and line feed, and lone surrogates, which UTF-8 cannot carry."""
_IDENTIFIER = re.compile(r"[!-.0-~]{1,64}")
"""An id becomes a part of workflow ids, which ``/`` divides, and of HTTP headers: ASCII without spaces."""
_PRINTABLE = re.compile(r"[!-~]+")
_PIECES = re.compile(r"\s+|\S+")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_WIDEST = 4
"""Bytes of any other character."""


def identifier(value: Any) -> str | None:
    """An id of PagerDuty, or ``None``; never a clipped one, which would name something else."""
    text = written(value)
    return text if _IDENTIFIER.fullmatch(text) else None


def teams_identifier(value: Any) -> str | None:
    """An id of Teams, which may hold slashes, or ``None``; never a clipped one."""
    fits = isinstance(value, str) and len(value) <= TEAMS_ID and _PRINTABLE.fullmatch(value)
    return value if fits else None


def clipped(value: Any, limit: int) -> str:
    """A text or a number as text of at most ``limit`` bytes of JSON, without what no renderer can show."""
    text = UNSHOWABLE.sub("", written(value)).strip()
    if size(text) <= limit:
        return text
    kept = text[:limit]
    while (excess := size(kept) + size("…") - limit) > 0:
        kept = kept[: -max(1, excess // _WIDEST)]
    return kept + "…"


def clipped_between_addresses(value: Any, limit: int) -> str:
    """The same for a text with web addresses. None is cut, and up to ``URL`` bytes of them do not count."""
    text = UNSHOWABLE.sub("", written(value)).strip()
    if size(text) <= limit:
        return text
    kept, words, addresses = "", 0, 0
    for piece in _PIECES.findall(text):
        if holds_address(piece):
            addresses += size(piece)
            if addresses > URL:
                return f"{kept.rstrip()} …" if kept else clipped(piece, limit)
        else:
            room = limit - size("…") - words
            words += size(piece)
            if size(piece) > room:
                beginning = clipped(piece, room).removesuffix("…") if room > size("…") else ""
                return f"{kept}{beginning}…" if beginning.strip() else f"{kept.rstrip()} …"
        kept += piece
    return kept


def one_line(value: Any, limit: int) -> str:
    """The same for what stands on one line, such as a name."""
    return clipped(" ".join(written(value).split()), limit)


def is_visible(text: str) -> bool:
    """Whether a reader would see anything of it: not of spaces, controls and formatting characters alone."""
    return any(unicodedata.category(character)[0] not in "CZ" for character in text)


def size(text: str) -> int:
    """Bytes of a text in JSON, without its quotes."""
    return len(to_json(text)) - len('""')


def written(value: Any) -> str:
    """A text, or a number as text; not a number of thousands of digits, which Python refuses to write."""
    match value:
        case str():
            return value
        case bool():
            return ""
        case int() if value.bit_length() < 64:
            return str(value)
        case float() if isfinite(value):
            return str(value)
        case _:
            return ""


def storable(text: str) -> str:
    """``text`` without what Postgres refuses in any text: NUL, and lone surrogates."""
    return _UNSTORABLE.sub("", text)


def storable_json(value: BaseModel) -> str:
    """``value`` as JSON for a ``jsonb`` column, without what Postgres refuses in its texts."""
    text = value.model_dump_json()
    if r"\u0000" not in text:
        return text
    return to_json(_storable(value.model_dump(mode="json"))).decode()


def _storable(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case Mapping():
            return {key: _storable(item) for key, item in value.items()}
        case list():
            return [_storable(item) for item in value]
        case _:
            return value
