"""Recording how clicks ended: one call for all that came to their outcome during the call before."""

import asyncio
from collections import Counter

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.channel_incident.activities import RECORD_CLICKS, JudgedClick, RecordClicks
from workflows.channel_incident.run_state import RunState
from workflows.contract import call
from workflows.errors import failure_of
from workflows.verbs.click import Click
from workflows.verbs.outcomes import Outcome

_AT_ONCE = 100
"""Clicks in one call: some 60 KB, where Temporal takes two megabytes."""


class Recorder:
    """Records the outcomes that no call to PagerDuty has recorded.

    Two hundred people who press at once would be two hundred activities otherwise.
    """

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._waiting: list[JudgedClick] = []
        self._recording = asyncio.Lock()

    async def record(self, click: Click, outcome: Outcome) -> None:
        """Return when the outcome is recorded, or when it certainly stays in the history alone."""
        judged = JudgedClick(click=click, outcome=outcome)
        self._waiting.append(judged)
        async with self._recording:
            # Whoever held the lock before may have taken this one along. Keys are unique: one handler each.
            while judged in self._waiting:
                await self._record_some()

    async def _record_some(self) -> None:
        some, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
        kinds = Counter(judged.outcome.kind for judged in some)
        summary = ", ".join(f"{count} × {kind}" if count > 1 else kind for kind, count in kinds.items())
        try:
            await call(RECORD_CLICKS, RecordClicks(card=self._run.key, clicks=tuple(some)), summary)
        except ActivityError as error:
            workflow.logger.warning(
                "the outcomes of clicks stay in the history alone: %s", failure_of(error).name
            )
