"""What a card says of the meeting that was made for its incident, beside the incident's bridge."""

from collections.abc import Iterator

from muster.cards.elements import Container, Element, container, rich_text_block, text_block, text_run
from muster.cards.rich_text import markdown_link
from muster.cards.rooms.meetings import told_sentence
from muster.cards.text import web_link
from workflows.channel_incident.view import View
from workflows.incident.values import Comment
from workflows.link_notes import MEETING_NOTE

JOIN_MEETING = "Join Meeting"


def meeting_address(view: View) -> str | None:
    """Where people join; ``None``: nowhere, or where nobody organises it any more."""
    told, held = view.meeting, view.bridge.url if view.bridge else None
    if told is not None and told.standing == "gone" and held == told.url:
        return None
    if not held and told is not None and told.standing == "refused":
        return web_link(told.url)
    return web_link(held or "")


def says_where_meeting_is(note: Comment | None, view: View) -> bool:
    """Whether a note has the address of a meeting that the card leads to, and no more to say."""
    if note is None or not note.text.startswith(MEETING_NOTE):
        return False
    known = {view.bridge.url if view.bridge else None, view.meeting.url if view.meeting else None}
    return note.text.removeprefix(MEETING_NOTE).split()[0].rstrip(",") in known


def meeting_block(view: View) -> Iterator[Container]:
    """What the bridge does not tell; nothing where it tells all."""
    told = view.meeting
    if told is None:
        return
    sentence = told_sentence(told, offers_meeting="create_meeting" in view.verbs)
    lines: list[Element] = [rich_text_block(text_run(f"⚠️ {sentence}", size="Small"), spacing="None")]
    if told.standing == "theirs" and (link := markdown_link("Join the other meeting", told.url)):
        lines.append(text_block(link, size="Small", spacing="None"))
    yield container(*lines)
