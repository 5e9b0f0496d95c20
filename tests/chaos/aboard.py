"""What must be true once a team is aboard, whatever went wrong on the way."""

import functools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionDescription, WorkflowExecutionStatus

from tests.chaos.newcomer import WELCOME, Newcomer
from tests.support.waiting import eventually

ADA = "PUSER01"
_FINAL = {"installer": "The team is connected to PagerDuty", "consent": "Setup is now complete!"}
"""What each private card shows at the end."""


@dataclass(frozen=True)
class Evidence:
    """Everything that is known of a set-up afterwards."""

    run: WorkflowExecutionDescription
    first_run: str
    team: Mapping[str, Any]
    offers: Sequence[Mapping[str, Any]]
    notices: Sequence[Mapping[str, Any]]
    channels: Sequence[Mapping[str, Any]]
    """The bot's messages in the team's channels."""
    chat: Sequence[Mapping[str, Any]]
    """Its messages to the installer."""


async def aboard(newcomer: Newcomer) -> None:
    """Wait until nothing more can happen, and check every promise."""
    await eventually(functools.partial(_is_over, newcomer), within=60)
    if broken := list(violations(await _gather(newcomer))):
        pytest.fail("\n".join(broken))


def violations(evidence: Evidence) -> Iterator[str]:
    """Every promise that does not hold, in words."""
    if evidence.run.run_id != evidence.first_run:
        yield "the set-up began anew"
    yield from _belongs_to_the_account(evidence)
    yield from _nothing_public_twice(evidence)
    for kind, text in _FINAL.items():
        yield from _private_card_shows(kind, text, evidence)


def _belongs_to_the_account(evidence: Evidence) -> Iterator[str]:
    team = {name: evidence.team[name] for name in ("account", "step", "authorized_by", "authorized_role")}
    if team != {"account": "acme", "step": "complete", "authorized_by": ADA, "authorized_role": "owner"}:
        yield f"the team's row says {team}"
    states = [offer["state"] for offer in evidence.offers if offer["kind"] == "authorize"]
    if states.count("spent") != 1 or "open" in states:
        yield f"its Authorize links are {states}"


def _nothing_public_twice(evidence: Evidence) -> Iterator[str]:
    said = Counter(message["versions"][0]["activity"]["summary"] for message in evidence.channels)
    yield from (f"{text!r} was said {times} times" for text, times in said.items() if times > 1)
    if WELCOME not in said:
        yield "nobody was welcomed"


def _private_card_shows(kind: str, text: str, evidence: Evidence) -> Iterator[str]:
    """The message that the newest row names; copies of it may stay as they were."""
    named = [notice for notice in evidence.notices if notice["name"].startswith(f"{kind}/")]
    if not named:
        yield f"there is no card {kind}"
        return
    shown = [message for message in evidence.chat if message["id"] == named[-1]["activity_id"]]
    if not shown or text not in str(shown[0]["versions"][-1]):
        yield f"the card {kind} does not say {text!r}"


async def _is_over(newcomer: Newcomer) -> bool:
    return (await newcomer.run()).status is WorkflowExecutionStatus.COMPLETED


async def _gather(newcomer: Newcomer) -> Evidence:
    return Evidence(
        run=await newcomer.run(),
        first_run=newcomer.first_run,
        team=dict(await newcomer.row()),
        offers=[dict(offer) for kind in ("authorize", "consent") for offer in await newcomer.offers(kind)],
        notices=[dict(notice) for kind in _FINAL for notice in await newcomer.notices(kind)],
        channels=await newcomer.public(),
        chat=await newcomer.cards(),
    )
