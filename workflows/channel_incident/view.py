"""What a card shows: the incident reduced to what a reader sees, and how a state becomes that."""

import hashlib
from typing import Literal, get_args

from pydantic import AwareDatetime

from workflows.channel_incident.room import (
    Place,
    offers_chat,
    offers_meeting,
    shown_room,
    told_meeting,
)
from workflows.channel_incident.state import State
from workflows.following import Stopped, stopped_of
from workflows.incident.stamps import Entry, whole_second
from workflows.incident.state import IncidentState
from workflows.incident.type_names import shown_type
from workflows.incident.values import (
    Acknowledgement,
    Alerts,
    Bridge,
    Comment,
    Escalation,
    Field,
    MergedInto,
    Reference,
    Responder,
    Role,
    Snapshot,
    Status,
    Task,
    Urgency,
)
from workflows.link_notes import is_link_note
from workflows.meeting import ToldMeeting
from workflows.room import ShownRoom
from workflows.values import Value
from workflows.verbs.registry import VERBS
from workflows.verbs.verb import Verb, VerbName

_CLOSED_TASKS = frozenset({"completed", "done", "skipped"})

Missing = Literal["details", "restore"]
"""What could not be read: what webhooks do not carry, or the incident as it is now."""


class View(Value):
    """One incident as its card shows it at one revision. ``muster.cards`` draws it, purely.

    ``revision`` grows with every change of content. ``as_of`` is when the newest fact in it happened.
    """

    account: str
    incident_id: str
    revision: int
    as_of: AwareDatetime

    number: int | None = None
    title: str
    url: str | None = None
    incident_type: str | None = None
    """As people know it; ``None`` for the base type."""
    status: Status
    urgency: Urgency | None = None
    priority: str | None = None
    service: Reference | None = None
    escalation_policy: Reference | None = None
    assignees: tuple[Reference, ...] = ()
    assignee_count: int = 0
    acknowledgements: tuple[Acknowledgement, ...] = ()
    """Newest last; empty unless somebody holds the acknowledgement now or did before the resolve."""
    responders: tuple[Responder, ...] = ()
    roles: tuple[Role, ...] = ()
    open_tasks: tuple[Task, ...] = ()
    fields: tuple[Field, ...] = ()
    bridge: Bridge | None = None
    latest_note: Comment | None = None
    peoples_note: Comment | None = None
    """What people last wrote, where ``latest_note`` is Muster's own, which tells where they meet."""
    latest_status_update: Comment | None = None
    opened_at: AwareDatetime | None = None
    resolved_at: AwareDatetime | None = None
    resolved_by: str | None = None
    reopened: bool = False
    """True while an incident that had been resolved is open again."""
    merged_into: MergedInto | None = None
    """What a merge resolved it in favour of."""
    escalation: Escalation | None = None
    """Without a time unless the incident is triggered and will escalate."""
    description: str = ""
    alerts: Alerts | None = None

    verbs: tuple[VerbName, ...] = ()
    """Buttons to show, in order."""
    degraded: tuple[Missing, ...] = ()
    """What the reader should know to be missing; empty when all is well."""
    stopped: Stopped | None = None
    """Who stopped following the incident here: this is its last state, without buttons."""
    room: ShownRoom | None = None
    """The chat that was made for the incident."""
    meeting: ToldMeeting | None = None
    """What ``bridge`` does not tell of the meeting that was made for it."""


class CardIdentity(Value):
    """What a rendered card carries so that a click can be told from every other click."""

    marker: str
    """Names the message: the live card is the one with the current marker."""
    nonce: str
    """Drawn anew with every revision and every recorded outcome."""


