"""Deadlines: a timer tells people of them; whether a link was used is the row's to say."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from temporalio import workflow

from workflows.team_setup.fold import abandoned
from workflows.team_setup.run_state import RunState
from workflows.team_setup.state import Link, State


class Deadline(NamedTuple):
    """What is over at a time."""

    at: datetime
    name: str
    """For operators."""


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


class Deadlines:
    """Watches the next deadline of a run."""

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._days = timedelta(seconds=run.deadlines.abandoned)

    def _next(self) -> Deadline | None:
        return next_deadline(self._run.state, self._days)

    async def watch(self) -> None:
        """Fold every deadline that passes, until the run is draining."""
        run = self._run
        while True:
            await workflow.wait_condition(lambda: run.draining or self._next() is not None)
            deadline = self._next()
            if run.draining or deadline is None:
                return
            if await self._has_passed(deadline):
                is_over = deadline.name == _ABANDONED
                run.apply(abandoned(run.state) if is_over else run.state.with_row_asked())

    async def _has_passed(self, deadline: Deadline) -> bool:
        """Wait for it; ``False`` where another one is the next meanwhile."""
        run = self._run
        try:
            await workflow.wait_condition(
                lambda: run.draining or self._next() != deadline,
                timeout=max(deadline.at - run.now, timedelta(0)),
                timeout_summary=deadline.name,
            )
        except TimeoutError:
            return True
        return False
