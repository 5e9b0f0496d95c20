"""Merging: the target gets the alerts, the sources are resolved and say into what."""

import pytest

from tests.support.pagerduty_account import BO_USER, SimulatedAccount

pytestmark = pytest.mark.anyio


async def test_a_merged_incident_says_into_which(account: SimulatedAccount) -> None:
    target = await account.monitored(title="Payments down", alerts=[{"summary": "T", "source": "t"}])
    source = await account.monitored(alerts=[{"summary": "S", "source": "s"}])
    answer = await account.merge(source["id"], target["id"])
    summary = f"[#{target['incident_number']}] Payments down"
    reference = {
        "id": target["id"],
        "type": "incident_reference",
        "summary": summary,
        "self": f"{account.url}/incidents/{target['id']}",
        "html_url": f"{account.url}/app/incidents/{target['id']}",
    }
    assert (answer.status_code, answer.json()) == (200, {"incident": reference})

    merged = await account.get(source["id"])
    reason = {"type": "merge_resolve_reason", "incident": reference}
    assert (merged["status"], merged["resolve_reason"]) == ("resolved", reason)
    assert merged["assignments"] == merged["pending_actions"] == []
    assert merged["last_status_change_by"]["id"] == BO_USER
    assert merged["alert_counts"]["all"] == 0
    webhooks = await account.receiver.expect("incident.triggered", "incident.triggered", "incident.resolved")
    data = webhooks[2].event["data"]
    assert (data["id"], data["status"], data["resolve_reason"]) == (source["id"], "resolved", reason)
    assert webhooks[2].event["agent"]["id"] == BO_USER

    kept = await account.get(target["id"])
    assert (kept["status"], kept["resolve_reason"]) == ("triggered", None)
    alerts = (await account.call("GET", f"/incidents/{target['id']}/alerts")).json()["alerts"]
    assert [alert["summary"] for alert in alerts] == ["T", "S"]


async def test_a_reopened_incident_is_merged_into_nothing(account: SimulatedAccount) -> None:
    target, source = (await account.trigger())["id"], (await account.trigger())["id"]
    await account.merge(source, target)
    reopened = (await account.put(source, status="acknowledged")).json()["incident"]
    assert (reopened["status"], reopened["resolve_reason"]) == ("acknowledged", None)
    assert (await account.merge(source, target)).status_code == 200


async def test_a_resolved_source_only_gives_its_alerts(account: SimulatedAccount) -> None:
    """PagerDuty takes resolved sources (PagerDuty Live, issue 140); nothing is resolved a second time."""
    target = (await account.trigger())["id"]
    source = (await account.monitored(alerts=[{"summary": "S", "source": "s"}]))["id"]
    await account.put(source, status="resolved")
    resolved_at = (await account.get(source))["resolved_at"]
    await account.sandbox("POST", "/clock", {"advance": 60})
    assert (await account.merge(source, target)).status_code == 200
    merged = await account.get(source)
    assert merged["resolved_at"] == resolved_at
    assert merged["resolve_reason"]["incident"]["id"] == target
    await account.receiver.expect("incident.triggered", "incident.triggered", "incident.resolved")


async def test_an_incident_that_is_named_twice_is_merged_once(account: SimulatedAccount) -> None:
    target = (await account.trigger())["id"]
    source = (await account.monitored(alerts=[{"summary": "S", "source": "s"}]))["id"]
    sources = {"source_incidents": [{"id": source}] * 2}
    assert (await account.call("PUT", f"/incidents/{target}/merge", sources)).status_code == 200
    assert (await account.get(target))["alert_counts"]["all"] == 1


async def test_an_incident_has_at_most_a_thousand_alerts(account: SimulatedAccount) -> None:
    full, one = [
        (await account.monitored(alerts=[{"summary": "S", "source": "s"}] * count))["id"]
        for count in (1000, 1)
    ]
    refused = await account.merge(one, full)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, 2001)
    assert (await account.get(one))["status"] == "triggered"


@pytest.mark.parametrize(
    "refused", ["itself", "unknown", "resolved target", "merged already", "unknown target"]
)
async def test_a_merge_that_makes_no_sense_changes_nothing(account: SimulatedAccount, refused: str) -> None:
    target, source, other = [(await account.trigger())["id"] for _ in range(3)]
    sources = {"itself": target, "unknown": "QNONE", "merged already": other}
    if refused == "resolved target":
        await account.put(target, status="resolved")
    if refused == "merged already":
        await account.merge(other, (await account.trigger())["id"])
    before = [await account.get(key) for key in (target, source)]
    answer = await account.call(
        "PUT",
        f"/incidents/{'QNONE' if refused == 'unknown target' else target}/merge",
        {"source_incidents": [{"id": key} for key in (source, sources.get(refused, other))]},
    )
    expected = {"itself": 2001, "unknown": 1004, "merged already": 1019, "unknown target": 2100}
    assert answer.json()["error"]["code"] == expected.get(refused, 2001)
    assert [await account.get(key) for key in (target, source)] == before
