"""What fires: the description of an incident and its first alerts."""

from typing import Any

import pytest

from muster.payloads.alerts import alert_count_of, alerts_of, description_of
from tests.support.bodies import incident
from workflows.incident.values import Alert, Alerts, Link


def trigger(**channel: Any) -> dict[str, Any]:
    return incident(first_trigger_log_entry={"type": "trigger_log_entry", "channel": channel})


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            trigger(type="web_trigger", details="Carts time out.\nSince 10:00."),
            "Carts time out.\nSince 10:00.",
        ),
        (
            trigger(type="api", details={"pod": "checkout-7d9f", "p99": 2.4, "tags": ["a"], "note": ""}),
            "pod: checkout-7d9f\np99: 2.4",
        ),
        (trigger(type="email", body="Mail body"), "Mail body"),
        (incident(body={"type": "incident_body", "details": "From the body"}), "From the body"),
        (trigger(type="api", description="p99 above 2 s", details=None), ""),
        (incident(first_trigger_log_entry=None, body=None), ""),
        (incident(first_trigger_log_entry="odd", body=[1]), ""),
    ],
    ids=["a person", "fields of an event", "a mail", "the body", "the title again", "nothing", "odd"],
)
def test_the_description_is_what_the_trigger_said_beyond_the_title(body: dict[str, Any], told: str) -> None:
    assert description_of(body) == told


def test_a_description_is_bounded() -> None:
    found = description_of(trigger(type="web_trigger", details="🔥" * 5_000))
    assert found.endswith("…")
    assert len(found.encode()) <= 1_600


FIRING = {
    "id": "PALERT1",
    "summary": "p99 above 2 s",
    "severity": "critical",
    "integration": {"id": "PINT1", "summary": "Prometheus"},
    "body": {
        "type": "alert_body",
        "contexts": [
            {"type": "link", "href": "https://wiki.example/rb", "text": "Runbook"},
            {"type": "image", "src": "https://g.example/graph.png"},
        ],
        "cef_details": {
            "source_origin": "checkout-7d9f8b6c5d-x2x7q",
            "contexts": [
                {"type": "link", "href": "https://wiki.example/rb", "text": "Runbook"},
                {"type": "link", "href": "https://g.example/d/1"},
            ],
        },
    },
}


def test_an_alert_has_source_severity_and_each_link_once() -> None:
    assert alerts_of({"alerts": [FIRING]}, count=1).first == (
        Alert(
            summary="p99 above 2 s",
            source="checkout-7d9f8b6c5d-x2x7q",
            severity="critical",
            links=(
                Link(text="Runbook", url="https://wiki.example/rb"),
                Link(text="", url="https://g.example/d/1"),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("body", "source"),
    [
        ({"details": {"source": "db-1", "host": "other"}}, "db-1"),
        ({"details": "text", "cef_details": None}, "Prometheus"),
        ({"cef_details": {"source_origin": {"odd": 1}, "source_component": "api"}}, "api"),
        (None, "Prometheus"),
    ],
)
def test_the_source_is_the_first_that_is_named(body: Any, source: str) -> None:
    (alert,) = alerts_of({"alerts": [{**FIRING, "body": body}]}, count=1).first
    assert alert.source == source


def test_three_alerts_are_told_and_all_are_counted() -> None:
    found = alerts_of({"alerts": [FIRING] * 5}, count=9)
    assert (len(found.first), found.count) == (3, 9)
    assert alerts_of({"alerts": [FIRING]}, count=None).count == 1


@pytest.mark.parametrize("answer", [{}, {"alerts": None}, {"alerts": [None, 3]}])
def test_an_odd_list_holds_no_alert(answer: dict[str, Any]) -> None:
    assert alerts_of(answer, count=None) == Alerts()


@pytest.mark.parametrize(("counts", "count"), [({"all": 3}, 3), ({}, None), (None, None), ("odd", None)])
def test_the_count_is_what_the_incident_says(counts: Any, count: int | None) -> None:
    assert alert_count_of({"alert_counts": counts}) == count
