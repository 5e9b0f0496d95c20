"""Answers to clicks that were not done: a sentence on somebody's screen, which any edit wipes away.

What can wait is shown when the sentence has been read: details, notes. An event that changes the incident is
shown at once, whoever is reading.
"""

from datetime import timedelta

from temporalio import workflow

from workflows.channel_incident.run_state import RunState
from workflows.channel_incident.state import AnswerOnScreen, State
from workflows.incident.stamps import Stamp
from workflows.options import ANSWER_IS_READ, ANSWERS_HOLD
from workflows.verbs.outcomes import NOT_DONE, Outcome


class Answers:
    """Holds the edits of the card back while somebody reads why their click was not done."""

    def __init__(self, run: RunState) -> None:
        self._run = run

    def give(self, outcome: Outcome) -> None:
        """Somebody is told now how their click ended. What a click has done is shown to everybody at once."""
        state = self._run.state
        held = state.card.answer
        if outcome.kind in NOT_DONE:
            since = held.since if held else workflow.now()
            until = min(workflow.now() + ANSWER_IS_READ, since + ANSWERS_HOLD)
            self._run.apply(_with(state, AnswerOnScreen(since=since, until=until, heard=_heard(state))))
        elif outcome.kind == "done" and held is not None:
            self._run.apply(_with(state, None))

    async def watch(self) -> None:
        """Let the edits go once the answer has been read."""
        run = self._run
        while True:
            await workflow.wait_condition(lambda: run.draining or run.state.card.answer is not None)
            answer = run.state.card.answer
            if run.draining or answer is None:
                return
            await self._until_read(answer)

    async def _until_read(self, answer: AnswerOnScreen) -> None:
        """Return when the answer has been read, when another one was given, or when the run is draining."""
        run = self._run
        try:
            await workflow.wait_condition(
                lambda: run.draining or run.state.card.answer != answer,
                timeout=max(answer.until - workflow.now(), timedelta(0)),
                timeout_summary="an answer is being read",
            )
        except TimeoutError:
            if run.state.card.answer == answer:  # another one may have been given in this very moment
                run.apply(_with(run.state, None))


def is_being_read(state: State) -> bool:
    """An answer is on somebody's screen, and nothing happened since that others must see at once."""
    answer = state.card.answer
    return answer is not None and answer.heard == _heard(state)


def _heard(state: State) -> Stamp | None:
    return state.incident.heard.stamp if state.incident.heard else None


def _with(state: State, answer: AnswerOnScreen | None) -> State:
    return state.replace(card=state.card.model_copy(update={"answer": answer}))
