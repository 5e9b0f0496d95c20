"""Single values as PagerDuty writes them: read tolerantly, handed on clipped."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from muster.values import NAME, UNSHOWABLE, URL, clipped, identifier, size, written
from muster.web_addresses import begins_as_address
from workflows.incident.values import Reference

_NUMBER = re.compile(r"[0-9]{1,15}")

Body = Mapping[str, Any]


class EventUnusable(Exception):
    """A body of PagerDuty lacks what the product needs of it; the text says what."""


def url_of(value: Any) -> str | None:
    """A web address, or ``None``; never a cut one, which would lead elsewhere."""
    text = value.strip() if isinstance(value, str) else ""
    return text if begins_as_address(text) and not UNSHOWABLE.search(text) and size(text) <= URL else None


def whole_number(value: Any) -> int | None:
    """A number, or a text of digits as a number."""
    digits = written(value)
    return int(digits) if _NUMBER.fullmatch(digits) else None


def moment_of(value: Any, name: str) -> datetime:
    """A time in UTC; raises ``EventUnusable``, whose text has the ``name`` of what was read."""
    moment = moment_or_none(value)
    if moment is None:
        raise EventUnusable(f"{name} is no time")
    return moment


def moment_or_none(value: Any) -> datetime | None:
    """A time in UTC, where it is one."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def reference_to(value: Any) -> Reference | None:
    """Somebody or something by id and name; ``None`` without an id that can be used."""
    if not isinstance(value, Mapping):
        return None
    identity = identifier(value.get("id"))
    if identity is None:
        return None
    return Reference(id=identity, name=first_text(value, "summary", "name", limit=NAME))


def first_text(value: Body, *names: str, limit: int) -> str:
    """The first of these fields that holds a text; empty where none does."""
    return next(filter(None, (clipped(value.get(name), limit) for name in names)), "")


def references_to(value: Any) -> tuple[Reference, ...]:
    """The entries of a list that have an id."""
    found = (reference_to(item) for item in value) if isinstance(value, list) else ()
    return tuple(reference for reference in found if reference is not None)


def mapping(value: Any) -> Body:
    """An object; an empty one if it is none."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: Any) -> Iterable[Body]:
    """The objects among the entries of a list; none if it is no list."""
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else ()
