"""What strangers may write: all lines of one request together, whatever is in them."""

import io
import json
import logging

import pytest
import structlog

from muster.logging import configure_logging, correlated
from muster.strangers import known, stranger

MOST = 300
"""Bytes of all lines that one request causes."""
EVENTS = {
    "short": ("refused", "refused"),
    "long": ("x" * 5_000, "xxxxxxx"),
    "two bytes a character": ("ошибка " * 50, "ошибка "),
    "three bytes a character": ("障害" * 30, "障害障害"),
    "four bytes a character": ("🔥" * 60, "🔥🔥🔥"),
    "quotes": ('"' * 99, '""""'),
    "backslashes": ("\\" * 99, "\\" * 4),
    "ends of lines": ("\n\t" * 99, ""),
    "controls": ("\x00\x1b[31m\x7f\x9f" * 99, "[31m[31m"),
    "lone surrogates": ("\ud83d" * 99, ""),
    "separators of lines": ("x\u2028\u2029\u202e" * 99, "x\u2028\u2029\u202e"),
    "nothing": ("", ""),
}
"""What is to be written, and how the first line begins."""
LOGGERS = ["a", "api.webhooks.signing_secrets", "a.library." * 30, "журнал." * 30]


@pytest.fixture
def stream():
    """What is written, as by a process whose filter has seen nothing yet."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging("DEBUG", "api")
    written = io.StringIO()
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def leave_pytest_out():
    """pytest keeps what a test logs, and its processes cannot send a lone surrogate to each other."""
    root = logging.getLogger()
    root.handlers[:] = [handler for handler in root.handlers if type(handler) is logging.StreamHandler]


def fail(text):
    raise RuntimeError(text)


@pytest.mark.parametrize("logger", LOGGERS)
@pytest.mark.parametrize("name", EVENTS)
def test_all_lines_of_one_request_keep_to_its_bytes(stream, name, logger):
    event, beginning = EVENTS[name]
    leave_pytest_out()
    with stranger(), correlated():
        log = structlog.stdlib.get_logger(logger)
        log.warning(event, reason=event, **{f"field {number}": event for number in range(5)})
        log.info(f"again {event}", status=401)
        logging.getLogger(logger).error("of a library: %s", event, extra={"quoted": event})
        try:
            fail(event)
        except RuntimeError:
            log.exception(f"failed {event}")
    written = stream.getvalue()
    assert 0 < len(written.encode()) <= MOST
    lines = [json.loads(line) for line in written.splitlines()]
    assert all({"event", "level", "logger", "at", "process"} <= set(line) for line in lines)
    assert lines[0]["level"] == "warning"
    assert lines[0]["event"].startswith(beginning)


def test_many_short_lines_of_one_request_keep_to_its_bytes(stream):
    with stranger():
        for number in range(50):
            structlog.stdlib.get_logger("api.bot.route").warning(f"line {number}")
    assert 0 < len(stream.getvalue()) <= MOST


@pytest.mark.parametrize("event", ["an activity was refused" * 4, "障害" * 60])
@pytest.mark.parametrize("first", range(1, 120, 7))
def test_a_second_line_fits_into_what_the_first_one_left_or_is_not_written(stream, first, event):
    """It is dropped where too little room is left, rather than written without an event."""
    log = structlog.stdlib.get_logger("api.webhooks.signing_secrets")
    with stranger():
        log.warning("y" * first)
        log.critical(event)
    assert len(stream.getvalue()) <= MOST
    assert all(json.loads(line)["event"] for line in stream.getvalue().splitlines())


def test_who_is_known_is_written_whole(stream):
    with stranger():
        known()
        structlog.stdlib.get_logger("api").warning("障害" * 200, title="x" * 900)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["title"]) == ("障害" * 200, "x" * 900)
