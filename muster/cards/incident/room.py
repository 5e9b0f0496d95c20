"""What a card says of the chat that was made for its incident."""

from collections.abc import Iterator

from muster.cards.elements import (
    Container,
    RichTextBlock,
    container,
    rich_text_block,
    text_run,
)
from muster.cards.formatting import listed
from muster.cards.incident.names import NAME_LIMIT
from muster.cards.rooms.sentences import (
    APP_UNKNOWN,
    BOT_REMOVED,
    absence_words,
    archived_sentence,
    gone_sentence,
    lacks_sentence,
    unknown_sentence,
)
from muster.cards.text import literal, web_link
from workflows.incident.values import Comment
from workflows.link_notes import CHAT_NOTE, is_link_note
from workflows.room import ShownRoom

JOIN_CHAT = "Join Chat"
READ_CHAT = "Archived chat"
_MOST_ABSENT = 6
_SENTENCE_LIMIT = 200


def archive_address(room: ShownRoom | None) -> str | None:
    """Where the chat that was archived is read; ``None`` where there is none, or nobody is in it."""
    return web_link(room.url) if room is not None and room.kind == "archived" else None


def chat_address(room: ShownRoom | None) -> str | None:
    """Where people of the card's tenant join the chat; ``None`` where there is nothing to join."""
    return web_link(room.url) if room is not None and room.kind == "join" else None


def says_where_chat_is(note: Comment | None, room: ShownRoom | None) -> bool:
    """Whether a note has the chat's address and no more: a card that knows the chat shows the way itself."""
    if note is None or room is None or room.kind not in ("join", "own"):
        return False
    return note.text.startswith(CHAT_NOTE) and is_link_note(note.text)


def room_block(room: ShownRoom, *, offers_chat: bool) -> Iterator[Container]:
    """Where the chat is, what is missing in it, who is not in it; nothing where there is only a link.

    ``offers_chat``: the card has **Create Chat**.
    """
    lines = [*_lines(room, offers_chat)]
    if lines:
        yield container(*lines)


def _lines(room: ShownRoom, offers_chat: bool) -> Iterator[RichTextBlock]:
    if room.kind == "elsewhere":
        tenant = literal(room.tenant_name, NAME_LIMIT) or "another organization"
        yield rich_text_block(text_run(f"Chat in {tenant}", isSubtle=True))
    if room.kind == "unknown":
        yield _warning(unknown_sentence(room.topic, literal))
    if room.kind == "gone":
        yield _warning(gone_sentence(offers_chat=offers_chat))
    if room.kind == "archived":
        yield rich_text_block(text_run(archived_sentence(offers_chat=offers_chat), isSubtle=True))
    for lack in room.lacks:
        yield _warning(literal(lacks_sentence(lack), _SENTENCE_LIMIT))
    if room.app_unknown:
        yield _warning(APP_UNKNOWN)
    if room.bot_removed:
        yield _warning(BOT_REMOVED)
    if room.absent:
        names = [absence_words(one.name, one.why, literal) for one in room.absent]
        total = max(room.absent_count, len(names))
        yield _warning(f"Not in this chat: {listed(names, most=_MOST_ABSENT, total=total)}")


def _warning(sentence: str) -> RichTextBlock:
    """A sentence that people should not miss, letter by letter: names and topics stand in it."""
    return rich_text_block(text_run(f"⚠️ {sentence}", size="Small"), spacing="None")
