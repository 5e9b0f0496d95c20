"""What each figure should be, and how far off it has to be for the run to fail.

The limits are those of docs/promises.md and of the table in docs/benchmarks.md. A run names a figure that
misses its target on standard error, and does not fail: a machine that is busy with other things misses some.
A run fails where a figure is above 1.5 times what it may be, or below 1/1.5 of what it has to be: a mistake
in the code does that, a busy machine does not. The 99th percentiles fail above three times their target: they
are the third worst of 250 samples and the ninth worst of 800, and one pause of the machine makes as many.
The medians of several runs are judged strictly (``bench.runs``).
"""

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

_HOLDS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge}
_TOO_FAR, _TAIL_TOO_FAR = 1.5, 3.0


@dataclass(frozen=True)
class Target:
    """What one figure should be, in the unit in which it is printed."""

    name: str
    key: Literal[
        "p50", "p95", "p99", "value", "ratio", "ratio_p99", "slowest", "served", "untrue", "second_effects"
    ]
    """The number of the figure that is judged."""
    must_be: Literal["<=", "<", ">="]
    limit: float
    where: Mapping[str, Any] = field(default_factory=dict)
    """The fields that tell figures of one name apart."""

    @property
    def utmost(self) -> float:
        """Where a miss begins to fail the run."""
        too_far = _TAIL_TOO_FAR if "p99" in self.key else _TOO_FAR
        return self.limit / too_far if self.must_be == ">=" else self.limit * too_far


class Miss(NamedTuple):
    """A figure that is not what it should be."""

    text: str
    """Which figure, its number and its limit."""
    fails: bool
    """Whether it is so far off that no busy machine explains it."""


TARGETS = (
    Target("webhook_to_card", "ratio", "<=", 1.15),
    Target("event_to_edit", "ratio", "<=", 1.35),
    Target("click_to_answer", "p95", "<=", 300),
    Target("click_with_refresh", "p95", "<=", 500),
    Target("refresh_to_answer", "p95", "<=", 300),
    Target("room_ready", "p95", "<=", 3000, {"with": "chat"}),
    Target("room_ready", "ratio", "<=", 2, {"with": "chat"}),
    Target("room_ready", "p95", "<=", 4000, {"with": "chat, meeting"}),
    Target("clicks_at_once", "slowest", "<=", 3000),
    Target("clicks_at_once", "served", ">=", 50, {"people": 200, "cards": 1}),
    Target("clicks_at_once", "untrue", "<=", 0),
    Target("clicks_at_once", "second_effects", "<=", 0),
    Target("history_events", "value", "<=", 200),
    Target("temporal_actions", "value", "<=", 28),
    Target("teams_calls", "value", "<=", 10),
    Target("pagerduty_calls", "value", "<=", 5),
    Target("history_growth", "ratio", "<=", 1.2),
    Target("incident_lives", "ratio", ">=", 0.82),
    Target("cpu_per_life", "ratio", "<=", 1.15, {"process": "worker"}),
    Target("memory", "value", "<=", 250, {"process": "api"}),
    Target("memory", "value", "<=", 250, {"process": "worker", "after": "incident_lives"}),
    Target("memory", "value", "<=", 250, {"process": "worker", "open": 1000}),
    Target("kill_to_card", "p95", "<=", 6000, {"when": "idle"}),
    Target("kill_to_card", "p95", "<=", 6000, {"when": "mid-send"}),
    Target("api_accept", "p99", "<=", 300),
    Target("webhook_accept", "p99", "<", 50, {"rate": 25}),
    Target("webhook_accept", "ratio_p99", "<=", 2, {"rate": 100}),
)


def misses(figure: Mapping[str, Any]) -> list[Miss]:
    """The targets that a figure, as it is printed, misses."""
    return [
        _miss(target, figure[target.key])
        for target in targets_of(figure)
        if not _holds(target, figure[target.key], target.limit)
    ]


def targets_of(figure: Mapping[str, Any]) -> list[Target]:
    """The targets of a figure; several where several of its numbers are judged."""
    return [
        target
        for target in TARGETS
        if target.name == figure["name"] and target.where.items() <= figure.items()
    ]


def _holds(target: Target, number: float, limit: float) -> bool:
    return bool(_HOLDS[target.must_be](number, limit))


def _miss(target: Target, number: float) -> Miss:
    which = " ".join([target.name, *(f"{name}={value}" for name, value in target.where.items())])
    text = f"{which}: {target.key} {number} misses {target.limit}"
    return Miss(text, fails=not _holds(target, number, target.utmost))
