"""The table of event types is PagerDuty's list, no more and no less."""

from tests.schemas import extract
from tools.schemas.originals import REST
from workflows.incident.event_types import EVENT_TYPES, INCIDENT_EVENTS

PAGERDUTYS = {
    "incident.acknowledged",
    "incident.action_invocation.created",
    "incident.action_invocation.terminated",
    "incident.action_invocation.updated",
    "incident.annotated",
    "incident.conference_bridge.updated",
    "incident.custom_field_values.updated",
    "incident.delegated",
    "incident.escalated",
    "incident.incident_type.changed",
    "incident.priority_updated",
    "incident.reassigned",
    "incident.reopened",
    "incident.resolved",
    "incident.responder.added",
    "incident.responder.replied",
    "incident.role.assigned",
    "incident.service_updated",
    "incident.status_update_published",
    "incident.task.completed",
    "incident.task.created",
    "incident.task.updated",
    "incident.triggered",
    "incident.unacknowledged",
    "incident.workflow.completed",
    "incident.workflow.started",
    "pagey.ping",
    "service.created",
    "service.custom_field_values.updated",
    "service.deleted",
    "service.updated",
}
"""The event types of PagerDuty's webhook overview (developer documentation, *Event Types*)."""


def test_the_table_is_pagerdutys_list() -> None:
    assert len(PAGERDUTYS) == 31
    assert set(EVENT_TYPES) == PAGERDUTYS


def test_the_table_has_every_type_that_pagerdutys_schema_names() -> None:
    named = set(extract(REST)["names"]["event types"])
    assert len(named) == 12
    assert named <= set(EVENT_TYPES)


def test_what_is_about_no_incident_reaches_no_workflow() -> None:
    assert set(EVENT_TYPES) - set(INCIDENT_EVENTS) == {
        "pagey.ping",
        "service.created",
        "service.custom_field_values.updated",
        "service.deleted",
        "service.updated",
    }


def test_a_trigger_is_announced_by_its_card_and_other_news_beside_it() -> None:
    assert {row.name: row.news for row in EVENT_TYPES.values() if row.news} == {
        "incident.priority_updated": "priority_raised",
        "incident.escalated": "escalated",
        "incident.reopened": "reopened",
        "incident.resolved": "resolved",
        "incident.status_update_published": "status_update",
        "incident.annotated": "note",
        "incident.responder.replied": "responder_replied",
    }


def test_what_changes_a_match_may_bring_an_incident_into_a_channel() -> None:
    """architecture §3: service, priority, policy, team, type changed; reopened."""
    assert {row.name for row in EVENT_TYPES.values() if row.enters} == {
        "incident.reopened",
        "incident.delegated",
        "incident.priority_updated",
        "incident.service_updated",
        "incident.incident_type.changed",
    }
