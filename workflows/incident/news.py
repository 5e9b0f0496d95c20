"""What an event gives cause to tell people, beside what it changes."""

from datetime import datetime

from workflows.incident.event_types import EVENT_TYPES, News
from workflows.incident.events import IncidentEvent
from workflows.incident.priority import raises
from workflows.incident.stamps import Entry, Stamp, whole_second
from workflows.incident.state import IncidentState
from workflows.incident.values import Comment, Responder
from workflows.values import Value


class Announcement(Value):
    """One piece of news, with all that its line needs beside the view."""

    news: News
    stamp: Stamp
    by: str | None = None
    comment: Comment | None = None
    """Set where a note or a status update is the news."""
    responder: Responder | None = None
    """Set where somebody answered a call for help."""

    @property
    def second(self) -> datetime:
        """Two subscriptions can deliver one transition under two event ids, within one second."""
        return whole_second(self.stamp.at)

    @property
    def about(self) -> str:
        """The id of what tells it from others of its kind in the same second; empty for a transition."""
        if self.comment is not None:
            return self.comment.id
        return self.responder.person.id if self.responder is not None else ""

    @property
    def key(self) -> str:
        """Its identity within its incident, under whatever event ids it is delivered."""
        key = f"{self.news}@{self.second.isoformat()}"
        return f"{key}/{self.about}" if self.about else key


def announcement_of(before: IncidentState, after: IncidentState, event: IncidentEvent) -> Announcement | None:
    """The news that this event brings, if it is news.

    A change of the incident is news where it is the newest state, what somebody wrote or answered where it
    was not known.
    """
    event_type = EVENT_TYPES.get(event.event_type)
    if event_type is None or event_type.news is None or not _is_news(before, after, event):
        return None
    return Announcement(
        news=event_type.news,
        stamp=event.stamp,
        by=event.agent.name if event.agent else None,
        comment=event.note or event.status_update,
        responder=event.responder,
    )


def is_urgent(before: IncidentState, after: IncidentState, event: IncidentEvent) -> bool:
    """Whether this event is one that no back-off may hold up, and the newest state."""
    event_type = EVENT_TYPES.get(event.event_type)
    if event_type is None or not event_type.urgent or not _is_newest(before, after, event):
        return False
    return event_type.news is None or announcement_of(before, after, event) is not None


def _is_news(before: IncidentState, after: IncidentState, event: IncidentEvent) -> bool:
    if event.note is not None:
        return _is_unread(event.note, before.notes)
    if event.status_update is not None:
        return _is_unread(event.status_update, before.status_updates)
    if event.responder is not None:
        answer = Entry[Responder](key=event.responder.person.id, stamp=event.stamp, value=event.responder)
        return answer in after.responders and answer not in before.responders
    if event.snapshot is None or not _is_newest(before, after, event):
        return False
    # A REST answer may have shown the new priority before its event came; that announced nothing.
    return event.event_type != "incident.priority_updated" or raises(
        before.heard.priority if before.heard else None, event.snapshot.priority
    )


def _is_unread(comment: Comment, known: tuple[Entry[Comment], ...]) -> bool:
    """Whether it says something, and was not known."""
    return bool(comment.text) and all(entry.key != comment.id for entry in known)


def _is_newest(before: IncidentState, after: IncidentState, event: IncidentEvent) -> bool:
    """Whether the event has just become what is held of the incident."""
    return after.snapshot_stamp == event.stamp and before.snapshot_stamp != event.stamp
