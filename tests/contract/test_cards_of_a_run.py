"""Every card that the running product draws, in messages and in answers to presses, is a valid one."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.company import ADA_EMAIL, BO_EMAIL, DI_EMAIL, Company, at_work
from tests.schemas.cards import check_card
from tests.support.product import running
from tests.support.simulators import P1

pytestmark = [pytest.mark.anyio, pytest.mark.soak]

CY_EMAIL = "cy@acme.example"
CARD = "application/vnd.microsoft.card.adaptive"

Json = dict[str, Any]


async def test_every_card_of_a_run_is_valid(tmp_path: Path) -> None:
    with running(tmp_path) as stack:
        async with at_work(stack) as company:
            answers = await life(company)
            shown = list(cards_in(await company.teams.records()))
    assert [answer["type"] for answer in answers] == [CARD] * len(answers)
    answered = [answer["value"] for answer in answers]
    for card in shown + answered:
        check_card(card)
        assert card["msteams"] == {"width": "Full"}
    for word in ("Triggered", "Acknowledged", "Resolved", "reopened", "Latest note", "Join"):
        assert any(word in json.dumps(card) for card in shown), word
    with_notice = [card for card in answered if "ℹ️" in json.dumps(card, ensure_ascii=False)]
    assert (len(answered), len(with_notice)) == (6, 4)


async def life(company: Company) -> list[Json]:
    """An incident with all that can be done to it by press, and much by PagerDuty; the presses' answers."""
    answers: list[Json] = []

    async def click(verb: str, by: str, message: Json | None = None) -> None:
        delivered = await incident.click(verb, by=by, message=message)
        answers.extend(one["body"] for one in delivered)

    incident = await company.incident()
    await incident.shown_and_recorded()
    first = await incident.card()
    old_button = first | {"data": data_of(first["versions"][0], "acknowledge")}
    await click("acknowledge", CY_EMAIL)  # not linked
    await click("acknowledge", BO_EMAIL)
    await incident.shows("Acknowledged")
    await click("acknowledge", DI_EMAIL, old_button)  # is so already
    bridge = {"conference_number": "+1 555 0100", "conference_url": "https://meet.example/1"}
    await company.pagerduty.update(
        incident.id,
        title="Checkout <at>everyone</at> **is** [slow](https://evil.example) {{DATE(2026-01-01T00:00:00Z)}}",
        priority={"id": P1, "type": "priority_reference"},
        conference_bridge=bridge,
        escalation_level=2,
    )
    await incident.note("A cache is cold\n\n- really")
    await incident.shows("Latest note", "P1")
    await click("resolve", DI_EMAIL)
    await incident.shows("Resolved")
    await click("acknowledge", ADA_EMAIL, old_button)  # would undo the resolve
    await incident.becomes("triggered")
    await incident.shows("reopened")
    await company.pagerduty.fault("rest", "status", status=503, times=99, match={"method": "PUT"})
    await click("acknowledge", BO_EMAIL)  # cannot be done now
    return answers


def cards_in(records: Mapping[str, Any]) -> Iterator[Json]:
    """Every version of every card that was sent."""
    for conversation in records["conversations"]:
        for message in conversation["messages"]:
            for version in message["versions"]:
                for attachment in version["activity"].get("attachments", ()):
                    assert attachment["contentType"] == CARD
                    yield attachment["content"]


def data_of(node: Any, verb: str) -> Json:
    """What the button with this verb carries."""
    found = [one["data"] for one in objects_in(node) if one.get("verb") == verb]
    assert found
    return dict(found[0])


def objects_in(node: Any) -> Iterator[Json]:
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from objects_in(item)
