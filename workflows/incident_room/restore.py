"""A run that follows an ended one must not forget: what was done for the room, then the incident as it is."""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.channel_incident.activities import READ_DETAILS, RESTORE_INCIDENT, ReadDetails
from workflows.contract import call
from workflows.errors import ConsentMissing, failure_of
from workflows.incident.stamps import Stamp
from workflows.incident_room.activities import RESTORE_ROOM, StoredRoom
from workflows.incident_room.chat import with_bot
from workflows.incident_room.meeting import STAYS_GONE
from workflows.incident_room.organiser import with_meeting_gone
from workflows.incident_room.people import MembersReconciler
from workflows.incident_room.run_state import RunState
from workflows.incident_room.state import Chat, Meeting, Plan, State
from workflows.reconcile import Reconciler
from workflows.restoring import until_read
from workflows.room import Room

INVITED_AFTER_ALL = "whom-an-ended-run-did-not-invite-is-invited"
"""Before, a later run took everybody who was looked for to be invited."""
BROUGHT_LATER = "who-was-not-added-is-added-later"
"""Before, a later run took whom the one before could not add for brought."""


async def restore(run: RunState) -> None:
    """Fold the row, however long it takes to read it, and PagerDuty's incident, which is asked once."""
    stored = await until_read(run, lambda: call(RESTORE_ROOM, run.start.room, "what was done"))
    if not stored.exists:
        return  # whoever asks first is admitted with the incident as it is
    run.apply(restored(run.state, stored))
    for lack in _told_of_chat(stored).lacks:
        run.degrade(lack.step, ConsentMissing.__name__, code=lack.permission)
    try:
        run.fold_details(await call(RESTORE_INCIDENT, _request(run), "as it is now"))
    except ActivityError as error:
        run.degrade("details", failure_of(error).name)


def restored(state: State, stored: StoredRoom) -> State:
    """The row of an ended run, under what this run has been told already."""
    folded = state.replace(
        plan=Plan(name=stored.name, preset=stored.preset),
        # Where nothing was made it is that of whoever asks now.
        tenant="" if stored.stage == stored.meeting.stage == "none" else stored.tenant,
        tenant_name=stored.tenant_name,
        askers=(*stored.askers, *state.askers),
        told=stored.told,
        tellings=stored.told.number if stored.told else 0,
        summed_up=stored.summed_up,
        clicks=stored.clicks,
        meeting=_meeting(stored),
    )
    if folded.meeting.stage == "gone":
        folded = with_meeting_gone(folded)
    folded = folded.with_people(asked_for=stored.asked_for)
    if folded.wants_people:
        folded = folded.with_people(**_people(stored))
    match stored.stage:
        case "made":
            return _with_made(folded, stored)
        case "making":  # what was begun and never recorded may have been done
            return folded.with_chat(stage="in_doubt", topic=stored.topic, in_doubt_since=stored.began_at)
        case "unknown":
            return folded.with_chat(stage="unknown", topic=stored.topic, unknown_since=stored.began_at)
        case "archived":
            url = "" if stored.left else stored.url
            return folded.with_chat(stage="archived", id=stored.id, url=url, topic=stored.topic)
        case "none" | "gone":  # what the row holds of an earlier chat is nothing to anybody
            return folded.with_chat(stage=stored.stage)


def _with_made(state: State, stored: StoredRoom) -> State:
    told = _told_of_chat(stored)
    has_brought = stored.present and not _lacks_members(told)
    made = state.replace(
        chat=Chat(
            stage="made",
            topic=stored.topic,
            id=stored.id,
            url=stored.url,
            shown_topic=stored.shown_topic or stored.topic,
            others=stored.others,
        ),
        people=state.people.model_copy(
            update={
                **_people(stored),
                # Who left since then on their own account is not brought in once more.
                "brought": len(stored.searched_for) if has_brought else -1,
                "taken_out": stored.taken_out,
                "asked_for": stored.asked_for,
                "left": stored.left,
                "lacks": tuple(one.permission for one in told.lacks if one.step == "people"),
                "found": stored.present,
                "present": stored.present,
                "absent": told.absent,
                "absent_count": told.absent_count,
            }
        ),
        app_unknown=told.app_unknown,
        installed=stored.installed,
        shown=stored.shown,
        noted=stored.noted,
    )
    return with_bot(made, is_away=stored.bot_removed)


