"""What the bench says of a figure that hits its target, misses it, or is too far off it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench import figures
from bench.targets import TARGETS, Target, misses

PAGE = Path(__file__).parents[3] / "docs" / "benchmarks.md"

LIVES = {"name": "incident_lives", "unit": "lives/s", "value": 10.0, "floor": 10.0}
TAILS = {"name": "webhook_accept", "rate": 100}
CPU = {"name": "cpu_per_life", "unit": "ms", "process": "worker"}
CLICKS = {"name": "click_to_answer", "unit": "ms", "p50": 1.0, "p99": 9000.0}


@pytest.fixture(autouse=True)
def nothing_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_failed", [])


@pytest.mark.parametrize(
    ("figure", "said", "code"),
    [
        (LIVES | {"ratio": 0.82}, "", 0),
        (LIVES | {"ratio": 0.81}, "bench: incident_lives: ratio 0.81 misses 0.82\n", 0),
        (LIVES | {"ratio": 0.55}, "bench: incident_lives: ratio 0.55 misses 0.82\n", 0),
        (LIVES | {"ratio": 0.54}, "bench: incident_lives: ratio 0.54 misses 0.82\n", 1),
        (CLICKS | {"p95": 300}, "", 0),
        (CLICKS | {"p95": 300.01}, "bench: click_to_answer: p95 300.01 misses 300\n", 0),
        (CLICKS | {"p95": 450}, "bench: click_to_answer: p95 450 misses 300\n", 0),
        (CLICKS | {"p95": 451}, "bench: click_to_answer: p95 451 misses 300\n", 1),
        (TAILS | {"ratio_p99": 2.0}, "", 0),
        (TAILS | {"ratio_p99": 6.0}, "bench: webhook_accept rate=100: ratio_p99 6.0 misses 2\n", 0),
        (TAILS | {"ratio_p99": 6.1}, "bench: webhook_accept rate=100: ratio_p99 6.1 misses 2\n", 1),
        ({"name": "cpu_per_life", "value": 1e6, "process": "api"}, "", 0),
        (CPU | {"ratio": 1.15}, "", 0),
        (CPU | {"ratio": 1.16}, "bench: cpu_per_life process=worker: ratio 1.16 misses 1.15\n", 0),
        (CPU | {"ratio": 1.73}, "bench: cpu_per_life process=worker: ratio 1.73 misses 1.15\n", 1),
    ],
)
def test_a_miss_is_told_and_a_mistake_fails(
    figure: dict[str, Any], said: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    figures.emit(figure)
    printed = capsys.readouterr()
    assert json.loads(printed.out) == figure
    assert printed.err == said
    assert figures.exit_code() == code
    assert capsys.readouterr().err == (said.replace("bench: ", "bench: too far off: ") if code else "")


def test_one_failure_is_not_made_up_for_by_what_comes_after_it() -> None:
    for ratio in (0.2, 0.9):
        figures.emit(LIVES | {"ratio": ratio})
    assert figures.exit_code() == 1


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        ({"name": "webhook_accept", "rate": 25, "p99": 49.99, "worker": "on"}, []),
        (
            {"name": "webhook_accept", "rate": 25, "p99": 50, "worker": "on"},
            ["webhook_accept rate=25: p99 50 misses 50"],
        ),
        ({"name": "webhook_accept", "rate": 100, "p99": 80, "ratio_p99": 2, "floor": {"p99": 40}}, []),
        (
            {"name": "webhook_accept", "rate": 100, "p99": 84, "ratio_p99": 2.1, "floor": {"p99": 40}},
            ["webhook_accept rate=100: ratio_p99 2.1 misses 2"],
        ),
        (
            {"name": "memory", "process": "worker", "value": 251.5, "after": "incident_lives"},
            ["memory process=worker after=incident_lives: value 251.5 misses 250"],
        ),
        (
            {"name": "memory", "process": "worker", "value": 250.1, "open": 1000},
            ["memory process=worker open=1000: value 250.1 misses 250"],
        ),
        (
            {"name": "kill_to_card", "when": "idle", "p95": 6001.0},
            ["kill_to_card when=idle: p95 6001.0 misses 6000"],
        ),
    ],
)
def test_figures_of_one_name_are_told_apart(figure: dict[str, Any], said: list[str]) -> None:
    assert [miss.text for miss in misses(figure)] == said


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_every_target_is_in_the_page_s_table(target: Target) -> None:
    """Its name in the first column, its limit in the last."""
    rows = re.findall(r"^\| (`.+) \|.+\| (.*)\|$", PAGE.read_text(), re.MULTILINE)
    limits = [limit for names, limit in rows if f"`{target.name}`" in names]
    assert any(f"{target.limit:,}" in re.findall(r"\d[\d.,]*\d|\d", limit) for limit in limits)


@pytest.mark.parametrize(
    ("count", "p95", "p99"), [(1, 1, 1), (6, 6, 6), (20, 19, 20), (60, 57, 60), (100, 95, 99), (101, 96, 100)]
)
def test_the_tails_are_nearest_ranks(count: int, p95: int, p99: int) -> None:
    tails = figures.quantiles(range(count, 0, -1))
    assert (tails["p95"], tails["p99"]) == (p95, p99)
