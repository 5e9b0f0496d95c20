"""A workflow of nothing but one reconciler: the loop serves any run, not only an incident's."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow

from workflows.reconcile import NotBefore, ReconcileLoop, Reconciler


class CountingRun:
    """A run that counts, as the loop sees it."""

    def __init__(self) -> None:
        self.draining = False
        self.wanted = 0
        self.done = 0
        self.held_back: str | None = None
        self.told: list[str] = []

    @property
    def continues(self) -> bool:
        return False

    def waits_until(self, name: str) -> datetime | None:
        return None

    def degrade(self, name: str, reason: str, until: datetime | None = None, *, held: bool = False) -> None:
        self.told.append(f"{name} {'held back' if held else 'failed'}: {reason}")

    def recover(self, name: str) -> None:
        self.told.append(f"{name} goes on")


class CountingReconciler(Reconciler):
    """Counts up to what is wanted; a limit may hold it back once."""

    name = "count"

    def __init__(self, run: CountingRun) -> None:
        self._run = run

    def is_due(self) -> bool:
        return self._run.done < self._run.wanted

    async def reconcile(self) -> NotBefore | None:
        if (limit := self._run.held_back) is not None:
            self._run.held_back = None
            return NotBefore(workflow.now() + timedelta(milliseconds=50), limit)
        self._run.done = self._run.wanted
        return None


@workflow.defn(name="Counting")
class CountingWorkflow:
    """Counts to three, held back by a limit if it is given one."""

    @workflow.init
    def __init__(self, limit: str | None) -> None:
        self.run_state = CountingRun()
        self.run_state.held_back = limit

    @workflow.run
    async def run(self, limit: str | None) -> list[str]:
        state = self.run_state
        task = asyncio.create_task(ReconcileLoop(CountingReconciler(state), state).drive())
        state.wanted = 3
        await workflow.wait_condition(lambda: state.done == 3)
        state.draining = True
        await task
        return state.told
