"""The time after which the channel is told that connecting takes longer."""

from datetime import datetime, timedelta

from temporalio import workflow

from workflows.connect_channel.fold import late
from workflows.connect_channel.run_state import RunState
from workflows.connect_channel.state import State


def deadline_of(state: State, patience: timedelta) -> datetime | None:
    """When people have waited long enough for a word; ``None``: nobody waits, or they were told."""
    live = state.live
    if live is None or live.is_ready or live.is_late:
        return None
    return live.recorded_at + patience


class Deadlines:
    """Watches how long connecting takes."""

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._patience = timedelta(seconds=run.deadlines.late)

    def _next(self) -> datetime | None:
        return deadline_of(self._run.state, self._patience)

    async def watch(self) -> None:
        """Note each connection that takes longer, until the run is draining."""
        run = self._run
        while True:
            await workflow.wait_condition(lambda: run.draining or self._next() is not None)
            deadline = self._next()
            if run.draining or deadline is None:
                return
            if await self._has_passed(deadline):
                run.apply(late(run.state))

    async def _has_passed(self, deadline: datetime) -> bool:
        """Wait for it; ``False`` where another one is the next meanwhile, or none."""
        run = self._run
        try:
            await workflow.wait_condition(
                lambda: run.draining or self._next() != deadline,
                timeout=max(deadline - run.now, timedelta(0)),
                timeout_summary="the channel is told that connecting takes longer",
            )
        except TimeoutError:
            return True
        return False
