"""What no message can do: wedge a run, or change anything by a shape or a name that nobody knows."""

from typing import Any

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.workflows.channel_incident.running import Run, shown

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("incident.annotated", {"nobody": "knows this"}),
        ("incident.resolved", "not even an object"),
        ("click", {"key": 7}),
        ("incident.abducted", {}),
    ],
    ids=["fields missing", "no object", "bad press", "no such event"],
)
async def test_a_malformed_signal_is_dropped_and_the_run_lives(
    client: Client, name: str, payload: Any
) -> None:
    async with shown(client) as run:
        await run.handle.signal(name, payload)
        await run.hears(run.life.is_acknowledged())
        await run.outside.until(lambda: run.outside.shown[-1].view.status == "acknowledged")
        await run.hears(run.life.is_resolved())
        assert (await run.ends()).status == "resolved"


async def test_an_unknown_verb_is_rejected_by_name(client: Client) -> None:
    async with shown(client) as run:
        refusal = await _refusal(run, "detonate", run.click())
        updates = (await run.timeline()).updates
    assert "detonate" in refusal
    assert updates == []


async def test_a_click_under_another_verbs_name_is_rejected(client: Client) -> None:
    async with shown(client) as run:
        refusal = await _refusal(run, "resolve", run.click("acknowledge"))
        updates = (await run.timeline()).updates
    assert refusal == "update resolve carries the verb acknowledge"
    assert updates == []


async def test_a_malformed_click_is_rejected_and_the_run_lives(client: Client) -> None:
    async with shown(client) as run:
        await _refusal(run, "acknowledge", {"key": 7})
        answer = await run.ask(run.click())
    assert answer.outcome.kind == "done"


async def _refusal(run: Run, name: str, argument: Any) -> str:
    """The text with which an update is rejected."""
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await run.handle.execute_update(name, argument)
    cause = caught.value.cause
    assert isinstance(cause, ApplicationError)
    assert run.outside.changes == []
    return cause.message
