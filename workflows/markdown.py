"""Texts of others among what operators read: titles, summaries and *current details* are Markdown in the UI.

Pure, for workflow code.
"""

import re

_WHITE = re.compile(r"\s+")
_INVISIBLE = re.compile(
    "[\u0000-\u001f\u007f-\u009f"  # control characters
    "\u200b\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff"  # of no width, and those that reorder what is shown
    "\ud800-\udfff]"  # lone surrogates, which no message of Temporal can carry
)
_MARKUP = re.compile(r"[\\`*_~|\[\]]")
_AT_THE_START = re.compile(r"(?:[-+=]|#{1,6}(?=\s|$)|\d{1,9}(?=[.)]))")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_LINK = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=\S)(?=@\S)", re.IGNORECASE)
"""Where an address without markup is known by: links are made of it after escapes are read."""
_JOINER = "\u2060"
"""Without width; it stands in no address."""


def as_markdown(text: str, limit: int) -> str:
    """One line of at most ``limit`` bytes: every character stands for itself, and nothing is a link."""
    tidy = _WHITE.sub(" ", _INVISIBLE.sub("", _WHITE.sub(" ", text))).strip()
    written = _escaped(tidy)
    kept = len(tidy)
    while len(written.encode()) > limit:
        # A character is at most nine bytes when it is escaped.
        kept -= max(1, (len(written.encode()) - limit) // 9)
        written = _escaped(tidy[:kept].rstrip()) + "…"
    return written


def _escaped(text: str) -> str:
    start = _AT_THE_START.match(text)
    marked = _LINK.sub(_JOINER, _ENTITY.sub("&amp;", text))
    marked = _MARKUP.sub(r"\\\g<0>", marked).replace("<", "&lt;").replace(">", "&gt;")
    if start is None:
        return marked
    digits = start[0] if start[0].isdigit() else ""
    return f"{digits}\\{marked[len(digits) :]}"
