"""Entries of people's calendars by Microsoft Graph, as the app itself: one method a call.

Paths, bodies and limits: learn.microsoft.com *Create event*, *List events*, *Get event*, *Update event* and
*Delete event*. What a ``transactionId`` does: ``sandbox/teams/graph/calendar.py`` has the reports.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from muster.attendees import Attendee
from muster.clients.graph.app_calls import AppCalls, lost
from muster.clients.graph.joining import Joining, joining_of
from muster.payloads.values import Body, mappings
from workflows.errors import NotFound

MOST_PEOPLE = 500
"""Attendees of one entry (*Exchange Online limits*)."""
LONGEST_SUBJECT = 255
"""Characters of a subject."""
_NEEDS = "Calendars.ReadWrite"
_NEWEST = 100
"""Entries among which one is looked for that has just been made."""
_SELECTED = "id,transactionId,isOnlineMeeting,onlineMeeting"


class WantedEntry(NamedTuple):
    """An entry with a Teams meeting. Every field belongs to what is sent again after a lost answer."""

    key: str
    """Names it in its calendar, and no other one."""
    subject: str
    body: str
    """HTML."""
    starts_at: datetime
    ends_at: datetime
    people: tuple[Attendee, ...]


class CalendarEntry(NamedTuple):
    """An entry that is there."""

    id: str
    is_online: bool
    """Whether it has a meeting; it has none where the calendar or the licence has no Teams."""
    joining: Joining | None
    """``None`` without a meeting, and as long as its address is not known yet."""


class CalendarClient:
    """Every method raises ``OutsideError``s.

    ``ConsentMissing`` has the permission's name as its code. ``Forbidden``: Exchange keeps the app out of
    this mailbox. ``NotFound`` with the code ``NO_MAILBOX``: the person has no calendar; with another: there
    is no such person, or no such entry. Every call may be repeated: without an answer it is
    ``ProviderUnavailable``.
    """

    def __init__(self, calls: AppCalls) -> None:
        self._calls = calls

    async def require(self, tenant: str) -> None:
        """Raise ``ConsentMissing`` where the permission is missing, before anything is asked."""
        await self._calls.require(tenant, _NEEDS)

    async def create(self, tenant: str, organizer: str, wanted: WantedEntry) -> CalendarEntry:
        """Make the entry in the organizer's calendar; the same once more is the entry that is there.

        Raises ``Conflict`` with the code ``KEY_USED`` where the key has made an entry from another body.
        """
        answer = await self._send(tenant, "POST", _events(organizer), _body(wanted))
        return _entry(answer)

    async def find(self, tenant: str, organizer: str, key: str) -> CalendarEntry | None:
        """The entry of this key, among the newest 100 of the calendar: Graph does not filter by keys."""
        query = urlencode({"$orderby": "createdDateTime desc", "$top": _NEWEST, "$select": _SELECTED})
        listed = await self._send(tenant, "GET", f"{_events(organizer)}?{query}")
        found = (one for one in mappings(listed.get("value")) if one.get("transactionId") == key)
        return next(map(_entry, found), None)

    async def read(self, tenant: str, organizer: str, entry: str) -> CalendarEntry:
        """The entry as it is now."""
        query = urlencode({"$select": _SELECTED})
        return _entry(await self._send(tenant, "GET", f"{_event(organizer, entry)}?{query}"))

    async def change(
        self,
        tenant: str,
        organizer: str,
        entry: str,
        *,
        people: Sequence[Attendee] | None = None,
        subject: str | None = None,
    ) -> None:
        """Invite these people and no others, give the entry this subject, in one call; ``None``: as it is.

        The whole list of people, so that nobody is invited twice or lost.
        """
        body: dict[str, Any] = {} if people is None else {"attendees": _attendees(people)}
        if subject is not None:
            body["subject"] = subject
        await self._send(tenant, "PATCH", _event(organizer, entry), body)

    async def delete(self, tenant: str, organizer: str, entry: str) -> None:
        """Delete the entry with its meeting; what is not there any more is deleted already."""
        try:
            await self._send(tenant, "DELETE", _event(organizer, entry))
        except NotFound:
            return

    async def _send(
        self, tenant: str, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        return await self._calls.send(tenant, method, path, body, needs=_NEEDS, repeatable=True)


def _events(organizer: str) -> str:
    return f"users/{quote(organizer, safe='')}/events"


def _event(organizer: str, entry: str) -> str:
    return f"{_events(organizer)}/{quote(entry, safe='')}"


def _body(wanted: WantedEntry) -> dict[str, Any]:
    return {
        "transactionId": wanted.key,
        "subject": wanted.subject,
        "body": {"contentType": "html", "content": wanted.body},
        "start": _time(wanted.starts_at),
        "end": _time(wanted.ends_at),
        "attendees": _attendees(wanted.people),
        "isOnlineMeeting": True,
        "onlineMeetingProvider": "teamsForBusiness",
        "showAs": "free",
        "isReminderOn": False,
        "responseRequested": False,
        "allowNewTimeProposals": False,
    }


def _attendees(people: Sequence[Attendee]) -> list[dict[str, Any]]:
    return [
        {"type": "required", "emailAddress": {"address": one.address, "name": one.name}} for one in people
    ]


def _time(moment: datetime) -> dict[str, str]:
    return {"dateTime": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": "UTC"}


def _entry(answer: Body) -> CalendarEntry:
    id, online = answer.get("id"), answer.get("onlineMeeting")
    if not isinstance(id, str) or not id:
        raise lost("an answer without an entry of a calendar", repeatable=True)
    known = online if isinstance(online, dict) else {}
    return CalendarEntry(id, answer.get("isOnlineMeeting") is True, joining_of(known.get("joinUrl"), known))
