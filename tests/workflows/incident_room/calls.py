"""The calls of fake activities: each is counted, and may fail, lose its answer or its worker."""

import asyncio
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeVar, get_args

from tests.support.waiting import Changes
from workflows.contract import Activity
from workflows.errors import OutcomeUnknown, OutsideError

Row = Activity[Any, Any]
ResultT = TypeVar("ResultT")
Moment = Literal["before the send", "before the answer", "before the record"]
"""After the send and before its answer, the outside has it and no row says so. After the answer and before
the record, the room's row says so, and the history of the run does not."""
MOMENTS: tuple[Moment, ...] = get_args(Moment)
LOST = OutcomeUnknown("the answer was lost")


class Mishap(NamedTuple):
    """What goes wrong with a call; without an error its worker is killed."""

    moment: Moment
    error: OutsideError | None


class Calls:
    """The calls that began, in order, and what goes wrong with the next ones."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        """All that began, in order, with what it was given."""
        self._mishaps: dict[str, list[Mishap]] = {}
        self._broken: dict[str, OutsideError] = {}
        self._held: dict[str, asyncio.Event] = {}
        self._changes = Changes()

    def fails(self, row: Row, *errors: OutsideError, at: Moment = "before the send") -> None:
        self._mishaps.setdefault(row.name, []).extend(Mishap(at, error) for error in errors)

    def loses(self, row: Row) -> None:
        """The next call of the row is done, and nobody hears of it."""
        self.fails(row, LOST, at="before the answer")

    def dies(self, row: Row, at: Moment) -> None:
        """The worker of the row's next call is killed: it never answers."""
        self._mishaps.setdefault(row.name, []).append(Mishap(at, None))

    def breaks(self, row: Row, error: OutsideError) -> None:
        """Every call of the row fails."""
        self._broken[row.name] = error

    def recovers(self, row: Row) -> None:
        self._broken.pop(row.name, None)

    def holds(self, row: Row) -> asyncio.Event:
        """The row's calls wait until the event is set."""
        self._held[row.name] = asyncio.Event()
        return self._held[row.name]

    async def until(self, condition: Callable[[], bool], *, within: float = 20) -> None:
        await self._changes.until(condition, within=within)

    def of(self, row: Row) -> list[Any]:
        """What each call of the row was given."""
        return [argument for name, argument in self.calls if name == row.name]

    def count(self, row: Row) -> int:
        return len(self.of(row))

    async def _call(
        self,
        row: Row,
        request: Any,
        send: Callable[[], ResultT],
        record: Callable[[ResultT], None] | None = None,
    ) -> ResultT:
        """Do it outside, then write it into the rows; go wrong where a test says so."""
        self.calls.append((row.name, request))
        self._changes.add()
        if row.name in self._held:
            await self._held[row.name].wait()
        mishap = self._next_mishap(row)
        await self._go_wrong(mishap, "before the send")
        result = send()
        self._changes.add()
        await self._go_wrong(mishap, "before the answer")
        if record is not None:
            record(result)
            self._changes.add()
        await self._go_wrong(mishap, "before the record")
        return result

    def _next_mishap(self, row: Row) -> Mishap | None:
        if broken := self._broken.get(row.name):
            return Mishap("before the send", broken)
        mishaps = self._mishaps.get(row.name)
        return mishaps.pop(0) if mishaps else None

    async def _go_wrong(self, mishap: Mishap | None, moment: Moment) -> None:
        if mishap is None or mishap.moment != moment:
            return
        if mishap.error is None:
            await asyncio.Event().wait()
        else:
            raise mishap.error.to_application_error()
