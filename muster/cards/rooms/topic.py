"""The topic of an incident's chat and the subject of its meeting, and the mark of one that is over.

A program may give either a name of its own, which is cleaned in the same way.

Teams takes at most 250 characters, as .NET counts them (UTF-16 units), and no colon (learn.microsoft.com
*Create chat*, docs/platform-facts.md §5.9). A subject has at most 255 characters.
"""

import unicodedata

from workflows.incident_room.activities import ARCHIVED, OVER

MOST_UNITS = 250
MOST_OF_A_SUBJECT = 255
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embeddings, overrides and isolates: they reorder what stands around the topic."""
_JOINER, _VARIATIONS = "\u200d", frozenset("\ufe0e\ufe0f")
"""The zero-width joiner and the variation selectors, which belong to the character before them."""
_SHAPELESS = ("Cf", "Me", "Mn", "Zs")
"""Categories of what nobody can read alone: formats, marks upon another character, spaces."""
_MODIFIERS = ("\U0001f3fb", "\U0001f3ff")
"""Tones of skin, likewise."""


def topic_of(number: int | None, title: str, incident_id: str, *, name: str = "") -> str:
    """``Incident #42 Checkout is slow``, with room for the mark; without a title ``Incident #42``.

    A ``name`` of its own stands for all of that, where anything is left of it.
    """
    return own_topic(name) or _named(number, title.replace(":", " "), incident_id, most=MOST_UNITS)


def archived_topic(topic: str) -> str:
    """The topic of a chat that is archived, in which no other mark stands any more."""
    return f"{ARCHIVED}{_cut(topic.removeprefix(OVER), MOST_UNITS - _units(ARCHIVED))}"


def subject_of(number: int | None, title: str, incident_id: str, *, name: str = "") -> str:
    """The same for a calendar, which takes colons."""
    return own_subject(name) or _named(number, title, incident_id, most=MOST_OF_A_SUBJECT)


def own_topic(name: str) -> str:
    """A chat's own name as a topic; empty where nothing that people can read is left of it."""
    return _own(name.replace(":", " "), most=MOST_UNITS)


def own_subject(name: str) -> str:
    """The same for a calendar."""
    return _own(name, most=MOST_OF_A_SUBJECT)


def _own(name: str, *, most: int) -> str:
    """Without the mark of an incident that is over, which a program may have read with the name."""
    cleaned = _cleaned(name)
    while cleaned.startswith(OVER):
        cleaned = cleaned.removeprefix(OVER)
    return _cut(cleaned, most - _units(OVER))


def _named(number: int | None, title: str, incident_id: str, *, most: int) -> str:
    name = f"Incident #{number}" if number is not None else f"Incident {incident_id}"
    return _cut(f"{name} {_cleaned(title)}".strip(), most - _units(OVER))


def _cleaned(text: str) -> str:
    """Empty where only marks without a shape of their own are left, as of a direction."""
    cleaned = " ".join("".join(map(_spoken, text)).split())
    return "" if all(unicodedata.category(one) in _SHAPELESS for one in cleaned) else cleaned


def _spoken(character: str) -> str:
    """The character, or what stands for one that nobody can read."""
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp", "Cs"):  # controls, ends of lines and paragraphs, halves of pairs
        return " "
    return "" if character in _DIRECTIONS else character


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, most: int) -> str:
    """At most so many units, with an ellipsis; what makes one character together is not divided."""
    if _units(text) <= most:
        return text
    kept = len(text)
    while _units(text[:kept]) > most - 1:
        kept -= 1
    while kept and _belong_together(text, kept):
        kept -= 1
    return f"{text[:kept].rstrip()}…"


def _belong_together(text: str, place: int) -> bool:
    """Whether a reader sees one character on both sides of this place."""
    before, after = text[place - 1], text[place]
    if _JOINER in (before, after) or after in _VARIATIONS or _MODIFIERS[0] <= after <= _MODIFIERS[1]:
        return True
    if unicodedata.combining(after):
        return True
    flags = text[:place][::-1]
    count = next((n for n, one in enumerate(flags) if not _is_flag(one)), len(flags))
    return _is_flag(after) and count % 2 == 1


def _is_flag(character: str) -> bool:
    """Half of a flag: a regional indicator."""
    return "\U0001f1e6" <= character <= "\U0001f1ff"
