"""A run that follows an ended one must not forget: what was shown, then the incident as it is now."""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.channel_incident.activities import RESTORE_CARD, RESTORE_INCIDENT, StoredCard
from workflows.channel_incident.details import details_request
from workflows.channel_incident.following import with_following
from workflows.channel_incident.room import with_room
from workflows.channel_incident.run_state import RunState
from workflows.channel_incident.state import State
from workflows.channel_incident.view import View
from workflows.contract import call
from workflows.errors import failure_of
from workflows.following import Following, stopped_of
from workflows.incident.news import Announcement
from workflows.incident.priority import raises
from workflows.incident.stamps import Entry, Stamp, end_of_second, upsert, whole_second
from workflows.incident.state import IncidentState
from workflows.incident.values import Acknowledgement, Comment, Reference, Responder, Role, Task
from workflows.reconcile import back_off


async def restore(run: RunState) -> None:
    """Fold the card's row and PagerDuty's incident under what this run has been told already.

    The run waits until it has read the row. PagerDuty is asked once, quickly; where it does not
    answer, the run goes on and is marked, and the details are read as soon as they can be.
    """
    stored = await _stored_card(run)
    run.start_from(restored(run.state, stored, marker=run.draw()))
    run.recover("restore")
    try:
        details = await call(RESTORE_INCIDENT, details_request(run, fresh=True), "as it is now")
    except ActivityError as error:
        run.degrade("restore", failure_of(error).name)
    else:
        run.fold_details(details)
    run.apply(without_old_news(run.state))


async def _stored_card(run: RunState) -> StoredCard:
    failures = 0
    while True:
        try:
            return await call(RESTORE_CARD, run.key, "what was shown")
        except ActivityError as error:
            failures += 1
            failure = failure_of(error)
            wait = back_off(failure, failures=failures)
            run.degrade("restore", failure.name, workflow.now() + wait)
            await workflow.sleep(wait, summary=f"back-off after {failure.name}")


def restored(state: State, stored: StoredCard, *, marker: str) -> State:
    """The row of an ended run, under what this run has already been told.

    ``marker`` replaces the old one where a post was attempted and its outcome is not known.
    """
    unknown = stored.unknown or stored.marker is None
    card = state.card.model_copy(
        update={
            "marker": marker if unknown else stored.marker,
            "nonce": stored.nonce or state.card.nonce,
            "revision": stored.revision,
            "content": stored.content,
            "activity_id": stored.activity_id,
            "shown_revision": stored.revision,
            "shown_content": stored.content,
            "resend": state.card.resend or _lacks_last_state(stored),
            "orphans": stored.orphans,
        }
    )
    known = {click.key for click in stored.clicks}
    folded = state.replace(
        card=card,
        announcements=state.announcements.model_copy(update={"said": stored.notified}),
        clicks=(*stored.clicks, *(click for click in state.clicks if click.key not in known)),
    )
    folded = with_room(_followed(folded, stored.following, marker=marker), stored.room)
    if stored.view is None:
        return folded
    fresh = _without_what_was_shown(folded, stored.view)
    return fresh.replace(incident=_under(fresh.incident, stored.view))


def _lacks_last_state(stored: StoredCard) -> bool:
    """Somebody stopped it, and the bot was away before its message said so."""
    is_stopped = stopped_of(stored.following) is not None
    return is_stopped and stored.view is not None and stored.view.stopped is None


def _followed(state: State, row: Following | None, *, marker: str) -> State:
    """Who follows the incident: the row is newer than the run's start, and older than what was told since.

    What a connection brings, which nobody follows, it brings for good.
    """
    told = state.following
    state = state.replace(following=row)
    if row is not None and (told is None or told.number > row.number):
        state = with_following(state, told, marker=marker)
    if state.is_stopped:
        state = state.replace(announcements=state.announcements.keeping(lambda _: False))
    return state


def without_old_news(state: State) -> State:
    """Keep only announcements that were not said, and no change after which the incident changed again."""
    held, said = state.incident.snapshot_stamp, state.announcements.said

    def is_wanted(waiting: Announcement) -> bool:
        is_over = not waiting.about and held is not None and waiting.second < whole_second(held.at)
        return waiting.key not in said and not is_over

    return state.replace(announcements=state.announcements.keeping(is_wanted))


def _without_what_was_shown(state: State, view: View) -> State:
    """Late and repeated events: the card has shown what they tell, or something newer.

    Without them nothing is shown before PagerDuty has told the status, which never comes from the view.
    """
    incident = state.incident
    update: dict[str, Any] = {
        "acknowledgements": tuple(a for a in incident.acknowledgements if a.stamp.at > view.as_of),
        "responders": tuple(r for r in incident.responders if r.stamp.at > view.as_of),
    }
    if incident.snapshot_stamp is not None and incident.snapshot_stamp.at <= view.as_of:
        update |= {"snapshot": None, "snapshot_stamp": None}
    # REST tells whole seconds: what a click did is shown as of its second, and its event came within it.
    announcements = state.announcements.keeping(
        lambda one: one.second > view.as_of and (one.news != "priority_raised" or _is_raised(view, incident))
    )
    return state.replace(incident=incident.model_copy(update=update), announcements=announcements)


def _is_raised(view: View, incident: IncidentState) -> bool:
    before = Reference(id="", name=view.priority) if view.priority else None
    return incident.heard is not None and raises(before, incident.heard.priority)


def _under(incident: IncidentState, view: View) -> IncidentState:
    """Add what the card last showed: PagerDuty does not tell all of it again.

    Each enters with an old stamp, so that anything newer that is already known stands.
    """
    old, began = Stamp(at=view.as_of), Stamp(at=view.opened_at or view.as_of)
    acknowledgements = (
        Entry[Acknowledgement](key=a.person.id, stamp=Stamp(at=end_of_second(a.at)), value=a)
        for a in view.acknowledgements
    )
    responders = (Entry[Responder](key=r.person.id, stamp=began, value=r) for r in view.responders)
    update: dict[str, Any] = {
        "acknowledgements": upsert(incident.acknowledgements, *acknowledgements),
        "responders": upsert(incident.responders, *responders),
        "notes": upsert(incident.notes, *_entries(view.peoples_note, view.latest_note)),
        "status_updates": upsert(incident.status_updates, *_entries(view.latest_status_update)),
        "roles": upsert(incident.roles, *(Entry[Role](key=r.id, stamp=old, value=r) for r in view.roles)),
        "tasks": upsert(
            incident.tasks, *(Entry[Task](key=t.id, stamp=old, value=t) for t in view.open_tasks)
        ),
    }
    if incident.fields_stamp is None:
        update["fields"] = view.fields
    if not incident.description:
        update["description"] = view.description
    if incident.alerts is None:
        update["alerts"] = view.alerts
    if view.reopened and incident.reopened is None:
        update["reopened"] = old
    return incident.model_copy(update=update)


def _entries(*comments: Comment | None) -> tuple[Entry[Comment], ...]:
    return tuple(
        Entry[Comment](key=comment.id, stamp=Stamp(at=comment.at), value=comment)
        for comment in comments
        if comment is not None
    )
