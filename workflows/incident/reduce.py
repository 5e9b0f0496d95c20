"""Folding events and REST answers into an incident's state, purely.

Any order and any repetition of the same events end the same. A snapshot carries the whole incident under
one stamp: a newer one replaces it, an older one changes nothing. Everything else is a keyed list whose
entries carry their own stamps.
"""

from collections.abc import Iterator
from typing import Any

from workflows.incident.event_types import EVENT_TYPES, EventType
from workflows.incident.events import Details, IncidentEvent
from workflows.incident.stamps import (
    Entry,
    Stamp,
    end_of_second,
    is_newer,
    is_same_second,
    later,
    latest,
    upsert,
    whole_second,
)
from workflows.incident.state import Heard, IncidentState
from workflows.incident.values import (
    Acknowledgement,
    ActionRun,
    Bridge,
    Comment,
    Escalation,
    Reference,
    Responder,
    Role,
    Snapshot,
    Task,
)

AUTOMATION = Reference(id="", name="")
"""Stands where PagerDuty names no agent."""


def fold_event(state: IncidentState, event: IncidentEvent) -> IncidentState:
    """The state after one webhook event."""
    event_type = EVENT_TYPES.get(event.event_type)
    if event_type is None or event_type.content == "nothing":
        return state
    folded = _fold_content(state, event, event_type)
    return folded.model_copy(
        update={
            "newest": later(state.newest, event.occurred_at),
            "details_wanted": _wanted(folded, event, event_type),
        }
    )


def _fold_content(state: IncidentState, event: IncidentEvent, event_type: EventType) -> IncidentState:
    stamp = event.stamp
    match event_type.content:
        case "snapshot" if event.snapshot is not None:
            return _fold_snapshot_event(state, event, event.snapshot)
        case "note" if (note := event.note) is not None:
            return _with(
                state, notes=upsert(state.notes, Entry[Comment](key=note.id, stamp=stamp, value=note))
            )
        case "status_update" if (said := event.status_update) is not None:
            updates = upsert(state.status_updates, Entry[Comment](key=said.id, stamp=stamp, value=said))
            return _with(state, status_updates=updates)
        case "responder" if (asked := event.responder) is not None:
            entry = Entry[Responder](key=asked.person.id, stamp=stamp, value=asked)
            return _with(state, responders=upsert(state.responders, entry))
        case "bridge" if event.bridge is not None and is_newer(stamp, state.bridge):
            return _with(state, bridge=Entry[Bridge](key="bridge", stamp=stamp, value=event.bridge))
        case "fields" if event.fields is not None and (
            state.fields_stamp is None or state.fields_stamp < stamp
        ):
            return _with(state, fields=event.fields, fields_stamp=stamp)
        case "roles":
            roles = (Entry[Role](key=role.id, stamp=stamp, value=role) for role in event.roles)
            return _with(state, roles=upsert(state.roles, *roles))
        case "task" if (task := event.task) is not None:
            return _with(state, tasks=upsert(state.tasks, Entry[Task](key=task.id, stamp=stamp, value=task)))
        case "run" if (run := event.run) is not None:
            return _with(state, runs=upsert(state.runs, Entry[ActionRun](key=run.id, stamp=stamp, value=run)))
        case _:
            return state


def _fold_snapshot_event(state: IncidentState, event: IncidentEvent, snapshot: Snapshot) -> IncidentState:
    stamp, agent = event.stamp, event.agent or AUTOMATION
    changes: dict[str, Any] = {}
    if _replaces(state, stamp):
        changes |= {"snapshot": snapshot, "snapshot_stamp": stamp, "snapshot_from_rest": False}
    if _is_unheard(state, stamp):
        changes["heard"] = Heard(stamp=stamp, priority=snapshot.priority)
    if snapshot.status == "triggered" and (state.triggered is None or state.triggered < stamp):
        changes["triggered"] = stamp
    if event.event_type == "incident.acknowledged" and agent.id:
        acknowledgement = Acknowledgement(person=agent, at=whole_second(event.occurred_at))
        others = (e for e in state.acknowledgements if e.key != agent.id or not _yields_to_event(e, stamp))
        changes["acknowledgements"] = upsert(
            tuple(others), Entry[Acknowledgement](key=agent.id, stamp=stamp, value=acknowledgement)
        )
    if event.event_type == "incident.resolved" and (
        is_newer(stamp, state.resolution) or _yields_to_event(state.resolution, stamp)
    ):
        changes["resolution"] = Entry[Reference](key="resolution", stamp=stamp, value=agent)
    if EVENT_TYPES[event.event_type].moves:
        changes["moved"] = latest(state.moved, stamp)
    if event.event_type == "incident.reopened" and (state.reopened is None or state.reopened < stamp):
        changes["reopened"] = stamp
    return _with(state, **changes)


