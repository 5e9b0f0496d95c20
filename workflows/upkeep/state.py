"""The state of one run of ``Upkeep``, as one frozen value."""

from typing import Literal, Self

from workflows.values import Value

Part = Literal["refresh", "year", "users", "people", "told", "rows"]
"""Links that nobody used are refreshed; people whose year ends are told; users whom PagerDuty does not know,
and people whom Microsoft does not know, are unlinked; ended links are told; old rows are deleted."""

PARTS: tuple[Part, ...] = ("refresh", "year", "users", "people", "told", "rows")


class PartReport(Value):
    """How far one part of the work came."""

    part: Part
    looked_at: int = 0
    done: int = 0
    """Refreshed, told, unlinked or deleted, whatever the part does."""
    ended: int = 0
    """Links that PagerDuty refused to refresh."""
    stopped: str | None = None
    """Name of the error or of the rule that kept it from going on; ``None``: it came to its end."""
    left_out: tuple[str, ...] = ()
    """What was passed over: a tenant without the permission, people who cannot be told."""
    is_over: bool = False


class State(Value):
    """What the run has done."""

    reports: tuple[PartReport, ...] = tuple(PartReport(part=part) for part in PARTS)

    def of(self, part: Part) -> PartReport:
        """How far this part came."""
        return next(one for one in self.reports if one.part == part)

    def with_report(self, report: PartReport) -> Self:
        """A part came further."""
        reports = tuple(report if one.part == report.part else one for one in self.reports)
        return self.model_copy(update={"reports": reports})
