"""What happens to an incident by itself, on the account's clock."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.pagerduty_account import (
    ADA_USER,
    BO_USER,
    COMPANY,
    DI_USER,
    Receiver,
    SimulatedAccount,
    running_account,
)

pytestmark = pytest.mark.anyio

EDGE = {"id": "PSVC003", "type": "service_reference"}
"""Platform on-call: 15 minutes a level, twice through; acknowledgements last half an hour, incidents four."""


async def pass_by(account: SimulatedAccount, *, minutes: float) -> None:
    await account.sandbox("POST", "/clock", {"advance": minutes * 60})


def pending(incident: dict[str, Any], *, since: str = "created_at") -> dict[str, timedelta]:
    """The pending actions, each with its distance from a moment of the incident, to the second."""
    begin = datetime.fromisoformat(incident[since]).replace(microsecond=0)
    return {
        action["type"]: datetime.fromisoformat(action["at"]) - begin for action in incident["pending_actions"]
    }


def place(incident: dict[str, Any]) -> tuple[str, list[str]]:
    return incident["status"], [one["assignee"]["id"] for one in incident["assignments"]]


async def test_an_incident_escalates_when_its_level_does_not_acknowledge(account: SimulatedAccount) -> None:
    incident = await account.trigger()
    key = incident["id"]
    assert pending(incident) == {"escalate": timedelta(minutes=30)}
    await pass_by(account, minutes=29)
    assert place(await account.get(key)) == ("triggered", [BO_USER])
    await pass_by(account, minutes=1)
    escalated = await account.get(key)
    assert place(escalated) == ("triggered", [ADA_USER])
    assert escalated["pending_actions"] == []
    webhooks = await account.receiver.expect("incident.triggered", "incident.escalated")
    event = webhooks[1].event
    assert event["agent"] is None
    assert [one["id"] for one in event["data"]["assignees"]] == [ADA_USER]
    entry = (await account.call("GET", f"/incidents/{key}/log_entries")).json()["log_entries"][0]
    assert (entry["type"], entry["agent"]["type"]) == ("escalate_log_entry", "service_reference")
    assert entry["channel"]["type"] == "timeout"


async def test_what_falls_due_on_the_way_happens_at_its_own_time_and_in_order(
    account: SimulatedAccount,
) -> None:
    """A policy of two levels that is gone through twice, and a service that resolves after four hours."""
    incident = await account.trigger(service=EDGE)
    assert pending(incident) == {"escalate": timedelta(minutes=15), "resolve": timedelta(hours=4)}
    await pass_by(account, minutes=24 * 60)
    webhooks = await account.receiver.expect(
        "incident.triggered", *["incident.escalated"] * 3, "incident.resolved"
    )
    began = datetime.fromisoformat(incident["created_at"])
    told = [
        (
            round((datetime.fromisoformat(one.event["occurred_at"]) - began) / timedelta(minutes=1)),
            [assignee["id"] for assignee in one.event["data"]["assignees"]],
        )
        for one in webhooks
    ]
    assert told == [(0, [DI_USER]), (15, [ADA_USER]), (30, [DI_USER]), (45, [ADA_USER]), (240, [])]
    resolved = await account.get(incident["id"])
    assert resolved["status"] == "resolved"
    assert datetime.fromisoformat(resolved["resolved_at"]) - began == timedelta(hours=4)
    assert resolved["last_status_change_by"]["id"] == "PSVC003"
    assert (await account.sandbox("GET", "/clock"))["ahead"] == 24 * 3600


async def test_an_acknowledgement_ends_and_the_level_is_asked_anew(account: SimulatedAccount) -> None:
    key = (await account.trigger(service=EDGE))["id"]
    await pass_by(account, minutes=10)
    acknowledged = (await account.put(key, status="acknowledged", user=DI_USER)).json()["incident"]
    assert pending(acknowledged)["resolve"] == timedelta(hours=4)
    of_change = pending(acknowledged, since="last_status_change_at")
    assert of_change["unacknowledge"] == timedelta(minutes=30)
    await pass_by(account, minutes=30)
    triggered = await account.get(key)
    assert place(triggered) == ("triggered", [DI_USER])
    assert pending(triggered)["resolve"] == timedelta(hours=4)
    of_change = pending(triggered, since="last_status_change_at")
    assert of_change["escalate"] == timedelta(minutes=15)
    webhooks = await account.receiver.expect(
        "incident.triggered", "incident.acknowledged", "incident.unacknowledged"
    )
    assert webhooks[2].event["agent"] is None


async def test_what_a_person_assigned_or_took_does_not_escalate(account: SimulatedAccount) -> None:
    directly = [{"assignee": {"id": BO_USER, "type": "user_reference"}}]
    assigned = await account.trigger(assignments=directly)
    assert (assigned["assigned_via"], assigned["pending_actions"]) == ("direct_assignment", [])
    taken = (await account.trigger())["id"]
    await account.put(taken, status="acknowledged")
    await pass_by(account, minutes=600)
    assert place(await account.get(assigned["id"])) == ("triggered", [BO_USER])
    assert place(await account.get(taken)) == ("acknowledged", [BO_USER])
    await account.receiver.expect("incident.triggered", "incident.triggered", "incident.acknowledged")


async def test_a_reopened_incident_begins_at_the_first_level(account: SimulatedAccount) -> None:
    key = (await account.trigger())["id"]
    await pass_by(account, minutes=30)
    await account.put(key, status="resolved")
    assert (await account.get(key))["pending_actions"] == []
    reopened = (await account.put(key, status="triggered")).json()["incident"]
    assert place(reopened) == ("triggered", [BO_USER])
    assert pending(reopened, since="last_status_change_at") == {"escalate": timedelta(minutes=30)}


async def test_the_policy_shows_its_levels_and_delays(account: SimulatedAccount) -> None:
    shown = await account.get((await account.trigger(service=EDGE))["id"], "escalation_policies", "services")
    policy, service = shown["escalation_policy"], shown["service"]
    assert policy["num_loops"] == 1
    assert [
        (rule["escalation_delay_in_minutes"], [target["id"] for target in rule["targets"]])
        for rule in policy["escalation_rules"]
    ] == [(15, [DI_USER]), (15, [ADA_USER])]
    assert (service["acknowledgement_timeout"], service["auto_resolve_timeout"]) == (1800, 14400)
    agents = await account.get(shown["id"], "agents")
    assert agents["last_status_change_by"]["type"] == "user"


async def test_time_that_passed_while_the_simulator_was_away_is_made_up_for(tmp_path: Path) -> None:
    """And without a call that moves the clock: the simulator looks by itself."""
    soon = tuple(policy.model_copy(update={"delay_in_minutes": 0}) for policy in COMPANY.escalation_policies)
    company = COMPANY.model_copy(update={"escalation_policies": soon})
    state, receiver = tmp_path / "state.json", Receiver()
    async with running_account(state=state, receiver=receiver, listen=False) as account:
        key = (await account.trigger())["id"]
        await account.until(lambda: bool(account.simulator.store.state.webhooks))
    async with running_account(state=state, receiver=receiver, company=company) as account:
        await receiver.expect("incident.triggered", "incident.escalated")
        assert place(await account.get(key)) == ("triggered", [ADA_USER])
