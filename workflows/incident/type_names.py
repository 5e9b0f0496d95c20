"""What people call a type of incident: PagerDuty's events carry its internal name (``major_default``)."""

from workflows.incident.values import TypeName

_DEFAULT = "_default"
"""Ending of the names of PagerDuty's own types."""


def shown_type(name: str | None, known: TypeName | None) -> str | None:
    """What a card calls the type ``name``: as PagerDuty shows it where that is known.

    Until then the internal name is put into words, ``major_default`` into *Major incident*.
    """
    if name is None:
        return None
    own = _in_words(name)
    if known is None or known.name != name or known.shown.casefold() == own.casefold():
        return own
    return known.shown


def _in_words(name: str) -> str:
    words = name.removesuffix(_DEFAULT).replace("_", " ").strip()
    if name.endswith(_DEFAULT) and words and not words.casefold().endswith("incident"):
        words += " incident"
    return words[:1].upper() + words[1:] if words else name
