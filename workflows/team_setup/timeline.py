"""What operators read of a run: summaries, and the markdown under *current details*."""

from collections.abc import Iterator

from workflows.degradations import lines_of
from workflows.markdown import as_markdown
from workflows.team_setup.activities import ShowNotice
from workflows.team_setup.state import CONNECTED, Link, State

_NAME_LIMIT = 160
"""Most bytes of a name; Temporal takes 400 bytes of a summary."""


def summary_of(request: ShowNotice) -> str:
    """The Timeline's words beside ``teams.show_notice``: ``installer/1 · Ada Ops · open``."""
    to = request.person.name if request.person else "channel"
    return f"{request.name} · {as_markdown(to, _NAME_LIMIT)} · {request.view.showing}"


def markdown_of(name: str, state: State) -> str:
    """The run's *current details*; ``name`` is its title, which is Markdown already."""
    head = [f"### {name}", "", f"**{state.step}**", *lines_of(state)]
    table = ["", "| step | how it stands | waits for | until (UTC) |", "|---|---|---|---|"]
    table += [f"| {' | '.join(cells)} |" for cells in _rows(state)]
    return "\n".join(head + table)


def _rows(state: State) -> Iterator[tuple[str, str, str, str]]:
    who = as_markdown(state.holder.name, _NAME_LIMIT) if state.holder else "somebody in the channel"
    if len(state.accounts) > 1:
        chosen = state.step != "choosing" and state.account
        yield ("account", f"{chosen} chosen" if chosen else "to be chosen", "" if chosen else who, "")
    if state.step in CONNECTED:
        by = as_markdown(state.authorized_name or "", _NAME_LIMIT)
        yield ("authorization", f"{state.account}" + (f", by {by}" if by else ""), "", "")
    else:
        waits = state.step == "authorizing"
        stands, whom = _words_for(state.link), "a PagerDuty Admin"
        if state.lacks_account:
            stands, whom = "no account is configured", "an operator"
        yield ("authorization", stands, whom if waits else "", _until(state.link))
    if state.missing == ():
        yield ("consent", "nothing required is missing", "", "")
    else:
        missing = ", ".join(state.missing) if state.missing else "not known"
        waits = state.step == "consenting"
        yield ("consent", missing, "a Microsoft admin" if waits else "", _until(state.consent_link))
    if state.revived:
        yield ("open incidents", f"of {len(state.revived)} connections are to come in", "PagerDuty", "")


def _words_for(link: Link | None) -> str:
    if link is None:
        return "no link"
    return "link expired" if link.is_over else "link open" if link.id is not None else "link asked for"


def _until(link: Link | None) -> str:
    return f"{link.expires_at:%Y-%m-%d %H:%M}" if link and link.expires_at and not link.is_over else ""
