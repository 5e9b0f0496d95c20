"""Figures, as they are printed: one JSON object a line on standard output."""

import json
import math
import statistics
import sys
from collections.abc import Sequence
from typing import Any

from bench.targets import misses

_failed: list[str] = []
"""What is too far off its target, in the order in which it was printed."""


def quantiles(samples: Sequence[float]) -> dict[str, float]:
    """The median and the tails (nearest ranks), in the unit of the samples."""
    ordered = sorted(samples)

    def at(percent: int) -> float:
        return round(ordered[math.ceil(percent * len(ordered) / 100) - 1], 2)

    return {"p50": round(statistics.median(ordered), 2), "p95": at(95), "p99": at(99)}


def timed(
    name: str,
    samples: Sequence[float],
    *,
    floor: Sequence[float] = (),
    like_for_like: Sequence[float] = (),
    **more: Any,
) -> None:
    """Print milliseconds; against a floor also the ratio of the medians and that of the 99th percentiles.

    ``like_for_like`` adds the median of the like-for-like floor, and the ratio to it.
    """
    figure: dict[str, Any] = {"name": name, "unit": "ms", **quantiles(samples), "samples": len(samples)}
    if floor:
        beneath = quantiles(floor)
        ratios = {key: _ratio(figure[key], beneath[key]) for key in ("p50", "p99")}
        figure |= {"floor": beneath, "ratio": ratios["p50"], "ratio_p99": ratios["p99"]}
    if like_for_like:
        figure |= _like_for_like(figure["p50"], quantiles(like_for_like)["p50"])
    emit({**figure, **more})


def value(
    name: str,
    unit: str,
    number: float,
    *,
    floor: float | None = None,
    like_for_like: float | None = None,
    **more: Any,
) -> None:
    """Print one number; against a floor, or two, also their ratios."""
    figure: dict[str, Any] = {"name": name, "unit": unit, "value": round(number, 2)}
    if floor is not None:
        figure |= {"floor": round(floor, 2), "ratio": _ratio(number, floor)}
    if like_for_like is not None:
        figure |= _like_for_like(number, like_for_like)
    emit({**figure, **more})


def _ratio(number: float, floor: float) -> float:
    return round(number / floor, 2)


def _like_for_like(number: float, floor: float) -> dict[str, Any]:
    return {"like_for_like": {"floor": round(floor, 2), "ratio": _ratio(number, floor)}}


def emit(figure: dict[str, Any]) -> None:
    """Print a figure at once, for a run that may be cut off; then name the targets that it misses."""
    sys.stdout.write(json.dumps(figure) + "\n")
    sys.stdout.flush()
    for miss in misses(figure):
        progress(miss.text)
        if miss.fails:
            _failed.append(miss.text)


def exit_code() -> int:
    """0; or 1 and a line for each figure printed so far that is too far off its target."""
    for text in _failed:
        progress(f"too far off: {text}")
    return 1 if _failed else 0


def progress(text: str) -> None:
    """Tell whoever waits, on standard error: standard output is for figures alone."""
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()
