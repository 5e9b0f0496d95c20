"""Whoever organises the meeting: the entry in their calendar, and what becomes of it without them."""

from datetime import timedelta

from temporalio import workflow

from workflows.contract import call
from workflows.degradations import Degradation
from workflows.errors import Failure, NotFound, OutcomeUnknown, ProviderUnavailable
from workflows.incident_meeting.activities import FIND_ORGANISER, UPDATE_ENTRY, FindOrganiser, UpdateEntry
from workflows.incident_room.run_state import RunState
from workflows.incident_room.state import State
from workflows.markdown import as_markdown
from workflows.reconcile import Reconciler

ORGANISER = "organiser"
"""By this name a degradation says that nobody organises the meeting any more."""
LOOKED_FOR_WITHOUT_ENTRY = "an-organiser-without-an-entry-is-looked-for"
"""Before, nobody noticed that the organiser of a meeting without an entry was gone."""
INTERVAL_KEPT = "an-entry-that-failed-keeps-its-interval"
"""Before, an entry that could not be changed was changed again after its back-off, whatever the interval."""
_NAME_LIMIT = 60
"""Most bytes: Temporal takes 200 of a summary."""


def with_meeting_gone(state: State) -> State:
    """Its organiser's account was deleted: whoever wants one asks for a new one."""
    gone = state.with_meeting(stage="gone")
    return gone.degraded(Degradation(name=ORGANISER, reason=NotFound.__name__))


class OfOrganiserReconciler(Reconciler):
    """What is asked of the organiser's calendar or account, once the meeting is there."""

    defers = True

    def __init__(self, run: RunState) -> None:
        self._run = run
        self.interval = timedelta(seconds=run.start.timing.invite_every)

    def holds_run(self) -> bool:
        """What Microsoft refuses, or does not answer, keeps no run alive."""
        return self.is_due() and not self._run.is_stuck(self.name)

    def on_failure(self, failure: Failure) -> None:
        """Whoever organised it is not there any more."""
        if issubclass(failure.kind, NotFound):
            self._run.apply(with_meeting_gone(self._run.state))


class EntryReconciler(OfOrganiserReconciler):
    """Keeps the entry in the organiser's calendar: whom it names, and a mark once the incident is over."""

    name = "entry"
    interval_name = "between two changes of the entry"

    def is_due(self) -> bool:
        """Somebody was looked for since it was written, or it says of the incident what is not so."""
        meeting = self._run.state.meeting
        return meeting.stage == "made" and meeting.has_entry and _has_news(self._run)

    def least_back_off(self, failure: Failure) -> timedelta:
        """A call whose answer is lost may have been done, and everybody is mailed each."""
        is_lost = issubclass(failure.kind, ProviderUnavailable | OutcomeUnknown)
        return self.interval if is_lost and workflow.patched(INTERVAL_KEPT) else timedelta(0)

    async def reconcile(self) -> None:
        """Write the whole list, so that nobody is invited twice or lost. Who left stays invited."""
        run = self._run
        people, is_over = run.state.people, run.wants_mark
        request = UpdateEntry(**run.call_of(), attempt=run.state.meeting.attempt, is_over=is_over)
        updated = await call(UPDATE_ENTRY, request, f"{possessive(run.state.meeting.organiser)} calendar")
        run.apply(
            run.state.with_meeting(
                has_entry=updated.exists,
                marked=is_over,
                invited=updated.invited,
                invited_count=updated.invited_count,
                left_out=updated.left_out,
                invited_for=len(people.searched_for),
                invited_of=people.found,
            )
        )


class OrganiserReconciler(OfOrganiserReconciler):
    """Looks for the organiser of a meeting without an entry, whenever an entry would be changed."""

    name = "account"
    interval_name = "between two looks for the organiser"

    def is_due(self) -> bool:
        """People were looked for since, or the incident has ended or begun again."""
        meeting = self._run.state.meeting
        if meeting.stage != "made" or meeting.has_entry or not _has_news(self._run):
            return False
        return workflow.patched(LOOKED_FOR_WITHOUT_ENTRY)

    async def reconcile(self) -> None:
        """Where accounts may not be read nobody knows of it, and the meeting is taken to go on."""
        run = self._run
        people, is_over = run.state.people, run.wants_mark
        request = FindOrganiser(**run.call_of(), attempt=run.state.meeting.attempt)
        await call(FIND_ORGANISER, request, f"{possessive(run.state.meeting.organiser)} account")
        invited = {"invited_for": len(people.searched_for), "invited_of": people.found}
        run.apply(run.state.with_meeting(marked=is_over, **invited))


def _has_news(run: RunState) -> bool:
    """Somebody was looked for since the last call, or the incident has ended or begun again since."""
    state = run.state
    is_marked_wrongly = run.is_open if state.meeting.marked else run.wants_mark
    lacks_people = state.people.searched and state.meeting.invited_for != len(state.people.searched_for)
    return is_marked_wrongly or (lacks_people and run.is_open)


def possessive(name: str) -> str:
    """``Ada Ops'``, ``Bo Call's``."""
    written = as_markdown(name, _NAME_LIMIT)
    return f"{written}'" if written.endswith("s") else f"{written}'s"
