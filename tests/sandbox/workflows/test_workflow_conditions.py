"""Field references and conditions of incident workflows."""

import pytest

from sandbox.pagerduty.workflows import conditions
from sandbox.pagerduty.workflows.references import Values, incident_fields
from tests.support.pagerduty_account import SimulatedAccount

VALUES = Values(
    fields={"incident.title": "Disk's full", "incident.priority": "P1", "incident.resolved_at": ""},
    outputs={"Send GET Request": {"Response Status Code": "200", "Response Body": '{"state":"done"}'}},
)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{incident.title}}", "Disk's full"),
        ("{{ incident.priority }}: {{incident.title}}", "P1: Disk's full"),
        ("{{steps['Send GET Request'].fields['Response Status Code']}}", "200"),
        ("{{steps['Send GET Request'].fields['Error']}}", ""),
        ("{{steps['Not yet'].fields['Error']}}", ""),
        ("[{{incident.resolved_at}}]", "[]"),
        ("{{incident.unknown}}", "{{incident.unknown}}"),
        ('{"a": {"b": 1}}', '{"a": {"b": 1}}'),
    ],
)
def test_references_are_filled_in(text: str, filled: str) -> None:
    assert VALUES.fill(text) == filled


@pytest.mark.parametrize(
    ("condition", "is_true"),
    [
        ("incident.priority matches 'P1'", True),
        ("incident.priority matches 'P'", False),
        ("incident.title matches part 'full'", True),
        (r"incident.title matches 'Disk\'s full'", True),
        (r"incident.priority matches regex '^P\d$'", True),
        ("incident.priority exists", True),
        ("incident.resolved_at exists", False),
        ("steps['Send GET Request'].fields['Response Status Code'] matches '200'", True),
        ("""steps['Send GET Request'].fields['Response Body'] matches part '"state":"done"'""", True),
        ("incident.priority matches 'P2' or incident.title exists", True),
        ("incident.priority matches 'P2' and incident.title exists", False),
        ("incident.priority matches 'P1' or incident.title exists and incident.resolved_at exists", True),
    ],
)
def test_conditions_hold_or_not(condition: str, is_true: bool) -> None:
    conditions.check(condition)
    assert conditions.holds(condition, VALUES) is is_true


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "incident.priority",
        "incident.priority = 'P1'",
        "incident.priority matches P1",
        "incident.priority exists and",
        "incident.priority exists incident.title exists",
        "incident.title matches regex '('",
    ],
)
def test_anything_else_is_no_condition(condition: str) -> None:
    with pytest.raises(conditions.ConditionError):
        conditions.check(condition)


@pytest.mark.anyio
async def test_an_incident_has_the_fields_that_the_article_lists(account: SimulatedAccount) -> None:
    bridge = {"conference_number": "+1 555 0100", "conference_url": "https://meet.example/1"}
    shown = await account.trigger(
        priority={"id": "PPRIO01", "type": "priority_reference"}, conference_bridge=bridge
    )
    field = {"custom_fields": [{"name": "environment", "value": "production"}]}
    await account.call("PUT", f"/incidents/{shown['id']}/custom_fields/values", field)
    fields = incident_fields(
        account.simulator.incident_commands.get(shown["id"]), account.simulator.directory
    )
    assert fields == {
        "incident.id": shown["id"],
        "incident.url": shown["html_url"],
        "incident.title": "Checkout is slow",
        "incident.status": "triggered",
        "incident.service.id": "PSVC001",
        "incident.service.name": "Checkout",
        "incident.urgency": "high",
        "incident.priority": "P1",
        "incident.created_at": shown["created_at"],
        "incident.updated_at": fields["incident.updated_at"],
        "incident.resolved_at": "",
        "incident.incident_key": shown["incident_key"],
        "incident.incident_number": str(shown["incident_number"]),
        "incident.conference_bridge.conference_url": "https://meet.example/1",
        "incident.conference_bridge.conference_number": "+1 555 0100",
        "incident.custom_fields.environment": "production",
        "incident.custom_fields.customers_affected": "",
    }
