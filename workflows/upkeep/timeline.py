"""What operators read of a run: the markdown under *current details*, and whether somebody has to look."""

from collections.abc import Mapping

from workflows.errors import ProviderUnavailable, RateLimited
from workflows.markdown import as_markdown
from workflows.upkeep.state import Stage, StageReport, State

_TEXT_LIMIT = 200
"""Most bytes of a cell."""
_MOST_LEFT_OUT = 5

WORDS: Mapping[Stage, str] = {
    "subscription": "webhook subscriptions mended",
    "refresh": "links refreshed",
    "year": "people told that their year ends",
    "users": "links of users who left PagerDuty ended",
    "people": "links of people who left Microsoft ended",
    "teams": "teams that are gone forgotten",
    "chats": "chats that the app left forgotten",
    "told": "people told that their link ended",
    "rows": "old rows deleted",
}
_PASSES = frozenset({ProviderUnavailable.__name__, RateLimited.__name__})
"""What the next day mends by itself."""


def attention_of(state: State) -> str:
    """``ok``, ``waiting`` (for a provider), or ``degraded``: only an operator can help."""
    stopped = [one.stopped for one in state.reports if one.stopped]
    if not stopped:
        return "ok"
    return "waiting" if _PASSES.issuperset(stopped) else "degraded"


def markdown_of(name: str, state: State) -> str:
    """The run's *current details*; ``name`` is its title, which is Markdown already."""
    table = ["| what | looked at | done | how it stands |", "|---|---|---|---|"]
    table += [
        f"| {WORDS[one.stage]} | {one.examined} | {one.done} | {_stands(one)} |" for one in state.reports
    ]
    return "\n".join([f"### {name}", "", *table])


def _stands(report: StageReport) -> str:
    told = (
        [f"⚠ stopped: {report.stopped}"]
        if report.stopped
        else ["complete" if report.is_complete else "to come"]
    )
    if report.ended:
        told.append(f"{report.ended} ended by PagerDuty")
    if report.found:
        told.append(f"found: {', '.join(report.found)}")
    if report.left_out:
        more = len(report.left_out) - _MOST_LEFT_OUT
        names = ", ".join(report.left_out[:_MOST_LEFT_OUT]) + (f" and {more} more" if more > 0 else "")
        told.append(f"left out: {as_markdown(names, _TEXT_LIMIT)}")
    return "; ".join(told)
