"""A worker's log: every line of an activity says what it belongs to, and a failure is one line."""

import io
import json
import logging
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
from temporalio import workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.registration import implements, tell_failures_once
from muster.logging import configure_logging
from tests.support.waiting import eventually
from workflows import options
from workflows.contract import Activity, Done
from workflows.errors import RateLimited
from workflows.values import Value

pytestmark = pytest.mark.anyio

log = structlog.stdlib.get_logger("tests.activities")


class Asked(Value):
    correlation: str
    outcome: str


ASK = Activity("tests.ask", Asked, Done, options.STORE)


class Asking:
    @implements(ASK)
    async def ask(self, asked: Asked) -> Done:
        log.info("asking")
        match asked.outcome:
            case "limited":
                raise RateLimited("the provider answered 429", code="2020")
            case "bug":
                raise KeyError("unforeseen")
            case _:
                return Done()


@workflow.defn
class AskOnce:
    @workflow.run
    async def run(self, asked: Asked) -> None:
        await workflow.execute_activity(
            ASK.name,
            asked,
            start_to_close_timeout=timedelta(seconds=5),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )


@workflow.defn
class Stumble:
    """Its first task fails and is tried again until somebody ends it."""

    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("stumbled")


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a worker's process would log to standard error; everything is put back afterwards."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    root, sdk = logging.getLogger(), logging.getLogger("temporalio.activity")
    handlers, level, filters = root.handlers[:], root.level, sdk.filters[:]
    configure_logging("INFO", "worker")
    tell_failures_once()
    yield written
    root.handlers[:], sdk.filters[:] = handlers, filters
    root.setLevel(level)
    structlog.reset_defaults()


def lines_in(logged: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged.getvalue().splitlines()]


async def lines_of(client: Client, outcome: str, logged: io.StringIO) -> list[dict[str, Any]]:
    queue = uuid.uuid4().hex
    async with Worker(
        client,
        task_queue=queue,
        workflows=[AskOnce],
        activities=[Asking().ask],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        asked = Asked(correlation="cause-1", outcome=outcome)
        try:
            await client.execute_workflow(AskOnce.run, asked, id=queue, task_queue=queue)
        except WorkflowFailureError:
            assert outcome != "answered"
    return [line for line in lines_in(logged) if not line["logger"].startswith("temporalio.worker")]


async def test_the_lines_of_an_activity_have_its_correlation_id(client: Client, logged: io.StringIO) -> None:
    (line,) = await lines_of(client, "answered", logged)
    assert (line["event"], line["correlation_id"]) == ("asking", "cause-1")


async def test_a_typed_failure_is_one_line_without_a_traceback(client: Client, logged: io.StringIO) -> None:
    _, failed = await lines_of(client, "limited", logged)
    expected = {
        "event": "activity failed",
        "level": "warning",
        "activity": "tests.ask",
        "failure": "RateLimited",
        "code": "2020",
        "reason": "the provider answered 429",
        "correlation_id": "cause-1",
    }
    assert expected.items() <= failed.items()
    assert "exception" not in failed


async def test_what_nobody_foresaw_keeps_its_traceback(client: Client, logged: io.StringIO) -> None:
    _, failed = await lines_of(client, "bug", logged)
    assert "KeyError: 'unforeseen'" in failed["exception"]


async def test_the_cores_own_lines_are_among_ours(client: Client, logged: io.StringIO) -> None:
    """The core, which is not Python, warns of a workflow task that failed."""

    def of_the_core() -> list[dict[str, Any]]:
        return [line for line in lines_in(logged) if "core" in line]

    async def warned() -> bool:
        return bool(of_the_core())

    queue = uuid.uuid4().hex
    async with Worker(
        client, task_queue=queue, workflows=[Stumble], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        stumbling = await client.start_workflow(Stumble.run, id=queue, task_queue=queue)
        await eventually(warned)
        await stumbling.terminate()
    line = of_the_core()[0]
    assert (line["level"], line["process"]) == ("warning", "worker")
    assert line["logger"].startswith("temporalio.core")
