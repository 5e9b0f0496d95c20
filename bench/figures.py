"""Figures, as they are printed: one JSON object a line on standard output."""

import json
import math
import statistics
import sys
from collections.abc import Sequence
from typing import Any

from bench.targets import misses

_failed: list[str] = []
"""What is too far off, in the order it was printed; benchmarks print and know nothing of targets."""


def quantiles(samples: Sequence[float]) -> dict[str, float]:
    """The median and the tails, by the nearest rank, in the samples' unit."""
    ordered = sorted(samples)

    def at(percent: int) -> float:
        return round(ordered[math.ceil(percent * len(ordered) / 100) - 1], 2)

    return {"p50": round(statistics.median(ordered), 2), "p95": at(95), "p99": at(99)}


def timed(name: str, samples: Sequence[float], *, floor: Sequence[float] = (), **more: Any) -> None:
    """Print milliseconds, and against a floor the ratio of the medians and that of the 99th percentiles."""
    figure: dict[str, Any] = {"name": name, "unit": "ms", **quantiles(samples), "samples": len(samples)}
    if floor:
        beneath = quantiles(floor)
        ratios = {name: round(figure[name] / beneath[name], 2) for name in ("p50", "p99")}
        figure |= {"floor": beneath, "ratio": ratios["p50"], "ratio_p99": ratios["p99"]}
    emit({**figure, **more})


def value(name: str, unit: str, number: float, *, floor: float | None = None, **more: Any) -> None:
    """Print one number, and against a floor their ratio."""
    figure: dict[str, Any] = {"name": name, "unit": unit, "value": round(number, 2)}
    if floor is not None:
        figure |= {"floor": round(floor, 2), "ratio": round(number / floor, 2)}
    emit({**figure, **more})


def emit(figure: dict[str, Any]) -> None:
    """Print a figure at once, so that a cut-off run keeps what it had; then tell of a target it misses."""
    sys.stdout.write(json.dumps(figure) + "\n")
    sys.stdout.flush()
    for miss in misses(figure):
        progress(miss.text)
        if miss.fails:
            _failed.append(miss.text)


def exit_code() -> int:
    """0, or 1 and a line for each figure printed so far that is too far off its target."""
    for text in _failed:
        progress(f"too far off: {text}")
    return 1 if _failed else 0


def progress(text: str) -> None:
    """Tell whoever waits; standard output is for figures alone."""
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()
