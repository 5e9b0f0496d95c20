"""What a card says of the chat that was made for its incident."""

from collections.abc import Iterator

from muster.cards.elements import Container, TextBlock, container, text_block
from muster.cards.formatting import listed
from muster.cards.incident.names import NAME_LIMIT
from muster.cards.rooms.sentences import (
    APP_UNKNOWN,
    GONE,
    absence_words,
    lacks_sentence,
    unknown_sentence,
)
from muster.cards.text import escape, literal
from workflows.room import ShownRoom

_MOST_ABSENT = 6
_SENTENCE_LIMIT = 600


def room_block(room: ShownRoom) -> Iterator[Container]:
    """Where the chat is, what is missing in it, who is not in it; nothing where there is only a button."""
    lines = [*_lines(room)]
    if lines:
        yield container(*lines)


def _lines(room: ShownRoom) -> Iterator[TextBlock]:
    if room.kind == "elsewhere":
        tenant = literal(room.tenant_name, NAME_LIMIT) or "another organization"
        yield text_block(f"Chat in {escape(tenant, NAME_LIMIT)}", isSubtle=True)
    if room.kind == "unknown":
        yield warning(escape(unknown_sentence(room.topic), _SENTENCE_LIMIT))
    if room.kind == "gone":
        yield warning(GONE)
    for lack in room.lacks:
        yield warning(escape(lacks_sentence(lack), _SENTENCE_LIMIT))
    if room.app_unknown:
        yield warning(APP_UNKNOWN)
    if room.absent:
        names = [absence_words(one.name, one.why) for one in room.absent]
        told = listed(names, most=_MOST_ABSENT, total=room.absent_count)
        yield warning(f"Not in this chat: {escape(told, _SENTENCE_LIMIT)}")


def warning(sentence: str) -> TextBlock:
    """A sentence that people should not miss; Markdown."""
    return text_block(f"⚠️ {sentence}", size="Small", spacing="None")
