"""Presses of buttons: each is settled once, whatever number of times and ways it arrives."""

import asyncio
from typing import NamedTuple

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows import clicking
from workflows.contract import CHANGE_STATUS, RECORD_CLICK, call
from workflows.errors import failure_of
from workflows.ledger import Ledger
from workflows.messages import ChangeStatus, Click, Outcome, RecordClick, RecordedOutcome
from workflows.model import card as cards
from workflows.model.reduce import fold_details, fold_outcome
from workflows.model.state import PrivateWord


class _Changed(NamedTuple):
    """How telling PagerDuty ended, and whether the activity has recorded it."""

    outcome: Outcome
    recorded: bool


class Presses:
    """Settles presses on one card. Those that change the status wait for each other."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._settling: set[str] = set()
        self._status_lock = asyncio.Lock()

    def busy(self) -> bool:
        """Whether a press is being settled."""
        return bool(self._settling)

    def changing(self) -> bool:
        """Whether PagerDuty is being told something: its answer will bring the incident's details."""
        return self._status_lock.locked()

    async def settle(self, click: Click) -> Outcome:
        """The press's one outcome: the recorded one, or by judging and acting now."""
        while click.key in self._settling:  # whoever wakes first may be settling it again
            await workflow.wait_condition(lambda: click.key not in self._settling)
        if known := self._known(click):
            return known
        self._settling.add(click.key)
        try:
            outcome = await self._judge_and_act(click)
        finally:
            self._settling.discard(click.key)
        ledger = self._ledger
        recorded = RecordedOutcome(key=click.key, outcome=outcome)
        ledger.advance(
            fold_outcome(ledger.state, recorded), click.correlation, clicking.line_of(click, outcome)
        )
        again = outcome.kind in clicking.MAY_BE_REPEATED
        ledger.state = cards.with_nonce(ledger.state, ledger.draw(), show=again)
        return outcome

    async def settle_unwatched(self, click: Click) -> None:
        """Settle a press whose answer nobody waits for: a failure is told privately.

        The outcome may be known by now: its update ended after the API had given up on it.
        """
        outcome = await self.settle(click)
        if outcome.kind in clicking.TOLD_PRIVATELY:
            self._tell(click, outcome)

    async def _judge_and_act(self, click: Click) -> Outcome:
        outcome = self._judge_person(click)
        if outcome is None:
            async with self._status_lock:  # others may take long: it can have become too late meanwhile
                outcome = self._judge_person(click) or clicking.judge_state(click, self._ledger.state)
                if outcome is None:
                    changed = await self._change_status(click)
                    if changed.recorded:
                        return changed.outcome
                    outcome = changed.outcome
        if outcome.kind == "unlinked":
            self._tell(click, outcome)
        return await self._record(click, outcome)

    def _judge_person(self, click: Click) -> Outcome | None:
        return clicking.judge_person(click, self._ledger.key, workflow.now())

    async def _change_status(self, click: Click) -> _Changed:
        ledger = self._ledger
        before = ledger.state.snapshot_stamp
        try:
            changed = await call(
                CHANGE_STATUS, ChangeStatus(card=ledger.key, click=click), f"as {click.person.name}"
            )
        except ActivityError as error:
            return _Changed(clicking.failed(click, failure_of(error)[0]), recorded=False)
        if changed.details is not None:
            # Nothing arrived meanwhile: the answer to our own write is the newest there is.
            undisturbed = ledger.state.snapshot_stamp == before
            details = changed.details.model_copy(update={"reread": undisturbed})
            ledger.advance(fold_details(ledger.state, details, whole=False), click.correlation)
        return _Changed(changed.outcome, recorded=True)

    async def _record(self, click: Click, outcome: Outcome) -> Outcome:
        request = RecordClick(card=self._ledger.key, click=click, outcome=outcome)
        try:
            await call(RECORD_CLICK, request, outcome.kind)
        except ActivityError as error:
            workflow.logger.warning("a click's outcome stays in the history alone: %s", failure_of(error)[0])
        return outcome

    def _tell(self, click: Click, outcome: Outcome) -> None:
        word = PrivateWord(click=click, outcome=outcome)
        self._ledger.state = cards.with_private(self._ledger.state, word)

    def _known(self, click: Click) -> Outcome | None:
        return next((c.outcome for c in self._ledger.state.clicks if c.key == click.key), None)
