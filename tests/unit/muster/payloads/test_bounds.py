"""Whatever a body holds, its event stays below 8 KB and has nothing that breaks what follows."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.payloads.events import incident_event_of
from muster.payloads.incident import fields_of
from muster.payloads.rest import details_of_incident
from muster.payloads.values import EventUnusable
from tests.support.bodies import DATA, INCIDENT_ID, event, incident
from workflows.incident.event_types import INCIDENT_EVENTS

MOST = 8 * 1024

texts = st.text(max_size=40) | st.sampled_from(["\x00", "\n", '"' * 900, "🔥" * 900, "漢" * 3000, "a" * 5000])
leaves = texts | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def damaged(draw: st.DrawFn, whole: Any) -> Any:
    """``whole`` with some of its parts replaced by anything, whatever their depth."""
    if draw(st.integers(0, 9)) == 0:
        return draw(anything)
    if isinstance(whole, dict):
        return {key: draw(damaged(value)) for key, value in whole.items()}
    if isinstance(whole, list):
        return [draw(damaged(item)) for item in whole for _ in range(draw(st.sampled_from([1, 1, 1, 40])))]
    return whole


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_damaged_event_is_below_8_kb_or_cannot_be_used(data: st.DataObject) -> None:
    event_type = data.draw(st.sampled_from(INCIDENT_EVENTS))
    body = event(event_type, data.draw(damaged(DATA[event_type])), agent=data.draw(damaged({"id": "P1"})))
    try:
        found = incident_event_of("acme", body)
    except EventUnusable:
        return
    assert len(found.model_dump_json().encode()) <= MOST


@settings(max_examples=40, deadline=None)
@given(damaged(incident(last_status_change_at="2026-01-01T10:00:00Z", custom_fields=[], acknowledgements=[])))
def test_a_damaged_rest_incident_is_read_or_cannot_be_used(body: Any) -> None:
    if not isinstance(body, dict):
        return
    try:
        details_of_incident(body)
    except EventUnusable:
        return


def huge(character: str) -> Any:
    """A thing of every kind the product reads, with the longest of everything."""
    text = character * 3_000
    who = {"id": text, "summary": text, "name": text}
    return who | {
        "html_url": "x" * 300,
        "type": "incident",
        "id": INCIDENT_ID,
        "incident": {"id": INCIDENT_ID},
        "status": "triggered",
        "created_at": "2026-01-01T10:00:00.123456+14:00",
        "number": 999_999_999_999_999,
        "title": text,
        "urgency": "high",
        "incident_type": text,
        "service": who,
        "priority": who,
        "escalation_policy": who,
        "assignees": [who] * 30,
        "teams": [who] * 30,
        "conference_bridge": {"conference_url": "x" * 300, "conference_number": text},
        "conference_numbers": [{"number": text}] * 30,
        "conference_url": "x" * 300,
        "content": text,
        "message": text,
        "user": who,
        "state": text,
        "custom_fields": [{"id": text, "name": text, "value": [text] * 9}] * 9,
        "incident_role_assignments": [
            {"incident": {"id": INCIDENT_ID}, "role": who, "assignee": who} for _ in range(30)
        ],
        "incident_workflow": who,
        "action": who,
    }


@pytest.mark.parametrize("character", ["a", '"', "é", "漢", "🔥"])
@pytest.mark.parametrize("event_type", INCIDENT_EVENTS)
def test_the_longest_of_everything_is_below_8_kb(event_type: str, character: str) -> None:
    body = event(event_type, huge(character), id="0" * 64, agent=huge(character))
    found = incident_event_of("a" * 63, body)
    assert len(found.model_dump_json().encode()) <= MOST


@pytest.mark.parametrize("character", ["a", '"', "漢", "🔥"])
def test_a_long_text_is_cut_between_characters_and_says_so(character: str) -> None:
    found = incident_event_of("acme", event(data=incident(title=character * 10_000)))
    assert found.snapshot is not None
    kept = found.snapshot.title
    assert kept == character * (len(kept) - 1) + "…"
    assert len(kept) > 160, "what the card shows of a title"


@given(st.text(max_size=400))
def test_texts_hold_nothing_that_no_renderer_can_show(text: str) -> None:
    found = incident_event_of("acme", event(data=incident(title=f"a{text}b")))
    assert found.snapshot is not None
    assert not {
        c for c in found.snapshot.title if unicodedata.category(c) == "Cs" or c in "\x00\x07\r\x1b\x7f"
    }
    found.model_dump_json().encode()


def test_an_address_is_never_cut() -> None:
    """Half an address leads elsewhere."""
    for length, is_there in ((2_028, True), (2_029, False)):
        url = "https://example.com/" + "x" * length
        found = incident_event_of("acme", event(data=incident(html_url=url)))
        assert found.snapshot is not None
        assert found.snapshot.url == (url if is_there else None)


def test_the_value_of_a_field_is_a_whole_address_or_a_cut_text() -> None:
    address = "https://grafana.example/d/" + "x" * 560
    text = "https://grafana.example is down " + "x" * 560
    values = [{"id": "F1", "name": "dashboard", "value": address}, {"id": "F2", "name": "why", "value": text}]
    whole, cut = fields_of(values)
    assert whole.value == address
    assert cut.value.endswith("…")


def test_two_hundred_assignees_are_counted_and_fifteen_are_named() -> None:
    many = [{"id": f"P{n}", "summary": f"Person {n}"} for n in range(200)]
    found = incident_event_of("acme", event(data=incident(assignees=many)))
    assert found.snapshot is not None
    assert (found.snapshot.assignee_count, len(found.snapshot.assignees)) == (200, 15)
