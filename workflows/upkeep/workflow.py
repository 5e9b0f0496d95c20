"""``Upkeep``: keeps an account's subscription and links alive, and forgets what is gone."""

from datetime import datetime, timedelta
from typing import NamedTuple

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.contract import Activity, call
from workflows.errors import RateLimited, failure_of
from workflows.subscription.activities import INSPECT_SUBSCRIPTION, Inspected
from workflows.subscription.activities import OfAccount as OfSubscription
from workflows.upkeep.activities import (
    DELETE_OLD_ROWS,
    END_LINKS_OF_PEOPLE,
    END_LINKS_OF_USERS,
    FIND_PEOPLE,
    FIND_USERS,
    FORGET_CHATS,
    FORGET_TEAMS,
    READ_PAGERDUTY_TIME,
    REFRESH_LINKS,
    TELL_OF_ENDS,
    TELL_OF_YEAR,
    Batch,
    FindAgain,
    Forgotten,
    GoneBatch,
    Missed,
    OfAccount,
    Progress,
)
from workflows.upkeep.messages import End, Start
from workflows.upkeep.run_state import RunState
from workflows.upkeep.state import Stage
from workflows.upkeep.workflow_type import UPKEEP

_WAITS = 20
"""Most waits of a stage that a provider asks for; the next day goes on."""
_WAIT = timedelta(seconds=30)
"""Where the provider does not say how long."""
_LONGEST_WAIT = timedelta(minutes=5)
_ROUNDS = 5
"""Most inspections of the subscription in one run: one, and those that its result or its failure asks for."""


class _Seen(NamedTuple):
    """Whom a stage looked for: who was missed, and where somebody was found."""

    missed: tuple[Missed, ...] = ()
    found_in: tuple[str, ...] = ()


