"""What operators read of a run: the markdown under *current details*."""

from workflows.degradations import lines_of
from workflows.incident.event_types import EVENT_TYPES
from workflows.incident.events import IncidentEvent
from workflows.incident_room.state import Meeting, State, TimelineEntry
from workflows.markdown import as_markdown

_NAME_LIMIT = 160
"""Most bytes of a name. Temporal takes 20,000 of details: there are at most 25 entries and 20 names."""


def entry_of_event(event: IncidentEvent) -> TimelineEntry:
    """An event as the timeline tells it."""
    who = event.agent.name if event.agent and event.agent.name else "PagerDuty"
    return TimelineEntry(at=event.occurred_at, what=EVENT_TYPES[event.event_type].words, who=who)


def markdown_of(name: str, state: State) -> str:
    """The run's *current details*: how the chat stands, who is not in it, what is wrong, what happened."""
    chat, people = state.chat, state.people
    head = [f"### {name}", "", f"**chat {chat.stage}** · {people.present} of {people.found} people in it"]
    if chat.topic:
        head.append(f"- topic: {_cell(chat.topic)}")
    if chat.others:
        head.append(f"- {chat.others} more chats of this topic")
    head += [f"- not in it: {_cell(one.name)} ({one.why})" for one in people.absent]
    head += _meeting(state.meeting)
    head += lines_of(state)
    table = ["", "| when (UTC) | what | who |", "|---|---|---|"]
    table += [
        f"| {entry.at:%Y-%m-%d %H:%M:%S} | {_cell(entry.what)} | {_cell(entry.who)} |"
        for entry in state.timeline
    ]
    return "\n".join(head + table)


def _meeting(meeting: Meeting) -> list[str]:
    """Its way, who organises it, and what was missing before it was made so."""
    if meeting.stage == "none" and not meeting.hindrances:
        return []
    ways = {"calendar": "calendar", "meeting": "meeting alone"}
    organiser = f" · {ways[meeting.way]} of {_cell(meeting.organiser)}" if meeting.organiser else ""
    left_out = f", {meeting.left_out} more than an entry takes" if meeting.left_out else ""
    return [
        f"\n**meeting {meeting.stage}**{organiser} · {meeting.invited_count} invited{left_out}",
        *(f"- {_cell(one.who)}: {one.why} {one.permission}".rstrip() for one in meeting.hindrances),
    ]


def _cell(text: str) -> str:
    return as_markdown(text, _NAME_LIMIT)
