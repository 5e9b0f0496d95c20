"""Times as text: whole seconds in the REST API, milliseconds in events and records."""

from datetime import UTC, datetime
from typing import overload


@overload
def in_seconds(at: datetime) -> str: ...
@overload
def in_seconds(at: None) -> None: ...
def in_seconds(at: datetime | None) -> str | None:
    """The form in REST answers."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def in_milliseconds(at: datetime) -> str:
    """The form in events."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def parse_time(text: str) -> datetime:
    """The time of an ISO 8601 text, in UTC if it has no zone; raises ValueError."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
