"""Several runs of the benchmarks, one after the other: the medians of their figures beside the targets."""

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from bench.figures import progress
from bench.targets import misses, targets_of

Figure = dict[str, Any]
"""One figure as it is printed."""

_HEAD = ("figure", "ours", "floor", "ratio", "like for like", "target", "in the runs")
_NUMBERS = frozenset(
    {"value", "p50", "p95", "p99", "samples", "floor", "ratio", "ratio_p99", "like_for_like", "fresh"}
    | {"slowest", "served", "working", "turned_away", "untrue", "second_effects"}
)
"""Fields of a figure that hold what was measured; the fields beside them tell figures of one name apart."""


def whole_runs(count: int, groups: Sequence[str]) -> list[list[Figure]]:
    """The figures of ``count`` runs of the groups, each in a process and on a stack of its own.

    The figures go to standard error as they come. A run that breaks ends this process.
    """
    runs: list[list[Figure]] = []
    for number in range(1, count + 1):
        progress(f"run {number} of {count}")
        figures: list[Figure] = []
        command = [sys.executable, "-m", "bench", *groups]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
            for line in run.stdout or ():
                sys.stderr.write(line)
                figures.append(json.loads(line))
        if run.returncode not in (0, 1):  # 1: a figure is far off; the medians judge that
            raise SystemExit(f"bench: run {number} of {count} ended with {run.returncode}")
        runs.append(figures)
    return runs


def judge_medians(runs: Sequence[Sequence[Figure]]) -> int:
    """Print the table of the medians; 1 if one of them misses its target, else 0.

    A median is judged strictly, unlike a single run: one pause of the machine does not reach it.
    """
    figures = medians(runs)
    sys.stdout.write(table(figures, runs))
    missed = [miss.text for figure in figures for miss in misses(figure)]
    for text in missed:
        progress(f"median of {len(runs)}: {text}")
    return 1 if missed else 0


def medians(runs: Sequence[Sequence[Figure]]) -> list[Figure]:
    """The figures of one run with the median over all runs in the place of each number.

    Raises ValueError if the runs do not have the same figures in the same order.
    """
    if len({tuple(map(label, run)) for run in runs}) != 1:
        raise ValueError("the runs do not have the same figures")
    return [_median(figure) for figure in zip(*runs, strict=True)]


def _median(values: Sequence[Any]) -> Any:
    first = values[0]
    if isinstance(first, dict):
        return {key: _median([value[key] for value in values]) for key in first}
    return round(statistics.median(values), 2) if isinstance(first, int | float) else first


def label(figure: Figure) -> str:
    """The figure's name with the fields that tell it from others of its name."""
    return " ".join(
        [
            figure["name"],
            *(f"{key}={value}" for key, value in figure.items() if key not in _NUMBERS | {"name", "unit"}),
        ]
    )


def table(figures: Sequence[Figure], runs: Sequence[Sequence[Figure]]) -> str:
    """The medians as the Markdown table of docs/benchmarks.md."""
    rows = [_HEAD, ("---",) * len(_HEAD)]
    rows += [_row(figure, [run[number] for run in runs]) for number, figure in enumerate(figures)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(figure: Figure, of_runs: Sequence[Figure]) -> tuple[str, ...]:
    like_for_like = figure.get("like_for_like")
    targets = targets_of(figure)
    missed = ", missed" if misses(figure) else ""
    return (
        f"`{figure['name']}`{label(figure).removeprefix(figure['name'])}",
        _ours(figure),
        _floor(figure.get("floor")),
        str(figure.get("ratio", "")),
        f"{like_for_like['floor']}, ratio {like_for_like['ratio']}" if like_for_like else "",
        "; ".join(f"{target.key} {target.must_be} {target.limit:,}" for target in targets) + missed,
        "; ".join(", ".join(str(one[target.key]) for one in of_runs) for target in targets),
    )


def _ours(figure: Figure) -> str:
    if "value" in figure:
        return f"{figure['value']} {figure['unit']}"
    return f"p50 {figure['p50']}, p95 {figure['p95']}, p99 {figure['p99']} {figure['unit']}"


def _floor(floor: Any) -> str:
    if isinstance(floor, dict):
        return f"p50 {floor['p50']}, p99 {floor['p99']}"
    return "" if floor is None else str(floor)
