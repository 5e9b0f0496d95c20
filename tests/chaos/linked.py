"""What must be true once somebody is linked, whatever went wrong on the way."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionDescription, WorkflowExecutionStatus

from tests.chaos.responder import Responder
from tests.support.waiting import eventually

_LINKED = "Your accounts are linked"


@dataclass(frozen=True)
class Evidence:
    """Everything that is known of somebody's link afterwards."""

    user: str
    run: WorkflowExecutionDescription
    end: Mapping[str, Any]
    links: Sequence[Mapping[str, Any]]
    offers: Sequence[Mapping[str, Any]]
    notices: Sequence[Mapping[str, Any]]
    messages: Sequence[Mapping[str, Any]]


async def linked(responder: Responder, *, messages: int = 1) -> None:
    """Wait until nothing more can happen, and check every promise.

    ``messages``: how many they have, at most, copies of a send whose answer nobody heard among them.
    """
    await eventually(functools.partial(_is_over, responder), within=60)
    if broken := list(violations(await _gather(responder), messages)):
        pytest.fail("\n".join(broken))


def violations(evidence: Evidence, messages: int) -> Iterator[str]:
    """Every promise that does not hold, in words."""
    if (users := [link["pagerduty_user"] for link in evidence.links]) != [evidence.user]:
        yield f"they are linked to {users}, not to {evidence.user}"
    states = [offer["state"] for offer in evidence.offers]
    if states[-1:] != ["spent"] or "open" in states:
        yield f"their offers are {states}"
    elif evidence.offers[-1]["link"] != evidence.links[0]["id"]:
        yield "the link is not the one that came of the offer"
    if evidence.end != {"step": "linked"}:
        yield f"the run ended as {evidence.end}"
    if not evidence.offers[-1]["reported_at"]:
        yield "nobody reported it"
    if len(evidence.messages) > messages:
        yield f"they have {len(evidence.messages)} messages"
    named = evidence.notices[-1]["activity_id"]
    shown = [message for message in evidence.messages if message["id"] == named]
    if not shown or _LINKED not in str(shown[0]["versions"][-1]):
        yield f"the message does not say {_LINKED!r}"


async def _is_over(responder: Responder) -> bool:
    return (await responder.run()).status is WorkflowExecutionStatus.COMPLETED and await responder.reported()


async def _gather(responder: Responder) -> Evidence:
    handle = responder.company.temporal.get_workflow_handle(responder.run_id)
    return Evidence(
        user=responder.user,
        run=await responder.run(),
        end=await handle.result(),
        links=[dict(row) for row in await responder.rows()],
        offers=[dict(row) for row in await responder.offers()],
        notices=[dict(row) for row in await responder.notices()],
        messages=await responder.messages(),
    )
