"""Somebody whom an entry in a calendar names: kept in its row, and sent to Microsoft."""

from typing import NamedTuple


class Attendee(NamedTuple):
    """Somebody who is invited."""

    address: str
    name: str
