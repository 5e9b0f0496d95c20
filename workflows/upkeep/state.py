"""The state of one run of ``Upkeep``, as one frozen value."""

from typing import Literal, Self

from workflows.values import Value

Stage = Literal["refresh", "year", "users", "people", "teams", "chats", "subscription", "told", "rows"]
"""Links that nobody used are refreshed; people whose year ends are told; users whom PagerDuty does not know,
and people whom Microsoft does not know, are unlinked; teams and chats that are gone are forgotten; the
webhook subscription is inspected; ended links are told; old rows are deleted."""

STAGES: tuple[Stage, ...] = (
    "refresh",
    "year",
    "users",
    "people",
    "teams",
    "chats",
    "subscription",
    "told",
    "rows",
)


class StageReport(Value):
    """How far one stage of the work came."""

    stage: Stage
    examined: int = 0
    done: int = 0
    """Mended, refreshed, told, unlinked, forgotten or deleted, whatever the stage does."""
    ended: int = 0
    """Links that PagerDuty refused to refresh."""
    stopped: str | None = None
    """Name of the error or of the rule that kept it from going on; ``None``: it came to its end."""
    left_out: tuple[str, ...] = ()
    """What was passed over: a tenant without the permission, people who cannot be told."""
    found: tuple[str, ...] = ()
    """What others had done, and was mended."""
    is_complete: bool = False


class State(Value):
    """What the run has done."""

    reports: tuple[StageReport, ...] = tuple(StageReport(stage=stage) for stage in STAGES)

    def of(self, stage: Stage) -> StageReport:
        """How far this stage came."""
        return next(one for one in self.reports if one.stage == stage)

    def with_report(self, report: StageReport) -> Self:
        """A stage came further."""
        reports = tuple(report if one.stage == report.stage else one for one in self.reports)
        return self.model_copy(update={"reports": reports})
