"""A mistake in our own code is seen at once, loses nothing, and is mended by a deploy."""

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.running import shown
from workflows.channel_incident.card import CardReconciler

pytestmark = pytest.mark.anyio


async def test_a_reconciler_that_breaks_fails_the_task_and_the_next_version_goes_on(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_reconciler: CardReconciler) -> None:
        raise KeyError("a mistake")

    async with shown(client) as run:

        async def task_fails() -> bool:
            pending = (await run.describe()).raw_description.pending_workflow_task
            return pending.attempt > 1

        with monkeypatch.context() as version:
            version.setattr(CardReconciler, "reconcile", broken)
            await run.hears(run.life.is_acknowledged())
            await run.until(task_fails)
        await run.outside.until(lambda: run.outside.shown[-1].view.status == "acknowledged")
