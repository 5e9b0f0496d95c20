"""The last note and the last status update of an incident."""

from muster.cards.elements import (
    Container,
    Element,
    column,
    column_set,
    container,
    rich_text_block,
    text_block,
    text_run,
)
from muster.cards.formatting import instant_after
from muster.cards.incident.meeting import says_where_meeting_is
from muster.cards.incident.names import NAME_LIMIT
from muster.cards.incident.room import says_where_chat_is
from muster.cards.rich_text import lines_with_links
from muster.cards.text import literal, tidy
from workflows.channel_incident.view import View
from workflows.incident.values import Comment


def latest_comments(view: View) -> Container | None:
    """The newer of the two first and at length, the older in brief; ``None`` where neither says anything.

    What people wrote goes before Muster's own note, which tells where they meet.
    """
    note = view.peoples_note or view.latest_note
    if says_where_chat_is(note, view.room) or says_where_meeting_is(note, view):
        note = None
    both = (("Latest note", note), ("Latest status update", view.latest_status_update))
    labelled = [(label, comment) for label, comment in both if comment and tidy(comment.text)]
    if not labelled:
        return None
    newer, *older = sorted(labelled, key=lambda entry: entry[1].at, reverse=True)
    blocks = _comment(view, *newer, limit=400, most_lines=6)
    for entry in older:
        heading, *lines = _comment(view, *entry, limit=160, most_lines=2)
        heading["spacing"] = "Medium"
        blocks += [heading, *lines]
    return container(*blocks, style="emphasis", spacing="Medium")


def _comment(view: View, label: str, comment: Comment, *, limit: int, most_lines: int) -> list[Element]:
    author = literal(comment.author or "", NAME_LIMIT)
    who = text_run(" · ".join(part for part in (label, author) if part), size="Small", isSubtle=True)
    when = text_block(
        instant_after(comment.at, view.opened_at), size="Small", isSubtle=True, horizontalAlignment="Right"
    )
    heading = column_set(column("stretch", rich_text_block(who)), column("auto", when))
    return [heading, *lines_with_links(comment.text, limit=limit, most_lines=most_lines)]
