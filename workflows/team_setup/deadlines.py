"""Deadlines: a timer tells people of them; whether a link was used is the row's to say."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from workflows.deadlines import Deadline, DeadlineWatch
from workflows.team_setup.fold import abandoned
from workflows.team_setup.run_state import RunState
from workflows.team_setup.state import Link, State

_ABANDONED = "given up if nobody goes on"


def next_deadline(state: State, days: timedelta) -> Deadline | None:
    """The next one, where there is any; ``days`` without a step end the set-up."""
    return min(_deadlines(state, days), default=None)


def _deadlines(state: State, days: timedelta) -> Iterator[Deadline]:
    if state.row_asks:
        return
    if state.step == "authorizing" and (at := _end_of(state.link)):
        yield Deadline(at, "the link expires")
    if state.step in ("choosing", "authorizing", "consenting"):
        if at := _end_of(state.consent_link):
            yield Deadline(at, "the consent link expires")
        if state.moved_at:
            yield Deadline(state.moved_at + days, _ABANDONED)


def _end_of(link: Link | None) -> datetime | None:
    return link.expires_at if link is not None and link.is_usable else None


class Deadlines(DeadlineWatch):
    """Watches the next deadline of a run."""

    def __init__(self, run: RunState) -> None:
        super().__init__(run)
        self._run = run
        self._days = timedelta(seconds=run.deadlines.abandoned)

    def next(self) -> Deadline | None:
        """Of those that the state has."""
        return next_deadline(self._run.state, self._days)

    def passed(self, deadline: Deadline) -> None:
        """Give the set-up up, or have the row asked."""
        state = self._run.state
        self._run.apply(abandoned(state) if deadline.name == _ABANDONED else state.with_row_asked())
