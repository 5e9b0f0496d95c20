"""What can be asked for, a chat or a meeting: whether it is there, when it is wanted, and how that ends."""

import asyncio
from typing import Protocol

from temporalio import workflow

from workflows.degradations import Degradation
from workflows.errors import ConsentMissing
from workflows.incident_room.activities import Admitted
from workflows.incident_room.asking import Asking
from workflows.incident_room.chat import with_chat_wanted
from workflows.incident_room.meeting import bridge_of, with_meeting_wanted, with_none_made
from workflows.incident_room.messages import RoomAnswer
from workflows.incident_room.people import with_asker
from workflows.incident_room.run_state import RunState
from workflows.incident_room.state import NotMade, State
from workflows.meeting import Hindrance
from workflows.verbs.outcomes import Outcome

HINDERING = ("people", "beginning", "chat")
"""The reconcilers without which no chat is made."""
_HINDERING_A_MEETING = ("people", "meeting")


class Wish(Protocol):
    """One of the two."""

    name: str
    """As the timeline and the verb name it."""
    turn: asyncio.Lock
    """Of two who ask at once, the second finds it wanted."""

    def want(self, asking: Asking, admitted: Admitted) -> bool:
        """Want it on behalf of whoever was admitted; whether nobody did before."""

    async def decided(self, *, is_first: bool) -> Outcome:
        """Wait until it is there, or until it is certain that it will not be for now."""

    def answer(self, outcome: Outcome) -> RoomAnswer:
        """What whoever asked is told."""


class ChatWish:
    """The incident's chat."""

    name = "create_chat"

    def __init__(self, run: RunState) -> None:
        self._run = run
        self.turn = asyncio.Lock()

    def want(self, asking: Asking, admitted: Admitted) -> bool:
        """Want it, unless it is there or on its way."""
        run, asker = self._run, admitted.asker
        state = with_tenant_of(run.state if asker is None else with_asker(run.state, asker), admitted)
        chat = state.chat
        may_be_made = chat.stage in ("none", "gone", "archived") or (
            chat.stage == "unknown" and asking.takes_risk and asking.is_after(chat.unknown_since)
        )
        is_first = may_be_made and not run.begins_anew
        if is_first:
            state = _asked_anew(run, state, HINDERING)
            if state.chat.stage == "none":
                state = with_chat_wanted(state)
            else:
                run.begins_anew = True
            asked_by = asker.pagerduty_user if asker else ""
            whose = {"asked_by": asked_by, "program": asking.program}
            state = state.replace(plan=asking.plan.model_copy(update=whose))
        run.apply(state, cause=asking.correlation)
        if admitted.details is not None:
            run.fold_details(admitted.details)
        return is_first

    async def decided(self, *, is_first: bool) -> Outcome:
        """Wait until there is a chat, or until it is certain that there will be none for now."""
        run = self._run

        def is_decided() -> bool:
            waits = run.begins_anew or run.state.chat.stage in ("wanted", "in_doubt")
            return not waits or self._hindrance() is not None

        while not is_decided():  # by who wakes first it may be wanted again
            await workflow.wait_condition(is_decided)
        chat = run.state.chat
        if chat.stage == "made":
            return Outcome(kind="done" if is_first else "already")
        if chat.refusal is not None:
            return _not_made(run.state, chat.refusal)
        if chat.stage == "unknown" and not run.begins_anew:
            return Outcome(kind="failed", reason="chat_unknown", says=chat.topic)
        hindrance = self._hindrance()
        run.begins_anew = False
        if chat.stage == "wanted":
            run.apply(run.state.with_chat(stage="none"))
        if hindrance is not None and hindrance.reason == ConsentMissing.__name__:
            return Outcome(kind="refused", reason="not_granted", says=hindrance.code)
        return Outcome(kind="failed", reason="not_made", says=hindrance.reason if hindrance else None)

    def answer(self, outcome: Outcome) -> RoomAnswer:
        """Where the chat is."""
        chat = self._run.state.chat
        return RoomAnswer(outcome=outcome, url=chat.url, name=chat.topic)

    def _hindrance(self) -> Degradation | None:
        """What keeps the chat from being made until somebody does something."""
        state = self._run.state
        if state.chat.stage == "in_doubt":
            return None
        return lasting(self._run, HINDERING)


