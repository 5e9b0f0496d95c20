"""What operators read."""

from datetime import UTC, datetime

import pytest

from tests.workflows.life import BO, Life
from workflows.channel_incident.messages import Conversation
from workflows.channel_incident.state import CardState, Degradable, Degradation, State, TimelineEntry
from workflows.channel_incident.timeline import attention_of, attributes_of, details_of, line_of, title
from workflows.incident.event_types import INCIDENT_EVENTS
from workflows.incident.reduce import fold_event
from workflows.search_attributes import REGISTRY, typed

NOW = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
EMPTY = State(card=CardState(marker="marker", nonce="nonce"))
OPS = Conversation(tenant="T1", id="19:ops", service_url="https://teams.example/", label="Payments/#ops")


def trouble(part: Degradable, until: datetime | None = None) -> Degradation:
    return Degradation(part=part, reason="RateLimited", until=until)


@pytest.mark.parametrize(
    ("number", "service", "expected"),
    [
        (42, "Checkout", "#42 · Checkout · Payments/#ops"),
        (None, "Checkout", "Q1 · Checkout · Payments/#ops"),
        (42, None, "#42 · Payments/#ops"),
    ],
)
def test_the_title_says_which_incident_and_where(
    number: int | None, service: str | None, expected: str
) -> None:
    assert title(number, "Q1", service, OPS.label) == expected


@pytest.mark.parametrize(
    ("troubles", "attention"),
    [
        ((), "ok"),
        ((trouble("card", NOW),), "waiting"),
        ((trouble("card"),), "degraded"),
        ((trouble("card", NOW), trouble("private")), "degraded"),
    ],
)
def test_attention_is_drawn_by_what_does_not_heal_by_itself(
    troubles: tuple[Degradation, ...], attention: str
) -> None:
    assert attention_of(EMPTY.model_copy(update={"troubles": troubles})) == attention


def test_every_attribute_is_registered_and_those_without_a_value_are_left_out() -> None:
    state = fold_event(EMPTY, Life("Q1").triggers())
    whole, bare = (attributes_of("acme", "Q1", OPS, known) for known in (state.snapshot, None))
    assert set(whole) == set(REGISTRY)
    assert {pair.key.name for pair in typed(bare)} == {
        "PdAccount",
        "PdIncident",
        "TeamsTenant",
        "TeamsConversation",
        "Attention",
    }
    assert "Priority" not in {pair.key.name for pair in typed(whole)}


@pytest.mark.parametrize("kind", INCIDENT_EVENTS)
def test_the_story_has_words_for_every_event(kind: str) -> None:
    line = line_of(Life("Q1").tells(kind))
    assert line.what
    assert line.who == "Ada Ops"


def test_what_automation_did_is_pagerdutys() -> None:
    assert line_of(Life("Q1").becomes("triggered", "triggered", agent=None)).who == "PagerDuty"


def test_details_tell_the_state_the_troubles_and_the_story_and_nothing_breaks_the_table() -> None:
    life = Life("Q1")
    state = fold_event(EMPTY, life.is_acknowledged(by=BO)).model_copy(
        update={
            "card": EMPTY.card.model_copy(
                update={"activity_id": "17", "revision": 3, "shown_revision": 2, "orphans": 1}
            ),
            "troubles": (trouble("card", NOW),),
            "story": (TimelineEntry(at=NOW, what="note\nadded", who="Ada | Ops"),),
        }
    )
    text = details_of("#42 · A|B", state)
    assert text.splitlines() == [
        "### #42 · A\\|B",
        "",
        "**acknowledged** · rev 2 shown of rev 3 · 1 orphaned messages",
        "- ⚠ card: RateLimited, waiting until 12:30:15 UTC",
        "",
        "| when (UTC) | what | who |",
        "|---|---|---|",
        "| 2026-03-01 12:30:15 | note added | Ada \\| Ops |",
    ]
