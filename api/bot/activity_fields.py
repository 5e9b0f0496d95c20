"""Fields of an activity: how each kind is read.

Whatever is kept, sent or logged is bounded and has no control characters. What must be exact is refused where
it cannot be used as it is; a name is cleaned and clipped; the rest is dropped where it is odd.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from muster.identifiers import UuidOrNothing
from muster.values import NAME, one_line, teams_identifier


def _exact(value: Any) -> str:
    exact = teams_identifier(value)
    if exact is None:
        raise ValueError("it must be printable ASCII without spaces, and not too long")
    return exact


def _exact_or_nothing(value: Any) -> str | None:
    return None if value is None or value == "" else _exact(value)


def _name(value: Any) -> str | None:
    return one_line(value, NAME) or None


def _text(value: Any) -> str:
    return value[:TEXT_LIMIT] if isinstance(value, str) else ""


def _moment(value: Any) -> datetime | None:
    """A moment of RFC 3339; without an offset it is UTC, as Teams writes ``timestamp``."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is None:
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _or_dropped(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


def _items(value: Any) -> tuple[Any, ...]:
    return tuple(item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else ()


TEXT_LIMIT = 20 * 1024
"""Characters of a message that are read."""

Exact = Annotated[str, BeforeValidator(_exact)]
"""An id, or what is compared: it goes into headers, rows and logs as it is."""
ExactOrNothing = Annotated[str | None, BeforeValidator(_exact_or_nothing)]
Name = Annotated[str | None, BeforeValidator(_name)]
"""What people read: of another type it counts as missing."""
OrDropped = WrapValidator(_or_dropped)
"""Makes a field count as missing where it is odd."""
IfExact = Annotated[ExactOrNothing, OrDropped]
"""An id that counts as missing where it is odd."""
IfUuid = Annotated[UuidOrNothing, OrDropped]
Text = Annotated[str, BeforeValidator(_text)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
Items = BeforeValidator(_items)
"""Of a list its objects."""
