"""What operators read."""

import re
from datetime import UTC, datetime

import pytest

from tests.support.life import BO, Life
from workflows.channel_incident.messages import Conversation
from workflows.channel_incident.state import LONGEST_TIMELINE, CardState, State, TimelineEntry
from workflows.channel_incident.timeline import (
    as_person,
    attention_of,
    entry_of_click,
    entry_of_event,
    markdown_of,
    told_to,
)
from workflows.channel_incident.workflow_type import attributes_of, title
from workflows.degradations import Degradation
from workflows.incident.event_types import INCIDENT_EVENTS
from workflows.incident.reduce import fold_event
from workflows.incident.values import MergedInto
from workflows.search_attributes import REGISTRY, typed
from workflows.verbs.click import Click, Clicker
from workflows.verbs.outcomes import Outcome

NOW = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
EMPTY = State(card=CardState(marker="marker", nonce="nonce"))
OPS = Conversation(tenant="T1", id="19:ops", label="Payments/#ops")


def degradation(name: str, until: datetime | None = None) -> Degradation:
    return Degradation(name=name, reason="RateLimited", until=until)


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


HOSTILE = "[go](https://evil.example)\n<b>`x`</b>"


def harmless(text: str) -> bool:
    return not re.search(r"(?<!\\)[\[\]`|]|<|://|\n", text)


def test_nothing_of_others_is_markup_in_what_operators_read() -> None:
    life = Life("Q1")
    heard = life.is_acknowledged(by=BO.model_copy(update={"name": HOSTILE}))
    person = Clicker(aad_object_id="ada", teams_id="29:ada", name=HOSTILE, link=7)
    click = Click(key="K", verb="acknowledge", person=person, message="17", received_at=NOW, correlation="c")
    outcome = Outcome(kind="done")
    name = title(42, "Q1", HOSTILE, HOSTILE)
    state = EMPTY.replace(timeline=(entry_of_event(heard), entry_of_click(click, outcome)))
    rows = markdown_of(name, state).splitlines()
    assert all(map(harmless, (name, as_person(click), told_to(click, outcome))))
    assert harmless(rows[0])
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows[-2:]] == [4, 4]
    assert not re.search(r"(?<!\\)[\[\]`]|<|://", "".join(rows))


def test_what_operators_read_is_within_temporals_limits() -> None:
    long = "[🔥" * 200
    assert len(title(10**14, "Q" * 64, long, long).encode()) <= 400
    entries = tuple(TimelineEntry(at=NOW, what=long, who=long) for _ in range(LONGEST_TIMELINE))
    assert len(markdown_of(title(None, "Q1", long, long), EMPTY.replace(timeline=entries)).encode()) < 20_000
    person = Clicker(aad_object_id="ada", teams_id="29:ada", name=long, link=7)
    click = Click(key="K", verb="acknowledge", person=person, message="17", received_at=NOW, correlation="c")
    assert len(as_person(click).encode()) <= 200


@pytest.mark.parametrize(
    ("degradations", "attention"),
    [
        ((), "ok"),
        ((degradation("card", NOW),), "waiting"),
        ((degradation("card"),), "degraded"),
        ((degradation("card", NOW), degradation("private_messages")), "degraded"),
    ],
)
def test_attention_is_drawn_by_what_does_not_heal_by_itself(
    degradations: tuple[Degradation, ...], attention: str
) -> None:
    assert attention_of(EMPTY.replace(degradations=degradations)) == attention


def test_every_attribute_is_registered_and_those_without_a_value_are_left_out() -> None:
    incident = fold_event(EMPTY.incident, Life("Q1").triggers())
    whole, bare = (attributes_of("acme", "Q1", OPS, known) for known in (incident.snapshot, None))
    assert set(whole) == set(REGISTRY)
    assert {pair.key.name for pair in typed(bare)} == {
        "PdAccount",
        "PdIncident",
        "TeamsTenant",
        "TeamsConversation",
        "Attention",
    }
    assert "Priority" not in {pair.key.name for pair in typed(whole)}


def test_the_timeline_tells_who_clicked_where() -> None:
    person = Clicker(aad_object_id="ada", teams_id="29:ada", name="Ada Ops", link=7)
    click = Click(key="K", verb="acknowledge", person=person, message="17", received_at=NOW, correlation="c")
    entry = entry_of_click(click, Outcome(kind="already", by=BO.name, status="acknowledged"))
    assert (entry.at, entry.what, entry.who) == (NOW, "acknowledge: already", "Ada Ops in Teams")


@pytest.mark.parametrize("kind", INCIDENT_EVENTS)
def test_the_timeline_has_words_for_every_event(kind: str) -> None:
    entry = entry_of_event(Life("Q1").tells(kind))
    assert entry.what
    assert entry.who == "Ada Ops"


def test_what_automation_did_is_pagerdutys() -> None:
    assert entry_of_event(Life("Q1").becomes("triggered", "triggered", agent=None)).who == "PagerDuty"


def test_details_tell_state_degradations_and_timeline_and_nothing_breaks_the_table() -> None:
    life = Life("Q1")
    state = EMPTY.replace(
        incident=fold_event(EMPTY.incident, life.is_acknowledged(by=BO)),
        card=EMPTY.card.model_copy(
            update={"activity_id": "17", "revision": 3, "shown_revision": 2, "orphans": 1}
        ),
        degradations=(degradation("card", NOW),),
        timeline=(TimelineEntry(at=NOW, what="note\nadded", who="Ada | Ops"),),
    )
    text = markdown_of(title(42, "Q1", "A|B", ""), state)
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


def test_a_merge_is_no_ordinary_resolve() -> None:
    merged = Life("Q1").becomes("resolved", "resolved", merged_into=MergedInto(id="Q77", number=77))
    assert entry_of_event(merged).what == "merged into #77"
