"""How a meeting is joined, as Graph tells it of entries of calendars and of online meetings."""

from typing import Any, NamedTuple

from muster.payloads.values import Body, url_of
from muster.values import NAME, one_line


class DialIn(NamedTuple):
    """The telephone number of a meeting, and what one dials after it."""

    number: str
    conference_id: str


class Joining(NamedTuple):
    """The address to join a meeting by; without a number where the organizer's licence has none."""

    url: str
    dial_in: DialIn | None


def joining_of(url: Any, audio: Body) -> Joining | None:
    """Read both: ``audio`` has ``tollNumber`` and ``conferenceId``. ``None`` without an address."""
    address = url_of(url)
    if address is None:
        return None
    number, conference_id = (one_line(audio.get(name), NAME) for name in ("tollNumber", "conferenceId"))
    return Joining(address, DialIn(number, conference_id) if number and conference_id else None)
