"""Entries of people's calendars, as Exchange makes, changes and deletes them for Graph.

Microsoft's reference says of a ``transactionId`` no more than that it avoids redundant creations. Who
tried it reports: the same request again is 201 with the first entry (blog.rykoma.net, 5 October 2020);
with another body it is 400 ``ErrorDuplicateTransactionId``, which names the entry; ``$filter`` does not
know the property (``ErrorInvalidProperty``), so the newest entries are listed (rohan-patnaik/opencalendly,
19 March 2026). What Exchange compares is not told: here it is the whole body. That a deleted entry frees
its key is our choice.
"""

import base64
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sandbox.clock import Clock
from sandbox.company import Person
from sandbox.graph_errors import GraphError, bad_request
from sandbox.teams.calendar_state import CalendarEntry
from sandbox.teams.conversations import Conversations
from sandbox.teams.graph.call import GraphCall, number_in
from sandbox.teams.graph.event_bodies import times_of, wanted_changes, wanted_event
from sandbox.teams.graph.event_shapes import entry_shown
from sandbox.teams.graph.mailboxes import mailbox_owner
from sandbox.teams.online_meetings import DIAL_IN, OnlineMeetings
from sandbox.teams.state import Json, timestamp

SMALLEST_PAGE, LARGEST_PAGE = 10, 1000
"""Entries of a page that asks for no number, and at most (*List events*)."""
TEAMS = "teamsForBusiness"


class GraphCalendar:
    """Reads and changes calendars. Every method raises GraphError."""

    def __init__(self, conversations: Conversations, meetings: OnlineMeetings, clock: Clock) -> None:
        self._conversations = conversations
        self._meetings = meetings
        self._clock = clock

    def create(self, call: GraphCall, key: str) -> CalendarEntry:
        """A new entry, or the one that the same request made before."""
        owner = self._owner(key, call.gone)
        wanted = wanted_event(call.body)
        before = self._by_transaction(owner, wanted["transactionId"])
        if before is not None:
            if before.asked != call.body:
                raise _used_for_another(before)
            return before
        online = wanted["isOnlineMeeting"] and not call.no_provider and _has_teams_meetings(owner, wanted)
        now = timestamp()
        entry = CalendarEntry(
            id=f"AAMkAD{base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()}",
            mailbox=owner.aad_object_id,
            made_at=now,
            changed_at=now,
            asked=call.body,
            properties=wanted
            | {
                "isOnlineMeeting": online,
                "onlineMeetingProvider": TEAMS if online else "unknown",
                "organizer": {"emailAddress": {"name": owner.name, "address": owner.email}},
            },
            meeting=self._meetings.make(owner, wanted["subject"], *times_of(wanted)).id if online else None,
            joinable_at=self._after(call.join_after),
        )
        self._keep(entry)
        return entry

    def find(self, call: GraphCall, key: str, entry: str) -> CalendarEntry:
        """The entry of this calendar with this id."""
        owner = self._owner(key, call.gone)
        found = self._conversations.state.calendar.get(entry)
        if found is None or found.mailbox != owner.aad_object_id:
            message = "The specified object was not found in the store."
            raise GraphError(404, "ErrorItemNotFound", message)
        return found

    def page(self, call: GraphCall, key: str) -> tuple[list[Json], bool]:
        """A page of the calendar's entries, and whether there are more."""
        owner = self._owner(key, call.gone)
        entries = [
            one for one in self._conversations.state.calendar.values() if one.mailbox == owner.aad_object_id
        ]
        if _newest_first(call.query):
            entries.reverse()
        first = number_in(call.query, "$skip")
        last = first + min(number_in(call.query, "$top") or SMALLEST_PAGE, LARGEST_PAGE)
        return [self.shown(one, call) for one in entries[first:last]], len(entries) > last

    def change(self, entry: CalendarEntry, body: Json) -> CalendarEntry:
        """The entry with other attendees, all of them, or another subject."""
        properties = entry.properties | wanted_changes(body)
        changed = entry.model_copy(update={"properties": properties, "changed_at": timestamp()})
        self._keep(changed)
        return changed

    def delete(self, entry: CalendarEntry) -> None:
        """Take the entry out of the calendar, and its meeting away."""
        self._meetings.end(entry.meeting)
        del self._conversations.state.calendar[entry.id]
        self._conversations.lists_changed()

    def shown(self, entry: CalendarEntry, call: GraphCall) -> Json:
        """The entry as Graph shows it, or what of it the call selects."""
        return entry_shown(entry, self._joining(entry), call.query.get("$select"))

    def _joining(self, entry: CalendarEntry) -> Json | None:
        meeting = self._meetings.find(entry.meeting)
        if meeting is None or (entry.joinable_at is not None and self._clock.now() < entry.joinable_at):
            return None
        shown = {"joinUrl": self._meetings.join_address(meeting)}
        if meeting.conference_id is None:
            return shown
        return shown | {"conferenceId": meeting.conference_id, "tollNumber": DIAL_IN}

    def _owner(self, key: str, gone: Collection[str]) -> Person:
        return mailbox_owner(self._conversations.roster, key, gone)

    def _by_transaction(self, owner: Person, key: str | None) -> CalendarEntry | None:
        if key is None:
            return None
        entries = self._conversations.state.calendar.values()
        wanted = (owner.aad_object_id, key)
        return next((one for one in entries if (one.mailbox, one.transaction_id) == wanted), None)

    def _after(self, seconds: float) -> datetime | None:
        return self._clock.now() + timedelta(seconds=seconds) if seconds else None

    def _keep(self, entry: CalendarEntry) -> None:
        self._conversations.state.calendar[entry.id] = entry
        self._conversations.lists_changed()


def _has_teams_meetings(owner: Person, wanted: Json) -> bool:
    """Whether the entry gets a meeting; without a word it gets none (issue 9741 of microsoft-graph-docs).

    Teams has to be among the calendar's providers, and the owner's licence has to have Teams.
    """
    is_for_teams = wanted["onlineMeetingProvider"] in (TEAMS, "unknown")
    return is_for_teams and owner.has_teams and TEAMS in owner.online_meeting_providers


def _newest_first(query: Mapping[str, str]) -> bool:
    """Whether a list is in this order; raises GraphError for another order, and for every filter."""
    condition = query.get("$filter")
    if condition is not None:
        name = condition.partition(" ")[0]
        message = f"The property '{name[:1].upper()}{name[1:]}' does not support filtering."
        raise GraphError(400, "ErrorInvalidProperty", message)
    order = query.get("$orderby")
    if order not in (None, "createdDateTime desc"):
        raise bad_request("This simulator lists entries by 'createdDateTime desc'.")
    return order is not None


def _used_for_another(entry: CalendarEntry) -> GraphError:
    message = (
        "Your request can't be completed. "
        "The TransactionId specified in the request has already been used to create a different event."
    )
    beside = {"@event.existingEventId": entry.id}
    return GraphError(400, "ErrorDuplicateTransactionId", message, beside=beside)
