"""PagerDuty's own client works with the simulator as it works with PagerDuty."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.routing import APIRoute
from pagerduty import RestApiV2Client

from sandbox.pagerduty.rest import account as account_calls
from sandbox.pagerduty.rest import alerts, incident_details, incidents, webhook_subscriptions
from tests.contract.account import Account
from tests.contract.calls import CHECKOUT, EDGE, change, subscribe, trigger
from tests.schemas.pagerduty import rest_api


@pytest.fixture
def pagerduty(account: Account) -> RestApiV2Client:
    return account.client()


def test_an_incident_lives(pagerduty: RestApiV2Client) -> None:
    incident = trigger(pagerduty, urgency="low", body={"type": "incident_body", "details": "p99 is 4 s"})
    assert (incident["status"], incident["urgency"]) == ("triggered", "low")
    assert change(pagerduty, incident, status="acknowledged")["status"] == "acknowledged"
    pagerduty.rpost(f"{incident['self']}/notes", json={"content": "A cache is cold"})
    (note,) = pagerduty.rget(f"{incident['self']}/notes")
    assert note["content"] == "A cache is cold"
    change(pagerduty, incident, status="resolved", resolution="Warmed it")
    assert pagerduty.rget(incident)["status"] == "resolved"
    assert change(pagerduty, incident, status="acknowledged")["status"] == "acknowledged"

    entries = pagerduty.list_all(f"{incident['self']}/log_entries", page_size=2)
    assert [entry["type"].removesuffix("_log_entry") for entry in reversed(entries)] == [
        "trigger",
        "acknowledge",
        "annotate",
        "resolve",
        "trigger",
        "acknowledge",
    ]
    (noted,) = pagerduty.iter_incident_notes(incident["id"])
    assert noted["channel"]["summary"]


def test_a_list_of_several_pages_has_everything_once_and_in_order(
    account: Account, pagerduty: RestApiV2Client
) -> None:
    titles = [f"Incident {number}" for number in range(7)]
    for title in titles:
        trigger(pagerduty, title)
    change(pagerduty, trigger(pagerduty, "Not wanted"), status="resolved")
    open_ones = {"statuses": ["triggered", "acknowledged"], "sort_by": "created_at:asc"}
    before = len(account.exchanges)
    found = pagerduty.list_all("incidents", params=open_ones, page_size=3)
    assert [incident["title"] for incident in found] == titles
    pages = [exchange.answered for exchange in account.exchanges[before:]]
    assert [(len(page["incidents"]), page["offset"], page["more"]) for page in pages] == [
        (3, 0, True),
        (3, 3, True),
        (1, 6, False),
    ]
    assert pagerduty.get_total("incidents", params=open_ones) == 7
    now = datetime.now(UTC)
    history = pagerduty.iter_history("incidents", now - timedelta(hours=1), now + timedelta(hours=1))
    assert len(list(history)) == 8


def test_things_are_found_by_name(pagerduty: RestApiV2Client) -> None:
    service = pagerduty.find("services", "checkout")
    assert service is not None
    assert service["id"] == CHECKOUT
    ada = pagerduty.find("users", "ada@acme.example", attribute="email")
    assert ada is not None
    assert pagerduty.find("users", "nobody@acme.example", attribute="email") is None
    assert pagerduty.dict_all("users", by="email")["ada@acme.example"] == ada
    assert pagerduty.account_has_ability("teams")
    assert not pagerduty.account_has_ability("telepathy")


def test_a_change_is_made_in_the_name_of_who_asks(account: Account, pagerduty: RestApiV2Client) -> None:
    """An account's key acts as whom ``From`` names; a person's token acts as that person alone."""
    incident = trigger(pagerduty)
    assert incident["last_status_change_by"]["id"] == account.ada.pagerduty_user
    as_bo = pagerduty.rput(
        incident, json={"type": "incident", "status": "acknowledged"}, headers={"From": account.bo.email}
    )
    assert as_bo["last_status_change_by"]["id"] == account.bo.pagerduty_user
    bos_own = account.client_of(account.bo)
    assert bos_own.rget("users/me")["email"] == account.bo.email
    done = bos_own.rput(
        incident, json={"type": "incident", "status": "resolved"}, headers={"From": account.ada.email}
    )
    assert done["last_status_change_by"]["id"] == account.bo.pagerduty_user
    assert bos_own.api_key_access == "user"


def test_the_apps_token_reads(account: Account) -> None:
    answer = account.identity().get_scoped_app_token("as_account-us.acme incidents.read")
    app = account.client(api_key=answer["access_token"], auth_type="bearer", default_from=None)
    assert app.list_all("incidents") == []


def test_every_call_that_the_simulator_serves_is_answered_as_described(
    account: Account, pagerduty: RestApiV2Client
) -> None:
    """Each once, by PagerDuty's client; the fixture checks the answers."""
    reads(account, pagerduty)
    writes(account, pagerduty)
    assert {str(rest_api().operation_of(exchange)) for exchange in account.exchanges} == served()


