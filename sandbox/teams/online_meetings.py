"""Online meetings of Teams: how they are made, joined and dialled."""

import base64
import secrets
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sandbox.company import Person
from sandbox.teams.calendar_state import OnlineMeeting
from sandbox.teams.conversations import Conversations
from sandbox.teams.state import timestamp

DIAL_IN = "+1 206 555 0100"
"""The telephone number of the tenant's meetings."""


class OnlineMeetings:
    """Makes meetings, finds and ends them; their organizers are people of the tenant who have Teams."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    def make(
        self, organizer: Person, subject: str, starts_at: datetime, ends_at: datetime, **more: Any
    ) -> OnlineMeeting:
        """A new meeting; ``more`` is its key and its attendees, where an app made it without a calendar."""
        thread = base64.urlsafe_b64encode(str(uuid.uuid4()).encode()).decode()
        meeting = OnlineMeeting(
            id=f"19:meeting_{thread}@thread.v2",
            organizer=organizer.aad_object_id,
            subject=subject,
            starts_at=starts_at,
            ends_at=ends_at,
            made_at=timestamp(),
            conference_id=str(100_000_000 + secrets.randbelow(900_000_000))
            if organizer.has_dial_in
            else None,
            **more,
        )
        self._conversations.state.meetings[meeting.id] = meeting
        self._conversations.lists_changed()
        return meeting

    def find(self, key: str | None) -> OnlineMeeting | None:
        """The meeting whose chat has this id, or None."""
        return None if key is None else self._conversations.state.meetings.get(key)

    def by_external_id(self, organizer: Person, external_id: str) -> OnlineMeeting | None:
        """The meeting that an app made for this person with this key, or None."""
        meetings = self._conversations.state.meetings.values()
        wanted = (organizer.aad_object_id, external_id)
        return next((one for one in meetings if (one.organizer, one.external_id) == wanted), None)

    def end(self, key: str | None) -> None:
        """Nobody can join the meeting any more."""
        if key is not None:
            self._conversations.state.meetings.pop(key, None)

    def join_address(self, meeting: OnlineMeeting) -> str:
        """The address to join by, with escapes in lower case, as Teams writes them."""
        tenant = self._conversations.roster.company.tenant_id
        context = f'{{"Tid":"{tenant}","Oid":"{meeting.organizer}"}}'
        return (
            f"https://teams.microsoft.com/l/meetup-join/{_escaped(meeting.id)}/0?context={_escaped(context)}"
        )


def _escaped(text: str) -> str:
    return "".join(one if one.isalnum() or one in "-_.~" else quote(one, safe="").lower() for one in text)
