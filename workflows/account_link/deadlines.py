"""The offer's deadline: a timer asks the row, which says whether the link was used."""

from datetime import datetime, timedelta

from temporalio import workflow

from workflows.account_link.run_state import RunState
from workflows.account_link.state import State


def deadline_of(state: State, life: timedelta) -> datetime | None:
    """When the offer is over; ``life`` is that of one whose row nobody could make."""
    if state.step != "open" or state.link is None or state.row_asks:
        return None
    return state.link.expires_at or state.link.asked_at + life


class Deadlines:
    """Watches the deadline of a run's offer."""

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._life = timedelta(seconds=run.deadlines.link)

    def _next(self) -> datetime | None:
        return deadline_of(self._run.state, self._life)

    async def watch(self) -> None:
        """Have the row asked at every deadline that passes, until the run is draining."""
        run = self._run
        while True:
            await workflow.wait_condition(lambda: run.draining or self._next() is not None)
            deadline = self._next()
            if run.draining or deadline is None:
                return
            if await self._has_passed(deadline):
                run.apply(run.state.with_row_asked())

    async def _has_passed(self, deadline: datetime) -> bool:
        """Wait for it; ``False`` where another one is the next meanwhile."""
        run = self._run
        try:
            await workflow.wait_condition(
                lambda: run.draining or self._next() != deadline,
                timeout=max(deadline - run.now, timedelta(0)),
                timeout_summary="the link expires",
            )
        except TimeoutError:
            return True
        return False