def build_view(state: State, *, account: str, incident_id: str, place: Place | None = None) -> View | None:
    """The view of this moment; ``None`` while nothing but the incident's id is known.

    ``place`` is where the card is: what it says of the incident's own chat depends on that.
    """
    incident = state.incident
    snapshot = incident.snapshot
    if snapshot is None or incident.newest is None:
        return None
    resolved = snapshot.status == "resolved"
    resolution = incident.resolution if resolved else None
    stopped = stopped_of(state.following)
    latest_note = _latest_note(incident)
    return View(
        account=account,
        incident_id=incident_id,
        revision=state.card.revision,
        as_of=incident.newest,
        number=snapshot.number,
        title=snapshot.title,
        url=snapshot.url,
        incident_type=shown_type(snapshot.incident_type, incident.type_name),
        status=snapshot.status,
        urgency=snapshot.urgency,
        priority=snapshot.priority.name if snapshot.priority else None,
        service=snapshot.service,
        escalation_policy=snapshot.escalation_policy,
        assignees=snapshot.assignees,
        assignee_count=snapshot.assignee_count,
        acknowledgements=_acknowledgements(incident, snapshot),
        responders=_responders(incident),
        roles=tuple(entry.value for entry in incident.roles if entry.value.holder is not None),
        open_tasks=_open_tasks(incident),
        fields=incident.fields,
        bridge=incident.bridge_now,
        latest_note=latest_note,
        peoples_note=_peoples_note(incident, latest_note),
        latest_status_update=_latest(incident.status_updates),
        opened_at=snapshot.created_at,
        resolved_at=whole_second(resolution.stamp.at) if resolution else None,
        resolved_by=(resolution.value.name or None) if resolution else None,
        reopened=not resolved and incident.reopened is not None,
        merged_into=snapshot.merged_into if resolved else None,
        escalation=_escalation(incident, snapshot),
        description=incident.description,
        alerts=incident.alerts,
        verbs=_verbs(snapshot, state, place),
        degraded=() if resolved or stopped else _degraded(state),
        stopped=stopped,
        room=shown_room(state.room, place),
        meeting=told_meeting(state, place),
    )


def fingerprint(view: View) -> str:
    """Names what the view shows; revision and *as of* alone are no change.

    Without defaults, so that a field which a later version adds leaves the fingerprints of running
    incidents as they are. So does a note that is shown in the place of the latest: it was there before.
    """
    as_of = view.opened_at or view.as_of.replace(year=2000)
    shown = view.model_copy(update={"revision": 0, "as_of": as_of, "peoples_note": None})
    return hashlib.sha256(shown.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:16]


def _degraded(state: State) -> tuple[Missing, ...]:
    """What a reader of the card should know to be missing; a final card does not say what will follow."""
    failed = {one.name for one in state.degradations if not one.held}
    return tuple(name for name in get_args(Missing) if name in failed)


def _acknowledgements(incident: IncidentState, snapshot: Snapshot) -> tuple[Acknowledgement, ...]:
    """Those since the incident was last seen triggered; none while it is triggered."""
    if snapshot.status == "triggered":
        return ()
    return tuple(
        entry.value
        for entry in incident.acknowledgements
        if incident.triggered is None or incident.triggered < entry.stamp
    )


def _responders(incident: IncidentState) -> tuple[Responder, ...]:
    """Sorted by name, since each REST answer gives them new stamps."""
    responders = (entry.value for entry in incident.responders)
    return tuple(sorted(responders, key=lambda responder: (responder.person.name, responder.person.id)))


def _open_tasks(incident: IncidentState) -> tuple[Task, ...]:
    return tuple(entry.value for entry in incident.tasks if entry.value.status not in _CLOSED_TASKS)


def _escalation(incident: IncidentState, snapshot: Snapshot) -> Escalation | None:
    """Nobody waits for a level of a resolved incident; an acknowledged one stays where it is."""
    escalation = None if snapshot.status == "resolved" else incident.escalation_now
    if escalation is None or snapshot.status == "triggered":
        return escalation
    return Escalation(level=escalation.level) if escalation.level is not None else None


def _latest_note(incident: IncidentState) -> Comment | None:
    """The newest that an event or REST told; the same one as REST has it, where it may have been edited.

    Of two within a second nobody can tell which is newer: it is the one whose event came.
    """
    heard, read = _latest(incident.notes), incident.read_note
    if heard is None or read is None:
        return heard or read
    is_newer = whole_second(heard.at) < read.at
    return read if is_newer or heard.id == read.id else heard


def _peoples_note(incident: IncidentState, latest: Comment | None) -> Comment | None:
    """The newest that an event or REST told of those which people wrote; ``None`` where it is the latest."""
    if latest is None or not is_link_note(latest.text):
        return None
    by_people = tuple(entry for entry in incident.notes if not is_link_note(entry.value.text))
    return _latest_note(incident.model_copy(update={"notes": by_people}))


def _latest(comments: tuple[Entry[Comment], ...]) -> Comment | None:
    """The newest that says something."""
    return next((entry.value for entry in reversed(comments) if entry.value.text), None)


def _verbs(snapshot: Snapshot, state: State, place: Place | None) -> tuple[VerbName, ...]:
    if stopped_of(state.following) is not None:
        return ()

    def is_offered(verb: Verb) -> bool:
        if verb.stops_following:
            return state.following is not None
        if verb.owner == "card":
            return True
        return (offers_meeting if verb.name == "create_meeting" else offers_chat)(state, place)

    return tuple(
        verb.name for verb in VERBS.values() if snapshot.status in verb.offered_in and is_offered(verb)
    )
