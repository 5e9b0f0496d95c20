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

CLICKED_AFTER_A_REFUSAL = "clicked-after-a-refusal"
"""Before, for a quarter of a minute whoever clicked once more heard the same again, and nothing was tried."""


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
        outcome = self._known(asking)
        if outcome is not None:
            return wish.answer(outcome)
        self._handling.add(key)
        try:
            return await self._come_to_answer(asking, wish)
        finally:
            self._handling.discard(key)

    def _known(self, asking: Asking) -> Outcome | None:
        """How this request ended. One that was refused is tried again when it is asked after that."""
        state = self._run.state
        recorded = next((one.outcome for one in state.clicks if one.key == asking.key), None)
        refused = next((one for one in state.refused if one.key == asking.key), None)
        if recorded is not None or refused is None:
            return recorded
        is_past = self._run.now - refused.at >= timedelta(seconds=self._run.start.timing.repeats_after)
        is_another = is_past or (asking.is_after(refused.at) and workflow.patched(CLICKED_AFTER_A_REFUSAL))
        return None if is_another else refused.outcome

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

    async def _come_to_answer(self, asking: Asking, wish: Wish) -> RoomAnswer:
        run = self._run
        outcome, is_first = asking.judge(run), False
        if outcome is None:
            async with wish.turn:  # of two at once the second finds it wanted
                outcome, is_first = await self._admit(asking, wish)
        if outcome is None:
            outcome = await wish.decided(is_first=is_first)
        run.tells(f"{wish.name}: {outcome.kind}", asking.who)
        run.apply(self._with(asking, outcome), cause=asking.correlation)
        answer = wish.answer(outcome)
        await asking.record(run, answer)
        return answer

    async def _admit(self, asking: Asking, wish: Wish) -> tuple[Outcome | None, bool]:
        """Whether they may, asked as them; then it is wanted, by them first or by others before."""
        try:
            admitted = await asking.admit(self._run)
        except ActivityError as error:
            return failed(failure_of(error).kind, refusal=refusal_of(error)), False
        if admitted.refused is not None:
            return admitted.refused, False
        return None, wish.want(asking, admitted)
