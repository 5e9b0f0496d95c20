"""Folding facts into state, purely: any order and any repetition of the same events end the same.

A snapshot carries the whole incident under one stamp: a newer one replaces it, an older one changes
nothing. Everything else is a keyed list whose entries carry their own stamps.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from workflows.messages import Details, Facts, RecordedOutcome
from workflows.model.effects import EFFECTS, Effect
from workflows.model.incident import (
    Acknowledgement,
    Bridge,
    Reference,
    Responder,
    Role,
    Run,
    Snapshot,
    Stamp,
    Task,
    Word,
)
from workflows.model.priority import raises
from workflows.model.state import MOST_ENTRIES, Entry, Heard, Highlight, State, ValueT

AUTOMATION = Reference(id="", name="")
"""Stands where PagerDuty names no agent."""


def fold_event(state: State, facts: Facts) -> State:
    """The state after one webhook event."""
    effect = EFFECTS.get(facts.event_type)
    if effect is None or effect.part == "nothing":
        return state
    folded = _fold_part(state, facts, effect)
    return folded.model_copy(
        update={
            "newest": later(state.newest, facts.occurred_at),
            "details_wanted": _wanted(folded, facts, effect),
        }
    )


def _fold_part(state: State, facts: Facts, effect: Effect) -> State:
    stamp = facts.stamp
    match effect.part:
        case "snapshot" if facts.snapshot is not None:
            return _fold_snapshot_event(state, facts, facts.snapshot)
        case "note" if (note := facts.note) is not None:
            return _with(state, notes=upsert(state.notes, Entry[Word](key=note.id, stamp=stamp, value=note)))
        case "status_update" if (said := facts.status_update) is not None:
            updates = upsert(state.status_updates, Entry[Word](key=said.id, stamp=stamp, value=said))
            return _with(state, status_updates=updates)
        case "responder" if (asked := facts.responder) is not None:
            entry = Entry[Responder](key=asked.person.id, stamp=stamp, value=asked)
            return _with(state, responders=upsert(state.responders, entry))
        case "bridge" if facts.bridge is not None and is_newer(stamp, state.bridge):
            return _with(state, bridge=Entry[Bridge](key="bridge", stamp=stamp, value=facts.bridge))
        case "fields" if facts.fields is not None and (
            state.fields_stamp is None or state.fields_stamp < stamp
        ):
            return _with(state, fields=facts.fields, fields_stamp=stamp)
        case "roles":
            roles = (Entry[Role](key=role.id, stamp=stamp, value=role) for role in facts.roles)
            return _with(state, roles=upsert(state.roles, *roles))
        case "task" if (task := facts.task) is not None:
            return _with(state, tasks=upsert(state.tasks, Entry[Task](key=task.id, stamp=stamp, value=task)))
        case "run" if (run := facts.run) is not None:
            return _with(state, runs=upsert(state.runs, Entry[Run](key=run.id, stamp=stamp, value=run)))
        case _:
            return state


def _fold_snapshot_event(state: State, facts: Facts, snapshot: Snapshot) -> State:
    stamp, agent = facts.stamp, facts.agent or AUTOMATION
    changes: dict[str, Any] = {}
    if _replaces(state, stamp):
        changes |= {"snapshot": snapshot, "snapshot_stamp": stamp, "snapshot_from_rest": False}
    if _is_unheard(state, stamp):
        changes["heard"] = Heard(stamp=stamp, priority=snapshot.priority)
    if snapshot.status == "triggered" and (state.triggered is None or state.triggered < stamp):
        changes["triggered"] = stamp
    if facts.event_type == "incident.acknowledged" and agent.id:
        acknowledgement = Acknowledgement(person=agent, at=whole_second(facts.occurred_at))
        others = (e for e in state.acknowledgements if e.key != agent.id or not _gives_way(e, stamp))
        changes["acknowledgements"] = upsert(
            tuple(others), Entry[Acknowledgement](key=agent.id, stamp=stamp, value=acknowledgement)
        )
    if facts.event_type == "incident.resolved" and (
        is_newer(stamp, state.resolution) or _gives_way(state.resolution, stamp)
    ):
        changes["resolution"] = Entry[Reference](key="resolution", stamp=stamp, value=agent)
    if facts.event_type == "incident.reopened" and (state.reopened is None or state.reopened < stamp):
        changes["reopened"] = stamp
    return _with(state, **changes)


def _replaces(state: State, stamp: Stamp) -> bool:
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


def _is_unheard(state: State, stamp: Stamp) -> bool:
    return state.heard is None or state.heard.stamp < stamp


def fold_details(state: State, details: Details, *, whole: bool = True) -> State:
    """The state after a REST answer.

    Its status is stamped with the end of the second in which it changed. Where it contradicts what is
    held of that same second, nobody can tell which is newer: it is read once more, and then counts.
    Where it agrees, an event of that second that came while it was on its way stays.
    The answer to a PUT is not ``whole``: it lacks the custom fields, and was not asked for any event.
    """
    stamp = Stamp(at=end_of_second(details.status_changed_at), event_id="")
    held = state.snapshot_stamp
    unclear = held is not None and _is_same_second(held, stamp) and not details.reread
    if unclear and state.snapshot is not None and state.snapshot.status != details.snapshot.status:
        return _with(state, reread_wanted=True)
    changes: dict[str, Any] = {
        "reread_wanted": False,
        "acknowledgements": upsert(state.acknowledgements, *_acknowledgements(state, details)),
        "responders": upsert(
            state.responders,
            *(Entry[Responder](key=r.person.id, stamp=details.read_for, value=r) for r in details.responders),
        ),
        "newest": later(state.newest, details.status_changed_at),
    }
    # What is not whole is no first read, but spares a further one.
    if whole or state.details_read is not None:
        changes["details_read"] = latest(state.details_read, details.read_for)
    newer = held is None or held < stamp or (details.reread and held == stamp)
    if newer and not (unclear and _came_meanwhile(state, details, whole=whole)):
        changes |= {"snapshot": details.snapshot, "snapshot_stamp": stamp, "snapshot_from_rest": True}
    if whole and (state.fields_stamp is None or state.fields_stamp <= details.read_for):
        changes |= {"fields": details.fields, "fields_stamp": details.read_for}
    if details.snapshot.status == "resolved" and _tells_more(stamp, state.resolution):
        changes["resolution"] = Entry[Reference](
            key="resolution", stamp=stamp, value=details.status_changed_by or AUTOMATION
        )
    return _with(state, **changes)


def _came_meanwhile(state: State, details: Details, *, whole: bool) -> bool:
    """Whether what is held is an event that this answer was not asked for."""
    held = state.snapshot_stamp
    return held is not None and not state.snapshot_from_rest and (not whole or details.read_for < held)


def _acknowledgements(state: State, details: Details) -> Iterator[Entry[Acknowledgement]]:
    held = {entry.key: entry for entry in state.acknowledgements}
    for told in details.acknowledgements:
        stamp = Stamp(at=end_of_second(told.at))
        if _tells_more(stamp, held.get(told.person.id)):
            yield Entry[Acknowledgement](key=told.person.id, stamp=stamp, value=told)


def _tells_more(stamp: Stamp, held: Entry[Any] | None) -> bool:
    """Whether what REST told is newer; of the same second, an event knows better when it happened."""
    return held is None or (held.stamp < stamp and not _is_same_second(held.stamp, stamp))


def _gives_way(held: Entry[Any] | None, stamp: Stamp) -> bool:
    """Whether this entry comes from REST, and the event from the same second."""
    if held is None or held.stamp.event_id:
        return False
    return _is_same_second(held.stamp, stamp)


def _is_same_second(one: Stamp, other: Stamp) -> bool:
    return whole_second(one.at) == whole_second(other.at)


def fold_outcome(state: State, recorded: RecordedOutcome) -> State:
    """The state after a click's outcome was settled; a key is settled once."""
    if any(known.key == recorded.key for known in state.clicks):
        return state
    return _with(state, clicks=(*state.clicks, recorded)[-MOST_ENTRIES:])


