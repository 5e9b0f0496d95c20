"""What tests do to workflows and custom actions of a running account, and read of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.called_api import CalledApi, Told
from tests.support.pagerduty_account import ADA_USER, COMPANY, SimulatedAccount, running_account

GET, POST = ("pagerduty.com:http-api:send-get-request:1", "pagerduty.com:http-api:send-post-request:1")
LOOP_UNTIL = "pagerduty.com:logic:incident-workflows-loop-until:3"
CHAT = {"name": "incident_1", "url": "https://teams.microsoft.com/l/chat/19%3Aone%40thread.v2/0"}
MEETING = {"name": "incident_1", "url": "https://teams.microsoft.com/l/meetup-join/19%3ameeting_one"}
TOKEN = COMPANY.muster_token


def answers_in_time() -> dict[str, list[Told]]:
    """The API's answers where chat and meeting are made in time."""
    return {
        "/dedicated_chat": [Told(201, {"chat": CHAT}), Told(200, {"chat": CHAT})],
        "/meeting": [Told(201, {"meeting": MEETING})],
    }


@asynccontextmanager
async def running_workflows(state: Path | None = None) -> AsyncIterator[tuple[SimulatedAccount, CalledApi]]:
    """An account that has its ready workflows, and the API that they call."""
    api = CalledApi()
    async with (
        api.listening(),
        running_account(muster_url=api.url, state=state) as account,
    ):
        yield account, api


async def run(account: SimulatedAccount, workflow: str, incident: str, user: str = ADA_USER) -> str:
    """Run a workflow by hand; the run's id."""
    body = {"workflow": workflow, "incident": incident, "user": user}
    return str((await account.sandbox("POST", "/workflow_runs", body))["id"])


async def ended(account: SimulatedAccount, key: str) -> dict[str, Any]:
    """The run, as soon as it has ended."""
    await account.until(lambda: account.simulator.store.state.workflow_runs[key].ended_at is not None)
    found: dict[str, Any] = await account.sandbox("GET", f"/workflow_runs/{key}")
    return found


async def publish(account: SimulatedAccount, *steps: dict[str, Any], **fields: Any) -> str:
    """Publish a workflow that is started by hand; its id."""
    body = {"name": "Try", "triggers": [{"type": "manual"}], "steps": list(steps)} | fields
    return str((await account.sandbox("POST", "/workflows", body))["id"])


def web_step(url: str, *, name: str = "Ask", action: str = GET, **inputs: str) -> dict[str, Any]:
    """A Web API step."""
    return {"name": name, "action": action, "inputs": {"URL": url, **inputs}}


def triggers_of(account: SimulatedAccount) -> list[str]:
    """The workflows that ran, by what started them."""
    return [
        f"{one.workflow} {one.started_by}" for one in account.simulator.store.state.workflow_runs.values()
    ]