def reads(account: Account, pagerduty: RestApiV2Client) -> None:
    for collection, wanted in {
        "escalation_policies": "PEP0001",
        "services": EDGE,
        "teams": "PTEAM01",
        "users": account.bo.pagerduty_user,
    }.items():
        assert wanted in {one["id"] for one in pagerduty.list_all(collection, page_size=1)}
        assert pagerduty.rget(f"{collection}/{wanted}")["id"] == wanted
    assert {member["role"] for member in pagerduty.list_all("teams/PTEAM01/members")}
    assert {one["user"]["id"] for one in pagerduty.list_all("oncalls", page_size=1)}
    assert pagerduty.list_all("priorities")[0]["name"] == "P1"
    assert "teams" in pagerduty.rget("abilities")
    assert pagerduty.rget("incidents/types")[0]["display_name"] == "Base Incident"
    assert pagerduty.account_has_ability("teams")
    assert account.client_of(account.ada).rget("users/me")


def writes(account: Account, pagerduty: RestApiV2Client) -> None:
    incident = trigger(pagerduty)
    key = f"incidents/{incident['id']}"
    change(pagerduty, incident, urgency="low")
    several = [{"id": incident["id"], "type": "incident", "status": "acknowledged"}]
    assert pagerduty.rput("incidents", json=several)[0]["status"] == "acknowledged"
    assert pagerduty.list_all("incidents")[0]["status"] == "acknowledged"
    assert pagerduty.rget(key, params={"include": ["acknowledgers"]})["acknowledgements"]
    pagerduty.rpost(f"{key}/notes", json={"content": "Look"})
    assert pagerduty.rget(f"{key}/notes")
    assert pagerduty.rget(f"{key}/log_entries")
    pagerduty.jpost(f"{key}/status_updates", json={"message": "Soon"})
    target = {"id": account.bo.pagerduty_user, "type": "user_reference"}
    request = {
        "requester_id": account.ada.pagerduty_user,
        "message": "Help",
        "responder_request_targets": [{"responder_request_target": target}],
    }
    pagerduty.jpost(f"{key}/responder_requests", json=request)
    filled = {"custom_fields": [{"name": "environment", "value": "production"}]}
    pagerduty.jput(f"{key}/custom_fields/values", json=filled)
    fields = pagerduty.jget(f"{key}/custom_fields/values")["custom_fields"]
    assert "production" in {one["value"] for one in fields}

    alerts = [{"summary": "p99 is 4 s", "source": "probe-1"}]
    other = trigger(pagerduty, "Also slow", alerts=alerts)
    merged = {"source_incidents": [{"id": other["id"], "type": "incident_reference"}]}
    assert pagerduty.jput(f"{key}/merge", json=merged)["incident"]["id"] == incident["id"]
    assert [alert["summary"] for alert in pagerduty.list_all(f"{key}/alerts")] == ["p99 is 4 s"]

    subscription = subscribe(pagerduty)
    assert subscription["delivery_method"]["secret"]
    key = f"webhook_subscriptions/{subscription['id']}"
    assert pagerduty.list_all("webhook_subscriptions")
    assert pagerduty.rput(key, json={"description": "Another"})["description"] == "Another"
    assert pagerduty.rget(key)["delivery_method"]["secret"] is None
    assert pagerduty.post(f"{key}/enable").is_success
    assert pagerduty.post(f"{key}/ping").is_success
    pagerduty.rdelete(key)


def served() -> set[str]:
    """The simulator's calls, by its routes."""
    routes = [
        route
        for module in (account_calls, alerts, incident_details, incidents, webhook_subscriptions)
        for route in module.router.routes
        if isinstance(route, APIRoute)
    ]
    return {
        f"{method} {re.sub(r'{[a-z_]+}', '{id}', route.path)}"
        for route in routes
        for method in route.methods or ()
    }
