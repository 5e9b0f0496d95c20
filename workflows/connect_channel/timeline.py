"""What operators read of a run: summaries, and the markdown under *current details*."""

from collections.abc import Iterator

from workflows.connect_channel.activities import ShowConnection
from workflows.connect_channel.state import Followed, State
from workflows.degradations import lines_of
from workflows.markdown import as_markdown

NAME_LIMIT = 160
"""Most bytes of a name; Temporal takes 400 bytes of a summary."""


def summary_of(request: ShowConnection) -> str:
    """The Timeline's words beside ``teams.show_connection``: ``connection/7 · connected``."""
    return f"{request.name} · {request.view.showing}"


def markdown_of(name: str, state: State) -> str:
    """The run's *current details*; ``name`` is its title, which is Markdown already."""
    head = [f"### {name}", "", f"**{state.step}**", *lines_of(state)]
    table = ["", "| what | how it stands | since (UTC) |", "|---|---|---|"]
    table += [f"| {' | '.join(cells)} |" for cells in _rows(state)]
    return "\n".join(head + table)


def _rows(state: State) -> Iterator[tuple[str, str, str]]:
    for followed in state.followed:
        row = followed.connection
        yield (f"connection {row.id}", _words_for(followed), f"{row.ended_at or row.since:%Y-%m-%d %H:%M}")
    for wanted in state.wanted:
        yield (wanted.kind, f"asked for by {_name(wanted.person.name)}", "")
    if state.bringing is not None:
        yield ("open incidents", f"asked for by {_name(state.bringing.person.name)}", "")
    in_step = state.converged == state.changes
    yield ("subscription", "in step" if in_step else "to be brought in step", "")
    for notice in state.notices:
        yield ("message", f"{notice.name}" + ("" if notice.is_posted else ", not there"), "")


def _words_for(followed: Followed) -> str:
    row = followed.connection
    if not followed.is_live:
        return f"ended by {_name(row.ended_by)}"
    by = f"by {_name(row.by)}" if row.by else "by the seed"
    if followed.brought is not None:
        by += f", {followed.brought.count} open incidents brought in by {_name(followed.brought.by)}"
    return by if followed.is_ready else f"{by}, and its incidents do not arrive yet"


def _name(name: str | None) -> str:
    return as_markdown(name or "nobody who is known", NAME_LIMIT)
