"""Single values as PagerDuty writes them: read tolerantly, handed on clipped."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json

from workflows.incident.values import Reference

ID, NAME, STATE, VALUE, TITLE, DESCRIPTION, TEXT = 64, 120, 30, 300, 800, 1_600, 2_400
"""Most bytes of JSON for each kind of text; what a card shows fits in them whatever the script."""
URL = 2_048
"""Most bytes of an address, which is whole or not there."""
_IDENTIFIER = re.compile(r"[!-.0-~]{1,64}")
"""An id becomes a part of workflow ids, which ``/`` divides, and of HTTP headers: ASCII without spaces."""
_NUMBER = re.compile(r"[0-9]{1,15}")
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_WIDEST = 4
"""Bytes of any other character."""

Body = Mapping[str, Any]


class EventUnusable(Exception):
    """A body of PagerDuty lacks what the product needs of it; the text says what."""


def identifier(value: Any) -> str | None:
    """An id, or ``None``; never a clipped one, which would name something else."""
    written = _written(value)
    return written if _IDENTIFIER.fullmatch(written) else None


def clipped(value: Any, limit: int) -> str:
    """A text or a number as text of at most ``limit`` bytes of JSON, without what no renderer can show."""
    text = _UNSHOWABLE.sub("", _written(value)).strip()
    if _size(text) <= limit:
        return text
    kept = text[:limit]
    while (excess := _size(kept) + _size("…") - limit) > 0:
        kept = kept[: -max(1, excess // _WIDEST)]
    return kept + "…"


def url_of(value: Any) -> str | None:
    """An address, or ``None``; never a cut one, which would lead elsewhere."""
    text = value.strip() if isinstance(value, str) else ""
    return text if text and _size(text) <= URL and not _UNSHOWABLE.search(text) else None


def whole_number(value: Any) -> int | None:
    """A number, or a text of digits as a number."""
    written = _written(value)
    return int(written) if _NUMBER.fullmatch(written) else None


def moment_of(value: Any, name: str) -> datetime:
    """A time in UTC; raises ``EventUnusable``, whose text has the ``name`` of what was read."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            pass
    raise EventUnusable(f"{name} is no time")


def reference_to(value: Any) -> Reference | None:
    """Somebody or something by id and name; ``None`` without an id."""
    if not isinstance(value, Mapping):
        return None
    identity = clipped(value.get("id"), ID)
    if not identity:
        return None
    name = clipped(value.get("summary") or value.get("name"), NAME)
    return Reference(id=identity, name=name)


def references_to(value: Any) -> tuple[Reference, ...]:
    """The entries of a list that have an id."""
    found = (reference_to(item) for item in value) if isinstance(value, list) else ()
    return tuple(reference for reference in found if reference is not None)


def mappings(value: Any) -> Iterable[Body]:
    """The objects among the entries of a list; none if it is no list."""
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else ()


def _size(text: str) -> int:
    return len(to_json(text)) - len('""')


def _written(value: Any) -> str:
    """A text, or a number as text; not a number of thousands of digits, which Python refuses to write."""
    match value:
        case str():
            return value
        case bool():
            return ""
        case int() if value.bit_length() < 64:
            return str(value)
        case float():
            return str(value)
        case _:
            return ""