class MeetingWish:
    """The incident's meeting."""

    name = "create_meeting"

    def __init__(self, run: RunState) -> None:
        self._run = run
        self.turn = asyncio.Lock()

    def want(self, asking: Asking, admitted: Admitted) -> bool:
        """Want it, unless the incident has a bridge with an address, or it is there or on its way.

        Who presses after a refusal asks again: something may have been granted since.
        """
        run, asker = self._run, admitted.asker
        known = run.state if asker is None else run.state.with_asker(asker)
        run.apply(with_tenant_of(known, admitted), cause=asking.correlation)
        if admitted.details is not None:
            run.fold_details(admitted.details)
        meeting = run.state.meeting
        may_be_made = meeting.stage in ("none", "gone") or meeting.refused
        is_first = may_be_made and not bridge_of(run.state)
        if is_first:
            state = _asked_anew(run, run.state, _HINDERING_A_MEETING)
            asked_by = asker.pagerduty_user if asker else ""
            wanted = with_meeting_wanted(state, asked_by=asked_by, program=asking.program, plan=asking.plan)
            run.apply(wanted)
        return is_first

    async def decided(self, *, is_first: bool) -> Outcome:
        """Wait until there is a meeting, or until it is certain that there will be none for now."""
        run = self._run

        def is_decided() -> bool:
            meeting = run.state.meeting
            return meeting.stage != "wanted" or meeting.refused or self._hindrance() is not None

        while not is_decided():  # by who wakes first it may be wanted again
            await workflow.wait_condition(is_decided)
        meeting, hindrance = run.state.meeting, self._hindrance()
        if meeting.stage == "made" or bridge_of(run.state):
            return Outcome(kind="done" if is_first and meeting.stage == "made" else "already")
        if meeting.refusal is not None:
            return _not_made(run.state, meeting.refusal)
        if meeting.refused:
            return Outcome(kind="refused", reason="no_organiser", hindrances=meeting.hindrances)
        if meeting.stage == "wanted":
            run.apply(with_none_made(run.state))
        if hindrance is not None and hindrance.reason == ConsentMissing.__name__:
            lacks = Hindrance(who=meeting.organiser, why="not_granted", permission=hindrance.code or "")
            return Outcome(kind="refused", reason="no_organiser", hindrances=(*meeting.hindrances, lacks))
        return Outcome(kind="failed", reason="meeting_not_made", says=hindrance.reason if hindrance else None)

    def answer(self, outcome: Outcome) -> RoomAnswer:
        """Where the meeting is, and who is invited to it: to ours, and to no bridge that somebody has set."""
        meeting = self._run.state.meeting
        ours = meeting.url if meeting.stage == "made" else ""
        url = ours if outcome.kind == "done" else bridge_of(self._run.state) or ours
        is_ours = bool(ours) and url == ours
        return RoomAnswer(
            outcome=outcome,
            url=url,
            invited=meeting.invited if is_ours else (),
            invited_count=meeting.invited_count if is_ours else 0,
        )

    def _hindrance(self) -> Degradation | None:
        """What keeps the meeting from being made until somebody does something."""
        return lasting(self._run, _HINDERING_A_MEETING)


def with_tenant_of(state: State, admitted: Admitted) -> State:
    """What the tenant is called."""
    return state.replace(tenant_name=admitted.tenant_name) if admitted.tenant_name else state


def _asked_anew(run: RunState, state: State, hindering: tuple[str, ...]) -> State:
    """Nothing that kept it from being made before counts any more."""
    run.requests += 1
    for name in hindering:
        state = state.recovered(name)
    return state


def _not_made(state: State, refusal: NotMade) -> Outcome:
    """Why not; whoever was not found may be there, where a permission to look is missing."""
    lacks = state.people.lacks if refusal == "owner_absent" else ()
    return Outcome(kind="refused", reason=refusal, says=lacks[0] if lacks else None)


def lasting(run: RunState, names: tuple[str, ...]) -> Degradation | None:
    """What one of these reconcilers waits for; without the people who cannot be found, others are."""
    lasting = (one for one in run.state.degradations if one.until is None and one.name in names)
    return next((one for one in lasting if one.name != "people" or not run.state.people.searched), None)
