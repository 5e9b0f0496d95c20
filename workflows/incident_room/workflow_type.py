"""How everybody else starts ``IncidentRoom`` and talks to it, and how operators find its runs."""

from typing import Any

from temporalio.common import SearchAttributeKey

from workflows.contract import RunListing, Signal, Update, WorkflowType
from workflows.ids import IncidentRoomId
from workflows.incident.event_types import INCIDENT_EVENTS
from workflows.incident.events import IncidentEvent
from workflows.incident.values import Snapshot
from workflows.incident_room.messages import (
    ArchiveChat,
    AskedByClick,
    AskedByProgram,
    ChangeMembers,
    DeleteChat,
    RoomAnswer,
    SetTopic,
    Start,
)
from workflows.markdown import as_markdown
from workflows.search_attributes import (
    ATTENTION,
    INCIDENT_NUMBER,
    INCIDENT_STATUS,
    PD_ACCOUNT,
    PD_INCIDENT,
    PD_SERVICE,
    PRIORITY,
    TEAMS_CONVERSATION,
    TEAMS_TENANT,
    URGENCY,
)
from workflows.values import Value

EVENTS = {name: Signal(name, IncidentEvent) for name in INCIDENT_EVENTS}
"""What happened, under PagerDuty's own names."""
CREATE_CHAT = Update("create_chat", AskedByClick, RoomAnswer, goes_on_as=Signal("create_chat", AskedByClick))
"""**Create Chat** on a card of the incident."""
OPEN_CHAT = Update("open_chat", AskedByProgram, RoomAnswer, goes_on_as=Signal("open_chat", AskedByProgram))
"""A program asks for the chat."""
CREATE_MEETING = Update(
    "create_meeting", AskedByClick, RoomAnswer, goes_on_as=Signal("create_meeting", AskedByClick)
)
"""**Create Meeting** on a card of the incident."""
OPEN_MEETING = Update(
    "open_meeting", AskedByProgram, RoomAnswer, goes_on_as=Signal("open_meeting", AskedByProgram)
)
"""A program asks for the meeting."""
DELETE_CHAT = Update("delete_chat", DeleteChat, RoomAnswer, goes_on_as=Signal("delete_chat", DeleteChat))
"""A program deletes the chat."""
ARCHIVE_CHAT = Update("archive_chat", ArchiveChat, RoomAnswer, goes_on_as=Signal("archive_chat", ArchiveChat))
"""A program archives the chat."""
SET_TOPIC = Update("set_topic", SetTopic, RoomAnswer, goes_on_as=Signal("set_topic", SetTopic))
"""A program gives the chat a name of its own."""
ADD_MEMBERS = Update(
    "add_members", ChangeMembers, RoomAnswer, goes_on_as=Signal("add_members", ChangeMembers)
)
"""A program brings people into the chat."""
REMOVE_MEMBERS = Update(
    "remove_members", ChangeMembers, RoomAnswer, goes_on_as=Signal("remove_members", ChangeMembers)
)
"""A program takes people out of the chat."""
UPDATES: dict[str, Update[Any, RoomAnswer]] = {
    row.name: row
    for row in (
        *(CREATE_CHAT, OPEN_CHAT, CREATE_MEETING, OPEN_MEETING),
        *(DELETE_CHAT, ARCHIVE_CHAT, SET_TOPIC, ADD_MEMBERS, REMOVE_MEMBERS),
    )
}
ON_CLICK: dict[str, Update[AskedByClick, RoomAnswer]] = {
    row.name: row for row in (CREATE_CHAT, CREATE_MEETING)
}
"""By the verb of the button."""
BOT_REMOVED: Signal[Value] = Signal("bot_removed", None)
"""The bot is not in the chat any more, or the chat is not there."""
BOT_ADDED: Signal[Value] = Signal("bot_added", None)
"""The bot is in the chat again."""

_ID_LIMIT, _SERVICE_LIMIT = 80, 150
"""Most bytes: Temporal refuses a start whose summary has more than 400."""


def title(number: int | None, incident_id: str, service: str | None) -> str:
    """The run's static summary, as Markdown: ``#42 · Checkout · room``."""
    name = f"#{number}" if number is not None else as_markdown(incident_id, _ID_LIMIT)
    return " · ".join((name, *([as_markdown(service, _SERVICE_LIMIT)] if service else []), "room"))


def attributes_of(
    start: Start,
    snapshot: Snapshot | None,
    attention: str = "ok",
    *,
    chat: str = "",
    tenant: str | None = None,
) -> dict[SearchAttributeKey[Any], Any]:
    """The run's search attributes as its incident stands."""
    found: dict[SearchAttributeKey[Any], Any] = {
        PD_ACCOUNT: start.account,
        PD_INCIDENT: start.incident_id,
        TEAMS_TENANT: tenant or start.tenant,
        ATTENTION: attention,
        TEAMS_CONVERSATION: chat or None,
    }
    if snapshot is not None:
        found |= {
            PD_SERVICE: snapshot.service.id if snapshot.service else None,
            INCIDENT_STATUS: snapshot.status,
            URGENCY: snapshot.urgency,
            PRIORITY: snapshot.priority.name if snapshot.priority else None,
            INCIDENT_NUMBER: snapshot.number,
        }
    return found


def _listing(start: Start, message: Value | None) -> RunListing:
    snapshot = message.snapshot if isinstance(message, IncidentEvent) else None
    service = snapshot.service.name if snapshot and snapshot.service else None
    number = snapshot.number if snapshot else None
    if isinstance(message, AskedByClick | AskedByProgram):
        number, service = message.number, message.service
    return RunListing(
        title=title(number, start.incident_id, service), attributes=attributes_of(start, snapshot)
    )


INCIDENT_ROOM = WorkflowType(
    name="IncidentRoom",
    start=Start,
    workflow_id=lambda start: str(IncidentRoomId(start.account, start.incident_id)),
    listing=_listing,
    signals={
        **EVENTS,
        **{signal.name: signal for signal in (BOT_REMOVED, BOT_ADDED)},
        **{name: row.goes_on_as for name, row in UPDATES.items()},
    },
    updates=UPDATES,
)
