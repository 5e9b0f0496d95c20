"""Instants, durations and lists as cards and messages write them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

_SAME_DAY = timedelta(hours=12)


def instant(at: datetime) -> str:
    """Date and time as a card shows them in its reader's zone and language."""
    stamp = _stamp(at)
    return f"{{{{DATE({stamp},SHORT)}}}}, {{{{TIME({stamp})}}}}"


def instant_after(at: datetime, opened_at: datetime | None) -> str:
    """``at``; without its date if that is clear: less than twelve hours after ``opened_at``."""
    if opened_at is not None and at - opened_at < _SAME_DAY:
        return f"{{{{TIME({_stamp(at)})}}}}"
    return instant(at)


def duration(span: timedelta) -> str:
    """A length of time in its two largest units: ``45 s``, ``21 min``, ``2 h 5 min``, ``3 d 4 h``."""
    seconds = max(0, int(span.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes == 0:
        return f"{seconds} s"
    if hours == 0:
        return f"{minutes} min"
    if days == 0:
        return _units(f"{hours} h", minutes % 60, "min")
    return _units(f"{days} d", hours % 24, "h")


def listed(items: Sequence[str], *, most: int, total: int | None = None, separator: str = ", ") -> str:
    """The first ``most`` items and how many of ``total`` are left out."""
    shown = items[:most]
    left = (len(items) if total is None else total) - len(shown)
    return separator.join([*shown, f"… and {left} more"] if left > 0 else shown)


def _units(larger: str, rest: int, unit: str) -> str:
    return f"{larger} {rest} {unit}" if rest else larger


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