def highlight_of(before: State, after: State, facts: Facts) -> Highlight | None:
    """What this event gives cause to say in the thread, if it is news and the newest state."""
    effect = EFFECTS.get(facts.event_type)
    if effect is None or effect.highlight is None or facts.snapshot is None:
        return None
    if after.snapshot_stamp != facts.stamp or before.snapshot_stamp == facts.stamp:
        return None
    # A REST answer may have shown the new priority before its event came; that announced nothing.
    if effect.highlight == "priority_raised" and not raises(
        before.heard.priority if before.heard else None, facts.snapshot.priority
    ):
        return None
    return Highlight(
        transition=effect.highlight,
        stamp=facts.stamp,
        by=facts.agent.name if facts.agent else None,
    )


def _wanted(folded: State, facts: Facts, effect: Effect) -> Stamp | None:
    if not effect.details:
        return folded.details_wanted
    read = folded.details_read
    if read is not None and facts.stamp <= read:
        return folded.details_wanted
    return latest(folded.details_wanted, facts.stamp)


def upsert(entries: tuple[Entry[ValueT], ...], *new: Entry[ValueT]) -> tuple[Entry[ValueT], ...]:
    """Keyed by ``key``, the newer stamp of a key wins; oldest first, bounded to the newest."""
    newest: dict[str, Entry[ValueT]] = {}
    for entry in (*entries, *new):
        held = newest.get(entry.key)
        if held is None or held.stamp < entry.stamp:
            newest[entry.key] = entry
    ordered = sorted(newest.values(), key=lambda entry: (entry.stamp.at, entry.stamp.event_id, entry.key))
    return tuple(ordered[-MOST_ENTRIES:])


def is_newer(stamp: Stamp, entry: Entry[ValueT] | None) -> bool:
    """Whether a fact of this stamp replaces the entry."""
    return entry is None or entry.stamp < stamp


def latest(*stamps: Stamp | None) -> Stamp | None:
    """The newest of the stamps that are there."""
    return max(_there(stamps), key=lambda s: (s.at, s.event_id), default=None)


def later(*moments: datetime | None) -> datetime | None:
    """The latest of the moments that are there."""
    return max((moment for moment in moments if moment is not None), default=None)


def _there(stamps: Iterable[Stamp | None]) -> Iterable[Stamp]:
    return (stamp for stamp in stamps if stamp is not None)


def whole_second(moment: datetime) -> datetime:
    """The moment as REST would tell it."""
    return moment.replace(microsecond=0)


def end_of_second(moment: datetime) -> datetime:
    """The last microsecond of the moment's second."""
    return whole_second(moment) + timedelta(microseconds=999_999)


def _with(state: State, **changes: Any) -> State:
    return state.model_copy(update=changes) if changes else state
