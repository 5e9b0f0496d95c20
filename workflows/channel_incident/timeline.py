"""What operators read of a run: summaries, and the markdown under *current details*."""

from datetime import datetime

from workflows.channel_incident.activities import ShowCard
from workflows.channel_incident.messages import Attached, Followed, PresetChosen
from workflows.channel_incident.state import State, TimelineEntry
from workflows.degradations import lines_of
from workflows.following import Following, stopped_of
from workflows.incident.event_types import EVENT_TYPES
from workflows.incident.events import IncidentEvent
from workflows.markdown import as_markdown
from workflows.room import Room
from workflows.verbs.click import Click
from workflows.verbs.outcomes import Outcome

_NAME_LIMIT = 160
"""Most bytes of a name. Temporal takes 400 bytes of a summary and 20,000 of details (its limits for user
metadata): there are at most 25 entries."""


def attention_of(state: State) -> str:
    """``ok``, ``waiting`` (a limit or a back-off with an end) or ``degraded``."""
    if not state.degradations:
        return "ok"
    return "waiting" if all(one.until is not None for one in state.degradations) else "degraded"


def entry_of_event(event: IncidentEvent) -> TimelineEntry:
    """An event as the timeline tells it."""
    who = event.agent.name if event.agent and event.agent.name else "PagerDuty"
    return TimelineEntry(at=event.occurred_at, what=_words_of(event), who=who)


def _words_of(event: IncidentEvent) -> str:
    words = EVENT_TYPES[event.event_type].words
    merged_into = event.snapshot.merged_into if event.snapshot else None
    if merged_into is None:
        return words
    return f"merged into #{merged_into.number}" if merged_into.number else "merged into another incident"


def entry_of_attached(attached: Attached, at: datetime) -> TimelineEntry:
    """That the incident is shown here, as the timeline tells it."""
    if attached.by is None:
        return TimelineEntry(at=at, what="its conversation is there again", who="Teams")
    return TimelineEntry(at=at, what="brought in", who=f"{attached.by} in Teams")


def entry_of_followed(followed: Followed, at: datetime) -> TimelineEntry:
    """That somebody follows the incident here, as the timeline tells it."""
    return TimelineEntry(at=at, what="followed", who=f"{followed.by} in Teams")


def entry_of_preset(message: PresetChosen, at: datetime) -> TimelineEntry:
    """That somebody chose how much is said, as the timeline tells it."""
    return TimelineEntry(at=at, what=f"preset: {message.chosen.preset}", who=f"{message.by} in Teams")


def entry_of_room(room: Room, at: datetime) -> TimelineEntry:
    """How the incident's own chat stands, as the timeline tells it."""
    return TimelineEntry(at=at, what=f"chat: {room.stage}", who="Muster")


def entry_of_end(ended: Following, at: datetime) -> TimelineEntry:
    """The chat is archived, or a program stopped it there, as the timeline tells it."""
    stopped = stopped_of(ended)
    if stopped is None or stopped.is_archived:
        return TimelineEntry(at=at, what="the chat is archived", who="Muster")
    return TimelineEntry(at=at, what="not followed any more", who=stopped.by)


def entry_of_click(click: Click, outcome: Outcome) -> TimelineEntry:
    """A click as the timeline tells it."""
    return TimelineEntry(
        at=click.received_at, what=f"{click.verb}: {outcome.kind}", who=f"{click.person.name} in Teams"
    )


def summary_of(request: ShowCard, because: str) -> str:
    """The Timeline's words beside ``teams.show_card``."""
    return f"rev {request.view.revision} · {because or request.view.status}"


def as_person(click: Click) -> str:
    """The Timeline's words beside what is done in somebody's name."""
    return f"as {as_markdown(click.person.name, _NAME_LIMIT)}"


def told_to(click: Click, outcome: Outcome) -> str:
    """The Timeline's words beside ``teams.tell_person``."""
    return f"{as_markdown(click.person.name, _NAME_LIMIT)} · {outcome.kind}"


def markdown_of(name: str, state: State) -> str:
    """The run's *current details*: how things stand, what is wrong, what happened.

    ``name`` is the run's title, which is Markdown already. It heads them because the static summary is lost
    when a run continues as new.
    """
    snapshot, card = state.incident.snapshot, state.card
    status = snapshot.status if snapshot else "unknown"
    shown = f"rev {card.shown_revision} shown of rev {card.revision}" if card.activity_id else "no card yet"
    head = [
        f"### {name}",
        "",
        f"**{status}** · {shown}" + (f" · {card.orphans} orphaned messages" if card.orphans else ""),
    ]
    head += lines_of(state)
    table = ["", "| when (UTC) | what | who |", "|---|---|---|"]
    table += [
        f"| {entry.at:%Y-%m-%d %H:%M:%S} | {_cell(entry.what)} | {_cell(entry.who)} |"
        for entry in state.timeline
    ]
    return "\n".join(head + table)


def _cell(text: str) -> str:
    return as_markdown(text, _NAME_LIMIT)
