"""The medians of several runs: what they are of, how they are judged, and the table they are printed as."""

from typing import Any

import pytest

from bench.runs import judge_medians, label, medians, table, whole_runs


def lives(value: float, floor: float, ratio: float) -> dict[str, Any]:
    like_for_like = {"floor": floor + 2, "ratio": round(ratio - 0.1, 2)}
    return {
        "name": "incident_lives", "unit": "lives/s", "value": value, "floor": floor, "ratio": ratio,
        "like_for_like": like_for_like,
    }  # fmt: skip


def accept(p99: float, floor: float, ratio: float) -> dict[str, Any]:
    return {
        "name": "webhook_accept", "unit": "ms", "p50": 7.0, "p95": 20.0, "p99": p99, "samples": 800,
        "floor": {"p50": 5.0, "p95": 10.0, "p99": floor}, "ratio": 1.4, "ratio_p99": ratio, "rate": 100,
        "worker": "off",
    }  # fmt: skip


THREE = [
    [lives(9.0, 12.0, 0.75), accept(30.0, 20.0, 1.5)],
    [lives(10.0, 11.0, 0.91), accept(90.0, 10.0, 9.0)],
    [lives(9.5, 11.5, 0.83), accept(40.0, 25.0, 1.6)],
]


def test_each_number_is_the_median_of_its_own() -> None:
    assert medians(THREE) == [lives(9.5, 11.5, 0.83), accept(40.0, 20.0, 1.6)]


def test_runs_with_other_figures_have_no_medians() -> None:
    with pytest.raises(ValueError, match="same figures"):
        medians([THREE[0], THREE[1][:1]])
    with pytest.raises(ValueError, match="same figures"):
        medians([THREE[0], [THREE[1][0], THREE[1][1] | {"rate": 25}]])


def test_a_label_tells_figures_of_one_name_apart() -> None:
    assert label(lives(9.0, 12.0, 0.75)) == "incident_lives"
    assert label(accept(30.0, 20.0, 1.5)) == "webhook_accept rate=100 worker=off"
    open_runs = {
        "name": "memory",
        "unit": "MB",
        "value": 1.0,
        "process": "worker",
        "open": 1000,
        "fresh": 1.0,
    }
    assert label(open_runs) == "memory process=worker open=1000"


def test_the_table_has_the_medians_the_targets_and_the_single_runs() -> None:
    missed = [[lives(7.0, 10.0, 0.7)]] * 3
    assert table(medians(THREE), THREE).splitlines() == [
        "| figure | ours | floor | ratio | like for like | target | in the runs |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| `incident_lives` | 9.5 lives/s | 11.5 | 0.83 | 13.5, ratio 0.73 "
        "| ratio >= 0.82 | 0.75, 0.91, 0.83 |",
        "| `webhook_accept` rate=100 worker=off | p50 7.0, p95 20.0, p99 40.0 ms | p50 5.0, p99 20.0 "
        "| 1.4 |  | ratio_p99 <= 2 | 1.5, 9.0, 1.6 |",
    ]
    assert (
        table(medians(missed), missed).splitlines()[-1].endswith("| ratio >= 0.82, missed | 0.7, 0.7, 0.7 |")
    )


@pytest.mark.parametrize(
    ("ratios", "code", "said"),
    [
        ((0.75, 0.91, 0.83), 0, ""),
        ((0.75, 0.91, 0.81), 1, "bench: median of 3: incident_lives: ratio 0.81 misses 0.82\n"),
    ],
)
def test_a_median_that_misses_its_target_fails(
    ratios: tuple[float, ...], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judge_medians([[lives(9.0, 12.0, ratio)] for ratio in ratios]) == code
    printed = capsys.readouterr()
    assert printed.err == said
    assert len(printed.out.splitlines()) == 3


def test_a_run_that_breaks_ends_all_of_them() -> None:
    with pytest.raises(SystemExit, match="run 1 of 3 ended with 2"):
        whole_runs(3, ["no-such-group"])
