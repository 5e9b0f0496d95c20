"""The offer's deadline: a timer asks the row, which says whether the link was used."""

from datetime import datetime, timedelta

from workflows.account_link.run_state import RunState
from workflows.account_link.state import State
from workflows.deadlines import Deadline, DeadlineWatch


def deadline_of(state: State, life: timedelta) -> datetime | None:
    """When the offer is over; ``life`` is that of one whose row nobody could make."""
    if state.step != "open" or state.link is None or state.row_asks:
        return None
    return state.link.expires_at or state.link.asked_at + life


class Deadlines(DeadlineWatch):
    """Watches the deadline of a run's offer."""

    def __init__(self, run: RunState) -> None:
        super().__init__(run)
        self._run = run
        self._life = timedelta(seconds=run.deadlines.link)

    def next(self) -> Deadline | None:
        """The end of the offer."""
        at = deadline_of(self._run.state, self._life)
        return None if at is None else Deadline(at, "the link expires")

    def passed(self, _deadline: Deadline) -> None:
        """Have the row asked."""
        self._run.apply(self._run.state.with_row_asked())
