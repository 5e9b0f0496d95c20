"""How times are written: whole seconds in the API, milliseconds in events and records."""

from datetime import UTC, datetime
from typing import overload


@overload
def in_seconds(at: datetime) -> str: ...
@overload
def in_seconds(at: None) -> None: ...
def in_seconds(at: datetime | None) -> str | None:
    """As REST answers tell times."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def in_milliseconds(at: datetime) -> str:
    """As events tell when they happened."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def parse_time(text: str) -> datetime:
    """A time as callers write it: ISO 8601, in UTC where no zone is given; ValueError where it is none."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
