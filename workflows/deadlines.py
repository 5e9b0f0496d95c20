"""Deadlines of a run: one timer, for the next of them, and what is done when it passes."""

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from temporalio import workflow


class Deadline(NamedTuple):
    """What is over at a time."""

    at: datetime
    name: str
    """For operators: the summary of its timer."""


class WatchedRun(Protocol):
    """What the watch asks of a run."""

    draining: bool

    @property
    def now(self) -> datetime:
        """The time of the step that is being taken."""


class DeadlineWatch(ABC):
    """Watches the next deadline of a run, whichever that is."""

    def __init__(self, watched: WatchedRun) -> None:
        self._watched = watched

    @abstractmethod
    def next(self) -> Deadline | None:
        """The next one, as the state stands; ``None``: there is none."""

    @abstractmethod
    def passed(self, deadline: Deadline) -> None:
        """Fold it into the state: it is the next one no more."""

    async def watch(self) -> None:
        """Fold every deadline that passes, until the run is draining."""
        run = self._watched
        while True:
            await workflow.wait_condition(lambda: run.draining or self.next() is not None)
            deadline = self.next()
            if run.draining or deadline is None:
                return
            if await self._has_passed(deadline):
                self.passed(deadline)

    async def _has_passed(self, deadline: Deadline) -> bool:
        """Wait for it; ``False`` where another one is the next meanwhile, or none."""
        run = self._watched
        try:
            await workflow.wait_condition(
                lambda: run.draining or self.next() != deadline,
                timeout=max(deadline.at - run.now, timedelta(0)),
                timeout_summary=deadline.name,
            )
        except TimeoutError:
            return True
        return False
