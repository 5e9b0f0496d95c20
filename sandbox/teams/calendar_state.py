"""Entries of calendars, and online meetings, as the simulator keeps them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class OnlineMeeting(_Frozen):
    """A meeting that people can join."""

    id: str
    """Of its chat: ``19:meeting_…@thread.v2``."""
    organizer: str
    """AAD object id."""
    subject: str
    starts_at: datetime
    ends_at: datetime
    made_at: str
    external_id: str | None = None
    """The key with which an app made it; without one it belongs to an entry of the organizer's calendar."""
    attendees: tuple[dict[str, Any], ...] = ()
    """As the app named them; those of an entry stand there."""
    conference_id: str | None = None
    """What one dials after the telephone number; None where the organizer's licence has no number."""


class CalendarEntry(_Frozen):
    """An entry of somebody's calendar."""

    id: str
    mailbox: str
    """AAD object id of whose calendar it is."""
    made_at: str
    changed_at: str
    asked: dict[str, Any]
    """The body that it was made from."""
    properties: dict[str, Any]
    """What it says now, in Graph's names."""
    meeting: str | None = None
    """Id of its online meeting."""
    joinable_at: datetime | None = None
    """From when its address to join is told, by the clock that tests move; None: at once."""

    @property
    def transaction_id(self) -> str | None:
        """The key that the app gave it."""
        key: str | None = self.properties["transactionId"]
        return key
