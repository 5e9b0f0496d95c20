"""The meeting: made once, in the name of one person after the other, in one way after the other.

Its keys make repeating safe: asked again with the same key, Microsoft answers with the meeting there is. So
another way or another person is tried only after a refusal that certainly made nothing.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow

from workflows.contract import call
from workflows.incident_meeting.activities import (
    CHOOSE_ORGANISER,
    CREATE_MEETING,
    ChooseOrganiser,
    CreateMeeting,
)
from workflows.incident_room.chat import ChatReconciler
from workflows.incident_room.organiser import ORGANISER, possessive, with_meeting_gone
from workflows.incident_room.people import SearchReconciler, with_people_waiting
from workflows.incident_room.run_state import RunState
from workflows.incident_room.state import Meeting, Plan, State
from workflows.meeting import Hindrance
from workflows.reconcile import NotBefore, Reconciler

LEFT_TO_BRIDGE = "a-meeting-is-left-to-a-bridge"
"""Before, a meeting was made also where somebody had set a bridge since it was asked for."""
LOOKED_FOR_FIRST = "an-organiser-is-looked-for-first"
"""Before, whoever asked for a meeting beside a chat might be judged before they were looked for."""
LOOKED_FOR_AGAIN = "who-asks-for-a-meeting-has-people-looked-for-again"
"""Before, a permission to find people that was granted since the last search made nobody its organiser."""
STAYS_GONE = "what-is-gone-stays-gone"
"""Before, cards led to a meeting that nobody organises any more once another one could not be made."""
LINKS_THE_CHAT = "an-entry-links-the-chat-that-is-made-with-it"
"""Before, the entry of a meeting that was asked for together with the chat had no link to it."""


def with_meeting_wanted(state: State, *, asked_by: str, program: str, plan: Plan) -> State:
    """Somebody asks for it: it is to be made anew, whoever could not organise it before."""
    known, state = state.meeting, state.recovered(ORGANISER)
    if state.people.lacks and workflow.patched(LOOKED_FOR_AGAIN):
        state = state.with_people(searched=False)
    replaces = known.url if known.stage == "gone" else known.replaces
    return state.replace(
        meeting=Meeting(
            stage="wanted",
            asked_by=asked_by,
            program=program,
            plan=plan,
            attempt=known.attempt,
            replaces=replaces,
        )
    )


def with_none_made(state: State) -> State:
    """No meeting is made. One that nobody organises any more stays the last there was."""
    if state.meeting.replaces and workflow.patched(STAYS_GONE):
        return with_meeting_gone(state.with_meeting(url=state.meeting.replaces))
    return state.with_meeting(stage="none")


def bridge_of(state: State) -> str:
    """The address of the incident's bridge; that of a meeting which nobody organises any more is none."""
    bridge, meeting = state.incident.bridge_now, state.meeting
    dead = {meeting.replaces} | ({meeting.url} if meeting.stage == "gone" else set())
    return bridge.url if bridge is not None and bridge.url and bridge.url not in dead else ""


