"""Rows, PagerDuty and Graph as ``Upkeep`` meets them: fake activities at the contract's rows."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from temporalio import activity

from workflows.contract import Activity
from workflows.errors import OutsideError
from workflows.subscription.activities import INSPECT_SUBSCRIPTION, Converged, Inspected
from workflows.subscription.activities import OfAccount as OfSubscription
from workflows.upkeep import activities as rows
from workflows.upkeep.activities import Batch, FindAgain, OfAccount, PagerDutyTime, Progress

Row = Activity[Any, Any]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
COMPLETE = Progress(after=0, is_last=True)
IN_STEP = Inspected(converged=Converged(state="subscribed"))


class FakeActivities:
    """Every stage has nothing to do, unless a test says what its next calls give."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self._gives: dict[str, list[Progress | Inspected | OutsideError]] = {}

    def gives(self, row: Row, *answers: Progress | Inspected | OutsideError) -> None:
        self._gives.setdefault(row.name, []).extend(answers)

    def of(self, row: Row) -> list[Any]:
        """What a row was called with, in order."""
        return [argument for name, argument in self.calls if name == row.name]

    async def _answer(self, row: Row, argument: Any, otherwise: Any = COMPLETE) -> Any:
        self.calls.append((row.name, argument))
        answers = self._gives.get(row.name)
        answer = answers.pop(0) if answers else otherwise
        if isinstance(answer, OutsideError):
            raise answer.to_application_error()
        return answer

    @activity.defn(name=INSPECT_SUBSCRIPTION.name)
    async def inspect_subscription(self, request: OfSubscription) -> Inspected:
        inspected: Inspected = await self._answer(INSPECT_SUBSCRIPTION, request, IN_STEP)
        return inspected

    @activity.defn(name=rows.READ_PAGERDUTY_TIME.name)
    async def read_time(self, request: OfAccount) -> PagerDutyTime:
        await self._answer(rows.READ_PAGERDUTY_TIME, request)
        return PagerDutyTime(now=NOW)

    @activity.defn(name=rows.REFRESH_LINKS.name)
    async def refresh_links(self, batch: Batch) -> Progress:
        progress: Progress = await self._answer(rows.REFRESH_LINKS, batch)
        return progress

    @activity.defn(name=rows.TELL_OF_YEAR.name)
    async def tell_of_year(self, batch: Batch) -> Progress:
        progress: Progress = await self._answer(rows.TELL_OF_YEAR, batch)
        return progress

    @activity.defn(name=rows.FIND_USERS.name)
    async def find_users(self, batch: Batch) -> Progress:
        progress: Progress = await self._answer(rows.FIND_USERS, batch)
        return progress

    @activity.defn(name=rows.END_LINKS_OF_USERS.name)
    async def end_links_of_users(self, request: FindAgain) -> Progress:
        progress: Progress = await self._answer(rows.END_LINKS_OF_USERS, request)
        return progress

    @activity.defn(name=rows.FIND_PEOPLE.name)
    async def find_people(self, batch: Batch) -> Progress:
        progress: Progress = await self._answer(rows.FIND_PEOPLE, batch)
        return progress

    @activity.defn(name=rows.END_LINKS_OF_PEOPLE.name)
    async def end_links_of_people(self, request: FindAgain) -> Progress:
        progress: Progress = await self._answer(rows.END_LINKS_OF_PEOPLE, request)
        return progress

    @activity.defn(name=rows.TELL_OF_ENDS.name)
    async def tell_of_ends(self, batch: Batch) -> Progress:
        progress: Progress = await self._answer(rows.TELL_OF_ENDS, batch)
        return progress

    @activity.defn(name=rows.DELETE_OLD_ROWS.name)
    async def delete_old_rows(self, request: OfAccount) -> Progress:
        progress: Progress = await self._answer(rows.DELETE_OLD_ROWS, request)
        return progress

    def activities(self) -> list[Callable[..., Awaitable[Any]]]:
        return [
            self.inspect_subscription,
            self.read_time,
            self.refresh_links,
            self.tell_of_year,
            self.find_users,
            self.end_links_of_users,
            self.find_people,
            self.end_links_of_people,
            self.tell_of_ends,
            self.delete_old_rows,
        ]
