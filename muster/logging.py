"""Structured logs: one JSON object a line on standard error, with the correlation id of its cause.

The correlation id is made where something enters (a webhook, an activity of the bot) and goes with
the work to the connector call at its end. Secrets are replaced before a line is written. They are
known by the name of their key, or by their form. What strangers may write is bounded in ``strangers``.
"""

import itertools
import logging
import re
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from muster import strangers
from muster.values import UNSHOWABLE

CORRELATION_HEADER = "X-Correlation-Id"

correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)
"""What the current work belongs to; set it with ``correlated``."""

_REDACTED = "[redacted]"
_LONGEST, _LONGEST_TRACEBACK = 2_000, 20_000
"""Most characters of a field: whoever writes to us must not fill the disk with one line."""
_MOST_ITEMS = 100
_SECRET_KEY = re.compile(
    r"authorization|token|secret|signature|password|passphrase|cookie|credential|assertion"
    r"|api_?key|private_?key|database_?url|dsn",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    r"(?<=bearer )\S+"
    r"|(?<=token=)[^\s&\"']+"
    r"|pdus\+_[\w.-]+"  # PagerDuty's OAuth tokens
    r"|mst_[\w-]{20,}"  # tokens of our own API
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"  # any JWT
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)",  # name and password of an address
    re.IGNORECASE,
)
_TRACEBACKS = frozenset({"exception", "stack"})
_TOO_CHATTY = {
    "uvicorn.access": logging.WARNING,  # its lines hold whole query strings, OAuth codes included
    "httpx": logging.WARNING,
    "msal": logging.WARNING,  # what it says at DEBUG holds codes
    "msrest": logging.ERROR,  # warns of every field that Teams has and botbuilder's schema lacks
}


@contextmanager
def correlated(value: str | None = None) -> Iterator[str]:
    """Give everything inside one correlation id: ``value``, else the current one, else a new one."""
    chosen = value or correlation_id.get() or uuid.uuid4().hex
    token = correlation_id.set(chosen)
    try:
        yield chosen
    finally:
        correlation_id.reset(token)


def configure_logging(level: str, process: str) -> None:
    """Send this process's logs, the standard library's included, to standard error as JSON.

    ``process`` names the process in every line. Raises ValueError for an unknown ``level``.
    """
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _Origin(process),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(), _core_fields, _without_colours],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # The plain formatter on purpose: a structured traceback would carry local variables.
                structlog.processors.format_exc_info,
                redact,
                strangers.bounded(structlog.processors.JSONRenderer()),
            ],
        )
    )
    handler.addFilter(strangers.StrangersFilter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, quiet in _TOO_CHATTY.items():
        logging.getLogger(name).setLevel(quiet)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class _Origin:
    """Adds the process and the correlation id."""

    def __init__(self, process: str) -> None:
        self._process = process

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = self._process
        current = correlation_id.get()
        if current is not None:
            event["correlation_id"] = current
        return event


def _core_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    entry = event.pop("temporal_log", None)  # the Temporal core's own record, unreadable as it is
    if entry is not None:
        event["core"] = entry.fields
    return event


def _without_colours(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event.pop("color_message", None)  # uvicorn's second copy of its message, for terminals
    return event


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace everything secret in a line, at any depth; a structlog processor.

    What is left of each text is bounded and has no control characters but the ends of lines.
    """
    return {key: _redacted(key, value) for key, value in event.items()}


def _redacted(key: str, value: Any) -> Any:
    if _SECRET_KEY.search(key) and value is not None:
        return _REDACTED
    return _scrubbed(value, longest=_LONGEST_TRACEBACK if key in _TRACEBACKS else _LONGEST)


def _scrubbed(value: Any, *, longest: int = _LONGEST) -> Any:
    match value:
        case None | bool() | float():
            return value
        case int():
            return value if value.bit_length() <= 64 else "[a number too long to write]"
        case str():
            return _bounded(_SECRET_TEXT.sub(_REDACTED, value), longest)
        case Mapping():
            return {
                _bounded(str(key), longest): _redacted(str(key), item)
                for key, item in itertools.islice(value.items(), _MOST_ITEMS)
            }
        case list() | tuple() | set() | frozenset():
            return [_scrubbed(item) for item in itertools.islice(value, _MOST_ITEMS)]
        case _:
            return _bounded(_SECRET_TEXT.sub(_REDACTED, repr(value)), longest)


def _bounded(text: str, longest: int) -> str:
    """The end of a traceback says what happened, the beginning of any other text."""
    shown = UNSHOWABLE.sub("", text)
    if len(shown) <= longest:
        return shown
    return "…" + shown[-longest:] if longest == _LONGEST_TRACEBACK else shown[:longest] + "…"