@workflow.defn(name=UPKEEP.name)
class UpkeepWorkflow:
    """Cares for the subscription, the links, the teams and the chats of one PagerDuty account, once a day.

    Started by the Schedule ``upkeep/{account}``, which has the same id, or by an operator who triggers it.
    Its stages follow each other, each in batches by ids. A stage whose provider is away stops and the others
    go on. The run ends by itself, and the next day goes on with what is still due.
    """

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.account = start.account
        self.run_state = RunState(start)

    @workflow.run
    async def run(self, start: Start) -> End:
        """Do each stage as far as it goes."""
        self.run_state.apply(self.run_state.state)
        now = await self._pagerduty_time()
        if now is not None:
            await self._in_batches("refresh", REFRESH_LINKS, now)
            await self._in_batches("year", TELL_OF_YEAR, now)
        await self._let_go("users", FIND_USERS, END_LINKS_OF_USERS)
        await self._let_go("people", FIND_PEOPLE, END_LINKS_OF_PEOPLE)
        # The connections of teams go with them, and with the last one the subscription.
        await self._forget("teams", FORGET_TEAMS)
        await self._forget("chats", FORGET_CHATS)
        await self._inspect_subscription()
        await self._in_batches("told", TELL_OF_ENDS)
        await self._delete_old_rows()
        return End(stages=self.run_state.state.reports)

    async def _pagerduty_time(self) -> datetime | None:
        """By PagerDuty's clock; ``None``: the stages that count with it are stopped."""
        try:
            told = await call(READ_PAGERDUTY_TIME, OfAccount(account=self.account), self.account)
        except ActivityError as error:
            for stage in ("refresh", "year"):
                self._stop(stage, failure_of(error).name)
            return None
        return told.now

    async def _let_go(
        self, stage: Stage, find: Activity[Batch, Progress], end: Activity[FindAgain, Progress]
    ) -> None:
        """Look for everybody, and a second time for whoever was missed, before a link ends."""
        seen = await self._in_batches(stage, find)
        if not seen.missed:
            return
        again = FindAgain(account=self.account, missed=seen.missed, found_in=seen.found_in)
        try:
            progress = await call(end, again, f"{len(seen.missed)} missed")
        except ActivityError as error:
            self._stop(stage, failure_of(error).name)
        else:
            self._note(stage, progress.model_copy(update={"examined": 0, "is_last": True}))

    async def _in_batches(
        self, stage: Stage, row: Activity[Batch, Progress], now: datetime | None = None
    ) -> _Seen:
        """One batch after the other until there is none, or the provider is away."""
        after, waits, seen = 0, 0, _Seen()
        while True:
            batch = Batch(account=self.account, after=after, now=now)
            try:
                progress = await call(row, batch, f"after link {after}" if after else "first links")
            except ActivityError as error:
                self._stop(stage, failure_of(error).name)
                return seen
            seen = _Seen(seen.missed + progress.missed, (*seen.found_in, *progress.found_in))
            after = progress.after
            if progress.stopped == RateLimited.__name__ and waits < _WAITS:
                waits += 1
                self._note(stage, progress.model_copy(update={"stopped": None}))
                await workflow.sleep(_wait_of(progress.retry_after), summary=f"{stage}: rate limit")
                continue
            self._note(stage, progress)
            if progress.is_last or progress.stopped is not None:
                return seen

    async def _forget(self, stage: Stage, row: Activity[GoneBatch, Forgotten]) -> None:
        """Forget what is gone in batches."""
        after = ""
        try:
            while True:
                batch = GoneBatch(account=self.account, after=after)
                found = await call(row, batch, f"{stage} after {after}" if after else f"first {stage}")
                after = found.after
                self._note(stage, _progress_of(found))
                if found.is_last:
                    break
        except ActivityError as error:
            self._stop(stage, failure_of(error).name)

    async def _inspect_subscription(self) -> None:
        """Mend what others did to it, and bring it in step with the connections, whoever moved meanwhile."""
        account = OfSubscription(account=self.account)
        for number in range(1, _ROUNDS + 1):
            try:
                inspected = await call(INSPECT_SUBSCRIPTION, account, self.account)
            except ActivityError as error:
                failure = failure_of(error)
                self._stop("subscription", failure.name)
                if failure.pace == "person":
                    return
                wait = failure.retry_after
            else:
                wait = inspected.converged.again_in
                self._note_inspected(inspected, is_last=wait is None)
                if wait is None:
                    return
            if number < _ROUNDS:
                await workflow.sleep(_wait_of(wait), summary="subscription: inspected again")

    def _note_inspected(self, inspected: Inspected, *, is_last: bool) -> None:
        report = self.run_state.state.of("subscription")
        waits_for = inspected.converged.waits_for
        report = report.model_copy(
            update={
                "examined": 1,
                "done": report.done + len(inspected.found),
                "found": (*report.found, *inspected.found),
                "stopped": None,
                "left_out": () if waits_for is None else (f"waits for {waits_for}",),
                "is_complete": is_last,
            }
        )
        self.run_state.apply(self.run_state.state.with_report(report))

    async def _delete_old_rows(self) -> None:
        try:
            progress = await call(DELETE_OLD_ROWS, OfAccount(account=self.account), self.account)
        except ActivityError as error:
            self._stop("rows", failure_of(error).name)
        else:
            self._note("rows", progress)

    def _note(self, stage: Stage, progress: Progress) -> None:
        report = self.run_state.state.of(stage)
        report = report.model_copy(
            update={
                "examined": report.examined + progress.examined,
                "done": report.done + progress.done,
                "ended": report.ended + progress.ended,
                "stopped": progress.stopped or report.stopped,
                "left_out": (*report.left_out, *(x for x in progress.left_out if x not in report.left_out)),
                "is_complete": progress.is_last,
            }
        )
        self.run_state.apply(self.run_state.state.with_report(report))

    def _stop(self, stage: Stage, why: str) -> None:
        report = self.run_state.state.of(stage).model_copy(update={"stopped": why})
        self.run_state.apply(self.run_state.state.with_report(report))


def _progress_of(found: Forgotten) -> Progress:
    return Progress(
        after=0,
        examined=found.examined,
        done=found.forgotten,
        left_out=found.left_out,
        is_last=found.is_last,
    )


def _wait_of(seconds: float | None) -> timedelta:
    asked = timedelta(seconds=seconds) if seconds else _WAIT
    return min(asked, _LONGEST_WAIT)