def _lacks_members(told: Room) -> bool:
    """People could not be added before: a permission may be granted by now."""
    lacks = any(one.step == MembersReconciler.name for one in told.lacks)
    return lacks and workflow.patched(BROUGHT_LATER)


def _people(stored: StoredRoom) -> dict[str, Any]:
    """Who was looked for."""
    return {"searched": bool(stored.searched_for), "searched_for": stored.searched_for}


def _meeting(stored: StoredRoom) -> Meeting:
    """What was begun is asked for again, in the same name and with the same key."""
    row = stored.meeting
    is_made = row.stage == "made"
    if row.stage == "none" and row.replaces and workflow.patched(STAYS_GONE):
        return Meeting(stage="gone", attempt=row.attempt, url=row.replaces, replaces=row.replaces)
    return Meeting(
        stage="wanted" if row.stage == "making" else row.stage,
        attempt=row.attempt,
        organiser=row.organiser,
        key=row.key,
        way=row.way,
        url=row.url,
        number=row.number,
        bridge=row.bridge,
        noted=row.noted,
        has_entry=row.has_entry,
        invited=row.invited,
        invited_count=row.invited_count,
        left_out=row.left_out,
        invited_for=_invited_for(stored) if is_made else 0,
        marked=row.marked,
        replaces=row.replaces,
    )


def _invited_for(stored: StoredRoom) -> int:
    """Whoever was found last may not be named yet; the entry's row knows, and nobody is invited twice."""
    return -1 if workflow.patched(INVITED_AFTER_ALL) else len(stored.searched_for)


def _told_of_chat(stored: StoredRoom) -> Room:
    """What the cards know of the chat that is there, and so need not be told again."""
    if stored.told is not None and stored.stage == stored.told.stage == "made":
        return stored.told
    return Room(number=0, stage="none", tenant=stored.tenant)


class DetailsReconciler(Reconciler):
    """Reads the incident where nothing told how it stands."""

    name = "details"
    defers = True

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._asked_who = False
        """Who resolved it, and when, was asked; PagerDuty may not tell."""

    def is_due(self) -> bool:
        """Nothing is known, or the first reading failed, or two answers contradict each other.

        Or the incident is over, and the event that told so never came.
        """
        run, incident = self._run, self._run.state.incident
        if run.state.chat.stage != "none" or run.state.meeting.stage != "none":
            lacks_resolution = run.is_over and incident.resolution is None and not self._asked_who
            if incident.snapshot is None or lacks_resolution:
                return True
        return incident.reread_wanted or run.is_degraded(self.name)

    def holds_run(self) -> bool:
        """What cannot be read keeps no run alive."""
        return self.is_due() and not self._run.is_degraded(self.name)

    async def reconcile(self) -> None:
        """Ask PagerDuty, or take what was asked for a card.

        A second reading counts against an event of its second, unless that event came while it was read.
        """
        run = self._run
        again, before = run.state.incident.reread_wanted, run.state.incident.snapshot_stamp
        asks_who = run.is_over
        details = await call(READ_DETAILS, _request(run), "as it is now")
        undisturbed = run.state.incident.snapshot_stamp == before
        run.fold_details(details.model_copy(update={"reread": again and undisturbed}))
        self._asked_who = self._asked_who or asks_who


def _request(run: RunState) -> ReadDetails:
    return ReadDetails(
        account=run.start.account,
        incident_id=run.start.incident_id,
        wanted=run.state.incident.details_wanted or Stamp(at=workflow.now()),
        fresh=True,
        correlation=run.state.cause,
    )
