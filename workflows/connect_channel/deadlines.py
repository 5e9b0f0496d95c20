"""The time after which the channel is told that connecting takes longer."""

from datetime import datetime, timedelta

from workflows.connect_channel.fold import late
from workflows.connect_channel.run_state import RunState
from workflows.connect_channel.state import State
from workflows.deadlines import Deadline, DeadlineWatch


def deadline_of(state: State, patience: timedelta) -> datetime | None:
    """When people have waited long enough for a word; ``None``: nobody waits, or they were told."""
    live = state.live
    if live is None or live.is_ready or live.is_late:
        return None
    return live.recorded_at + patience


class Deadlines(DeadlineWatch):
    """Watches how long connecting takes."""

    def __init__(self, run: RunState) -> None:
        super().__init__(run)
        self._run = run
        self._patience = timedelta(seconds=run.deadlines.late)

    def next(self) -> Deadline | None:
        """The time after which a word is owed."""
        at = deadline_of(self._run.state, self._patience)
        return None if at is None else Deadline(at, "the channel is told that connecting takes longer")

    def passed(self, _deadline: Deadline) -> None:
        """Note that connecting takes longer."""
        self._run.apply(late(self._run.state))
