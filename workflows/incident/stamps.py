"""The order in which things happened to an incident, as far as PagerDuty tells it.

Webhooks tell microseconds, REST tells whole seconds: the helpers here compare the two.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Generic, Self, TypeVar

from pydantic import AwareDatetime

from workflows.values import Value

MOST_ENTRIES = 50
"""Bound of every keyed list: the newest by stamp stay, whatever order they came in."""

ValueT = TypeVar("ValueT", bound=Value)


class Stamp(Value):
    """When PagerDuty says that something happened, then the id of the event that told it."""

    at: AwareDatetime
    event_id: str = ""

    def __lt__(self, other: Self) -> bool:
        return (self.at, self.event_id) < (other.at, other.event_id)

    def __le__(self, other: Self) -> bool:
        return (self.at, self.event_id) <= (other.at, other.event_id)


class Entry(Value, Generic[ValueT]):
    """A member of a keyed list with its own stamp: a newer one of the same key replaces it."""

    key: str
    stamp: Stamp
    value: ValueT


def upsert(entries: tuple[Entry[ValueT], ...], *new: Entry[ValueT]) -> tuple[Entry[ValueT], ...]:
    """Keyed by ``key``, the newer stamp of a key wins; oldest first, bounded to the newest."""
    newest: dict[str, Entry[ValueT]] = {}
    for entry in (*entries, *new):
        held = newest.get(entry.key)
        if held is None or held.stamp < entry.stamp:
            newest[entry.key] = entry
    ordered = sorted(newest.values(), key=lambda entry: (entry.stamp.at, entry.stamp.event_id, entry.key))
    return tuple(ordered[-MOST_ENTRIES:])


def is_newer(stamp: Stamp, entry: Entry[ValueT] | None) -> bool:
    """Whether what carries this stamp replaces the entry."""
    return entry is None or entry.stamp < stamp


def latest(*stamps: Stamp | None) -> Stamp | None:
    """The newest of the stamps that are there."""
    return max(_there(stamps), key=lambda s: (s.at, s.event_id), default=None)


def later(*moments: datetime | None) -> datetime | None:
    """The latest of the moments that are there."""
    return max((moment for moment in moments if moment is not None), default=None)


def whole_second(moment: datetime) -> datetime:
    """The moment as REST would tell it."""
    return moment.replace(microsecond=0)


def end_of_second(moment: datetime) -> datetime:
    """The last microsecond of the moment's second."""
    return whole_second(moment) + timedelta(microseconds=999_999)


def is_same_second(one: Stamp, other: Stamp) -> bool:
    """Whether REST would tell both with the same time."""
    return whole_second(one.at) == whole_second(other.at)


def _there(stamps: Iterable[Stamp | None]) -> Iterable[Stamp]:
    return (stamp for stamp in stamps if stamp is not None)
