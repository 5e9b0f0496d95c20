"""How a figure is printed: its numbers, and the ratios to one floor or to two."""

import json
from typing import Any

import pytest

from bench import figures


@pytest.fixture(autouse=True)
def nothing_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_failed", [])


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    figure: dict[str, Any] = json.loads(capsys.readouterr().out)
    return figure


def test_a_number_without_a_floor_stands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    figures.value("teams_calls", "calls", 5)
    assert printed(capsys) == {"name": "teams_calls", "unit": "calls", "value": 5}


def test_a_number_is_told_by_both_floors(capsys: pytest.CaptureFixture[str]) -> None:
    figures.value("incident_lives", "lives/s", 9.0, floor=10.0, like_for_like=12.0)
    assert printed(capsys) == {
        "name": "incident_lives",
        "unit": "lives/s",
        "value": 9.0,
        "floor": 10.0,
        "ratio": 0.9,
        "like_for_like": {"floor": 12.0, "ratio": 0.75},
    }


def test_times_are_told_by_the_floors_median_and_tail_and_the_like_for_like_median(
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures.timed(
        "hop", [30.0, 33.0, 60.0], floor=[20.0, 30.0, 40.0], like_for_like=[15.0, 22.0, 99.0], hop=1
    )
    assert printed(capsys) == {
        "name": "hop",
        "unit": "ms",
        "p50": 33.0,
        "p95": 60.0,
        "p99": 60.0,
        "samples": 3,
        "floor": {"p50": 30.0, "p95": 40.0, "p99": 40.0},
        "ratio": 1.1,
        "ratio_p99": 1.5,
        "like_for_like": {"floor": 22.0, "ratio": 1.5},
        "hop": 1,
    }
