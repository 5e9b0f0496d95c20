"""Whoever may read histories or logs learns no secret of the company that Muster works for."""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowExecutionDescription

from sandbox.company import read_company
from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.supervision.launch import Launched
from tests.chaos.company import BO_EMAIL, DI_EMAIL, Company
from tests.chaos.invariants import in_sync

pytestmark = pytest.mark.anyio

LOGS = ("api", "worker", "migrate", "seed")
"""Of the product's own processes."""
DRAWN_MEANWHILE = {
    "a token of PagerDuty's": re.compile(r"pdus\+_"),
    "a token of Microsoft's": re.compile(r"eyJ[\w-]+\.eyJ"),
}


async def test_histories_search_attributes_and_logs_hold_no_secret(company: Company, stack: Launched) -> None:
    """Two people's tokens, the app's and the bot's are used, and an error is told on the way."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    change = {"method": "PUT", "incident": incident.id}
    await company.pagerduty.fault("rest", "status", status=503, match=change)
    await incident.click("acknowledge", by=BO_EMAIL)
    await incident.shows("Acknowledged by Bo Call")
    await incident.click("resolve", by=DI_EMAIL)
    await in_sync(incident)
    assert await incident.changes_by_buttons() == ["acknowledged", "resolved"]

    (run,) = await incident.runs()
    readable = {
        "the history": await history(company, run),
        "search attributes, memo and summary": "\n".join(texts(run.raw_description)),
        **{f"{name}.log": folder_of(stack).log(name).read_text() for name in LOGS},
    }
    assert "as Bo Call" in readable["the history"]
    assert "PagerDuty answered 503" in readable["the history"]
    assert "Payments" in readable["search attributes, memo and summary"]
    assert "click answered" in readable["api.log"]
    assert "exchange" in readable["worker.log"]
    assert [f"{name} in {place}" for place, text in readable.items() for name in found(text, stack)] == []


def found(text: str, stack: Launched) -> Iterator[str]:
    """The names of the secrets that are in a text."""
    yield from (name for name, secret in secrets_of(stack).items() if secret in text)
    yield from (name for name, pattern in DRAWN_MEANWHILE.items() if pattern.search(text))


def secrets_of(stack: Launched) -> dict[str, str]:
    """Everything in this company that nobody may learn, by a name that may be told."""
    folder = folder_of(stack)
    company = read_company(folder.company)
    keys = os.environ.get("MUSTER_KEYS") or folder.key_ring()
    return {
        "the app's client secret": company.client_secret,
        "the account's key": company.api_token,
        "the webhook secret": company.webhook_secret,
        "the bot's app secret": company.bot_app_secret,
        **{f"the token of {one.name}": one.access_token for one in company.pagerduty_users.values()},
        **{f"the key {key_id}": key for key_id, _, key in (pair.partition(":") for pair in keys.split(","))},
    }


async def history(company: Company, run: WorkflowExecutionDescription) -> str:
    """Everything in the history of a run that is a text: payloads, failures, summaries."""
    fetched = await company.temporal.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
    return "\n".join(text for event in fetched.events for text in texts(event))


def texts(value: Any) -> Iterator[str]:
    """Every text at any depth, with payloads opened: they are JSON."""
    match value:
        case Payload():
            yield from texts(value.metadata)
            yield from texts(json.loads(value.data)) if value.data else ()
        case Message():
            for _, content in value.ListFields():
                yield from texts(content)
        case str():
            yield value
        case bytes():
            yield value.decode(errors="replace")
        case Mapping():
            for key, content in value.items():
                yield str(key)
                yield from texts(content)
        case Sequence():
            for content in value:
                yield from texts(content)
        case _:
            yield str(value)


def folder_of(stack: Launched) -> DataFolder:
    """Where a stack keeps its data."""
    return DataFolder(stack.output.parent / "data")
