"""Rows, PagerDuty and Graph as ``Upkeep`` meets them: fake activities at the contract's rows."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from temporalio import activity

from workflows.contract import Activity, ResultT
from workflows.errors import OutsideError
from workflows.subscription.activities import (
    INSPECT_SUBSCRIPTION,
    Converged,
    Inspected,
)
from workflows.subscription.activities import OfAccount as OfSubscription
from workflows.upkeep import activities as rows
from workflows.upkeep.activities import (
    Batch,
    FindAgain,
    Forgotten,
    GoneBatch,
    OfAccount,
    PagerDutyTime,
    Progress,
)
from workflows.values import Value

Row = Activity[Any, Any]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
COMPLETE = Progress(after=0, is_last=True)
_NOTHING: Mapping[str, Value] = {
    INSPECT_SUBSCRIPTION.name: Inspected(converged=Converged(state="subscribed")),
    rows.FORGET_TEAMS.name: Forgotten(after="", is_last=True),
    rows.FORGET_CHATS.name: Forgotten(after="", is_last=True),
}
"""What is answered where there is nothing to do, by those rows that answer otherwise."""


class FakeActivities:
    """Every stage has nothing to do, unless a test says what its next calls give."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self._gives: dict[str, list[Value | OutsideError]] = {}

    def gives(self, row: Row, *answers: Value | OutsideError) -> None:
        self._gives.setdefault(row.name, []).extend(answers)

    def of(self, row: Row) -> list[Any]:
        """What a row was called with, in order."""
        return [argument for name, argument in self.calls if name == row.name]

    async def _answer(self, row: Activity[Any, ResultT], argument: Any) -> ResultT:
        self.calls.append((row.name, argument))
        answers = self._gives.get(row.name)
        answer = answers.pop(0) if answers else _NOTHING.get(row.name, COMPLETE)
        if isinstance(answer, OutsideError):
            raise answer.to_application_error()
        return answer  # type: ignore[return-value]  # what a test said that this row gives

    @activity.defn(name=INSPECT_SUBSCRIPTION.name)
    async def inspect_subscription(self, request: OfSubscription) -> Inspected:
        return await self._answer(INSPECT_SUBSCRIPTION, request)

    @activity.defn(name=rows.READ_PAGERDUTY_TIME.name)
    async def read_time(self, request: OfAccount) -> PagerDutyTime:
        await self._answer(rows.READ_PAGERDUTY_TIME, request)
        return PagerDutyTime(now=NOW)

    @activity.defn(name=rows.REFRESH_LINKS.name)
    async def refresh_links(self, batch: Batch) -> Progress:
        return await self._answer(rows.REFRESH_LINKS, batch)

    @activity.defn(name=rows.TELL_OF_YEAR.name)
    async def tell_of_year(self, batch: Batch) -> Progress:
        return await self._answer(rows.TELL_OF_YEAR, batch)

    @activity.defn(name=rows.FIND_USERS.name)
    async def find_users(self, batch: Batch) -> Progress:
        return await self._answer(rows.FIND_USERS, batch)

    @activity.defn(name=rows.END_LINKS_OF_USERS.name)
    async def end_links_of_users(self, request: FindAgain) -> Progress:
        return await self._answer(rows.END_LINKS_OF_USERS, request)

    @activity.defn(name=rows.FIND_PEOPLE.name)
    async def find_people(self, batch: Batch) -> Progress:
        return await self._answer(rows.FIND_PEOPLE, batch)

    @activity.defn(name=rows.END_LINKS_OF_PEOPLE.name)
    async def end_links_of_people(self, request: FindAgain) -> Progress:
        return await self._answer(rows.END_LINKS_OF_PEOPLE, request)

    @activity.defn(name=rows.TELL_OF_ENDS.name)
    async def tell_of_ends(self, batch: Batch) -> Progress:
        return await self._answer(rows.TELL_OF_ENDS, batch)

    @activity.defn(name=rows.DELETE_OLD_ROWS.name)
    async def delete_old_rows(self, request: OfAccount) -> Progress:
        return await self._answer(rows.DELETE_OLD_ROWS, request)

    @activity.defn(name=rows.FORGET_TEAMS.name)
    async def forget_teams(self, batch: GoneBatch) -> Forgotten:
        return await self._answer(rows.FORGET_TEAMS, batch)

    @activity.defn(name=rows.FORGET_CHATS.name)
    async def forget_chats(self, batch: GoneBatch) -> Forgotten:
        return await self._answer(rows.FORGET_CHATS, batch)

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
            self.forget_teams,
            self.forget_chats,
        ]