class MeetingReconciler(Reconciler):
    """Makes the meeting. It waits for the search for people, who are invited with it."""

    name = "meeting"

    def __init__(self, run: RunState) -> None:
        self._run = run

    def is_due(self) -> bool:
        """It is wanted, and somebody may be able to organise it."""
        state = self._run.state
        is_wanted = state.meeting.stage == "wanted" and state.people.searched
        may_be_made = is_wanted and (not state.meeting.refused or state.meeting.policy_since is not None)
        return may_be_made and not self._waits_for_search()

    def _waits_for_search(self) -> bool:
        """Whoever asks for it may organise it, and nobody knows who they are before they were looked for."""
        run = self._run
        if run.state.meeting.key or run.is_stuck(SearchReconciler.name):
            return False
        return bool(with_people_waiting(run.state).people.waiting) and workflow.patched(LOOKED_FOR_FIRST)

    def urgencies(self) -> int:
        """Somebody asks for what could not be made before."""
        return self._run.requests

    def holds_run(self) -> bool:
        """One that Microsoft refuses keeps no run alive for which nobody waits."""
        return self.is_due() and not self._run.is_stuck(self.name)

    async def reconcile(self) -> NotBefore | None:
        """Choose who organises it; then make it in one way.

        Before anybody is chosen nothing is on its way: where the incident has got a bridge, none is made.
        """
        if self._run.state.meeting.key:
            await self._make()
            return None
        if await self._has_waited_for_chat() and (self._run.draining or not self.is_due()):
            return None
        if bridge_of(self._run.state) and workflow.patched(LEFT_TO_BRIDGE):
            self._leave_to_bridge()
            return None
        return await self._choose()

    async def _has_waited_for_chat(self) -> bool:
        """The entry links a chat that is being made; one that takes long holds up no meeting, and once."""
        run = self._run
        may_wait = self._chat_is_being_made() and not run.state.meeting.tried
        if not may_wait or not workflow.patched(LINKS_THE_CHAT):
            return False
        within = timedelta(seconds=run.start.timing.chat_first)
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: run.draining or not self._chat_is_being_made(),
                timeout=within,
                timeout_summary="until the chat is there",
            )
        return True

    def _chat_is_being_made(self) -> bool:
        state = self._run.state
        is_hindered = any(one.name == ChatReconciler.name for one in state.degradations)
        return state.chat.stage == "wanted" and not is_hindered

    def _leave_to_bridge(self) -> None:
        """Somebody has set one since it was asked for: a meeting beside it would divide people."""
        run = self._run
        run.tells("no meeting is made: the incident has a bridge")
        run.apply(
            run.state.with_meeting(stage="none", refused=False, hindrances=(), tried=(), policy_since=None)
        )

    async def _choose(self) -> NotBefore | None:
        run, meeting = self._run, self._run.state.meeting
        snapshot = run.state.incident.snapshot
        request = ChooseOrganiser(
            **run.call_of(),
            candidates=run.state.candidates(asked_by=meeting.asked_by, program=meeting.program),
            tried=meeting.tried,
            without_calendar=meeting.without_calendar,
            number=snapshot.number if snapshot else None,
            title=snapshot.title if snapshot else "",
            incident_url=(snapshot.url or "") if snapshot else "",
            chat_url=run.state.chat.url,
            plan=meeting.plan,
        )
        searched_for, found = len(run.state.people.searched_for), run.state.people.found
        chosen = await call(CHOOSE_ORGANISER, request, f"{len(meeting.tried)} tried")
        if chosen.refusal is not None:
            run.apply(with_none_made(run.state.with_meeting(refusal=chosen.refusal)))
            return None
        meeting = run.state.meeting
        # Another round, after a wait, tells its own reasons.
        hindrances = (*([] if meeting.refused else meeting.hindrances), *chosen.passed_over)
        if not chosen.key:
            return self._nobody_is_left(hindrances)
        run.apply(
            run.state.with_meeting(
                key=chosen.key,
                organiser=chosen.name,
                attempt=chosen.attempt,
                way=chosen.way,
                hindrances=hindrances,
                tried=(*meeting.tried, *chosen.tried),
                refused=False,
                invited_for=searched_for,
                invited_of=found,
            )
        )
        return None

    def _nobody_is_left(self, hindrances: tuple[Hindrance, ...]) -> NotBefore | None:
        """It is refused. A policy that an admin has granted a moment ago counts half an hour later."""
        run, meeting, timing = self._run, self._run.state.meeting, self._run.start.timing
        since: datetime | None = None
        if any(one.why == "no_policy" for one in hindrances):
            since = meeting.policy_since or run.now
        waits = since is not None and run.now - since < timedelta(seconds=timing.policy_lasts)
        run.tells("nobody can organise the meeting")
        refused = run.state.with_meeting(
            refused=True, hindrances=hindrances, tried=(), policy_since=since if waits else None
        )
        run.apply(refused if waits else with_none_made(refused))
        again = run.now + timedelta(seconds=timing.policy_again)
        return NotBefore(again, "until an access policy counts", firm=False) if waits else None

    async def _make(self) -> None:
        run, meeting = self._run, self._run.state.meeting
        where = "calendar" if meeting.way == "calendar" else "meetings"
        request = CreateMeeting(**run.call_of(), attempt=meeting.attempt, way=meeting.way)
        made = await call(CREATE_MEETING, request, f"{possessive(meeting.organiser)} {where}")
        meeting = run.state.meeting
        if made.hindrance is None:
            run.tells(f"the meeting is there, in {possessive(meeting.organiser)} {where}")
            run.apply(
                run.state.with_meeting(
                    stage="made",
                    url=made.url,
                    number=made.number,
                    has_entry=made.has_entry,
                    invited=made.invited,
                    invited_count=made.invited_count,
                    left_out=made.left_out,
                    policy_since=None,
                )
            )
        elif meeting.way == "calendar" and made.hindrance.why != "unknown":
            hindrances = (*meeting.hindrances, made.hindrance)
            without = (meeting.key,) if made.hindrance.why == "no_meeting" else ()
            run.apply(
                run.state.with_meeting(
                    way="meeting",
                    hindrances=hindrances,
                    without_calendar=(*meeting.without_calendar, *without),
                )
            )
        else:
            hindrances = (*meeting.hindrances, made.hindrance)
            tried = (*meeting.tried, meeting.key)
            run.apply(run.state.with_meeting(key="", organiser="", hindrances=hindrances, tried=tried))
