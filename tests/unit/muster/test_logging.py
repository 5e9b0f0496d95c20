"""Logs: JSON lines that say what they belong to and hold no secret."""

import json
import logging

import pytest
import structlog
from pydantic import SecretStr

from muster.logging import configure_logging, correlated, correlation_id

log = structlog.stdlib.get_logger("muster.test")


@pytest.fixture
def written(capsys):
    """``written(doing)``: the lines that ``doing`` writes with the process's logging in place."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def lines(doing):
        configure_logging("INFO", "api")
        try:
            doing()
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
            structlog.reset_defaults()
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    return lines


def fail_with(text):
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("failed")


def test_a_line_says_when_where_and_what(written):
    (line,) = written(lambda: log.info("card shown", revision=3))
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "card shown",
        "revision": 3,
        "level": "info",
        "logger": "muster.test",
        "process": "api",
    }


def test_the_standard_library_logs_the_same_way(written):
    worker = logging.getLogger("temporalio.worker")
    (line,) = written(lambda: worker.warning("polled %s times", 3, extra={"queue": "muster"}))
    assert (line["event"], line["queue"], line["process"]) == ("polled 3 times", "muster", "api")


def test_lines_below_the_level_are_left_out(written):
    def doing():
        log.debug("detail")
        logging.getLogger("uvicorn.access").info("GET /oauth/pagerduty/callback?code=abc")

    assert written(doing) == []


def test_work_has_one_correlation_id_from_its_start(written):
    ids: list[str] = []

    def doing():
        with correlated() as outer, correlated() as inner:
            ids.extend((outer, inner))
            log.info("inside")
        log.info("outside")

    inside, outside = written(doing)
    assert {inside["correlation_id"]} == set(ids)
    assert "correlation_id" not in outside
    assert correlation_id.get() is None


def test_secrets_are_redacted_by_their_key_at_any_depth(written):
    (line,) = written(
        lambda: log.info(
            "call",
            headers={"Authorization": "Bearer abc", "Accept": "json"},
            tries=[{"access_token": "abc"}, {"client_secret": "abc"}],
            signature="abc",
            holder=SecretStr("abc"),
        )
    )
    assert "abc" not in json.dumps(line)
    assert line["headers"]["Accept"] == "json"


@pytest.mark.parametrize(
    "text",
    [
        "sent with Bearer abc.def",
        "Token token=abc",
        "got pdus+_0XBPWQQ_abc",
        f"got mst_{'x' * 40}abc",
        "eyJhbGciOiJub25lIn0.eyJhYmMiOjF9.abc",
        "postgresql://muster:abc@db:5432/muster",
    ],
)
def test_secrets_are_redacted_by_their_shape(written, text):
    def doing():
        log.info(text)
        fail_with(text)

    said, failed = written(doing)
    assert "[redacted]" in said["event"]
    assert "abc" not in said["event"]
    assert "ValueError: " in failed["exception"]
    assert text not in failed["exception"]


def test_a_traceback_shows_no_local_variables(written):
    def doing():
        hidden = "-".join(("value", "of", "a", "local"))  # so that its source line does not show it
        try:
            raise ValueError(len(hidden))
        except ValueError:
            log.exception("failed")

    (line,) = written(doing)
    assert "ValueError: 16" in line["exception"]
    assert "value-of-a-local" not in line["exception"]


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match="CHATTY"):
        configure_logging("chatty", "api")


def test_a_field_is_bounded_and_has_no_control_characters(written):
    hostile = "\x1b[2J\x00\ud83d" + "x" * 100_000

    def doing():
        log.info("told", name=hostile, many={hostile: [hostile] * 3}, all=["x"] * 10_000, number=10**9_000)

    (line,) = written(doing)
    short = "[2J" + "x" * 1_997 + "…"
    assert (line["name"], line["many"], len(line["all"])) == (short, {short: [short] * 3}, 100)
    assert line["number"] == "[a number too long to write]"


def test_a_long_traceback_keeps_its_end(written):
    (line,) = written(lambda: fail_with("y" * 100_000 + " the end"))
    assert line["exception"].endswith("the end")
    assert len(line["exception"]) <= 20_001


def test_a_secret_at_the_end_of_a_long_field_is_not_half_shown(written):
    (line,) = written(lambda: log.info("x" * 1_985 + " Bearer s3cret-and-more"))
    assert "s3c" not in line["event"]
