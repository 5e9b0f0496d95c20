"""A workflow of nothing but one reconciler: the loop serves any run, not only an incident's."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.errors import CardGone
from workflows.reconcile import NotBefore, ReconcileLoop, Reconciler


class CountingRun:
    """A run that counts, as the loop sees it."""

    def __init__(self) -> None:
        self.draining = False
        self.wanted = 0
        self.done = 0
        self.obstacles: list[str] = []
        """What the next calls meet: ``CardGone``, or the name of a limit."""
        self.told: list[str] = []

    @property
    def continues(self) -> bool:
        return False

    def waits_until(self, name: str) -> datetime | None:
        return None

    def degrade(
        self,
        name: str,
        reason: str,
        until: datetime | None = None,
        *,
        held: bool = False,
        code: str | None = None,
    ) -> None:
        self.told.append(f"{name} {'held back' if held else 'failed'}: {reason}")

    def recover(self, name: str) -> None:
        self.told.append(f"{name} goes on")


class CountingReconciler(Reconciler):
    """Counts up to what is wanted, once nothing is in its way."""

    name = "count"

    def __init__(self, run: CountingRun) -> None:
        self._run = run

    def is_due(self) -> bool:
        return self._run.done < self._run.wanted

    async def reconcile(self) -> NotBefore | None:
        if self._run.obstacles:
            obstacle = self._run.obstacles.pop(0)
            if obstacle == CardGone.__name__:
                raise _failed() from CardGone("no such message").to_application_error()
            return NotBefore(workflow.now() + timedelta(milliseconds=50), obstacle)
        self._run.done = self._run.wanted
        return None


def _failed() -> ActivityError:
    """A failed activity, as the SDK raises it."""
    return ActivityError(
        "it failed",
        scheduled_event_id=1,
        started_event_id=2,
        identity="",
        activity_type="tests.count",
        activity_id="1",
        retry_state=None,
    )


@workflow.defn(name="Counting")
class CountingWorkflow:
    """Counts to three, in spite of the obstacles that it is given."""

    @workflow.init
    def __init__(self, obstacles: list[str]) -> None:
        self.run_state = CountingRun()
        self.run_state.obstacles = obstacles

    @workflow.run
    async def run(self, obstacles: list[str]) -> list[str]:
        state = self.run_state
        task = asyncio.create_task(ReconcileLoop(CountingReconciler(state), state).drive())
        state.wanted = 3
        await workflow.wait_condition(lambda: state.done == 3)
        state.draining = True
        await task
        return state.told
