"""What operators read of a run: the markdown under *current details*, and whether somebody has to look."""

from workflows.markdown import as_markdown
from workflows.operation.messages import Start
from workflows.operation.state import State

_NAME_LIMIT = 160
"""Most bytes of a name."""


def attention_of(state: State) -> str:
    """``ok``, or ``degraded``: the program was told that it failed, or that nobody knows."""
    return "ok" if state.ended is None or state.ended.outcome == "done" else "degraded"


def markdown_of(name: str, start: Start, state: State) -> str:
    """The run's *current details*; ``name`` is its title, which is Markdown already."""
    asked = f"by {as_markdown(start.by, _NAME_LIMIT)} through {as_markdown(start.through, _NAME_LIMIT)}"
    return "\n".join([f"### {name}", "", f"**{_stands(state)}**", "", asked])


def _stands(state: State) -> str:
    ended = state.ended
    if ended is None:
        return "working"
    return f"{ended.outcome}: {ended.reason}" if ended.reason else ended.outcome
