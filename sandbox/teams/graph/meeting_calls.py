"""Answer one of Graph's calls about calendars and online meetings."""

from collections.abc import Callable

from sandbox.clock import Clock
from sandbox.graph_errors import bad_request
from sandbox.teams.calendar_state import CalendarEntry
from sandbox.teams.conversations import Conversations
from sandbox.teams.graph import permissions
from sandbox.teams.graph.access_policy import AccessPolicies
from sandbox.teams.graph.calendar import LARGEST_PAGE, GraphCalendar
from sandbox.teams.graph.call import Answer, GraphCall, Known, page
from sandbox.teams.graph.meetings import GraphMeetings
from sandbox.teams.online_meetings import OnlineMeetings


class MeetingCalls:
    """All calls below a person's ``events`` and ``onlineMeetings``."""

    def __init__(self, conversations: Conversations, policies: AccessPolicies, clock: Clock) -> None:
        meetings = OnlineMeetings(conversations)
        self._calendar = GraphCalendar(conversations, meetings, clock)
        self._meetings = GraphMeetings(conversations, meetings, policies)

    def known(self, call: GraphCall) -> Known:
        """Which call it is; raises GraphError for one that is not imitated."""
        match (call.method, *call.path.strip("/").split("/")):
            case ("POST", "users", person, "events"):
                return _of_calendar(person, lambda: self._create(call, person))
            case ("GET", "users", person, "events"):
                return _of_calendar(person, lambda: self._list(call, person))
            case ("GET", "users", person, "events", entry):
                return _of_calendar(person, lambda: self._show(call, person, entry))
            case ("PATCH", "users", person, "events", entry):
                return _of_calendar(person, lambda: self._change(call, person, entry))
            case ("DELETE", "users", person, "events", entry):
                return _of_calendar(person, lambda: self._delete(call, person, entry))
            case ("POST", "users", person, "onlineMeetings", "createOrGet"):
                return Known(
                    "meeting",
                    permissions.MEETING,
                    lambda: self._meetings.create_or_get(call, person),
                    person=person,
                )
        raise bad_request("This simulator does not have this call about calendars and meetings.")

    def _create(self, call: GraphCall, person: str) -> Answer:
        return self._entry(201, call, person, self._calendar.create(call, person))

    def _show(self, call: GraphCall, person: str, entry: str) -> Answer:
        return self._entry(200, call, person, self._calendar.find(call, person, entry))

    def _change(self, call: GraphCall, person: str, entry: str) -> Answer:
        found = self._calendar.find(call, person, entry)
        return self._entry(200, call, person, self._calendar.change(found, call.body))

    def _delete(self, call: GraphCall, person: str, entry: str) -> Answer:
        self._calendar.delete(self._calendar.find(call, person, entry))
        return Answer(204)

    def _list(self, call: GraphCall, person: str) -> Answer:
        entries, more = self._calendar.page(call, person)
        return page(call, entries, more, "$skip", LARGEST_PAGE)

    def _entry(self, status: int, call: GraphCall, person: str, entry: CalendarEntry) -> Answer:
        context = f"{call.address}/v1.0/$metadata#users('{person}')/events/$entity"
        return Answer(status, {"@odata.context": context} | self._calendar.shown(entry, call))


def _of_calendar(person: str, run: Callable[[], Answer]) -> Known:
    return Known("event", permissions.CALENDAR, run, person=person)
