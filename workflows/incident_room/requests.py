"""Requests for the chat: each comes to one outcome, however often and by whatever way it arrives."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.degradations import Degradation
from workflows.errors import ConsentMissing, failure_of, refusal_of
from workflows.incident_room.asking import Asking
from workflows.incident_room.chat import with_chat_wanted
from workflows.incident_room.messages import AskedForChat, RoomAnswer
from workflows.incident_room.run_state import RunState
from workflows.incident_room.state import Refused, State, Told
from workflows.verbs.judging import failed
from workflows.verbs.outcomes import MAY_BE_REPEATED, TOLD_PRIVATELY, Outcome, RecordedOutcome

HINDERING = ("people", "beginning", "chat")
"""The reconcilers without which no chat is made."""


class Requests:
    """Brings requests to their outcomes."""

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._handling: set[str] = set()
        self._turn = asyncio.Lock()

    async def handle(self, asking: Asking) -> RoomAnswer:
        """The request's one outcome: the recorded one, or by asking PagerDuty and waiting for the chat."""
        key = asking.key
        while key in self._handling:  # whoever wakes first may be handling it again
            await workflow.wait_condition(lambda: key not in self._handling)
        outcome = self._known(key)
        if outcome is None:
            self._handling.add(key)
            try:
                outcome = await self._come_to_outcome(asking)
            finally:
                self._handling.discard(key)
        return RoomAnswer(outcome=outcome, url=self._run.state.chat.url)

    def _known(self, key: str) -> Outcome | None:
        """How this request ended. One that was refused is tried again when it comes a while later."""
        state, patience = self._run.state, timedelta(seconds=self._run.start.timing.repeats_after)
        ended = {one.key: one.outcome for one in state.refused if self._run.now - one.at < patience}
        ended |= {one.key: one.outcome for one in state.clicks}
        return ended.get(key)

    def _with(self, asking: Asking, outcome: Outcome) -> State:
        """The state with the outcome. What would begin anew beside a chat nobody knows of is not repeated."""
        key = asking.key
        begins_anew = outcome.reason == "chat_unknown" and asking.takes_risk
        if outcome.kind in MAY_BE_REPEATED and not begins_anew:
            return self._run.state.with_refused(Refused(key=key, outcome=outcome, at=self._run.now))
        return self._run.state.with_outcome(RecordedOutcome(key=key, outcome=outcome))

    def unheard(self, asked: AskedForChat, outcome: Outcome) -> None:
        """Nobody hears the answer: what the cards do not show is told to its person, once."""
        told = Told(click=asked.click, conversation=asked.conversation, tenant=asked.tenant, outcome=outcome)
        if outcome.kind in TOLD_PRIVATELY:
            self._run.apply(self._run.state.with_private(told))

    async def _come_to_outcome(self, asking: Asking) -> Outcome:
        run = self._run
        outcome = asking.judge(run)
        if outcome is None:
            async with self._turn:  # of two at once the second finds the chat wanted
                outcome, is_first = await self._admit(asking)
            if outcome is None:
                outcome = await self._when_decided(is_first=is_first)
        run.tells(f"create_chat: {outcome.kind}", asking.who)
        run.apply(self._with(asking, outcome), cause=asking.correlation)
        await asking.record(run, outcome)
        return outcome

    async def _admit(self, asking: Asking) -> tuple[Outcome | None, bool]:
        """Whether they may, asked as them; then the chat is wanted, by them first or by others before."""
        run = self._run
        try:
            admitted = await asking.admit(run)
        except ActivityError as error:
            return failed(failure_of(error).kind, refusal=refusal_of(error)), False
        if admitted.refused is not None:
            return admitted.refused, False
        state = run.state if admitted.asker is None else run.state.with_asker(admitted.asker)
        if admitted.tenant_name:
            state = state.replace(tenant_name=admitted.tenant_name)
        may_be_made = state.chat.stage in ("none", "gone") or (
            state.chat.stage == "unknown" and asking.takes_risk
        )
        is_first = may_be_made and not run.begins_anew
        if is_first:
            for name in HINDERING:
                state = state.recovered(name)
            run.requests += 1
            if state.chat.stage == "none":
                state = with_chat_wanted(state)
            else:
                run.begins_anew = True
        run.apply(state, cause=asking.correlation)
        if admitted.details is not None:
            run.fold_details(admitted.details)
        return None, is_first

    async def _when_decided(self, *, is_first: bool) -> Outcome:
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
            return Outcome(kind="refused", reason=chat.refusal)
        if chat.stage == "unknown" and not run.begins_anew:
            return Outcome(kind="failed", reason="chat_unknown", says=chat.topic)
        hindrance = self._hindrance()
        run.begins_anew = False
        if chat.stage == "wanted":
            run.apply(run.state.with_chat(stage="none"))
        if hindrance is not None and hindrance.reason == ConsentMissing.__name__:
            return Outcome(kind="refused", reason="not_granted", says=hindrance.code)
        return Outcome(kind="failed", reason="not_made", says=hindrance.reason if hindrance else None)

    def _hindrance(self) -> Degradation | None:
        """What keeps the chat from being made until somebody does something."""
        state = self._run.state
        if state.chat.stage == "in_doubt":
            return None
        lasting = (one for one in state.degradations if one.until is None and one.name in HINDERING)
        return next((one for one in lasting if one.name != "people" or not state.people.searched), None)
