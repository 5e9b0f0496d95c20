"""The meeting's way into PagerDuty: the incident's bridge, then a note."""

from typing import Any

from workflows.contract import call
from workflows.incident_meeting.activities import NOTE_MEETING, SET_BRIDGE, NoteMeeting, SetBridge
from workflows.incident_room.run_state import RunState
from workflows.reconcile import Reconciler

BRIDGE = "bridge"


class BridgeReconciler(Reconciler):
    """Gives the incident's bridge the meeting's address. One that has an address is never overwritten."""

    name = BRIDGE

    def __init__(self, run: RunState) -> None:
        self._run = run

    def is_due(self) -> bool:
        """The meeting is there, and nobody has looked at the bridge since."""
        meeting = self._run.state.meeting
        return meeting.stage == "made" and meeting.bridge == "unread"

    def holds_run(self) -> bool:
        """A bridge that PagerDuty refuses keeps no run alive."""
        return self.is_due() and not self._run.is_stuck(self.name)

    async def reconcile(self) -> None:
        """Read it, and write it where it is empty."""
        run, meeting = self._run, self._run.state.meeting
        request = SetBridge(
            **_link_to_meeting(run),
            replaces=meeting.replaces,
        )
        done = await call(SET_BRIDGE, request, "the meeting's address")
        if run.state.meeting.attempt == meeting.attempt:
            run.apply(run.state.with_meeting(bridge=done.standing))


class MeetingNoteReconciler(Reconciler):
    """Writes the meeting's address among the incident's notes, once it is known what the bridge has."""

    name = "meeting_note"

    def __init__(self, run: RunState) -> None:
        self._run = run

    def is_due(self) -> bool:
        """The meeting is there, no note says so, and the bridge was written, read or refused."""
        run, meeting = self._run, self._run.state.meeting
        is_decided = meeting.bridge != "unread" or run.is_stuck(BRIDGE)
        return meeting.stage == "made" and not meeting.noted and is_decided

    def holds_run(self) -> bool:
        """A note that PagerDuty refuses keeps no run alive."""
        return self.is_due() and not self._run.is_stuck(self.name)

    async def reconcile(self) -> None:
        """Look, then write."""
        run, meeting = self._run, self._run.state.meeting
        request = NoteMeeting(
            **_link_to_meeting(run),
            standing="refused" if meeting.bridge == "unread" else meeting.bridge,
        )
        await call(NOTE_MEETING, request, "the meeting's address")
        if run.state.meeting.attempt == meeting.attempt:
            run.apply(run.state.with_meeting(noted=True))


def _link_to_meeting(run: RunState) -> dict[str, Any]:
    """What both writes carry: where the meeting is, and who is asked to write it."""
    meeting = run.state.meeting
    return {
        **run.call_of(),
        "attempt": meeting.attempt,
        "pressed_by": "" if meeting.program else meeting.asked_by,
        "by_program": bool(meeting.program),
        "url": meeting.url,
        "number": meeting.number,
    }
