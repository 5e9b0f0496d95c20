"""Recoveries: what is not wanted any more cannot be what keeps a run from going on."""

from collections.abc import Sequence

from temporalio import workflow

from workflows.incident_room.run_state import RunState
from workflows.incident_room.wishes import HINDERING
from workflows.reconcile import Reconciler


class Recoveries:
    """Forgets why a reconciler could not go on, once nothing is wanted of it.

    A mark that cannot be set is no matter once the incident is open again. Why there is no chat stays to be
    read until somebody asks for one.
    """

    def __init__(self, run: RunState, reconcilers: Sequence[Reconciler]) -> None:
        self._run = run
        self._reconcilers = reconcilers

    async def watch(self) -> None:
        """Forget it whenever that happens, until the run is draining."""
        run = self._run
        while True:
            await workflow.wait_condition(lambda: run.draining or bool(self._idle()))
            if run.draining:
                return
            for name in self._idle():
                run.recover(name)

    def _idle(self) -> list[str]:
        """Those that could not go on, and of whom nothing is wanted."""
        state = self._run.state
        marked = {one.name for one in state.degradations}
        if state.chat.stage == "none":
            marked -= {*HINDERING}
        return [one.name for one in self._reconcilers if one.name in marked and not one.is_due()]
