"""From state to view: what a reader sees of what a run knows."""

import hashlib
from typing import get_args

from workflows.model.incident import Acknowledgement, Bridge, Responder, Snapshot, Task
from workflows.model.reduce import whole_second
from workflows.model.state import State
from workflows.model.verbs import VERBS, VerbName
from workflows.model.view import Missing, View

_CLOSED_TASKS = frozenset({"completed", "done", "skipped"})


def look(state: State, *, account: str, incident_id: str) -> View | None:
    """The view of this moment; ``None`` while nothing but the incident's id is known."""
    snapshot = state.snapshot
    if snapshot is None or state.newest is None:
        return None
    resolved = snapshot.status == "resolved"
    resolution = state.resolution if resolved else None
    return View(
        account=account,
        incident_id=incident_id,
        revision=state.card.revision,
        as_of=state.newest,
        number=snapshot.number,
        title=snapshot.title,
        url=snapshot.url,
        incident_type=snapshot.incident_type,
        status=snapshot.status,
        urgency=snapshot.urgency,
        priority=snapshot.priority.name if snapshot.priority else None,
        service=snapshot.service,
        escalation_policy=snapshot.escalation_policy,
        assignees=snapshot.assignees,
        assignee_count=snapshot.assignee_count,
        acknowledgements=_acknowledgements(state, snapshot),
        responders=_responders(state),
        roles=tuple(entry.value for entry in state.roles if entry.value.holder is not None),
        open_tasks=_open_tasks(state),
        fields=state.fields,
        bridge=_bridge(state, snapshot),
        latest_note=state.notes[-1].value if state.notes else None,
        latest_status_update=state.status_updates[-1].value if state.status_updates else None,
        opened_at=snapshot.created_at,
        resolved_at=whole_second(resolution.stamp.at) if resolution else None,
        resolved_by=(resolution.value.name or None) if resolution else None,
        reopened=not resolved and state.reopened is not None,
        verbs=_verbs(snapshot),
        degraded=() if resolved else _degraded(state),
    )


def fingerprint(view: View) -> str:
    """Names what the view shows; revision and *as of* alone are no change.

    Without defaults, so that a field which a later version adds leaves the fingerprints of running
    incidents as they are.
    """
    shown = view.model_copy(update={"revision": 0, "as_of": view.opened_at or view.as_of.replace(year=2000)})
    return hashlib.sha256(shown.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:16]


def _degraded(state: State) -> tuple[Missing, ...]:
    """What a reader of the card should know to be missing. A final card promises nothing."""
    return tuple(part for part in get_args(Missing) if any(t.part == part for t in state.troubles))


def _acknowledgements(state: State, snapshot: Snapshot) -> tuple[Acknowledgement, ...]:
    """Those since the incident was last seen triggered; none while it is triggered."""
    if snapshot.status == "triggered":
        return ()
    return tuple(
        entry.value
        for entry in state.acknowledgements
        if state.triggered is None or state.triggered < entry.stamp
    )


def _responders(state: State) -> tuple[Responder, ...]:
    """By name: a REST answer tells them anew, so that the order of their stamps says nothing."""
    responders = (entry.value for entry in state.responders)
    return tuple(sorted(responders, key=lambda responder: (responder.person.name, responder.person.id)))


def _open_tasks(state: State) -> tuple[Task, ...]:
    return tuple(entry.value for entry in state.tasks if entry.value.status not in _CLOSED_TASKS)


def _bridge(state: State, snapshot: Snapshot) -> Bridge | None:
    """The newer of the bridge's own event and the snapshot's."""
    own, held = state.bridge, state.snapshot_stamp
    if own is not None and (held is None or snapshot.bridge is None or held <= own.stamp):
        return own.value
    return snapshot.bridge


def _verbs(snapshot: Snapshot) -> tuple[VerbName, ...]:
    return tuple(name for name, verb in VERBS.items() if snapshot.status in verb.offered_in)
