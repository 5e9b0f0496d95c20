"""Requests for chat and meeting: each comes to one outcome, however often and by whatever way it arrives."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.errors import failure_of, refusal_of
from workflows.incident_room.asking import Asking
from workflows.incident_room.messages import AskedByClick, RoomAnswer
from workflows.incident_room.run_state import RunState
from workflows.incident_room.state import Refused, State, Told
from workflows.incident_room.wishes import Wish
from workflows.verbs.judging import failed
from workflows.verbs.outcomes import MAY_BE_REPEATED, TOLD_PRIVATELY, Outcome, RecordedOutcome


class Requests:
    """Brings requests to their outcomes."""

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._handling: set[str] = set()

    async def handle(self, asking: Asking, wish: Wish) -> RoomAnswer:
        """The request's one outcome: the recorded one, or by asking PagerDuty and waiting for the wish."""
        key = asking.key
        while key in self._handling:  # whoever wakes first may be handling it again
            await workflow.wait_condition(lambda: key not in self._handling)
        outcome = self._known(key)
        if outcome is None:
            self._handling.add(key)
            try:
                outcome = await self._come_to_outcome(asking, wish)
            finally:
                self._handling.discard(key)
        return wish.answer(outcome)

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

    def unheard(self, asked: AskedByClick, outcome: Outcome) -> None:
        """Nobody hears the answer: what the cards do not show is told to its person, once."""
        told = Told(click=asked.click, conversation=asked.conversation, tenant=asked.tenant, outcome=outcome)
        if outcome.kind in TOLD_PRIVATELY:
            self._run.apply(self._run.state.with_private(told))

    async def _come_to_outcome(self, asking: Asking, wish: Wish) -> Outcome:
        run = self._run
        outcome, is_first = asking.judge(run), False
        if outcome is None:
            async with wish.turn:  # of two at once the second finds it wanted
                outcome, is_first = await self._admit(asking, wish)
        if outcome is None:
            outcome = await wish.decided(is_first=is_first)
        run.tells(f"{wish.name}: {outcome.kind}", asking.who)
        run.apply(self._with(asking, outcome), cause=asking.correlation)
        await asking.record(run, outcome)
        return outcome

    async def _admit(self, asking: Asking, wish: Wish) -> tuple[Outcome | None, bool]:
        """Whether they may, asked as them; then it is wanted, by them first or by others before."""
        try:
            admitted = await asking.admit(self._run)
        except ActivityError as error:
            return failed(failure_of(error).kind, refusal=refusal_of(error)), False
        if admitted.refused is not None:
            return admitted.refused, False
        return None, wish.want(asking, admitted)
