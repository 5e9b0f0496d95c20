"""From an incident of PagerDuty's REST API to details."""

from collections.abc import Iterable
from datetime import UTC, datetime

from muster.payloads.alerts import description_of
from muster.payloads.escalation import escalation_of
from muster.payloads.incident import MOST_PEOPLE, comment_of, fields_of, snapshot_of
from muster.payloads.values import Body, mappings, moment_or_none, reference_to
from muster.values import STATE, clipped, is_visible, written
from workflows.incident.events import Details
from workflows.incident.stamps import Stamp, end_of_second
from workflows.incident.values import Acknowledgement, Comment, Responder
from workflows.link_notes import is_link_note

_MOST_RESPONDERS = 15


def details_of_incident(incident: Body, *, read_for: Stamp | None = None) -> Details:
    """The details in a REST incident; raises ``EventUnusable`` where it has no known status.

    ``read_for`` is the event for which the incident was read. Without one, the answer includes what happened
    until the last change of status.
    """
    changed_at = _changed_at(incident)
    return Details(
        snapshot=snapshot_of(incident, number=incident.get("incident_number")),
        status_changed_at=changed_at,
        status_changed_by=reference_to(incident.get("last_status_change_by")),
        acknowledgements=tuple(
            Acknowledgement(person=person, at=at)
            for entry in mappings(incident.get("acknowledgements"))
            if (person := reference_to(entry.get("acknowledger"))) is not None
            and (at := moment_or_none(entry.get("at"))) is not None
        )[-MOST_PEOPLE:],
        responders=tuple(
            Responder(person=person, state=clipped(entry.get("state"), STATE) or "pending")
            for entry in mappings(incident.get("incidents_responders"))
            if (person := reference_to(entry.get("user"))) is not None
        )[-_MOST_RESPONDERS:],
        fields=fields_of(incident.get("custom_fields")),
        description=description_of(incident),
        escalation=escalation_of(incident),
        read_for=read_for or Stamp(at=end_of_second(changed_at)),
    )


def latest_note_of(notes: Iterable[object]) -> Comment | None:
    """The newest of what people wrote, where it says something; of one second the first that is listed.

    PagerDuty lists the newest first, which its reference does not promise.
    """
    said = (
        comment_of(note, note.get("content"), author=_author_of(note), at=at)
        for note in mappings(notes)
        if (at := moment_or_none(note.get("created_at"))) is not None
    )
    by_people = (note for note in said if note.text and not is_link_note(note.text))
    return max(by_people, key=lambda note: note.at, default=None)


def count_of_notes(notes: Iterable[object]) -> int:
    """How many of a list of notes people wrote: those that say something, and are not Muster's own."""
    said = (written(note.get("content")) for note in mappings(notes))
    return sum(is_visible(text) and not is_link_note(text) for text in said)


def _author_of(note: Body) -> str | None:
    author = reference_to(note.get("user"))
    return author.name or None if author else None


def _changed_at(incident: Body) -> datetime:
    """When the status changed: the nearest time that the incident tells, or now, when it is known to hold."""
    resolved = ("resolved_at",) if incident.get("status") == "resolved" else ()
    names = ("last_status_change_at", *resolved, "updated_at", "created_at")
    told = (moment_or_none(incident.get(name)) for name in names)
    return next(filter(None, told), None) or datetime.now(UTC)
