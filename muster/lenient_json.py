"""JSON that was sent to us: read strictly, and leniently where that fails.

One bad character must not lose a whole event. Real senders cut titles inside a surrogate pair, pass control
characters and invalid UTF-8 on, write ``NaN``, and begin with a byte order mark. What is damaged inside a
text stays in it, for the rules of values (``muster.values``) to clean or to refuse.
"""

import json
import math
import re
from typing import Any

from pydantic_core import from_json

_DEEPEST = 64
"""Levels that are read; what lies deeper is ``null``. The product reads nothing below the seventh."""
_LONGEST_NUMBER = 20
"""Digits; longer numbers are ``null``. Python takes seconds for very long ones, and refuses them at last."""
_TOKEN = re.compile(
    r"""
      (?P<text>"(?:[^"\\]++|\\.?)*+"?)
    | (?P<open>[\[{]) | (?P<close>[\]}])
    | (?P<control>[\x00-\x1f\x7f\ufeff]+)
    | [^"\[\]{}\x00-\x1f\x7f\ufeff]+
    """,
    re.VERBOSE | re.DOTALL,
)
"""Possessive, so that a text without an end is read once."""
_ESCAPE = re.compile(r'\\(?:u[0-9A-Fa-f]{4}|["\\/bfnrt])|\\')
_NOT_AN_ESCAPE = r"\ufffd"


def read_json(raw: bytes) -> Any:
    """What ``raw`` holds; raises ``ValueError`` where even the lenient reading finds no JSON."""
    try:
        return from_json(raw, allow_inf_nan=False)
    except ValueError:
        return _lenient(raw)


def _lenient(raw: bytes) -> Any:
    text = _Flattened().of(raw.decode("utf-8", errors="replace"))
    return json.loads(
        text,
        strict=False,
        parse_int=lambda digits: int(digits) if len(digits) <= _LONGEST_NUMBER else None,
        parse_float=_finite,
        parse_constant=lambda _: None,
    )


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


class _Flattened:
    """A text of JSON without what Python's reader refuses or cannot bear."""

    def __init__(self) -> None:
        self._depth = 0

    def of(self, text: str) -> str:
        """The same JSON, mended and cut off below the deepest level."""
        return _TOKEN.sub(self._token, text)

    def _token(self, token: re.Match[str]) -> str:
        if token["open"]:
            self._depth += 1
            if self._depth == _DEEPEST + 1:
                return "null"
        is_kept = self._depth <= _DEEPEST
        if token["close"]:
            self._depth -= 1
        if not is_kept:
            return ""
        if token["text"]:
            return _ESCAPE.sub(lambda escape: escape[0] if len(escape[0]) > 1 else _NOT_AN_ESCAPE, token[0])
        return " " if token["control"] else token[0]
