"""What operators read of a run: search attributes, summaries, and the markdown under *current details*."""

from typing import Any

from temporalio.common import SearchAttributeKey

from workflows.messages import Conversation, Facts, ShowCard
from workflows.model.effects import EFFECTS
from workflows.model.incident import Snapshot
from workflows.model.state import Line, State
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

LONGEST_STORY = 25
"""Lines kept for the details; the whole life is in the history anyway."""


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


def attention_of(state: State) -> str:
    """``ok``, ``waiting`` (a limit or a back-off with an end) or ``degraded``."""
    if not state.troubles:
        return "ok"
    return "waiting" if all(trouble.until is not None for trouble in state.troubles) else "degraded"


def title(number: int | None, incident_id: str, service: str | None, label: str) -> str:
    """The run's static summary: ``#42 · Checkout · Payments/#ops``."""
    name = f"#{number}" if number is not None else incident_id
    return " · ".join(part for part in (name, service, label) if part)


def line_of(facts: Facts) -> Line:
    """An event as the story tells it."""
    who = facts.agent.name if facts.agent and facts.agent.name else "PagerDuty"
    return Line(at=facts.occurred_at, what=EFFECTS[facts.event_type].words, who=who)


def showing(request: ShowCard, because: str) -> str:
    """The Timeline's words beside ``teams.show_card``."""
    return f"rev {request.view.revision} · {because or request.view.status}"


def details_of(name: str, state: State) -> str:
    """The run's *current details*: how things stand, what is wrong, what happened.

    ``name`` heads them because the static summary is lost when a run continues as new.
    """
    snapshot, card = state.snapshot, state.card
    status = snapshot.status if snapshot else "unknown"
    shown = f"rev {card.shown_revision} shown of rev {card.revision}" if card.activity_id else "no card yet"
    head = [
        f"### {_cell(name)}",
        "",
        f"**{status}** · {shown}" + (f" · {card.orphans} orphaned messages" if card.orphans else ""),
    ]
    head += [
        f"- ⚠ {trouble.part}: {trouble.reason}"
        + (f", waiting until {trouble.until:%H:%M:%S} UTC" if trouble.until else "")
        for trouble in state.troubles
    ]
    table = ["", "| when (UTC) | what | who |", "|---|---|---|"]
    table += [
        f"| {line.at:%Y-%m-%d %H:%M:%S} | {_cell(line.what)} | {_cell(line.who)} |" for line in state.story
    ]
    return "\n".join(head + table)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
