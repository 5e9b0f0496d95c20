"""GraceWatch: a minute after the resolve the incident counts as over, unless it was reopened.

Where the policy says so, everybody leaves its chat some time later.
"""

from workflows.deadlines import Deadline, DeadlineWatch
from workflows.incident_room.run_state import RunState

_GRACE = "until it is summed up"


class GraceWatch(DeadlineWatch):
    """Watches when a resolved incident settles, and when people leave."""

    def __init__(self, run: RunState) -> None:
        super().__init__(run)
        self._run = run

    def next(self) -> Deadline | None:
        """When it settles, then when they leave; ``None``: it is open, or all that has passed."""
        run = self._run
        if run.grace_ends_at is not None:
            return Deadline(run.grace_ends_at, _GRACE)
        return None if run.leaves_at is None else Deadline(run.leaves_at, "until everybody leaves")

    def passed(self, deadline: Deadline) -> None:
        """The grace has passed, or everybody leaves."""
        if deadline.name == _GRACE:
            self._run.grace_passed = True
        else:
            self._run.is_left = True
        self._run.apply(self._run.state)
