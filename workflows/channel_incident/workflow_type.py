"""How everybody else starts ``ChannelIncident`` and talks to it, and how operators find its runs."""

from typing import Any

from temporalio.common import SearchAttributeKey

from workflows.channel_incident.messages import (
    Attached,
    ClickAnswer,
    Conversation,
    Followed,
    PresetChosen,
    Start,
)
from workflows.contract import RunListing, Signal, Update, WorkflowType
from workflows.following import Following
from workflows.ids import ChannelIncidentId
from workflows.incident.event_types import INCIDENT_EVENTS
from workflows.incident.events import IncidentEvent
from workflows.incident.values import Snapshot
from workflows.markdown import as_markdown
from workflows.room import Room
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
from workflows.verbs.click import Click
from workflows.verbs.registry import CARD_VERBS

EVENTS = {name: Signal(name, IncidentEvent) for name in INCIDENT_EVENTS}
"""What happened, under PagerDuty's own names."""
CLICK = Signal("click", Click)
"""A click whose answer the API could not wait for."""
DETACH: Signal[Value] = Signal("detach", None)
"""The conversation is gone for us; nothing more is shown there."""
ATTACH = Signal("attach", Attached)
"""An incident that is open is brought in, or its conversation is there again."""
FOLLOW = Signal("follow", Followed)
"""Somebody follows the incident here, whether or not it is open."""
CHOOSE_PRESET = Signal("choose_preset", PresetChosen)
"""How much is said beside the card from now on, as its row says."""
END_CARD = Signal("end_card", Following)
"""The chat is archived, or a program stopped it there, as the card's row says: the last state is shown."""
ROOM = Signal("room", Room)
"""How the chat that was made for the incident stands."""
CLICKS = {verb: Update(verb, Click, ClickAnswer, goes_on_as=CLICK) for verb in CARD_VERBS}
"""A click whose answer somebody waits for, under the name of its verb."""

_ID_LIMIT, _PLACE_LIMIT = 80, 150
"""Most bytes: Temporal refuses a start whose summary has more than 400."""


def title(number: int | None, incident_id: str, service: str | None, label: str) -> str:
    """The run's static summary, as Markdown: ``#42 · Checkout · Payments/#ops``."""
    name = f"#{number}" if number is not None else as_markdown(incident_id, _ID_LIMIT)
    others = (as_markdown(text, _PLACE_LIMIT) for text in (service, label) if text)
    return " · ".join((name, *filter(None, others)))


def attributes_of(
    account: str,
    incident_id: str,
    conversation: Conversation,
    snapshot: Snapshot | None,
    attention: str = "ok",
) -> dict[SearchAttributeKey[Any], Any]:
    """The run's search attributes as its incident stands."""
    of_incident: dict[SearchAttributeKey[Any], Any] = (
        {}
        if snapshot is None
        else {
            PD_SERVICE: snapshot.service.id if snapshot.service else None,
            INCIDENT_STATUS: snapshot.status,
            URGENCY: snapshot.urgency,
            PRIORITY: snapshot.priority.name if snapshot.priority else None,
            INCIDENT_NUMBER: snapshot.number,
        }
    )
    return {
        PD_ACCOUNT: account,
        PD_INCIDENT: incident_id,
        TEAMS_TENANT: conversation.tenant,
        TEAMS_CONVERSATION: conversation.id,
        ATTENTION: attention,
        **of_incident,
    }


def _workflow_id(start: Start) -> str:
    return str(ChannelIncidentId(start.account, start.incident_id, start.conversation_key))


def _listing(start: Start, message: Value | None) -> RunListing:
    snapshot = message.snapshot if isinstance(message, IncidentEvent) else None
    service = snapshot.service.name if snapshot and snapshot.service else None
    number = snapshot.number if snapshot else None
    return RunListing(
        title=title(number, start.incident_id, service, start.conversation.label),
        attributes=attributes_of(start.account, start.incident_id, start.conversation, snapshot),
    )


CHANNEL_INCIDENT = WorkflowType(
    name="ChannelIncident",
    start=Start,
    workflow_id=_workflow_id,
    listing=_listing,
    signals={
        **EVENTS,
        **{signal.name: signal for signal in (CLICK, DETACH, ATTACH, FOLLOW, CHOOSE_PRESET, ROOM, END_CARD)},
    },
    updates=CLICKS,
)
