"""Entries of calendars in the shape in which Graph shows them (*event resource type*)."""

import base64

from sandbox.graph_errors import GraphError
from sandbox.teams.calendar_state import CalendarEntry
from sandbox.teams.state import Json


def entry_shown(entry: CalendarEntry, joining: Json | None, select: str | None) -> Json:
    """The entry with how it is joined, or the properties that are selected; raises GraphError."""
    change_key = base64.urlsafe_b64encode(entry.changed_at.encode()).decode()
    known = entry.properties | {
        "id": entry.id,
        "createdDateTime": entry.made_at,
        "lastModifiedDateTime": entry.changed_at,
        "changeKey": change_key,
        "isAllDay": False,
        "isCancelled": False,
        "isDraft": False,
        "isOrganizer": True,
        "onlineMeeting": joining,
        "onlineMeetingUrl": None,
        "type": "singleInstance",
        "webLink": f"https://outlook.office365.com/owa/?itemid={entry.id}&path=/calendar/item",
    }
    names = list(known) if not select else ["id", *(one.strip() for one in select.split(","))]
    for name in names:
        if name not in known:
            message = f"Could not find a property named '{name}' on type 'microsoft.graph.event'."
            raise GraphError(400, "RequestBroker--ParseUri", message)
    return {"@odata.etag": f'W/"{change_key}"'} | {name: known[name] for name in names}
