"""Runs that an earlier version of the code began are replayed by this one."""

import socket
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from tests.replay.record import HISTORIES
from tests.workflows.channel_incident.lives import LIVES, continued
from worker import workflow_runner
from workflows.channel_incident.workflow import ChannelIncidentWorkflow

pytestmark = pytest.mark.anyio

REPOSITORY = Path(__file__).parents[2]
COMMITTED = sorted(HISTORIES.rglob("*.json"))
"""Of the lives as they are now, and of released versions in folders of their own."""


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
async def test_a_committed_history_replays(path: Path) -> None:
    replayer = Replayer(
        workflows=[ChannelIncidentWorkflow],
        workflow_runner=workflow_runner(sandboxed=True),
        data_converter=pydantic_data_converter,
    )
    await replayer.replay_workflow(_history(path))


def test_every_life_has_a_history() -> None:
    lives = {name.replace("_", "-") for name in (*LIVES, continued.__name__)}
    recorded = {path.stem.rstrip("0123456789").rstrip("-") for path in HISTORIES.glob("*.json")}
    assert recorded == lives


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_a_history_is_small_and_tells_nothing_of_where_it_was_recorded(path: Path) -> None:
    text = path.read_text()
    assert len(text) < 300_000
    assert socket.gethostname() not in text
    assert str(REPOSITORY) not in text
    assert "site-packages" not in text


def _history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())