def _replaces(state: IncidentState, stamp: Stamp) -> bool:
    """Whether a webhook's snapshot is newer than what is held.

    A REST answer only tells the second of the last change; an event inside that very second may have
    happened after it, and PagerDuty sends the events of an incident in order, so it is taken, unless
    a newer one came before: then it is a repetition.
    """
    held = state.snapshot_stamp
    if held is None:
        return True
    if not _is_unheard(state, stamp):
        return False
    if state.snapshot_from_rest:
        return whole_second(held.at) <= whole_second(stamp.at)
    return held < stamp


def _is_unheard(state: IncidentState, stamp: Stamp) -> bool:
    return state.heard is None or state.heard.stamp < stamp


def fold_details(state: IncidentState, details: Details, *, whole: bool = True) -> IncidentState:
    """The state after a REST answer.

    Its status is stamped with the end of the second in which it changed. Where it contradicts what is
    held of that same second, nobody can tell which is newer: it is read once more, and then counts.
    Where it agrees, an event of that second that came while it was on its way stays.
    The answer to a PUT is not ``whole``: it lacks the custom fields, and was not asked for any event.
    """
    stamp = Stamp(at=end_of_second(details.status_changed_at), event_id="")
    held = state.snapshot_stamp
    unclear = held is not None and is_same_second(held, stamp) and not details.reread
    if unclear and state.snapshot is not None and state.snapshot.status != details.snapshot.status:
        return _with(state, reread_wanted=True)
    changes: dict[str, Any] = {
        "reread_wanted": False,
        "acknowledgements": upsert(state.acknowledgements, *_acknowledgements(state, details)),
        "responders": upsert(
            state.responders,
            *(Entry[Responder](key=r.person.id, stamp=details.read_for, value=r) for r in details.responders),
        ),
        "newest": later(
            state.newest,
            details.status_changed_at,
            details.latest_note.at if details.latest_note else None,
        ),
    }
    if details.notes_read:
        changes["read_note"] = details.latest_note
    # An answer that is not whole does not count as the first read, but saves one more.
    if whole or state.details_read is not None:
        changes["details_read"] = latest(state.details_read, details.read_for)
    newer = held is None or held < stamp or (details.reread and held == stamp)
    if newer and not (unclear and _came_meanwhile(state, details, whole=whole)):
        changes |= {"snapshot": details.snapshot, "snapshot_stamp": stamp, "snapshot_from_rest": True}
    if whole and (state.fields_stamp is None or state.fields_stamp <= details.read_for):
        changes |= _told_by_rest_alone(state, details)
    if details.snapshot.status == "resolved" and _tells_more(stamp, state.resolution):
        changes["resolution"] = Entry[Reference](
            key="resolution", stamp=stamp, value=details.status_changed_by or AUTOMATION
        )
    return _with(state, **changes)


def _told_by_rest_alone(state: IncidentState, details: Details) -> dict[str, Any]:
    """What no event carries as REST has it. What an answer could not hold, an earlier one may have told."""
    changes: dict[str, Any] = {"fields": details.fields, "fields_stamp": details.read_for}
    changes["description"] = details.description or state.description
    changes["alerts"] = details.alerts or state.alerts
    changes["type_name"] = details.type_name or state.type_name
    changes["escalation"] = details.escalation and Entry[Escalation](
        key="escalation", stamp=details.read_for, value=details.escalation
    )
    return changes


def _came_meanwhile(state: IncidentState, details: Details, *, whole: bool) -> bool:
    """Whether what is held is an event that this answer was not asked for."""
    held = state.snapshot_stamp
    return held is not None and not state.snapshot_from_rest and (not whole or details.read_for < held)


def _acknowledgements(state: IncidentState, details: Details) -> Iterator[Entry[Acknowledgement]]:
    held = {entry.key: entry for entry in state.acknowledgements}
    for told in details.acknowledgements:
        stamp = Stamp(at=end_of_second(told.at))
        if _tells_more(stamp, held.get(told.person.id)):
            yield Entry[Acknowledgement](key=told.person.id, stamp=stamp, value=told)


def _tells_more(stamp: Stamp, held: Entry[Any] | None) -> bool:
    """Whether what REST told is newer; of the same second, an event has the more exact time."""
    return held is None or (held.stamp < stamp and not is_same_second(held.stamp, stamp))


def _yields_to_event(held: Entry[Any] | None, stamp: Stamp) -> bool:
    """Whether this entry comes from REST, and the event from the same second."""
    if held is None or held.stamp.event_id:
        return False
    return is_same_second(held.stamp, stamp)


def _wanted(folded: IncidentState, event: IncidentEvent, event_type: EventType) -> Stamp | None:
    if not event_type.details:
        return folded.details_wanted
    read = folded.details_read
    if read is not None and event.stamp <= read:
        return folded.details_wanted
    return latest(folded.details_wanted, event.stamp)


def _with(state: IncidentState, **changes: Any) -> IncidentState:
    return state.model_copy(update=changes) if changes else state
