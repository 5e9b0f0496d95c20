"""What monitoring reported: the alerts of an incident, its trigger, and how they follow it."""

from typing import Any

import pytest

from tests.support.pagerduty_account import ADA_USER, SimulatedAccount

pytestmark = pytest.mark.anyio

DISK = {
    "summary": "Disk /data is full",
    "source": "db-1.prod",
    "severity": "error",
    "component": "postgres",
    "group": "production",
    "class": "saturation",
    "custom_details": {"free": "0 %"},
    "links": [{"href": "https://runbooks.example/disk", "text": "Runbook"}],
    "images": [{"src": "https://graphs.example/disk.png", "alt": "Free space"}],
    "client": "Prometheus",
    "client_url": "https://prometheus.example",
    "dedup_key": "disk-1",
}
CONTEXTS = [
    {"type": "link", "href": "https://runbooks.example/disk", "text": "Runbook"},
    {"type": "image", "src": "https://graphs.example/disk.png", "text": "Free space"},
]


async def alerts_of(account: SimulatedAccount, incident: str, **query: Any) -> list[dict[str, Any]]:
    answer = await account.call("GET", f"/incidents/{incident}/alerts", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["alerts"]
    return found


async def summaries(account: SimulatedAccount, incident: str, **query: Any) -> list[str]:
    return [alert["summary"] for alert in await alerts_of(account, incident, **query)]


async def test_an_alert_is_shown_as_the_events_api_makes_it(account: SimulatedAccount) -> None:
    incident = await account.monitored(title="Disk full", alerts=[DISK])
    (alert,) = await alerts_of(account, incident["id"])
    shown = {key: alert[key] for key in ("summary", "severity", "status", "alert_key", "suppressed")}
    assert shown == {
        "summary": "Disk /data is full",
        "severity": "error",
        "status": "triggered",
        "alert_key": "disk-1",
        "suppressed": False,
    }
    assert alert["html_url"] == f"{incident['html_url']}#{alert['id']}"
    assert alert["created_at"] == incident["created_at"]
    assert alert["service"]["summary"] == "Checkout"
    assert alert["integration"]["summary"] == "Prometheus"
    assert alert["incident"]["summary"] == f"[#{incident['incident_number']}] Disk full"
    assert alert["body"]["type"] == "alert_body"
    assert alert["body"]["details"] == {"free": "0 %"}
    assert alert["body"]["contexts"] == CONTEXTS
    assert alert["body"]["cef_details"] == {
        "client": "Prometheus",
        "client_url": "https://prometheus.example",
        "contexts": CONTEXTS,
        "dedup_key": "disk-1",
        "description": "Disk /data is full",
        "details": {"free": "0 %"},
        "event_class": "saturation",
        "service_group": "production",
        "severity": "error",
        "source_component": "postgres",
        "source_origin": "db-1.prod",
        "version": "1.0",
    }


async def test_what_monitoring_triggers_has_plausible_alerts_and_no_agent(account: SimulatedAccount) -> None:
    counts = []
    for number in range(3):
        title = f"Checkout is slow, {number}"
        incident = await account.monitored(title=title, description="Since 10:00", priority="P1")
        alerts = await alerts_of(account, incident["id"])
        counts.append(len(alerts))
        assert alerts[0]["summary"] == title
        assert all(alert["body"]["cef_details"]["source_origin"] for alert in alerts)
        assert {link["text"] for link in alerts[0]["body"]["contexts"] if link["type"] == "link"} == {
            "Runbook Checkout",
            "Dashboard",
        }
        assert incident["alert_counts"] == {"all": len(alerts), "triggered": len(alerts), "resolved": 0}
        assert incident["priority"]["summary"] == "P1"
        assert incident["last_status_change_by"]["type"] == "service_reference"
        assert (await account.get(incident["id"], "body"))["body"]["details"] == "Since 10:00"
    assert sorted(counts) == [1, 2, 3]
    for webhook in await account.receiver.expect(*["incident.triggered"] * 3):
        assert webhook.event["agent"] is None


async def test_what_is_triggered_by_the_api_has_the_alerts_that_it_brings(account: SimulatedAccount) -> None:
    without = await account.trigger()
    assert without["alert_counts"] == {"all": 0, "triggered": 0, "resolved": 0}
    assert await alerts_of(account, without["id"]) == []
    assert await summaries(account, (await account.trigger(alerts=[DISK]))["id"]) == ["Disk /data is full"]
    assert await alerts_of(account, (await account.monitored(alerts=[]))["id"]) == []


@pytest.mark.parametrize("body", ["only a text", None, {"type": "alert_body"}, {"contexts": [None]}, [1]])
async def test_a_body_can_be_anything(account: SimulatedAccount, body: object) -> None:
    incident = await account.monitored(alerts=[{"summary": "Odd", "source": "x", "body": body}])
    (alert,) = await alerts_of(account, incident["id"])
    assert alert["body"] == body
    assert (await account.get(incident["id"], "first_trigger_log_entries"))["first_trigger_log_entry"]
    assert (await account.http.get(f"/app/incidents/{incident['id']}")).status_code == 200


async def test_the_first_log_entry_tells_what_came(account: SimulatedAccount) -> None:
    incident = await account.monitored(title="Disk full", alerts=[DISK])
    entry = incident["first_trigger_log_entry"]
    assert (entry["type"], "channel" in entry) == ("trigger_log_entry_reference", False)
    entry = (await account.get(incident["id"], "first_trigger_log_entries"))["first_trigger_log_entry"]
    assert entry["type"] == "trigger_log_entry"
    assert entry["contexts"] == CONTEXTS
    assert entry["event_details"] == {"description": "Disk /data is full"}
    assert entry["agent"]["type"] == "service_reference"
    channel = entry["channel"]
    assert (channel["type"], channel["summary"]) == ("api", "Disk /data is full")
    assert channel["details"] == {"free": "0 %"}
    assert channel["cef_details"]["source_origin"] == "db-1.prod"

    by_hand = await account.trigger(title="By hand", body={"type": "incident_body", "details": "Look"})
    entry = (await account.get(by_hand["id"], "first_trigger_log_entries"))["first_trigger_log_entry"]
    assert entry["agent"]["id"] == ADA_USER
    assert entry["channel"] == {
        "type": "web_trigger",
        "summary": "By hand",
        "subject": "By hand",
        "details": "Look",
    }


async def test_alerts_are_resolved_with_their_incident(account: SimulatedAccount) -> None:
    incident = (await account.monitored(alerts=[DISK, DISK]))["id"]
    resolved = (await account.put(incident, status="resolved")).json()["incident"]
    assert resolved["alert_counts"] == {"all": 2, "triggered": 0, "resolved": 2}
    for alert in await alerts_of(account, incident):
        assert (alert["status"], alert["resolved_at"]) == ("resolved", resolved["resolved_at"])


async def test_a_list_of_alerts_is_filtered_sorted_and_paged(account: SimulatedAccount) -> None:
    target = await account.monitored(alerts=[{**DISK, "summary": name} for name in ("A", "B")])
    await account.sandbox("POST", "/clock", {"advance": 60})
    later = (await account.monitored(alerts=[{**DISK, "summary": "C", "dedup_key": "c"}]))["id"]
    await account.put(later, status="resolved")
    key = target["id"]
    assert (await account.merge(later, key)).status_code == 200
    assert await summaries(account, key) == ["A", "B", "C"]
    assert await summaries(account, key, sort_by="created_at:desc") == ["C", "A", "B"]
    assert await summaries(account, key, sort_by="resolved_at,created_at:desc") == ["C", "A", "B"]
    assert await summaries(account, key, **{"statuses[]": ["resolved"]}) == ["C"]
    assert await summaries(account, key, **{"statuses[]": ["resolved", "triggered"]}) == ["A", "B", "C"]
    assert await summaries(account, key, alert_key="c") == ["C"]
    query = {"limit": 2, "offset": 1, "total": True}
    page = (await account.call("GET", f"/incidents/{key}/alerts", params=query)).json()
    assert [alert["summary"] for alert in page["alerts"]] == ["B", "C"]
    assert (page["limit"], page["offset"], page["more"], page["total"]) == (2, 1, False, 3)
    for wrong in ({"sort_by": "severity"}, {"sort_by": "created_at,resolved_at,created_at"}):
        refused = await account.call("GET", f"/incidents/{key}/alerts", params=wrong)
        assert refused.json()["error"]["code"] == 2001


async def test_every_incident_type_has_a_name_for_people(account: SimulatedAccount) -> None:
    async def names(**query: str) -> dict[str, str]:
        answer = await account.call("GET", "/incidents/types", params=query)
        return {one["name"]: one["display_name"] for one in answer.json()["incident_types"]}

    known = {
        "incident_default": "Base Incident",
        "major_default": "Major Incident",
        "security_breach": "Security breach",
    }
    assert await names() == await names(filter="all") == known
    assert await names(filter="disabled") == {}
    assert (await account.monitored())["incident_type"] == {"name": "incident_default"}
    await account.monitored(incident_type="security_breach")
    webhooks = await account.receiver.expect(*["incident.triggered"] * 2)
    types = {webhook.event["data"]["incident_type"]["name"] for webhook in webhooks}
    assert types == {"incident_default", "security_breach"}
