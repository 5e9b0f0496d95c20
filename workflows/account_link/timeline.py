"""What operators read of a run: summaries, and the markdown under *current details*."""

from collections.abc import Iterator

from workflows.account_link.activities import ShowLink
from workflows.account_link.state import ClickEnding, Link, Notice, State
from workflows.degradations import lines_of
from workflows.markdown import as_markdown

_NAME_LIMIT = 160
"""Most bytes of a name; Temporal takes 400 bytes of a summary."""


def summary_of(request: ShowLink) -> str:
    """The Timeline's words beside ``teams.show_link``: ``link/1 · Cy Unlinked · open``."""
    return f"{request.name} · {as_markdown(request.person.name, _NAME_LIMIT)} · {request.view.showing}"


def markdown_of(name: str, state: State) -> str:
    """The run's *current details*; ``name`` is its title, which is Markdown already."""
    head = [f"### {name}", "", f"**{state.step}**", *lines_of(state)]
    table = ["", "| what | how it stands | until (UTC) |", "|---|---|---|"]
    table += [f"| {' | '.join(cells)} |" for cells in _rows(state)]
    return "\n".join(head + table)


def _rows(state: State) -> Iterator[tuple[str, str, str]]:
    yield ("offer", _words_for(state.link), _until(state.link))
    yield ("message", _words_for_message(state.live), "")
    for click in state.clicks:
        what = f"{click.met.click.verb} on {as_markdown(click.met.title, _NAME_LIMIT)}"
        yield ("click", f"{what}: {_words_for_ending(click.ending, waits=state.step == 'open')}", "")
    if state.left_out:
        yield ("clicks on other cards", "left out: too many", "")
    yield (
        "person",
        f"linked as {as_markdown(state.known.name, _NAME_LIMIT)}" if state.known else "not linked",
        "",
    )


def _words_for(link: Link | None) -> str:
    if link is None:
        return "none"
    return "over" if link.is_over else "open" if link.id is not None else "asked for"


def _until(link: Link | None) -> str:
    return f"{link.expires_at:%Y-%m-%d %H:%M}" if link and link.expires_at and not link.is_over else ""


def _words_for_message(notice: Notice | None) -> str:
    if notice is None:
        return "none"
    where = (
        "in the conversation, seen by the person alone" if notice.place == "here" else "in the private chat"
    )
    return f"{notice.name} {where}" + ("" if notice.is_posted else ", not there yet")


def _words_for_ending(ending: ClickEnding | None, *, waits: bool) -> str:
    if ending is None:
        return "waits for the link" if waits else "is being done"
    return ending.outcome.kind if ending.outcome else ending.kind.replace("_", " ")
