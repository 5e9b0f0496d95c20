"""What a caller may write into the log before it has shown who it is.

Anybody who reaches the API can make it write. So all lines that one request causes, of whatever logger, have
a budget together, and all strangers together write one line of a kind a second. ``known`` lifts both for the
rest of a request.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from structlog.typing import EventDict, Processor, WrappedLogger

from muster.values import UNSHOWABLE

_MOST, _LEAST = 300, 160
"""Bytes of all lines of one request, and of the shortest line that says something."""
_BETWEEN = 1.0
"""Seconds between two lines of one kind."""
_MOST_KINDS = 1000
_LONGEST_EVENT, _LONGEST_VALUE, _LONGEST_NAME = 80, 60, 40
"""Bytes as they are written. With names of this length, the shortest line has room for some of its event."""
_OURS = ("event", "level", "logger", "at", "process")
"""What every line has, and no caller gives; the event may quote something where a library wrote it."""
_TRACEBACKS = ("exception", "stack")
_PLACE = re.compile(r'File "(?:.*/)?([^/"]+)", line (\d+)')


class _Stranger:
    """A caller, and what is left of its budget."""

    def __init__(self) -> None:
        self.left = _MOST
        self.known = False


_caller: ContextVar[_Stranger | None] = ContextVar("caller", default=None)


@contextmanager
def stranger() -> Iterator[None]:
    """Everything inside is done for a caller whom nobody knows yet."""
    token = _caller.set(_Stranger())
    try:
        yield
    finally:
        _caller.reset(token)


def known() -> None:
    """The caller has shown who it is: what is done for it is logged whole from now on."""
    caller = _caller.get()
    if caller is not None:
        caller.known = True


def _unknown() -> _Stranger | None:
    caller = _caller.get()
    return None if caller is None or caller.known else caller


class StrangersFilter(logging.Filter):
    """Drops the lines of strangers that are too many; the next one of the kind says how many they were."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._kinds: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write the line."""
        caller = _unknown()
        if caller is None:
            return True
        if caller.left < _LEAST:
            return False
        fields = record.msg if isinstance(record.msg, dict) else {"event": record.msg}
        kind = (record.name, str(fields.get("event"))[:_LONGEST_EVENT])
        last, unwritten = self._kinds.get(kind, (float("-inf"), 0))
        if self._now() < last + _BETWEEN:
            self._kinds[kind] = last, unwritten + 1
            return False
        if len(self._kinds) >= _MOST_KINDS:
            self._kinds.clear()
        self._kinds[kind] = self._now(), 0
        if unwritten:
            fields["unwritten"] = unwritten
        return True


def bounded(render: Processor) -> Processor:
    """Renders a line, that of a stranger within its budget."""

    def rendered(logger: WrappedLogger, method: str, event: EventDict) -> Any:
        caller = _unknown()
        if caller is None:
            return render(logger, method, event)
        line = render(logger, method, _fitting(event, caller.left))
        caller.left -= len(str(line).encode()) + 1
        return line

    return rendered


def _fitting(event: EventDict, room: int) -> EventDict:
    """As many fields, each cut, as ``room`` bytes of JSON take."""
    kept: EventDict = {key: _cut(str(event[key]), _LONGEST_NAME) for key in _OURS if key in event}
    kept["event"] = ""
    kept["event"] = _cut(str(event.get("event")), min(_LONGEST_EVENT, room - _written(kept)))
    for key, value in _more(event):
        longer = {**kept, _cut(key, _LONGEST_VALUE): value}
        if _written(longer) <= room:
            kept = longer
    return kept


def _more(event: EventDict) -> Iterator[tuple[str, Any]]:
    for key, value in event.items():
        if key in _TRACEBACKS:
            yield "error", _cut(str(value).strip().rpartition("\n")[2], _LONGEST_VALUE)
            if places := _PLACE.findall(str(value)):
                yield "raised_in", _cut(":".join(places[-1]), _LONGEST_VALUE)
        elif isinstance(value, bool | int | float) or value is None:
            yield key, value
        elif key not in _OURS:
            yield key, _cut(value if isinstance(value, str) else repr(value), _LONGEST_VALUE)


def _cut(text: str, most: int) -> str:
    """What can be shown of a text's beginning in ``most`` bytes of a line, with ``…`` where more follows."""
    shown = UNSHOWABLE.sub("", text).strip()
    if len(json.dumps(shown)) - len('""') <= most:
        return shown
    kept = shown[: max(0, most)]
    while kept and len(json.dumps(f"{kept}…")) - len('""') > most:
        kept = kept[:-1]
    return kept and f"{kept}…"


def _written(fields: EventDict) -> int:
    """Bytes of a line: ASCII, so that a character of another script takes six or twelve."""
    return len(json.dumps(fields)) + len("\n")
