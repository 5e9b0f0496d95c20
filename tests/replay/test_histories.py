"""Runs that an earlier version of the code began are replayed by this one."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from tests.replay.record import HISTORIES, RECORDER, chosen, life_of, told
from worker import workflow_runner
from workflows.discovery import workflow_classes

pytestmark = pytest.mark.anyio

COMMITTED = sorted(HISTORIES.rglob("*.json"))
"""Of the lives as they are now, and of released versions in folders of their own."""

DEFAULT_IDENTITY = re.compile(r"\d+@[\w.-]+")
"""The SDK's: process id and host name."""

ABSOLUTE_PATH = re.compile(r"(?<![\w:/.>-])/(?:[\w.@-]+/)+[\w.@-]+")


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
async def test_a_committed_history_replays(path: Path) -> None:
    replayer = Replayer(
        workflows=workflow_classes(),
        workflow_runner=workflow_runner(sandboxed=True),
        data_converter=pydantic_data_converter,
    )
    await replayer.replay_workflow(_history(path))


def test_every_life_has_a_history_and_every_history_a_life() -> None:
    recorded = {life_of(path) for path in HISTORIES.glob("*/*.json")}
    assert recorded == {(life.workflow, life.name) for life in told()}


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_a_committed_history_is_small_and_tells_nothing_of_where_it_was_recorded(path: Path) -> None:
    text = path.read_text()
    assert len(text) < 300_000
    assert list(_tells_where(json.loads(text))) == []


@pytest.mark.parametrize(
    "attributes",
    [
        {"identity": "4711@builder-7"},
        {"identity": "builder"},
        {"taskQueue": {"name": "4711@builder-7:0e4f", "kind": "TASK_QUEUE_KIND_STICKY"}},
        {"failure": {"stackTrace": '  File "/opt/muster/worker.py", line 3, in main\n'}},
        {"input": {"payloads": [{"data": base64.b64encode(b'{"at": "/opt/muster/data"}').decode()}]}},
    ],
)
def test_what_tells_where_a_history_was_recorded_is_found_on_any_machine(attributes: dict[str, Any]) -> None:
    assert list(_tells_where({"events": [{"workflowTaskStartedEventAttributes": attributes}]}))


def test_what_a_history_must_hold_tells_nothing_of_where_it_was_recorded() -> None:
    attributes = {
        "identity": RECORDER,
        "taskQueue": {"name": f"{RECORDER}-0e4f", "kind": "TASK_QUEUE_KIND_STICKY"},
        "workflowId": "incident/acme/Q1/payments-ops",
        "encoding": base64.b64encode(b"json/plain").decode(),
        "input": base64.b64encode(b'{"url": "https://acme.pagerduty.com/incidents/Q1"}').decode(),
    }
    assert list(_tells_where(attributes)) == []


@pytest.mark.parametrize("name", ["later-runs", "later_runs"])
def test_a_life_is_chosen_by_its_name_with_hyphens_or_underscores(name: str) -> None:
    assert [life.name for life in chosen([name])] == ["later-runs"]


def test_an_unknown_life_ends_the_recording_with_a_sentence() -> None:
    there_are = "aboard, always-changed, at-once, attached, brought-in, chosen, connected-anew, "
    with pytest.raises(SystemExit, match=f"no such life: nosuch; there are {there_are}"):
        chosen(["standard", "nosuch"])


def _history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())


def _tells_where(value: Any, key: str = "") -> Iterator[str]:
    """Texts below, also in payloads, that name a process, a host or a place of some machine."""
    match value:
        case dict():
            for name, below in value.items():
                yield from _tells_where(below, name)
        case list():
            for below in value:
                yield from _tells_where(below, key)
        case str():
            if key == "identity" and value != RECORDER:
                yield value
            for text in (value, _decoded(value)):
                if DEFAULT_IDENTITY.search(text) or ABSOLUTE_PATH.search(text):
                    yield text


def _decoded(text: str) -> str:
    """The text of a payload; empty where it is none."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""
