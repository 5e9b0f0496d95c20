"""What PagerDuty refuses, the simulator refuses too, and PagerDuty's client knows what to do about it."""

import inspect
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pagerduty import HttpError, RestApiV2Client

from sandbox.pagerduty import errors
from tests.contract.account import Account, running_account
from tests.contract.calls import change, subscribe, trigger
from tests.schemas.pagerduty import rest_api


def resolved(pagerduty: RestApiV2Client) -> dict[str, Any]:
    return change(pagerduty, trigger(pagerduty), status="resolved")


def acknowledged(pagerduty: RestApiV2Client) -> dict[str, Any]:
    return change(pagerduty, trigger(pagerduty), status="acknowledged")


def assign_to_nobody(pagerduty: RestApiV2Client) -> None:
    nobody = [{"assignee": {"id": "PNOBODY", "type": "user_reference"}}]
    change(pagerduty, trigger(pagerduty), assignments=nobody)


def reassign_what_is_resolved(pagerduty: RestApiV2Client) -> None:
    ada = [{"assignee": {"id": "PUSER01", "type": "user_reference"}}]
    change(pagerduty, resolved(pagerduty), assignments=ada)


def merge(pagerduty: RestApiV2Client, target: dict[str, Any], source: dict[str, Any]) -> None:
    sources = [{"id": source["id"], "type": "incident_reference"}]
    pagerduty.jput(f"{target['self']}/merge", json={"source_incidents": sources})


def merge_twice(pagerduty: RestApiV2Client) -> None:
    target, source = trigger(pagerduty), trigger(pagerduty)
    merge(pagerduty, target, source)
    merge(pagerduty, target, source)


def subscribe_too_often(pagerduty: RestApiV2Client) -> None:
    while True:
        subscribe(pagerduty)


def reference(kind: str) -> dict[str, str]:
    return {"id": "PNONE", "type": f"{kind}_reference"}


Case = tuple[int, int, Callable[[RestApiV2Client], Any]]

WITH_THE_KEY: list[Case] = [
    (400, 2001, lambda client: change(client, resolved(client), status="resolved")),
    (400, 1002, lambda client: change(client, acknowledged(client), status="acknowledged")),
    (400, 1003, lambda client: change(client, trigger(client), status="asleep")),
    (400, 1004, lambda client: client.rput("incidents", json=[{"id": "QNONE", "type": "incident"}])),
    (400, 1006, lambda client: change(client, trigger(client), escalation_level=9)),
    (400, 1007, assign_to_nobody),
    (400, 1008, lambda client: trigger(client_from(client, "nobody@acme.example"))),
    (400, 1008, lambda client: trigger(client_from(client, None))),
    (400, 2001, reassign_what_is_resolved),
    (400, 2001, lambda client: merge(client, resolved(client), trigger(client))),
    (400, 1014, lambda client: trigger(client, escalation_policy=reference("escalation_policy"))),
    (400, 1019, merge_twice),
    (400, 1020, lambda client: change(client, trigger(client), priority=reference("priority"))),
    (400, 2001, lambda client: trigger(client, title=" ")),
    (400, 2001, lambda client: client.rget("incidents", params={"sort_by": "color"})),
    (400, 2001, lambda client: client.rget("users/me")),
    (400, 2019, subscribe_too_often),
    (402, 2014, lambda client: client.rget("abilities/telepathy")),
    (404, 2100, lambda client: client.rget("incidents/QNONE")),
    (404, 2100, lambda client: client.rget("webhook_subscriptions/PNONE")),
    (413, 2001, lambda client: client.rput("incidents", json=[{"type": "incident"}] * 251)),
]
ELSEWHERE = {(401, 2006), (403, 2010), (429, 2020)}
"""What takes another credential or patience, and has a test of its own below."""


def client_from(client: RestApiV2Client, email: str | None) -> RestApiV2Client:
    """The same client in this name, or in nobody's."""
    client.headers.pop("From", None)
    if email is not None:
        client.headers["From"] = email
    return client


def refused(call: Callable[[], Any]) -> tuple[int, int]:
    """Status and code of the client's error."""
    with pytest.raises(HttpError) as error:
        call()
    response = error.value.response
    assert response is not None
    return response.status_code, response.json()["error"]["code"]


@pytest.mark.parametrize(("status", "code", "call"), WITH_THE_KEY)
def test_a_refusal_has_pagerdutys_code(
    account: Account, status: int, code: int, call: Callable[[RestApiV2Client], Any]
) -> None:
    client = account.client()
    assert refused(lambda: call(client)) == (status, code)


def test_no_refusal_is_left_out() -> None:
    known = re.findall(r"ApiError\(\s*(\d+),\s*(\d+),", inspect.getsource(errors))
    assert len(known) > len(ELSEWHERE)
    assert {(status, code) for status, code, _ in WITH_THE_KEY} | ELSEWHERE == {
        (int(status), int(code)) for status, code in known
    }


def test_a_credential_that_is_not_good_is_refused_once(account: Account) -> None:
    wrong = [
        account.client(api_key="wrong"),
        account.client(api_key=account.company.api_token, auth_type="bearer"),
        account.client(api_key=account.ada.access_token),
        account.client(api_key=""),
    ]
    for client in wrong:
        assert refused(partial(client.rget, "incidents")) == (401, 2006)
        assert refused(partial(trigger, client)) == (401, 2006)
    assert [exchange.status for exchange in account.exchanges] == [401] * 8


def test_an_apps_token_ends_with_its_scopes_and_its_day(account: Account) -> None:
    identity = account.identity()
    scopes = "as_account-us.acme incidents.read incidents.write"
    token = identity.get_scoped_app_token(scopes)["access_token"]
    app = account.client(api_key=token, auth_type="bearer")
    assert trigger(app)["last_status_change_by"]["id"] == account.ada.pagerduty_user
    assert refused(lambda: app.rget("services")) == (403, 2010)
    assert refused(lambda: subscribe(app)) == (403, 2010)
    assert refused(lambda: trigger(client_from(app, None))) == (400, 1008)
    account.sandbox("POST", "/clock", {"advance": 86_401})
    assert refused(lambda: app.rget("incidents")) == (401, 2006)


@pytest.mark.parametrize(
    ("changes", "scope", "error"),
    [
        ({"client_secret": "wrong"}, "as_account-us.acme", "invalid_client"),
        ({"client_id": "wrong"}, "as_account-us.acme", "invalid_client"),
        ({}, "as_account-us.another", "invalid_scope"),
    ],
)
def test_an_app_that_is_not_the_accounts_gets_no_token(
    account: Account, changes: dict[str, str], scope: str, error: str
) -> None:
    with pytest.raises(HttpError) as refusal:
        account.identity(**changes).get_scoped_app_token(scope)
    assert refusal.value.response is not None
    assert refusal.value.response.json()["error"] == error
    assert account.client().rget("abilities")


def test_the_client_waits_out_a_rate_limit(tmp_path: Path) -> None:
    """A list of five pages where three requests a minute are allowed."""
    with running_account(tmp_path, "--requests-per-minute", "3") as account, account.opened:
        client = account.client()
        client.sleep_timer = 0.01

        def a_minute_passes(response: httpx2.Response) -> None:
            if response.status_code == 429:
                account.sandbox("POST", "/clock", {"advance": 60})

        record = client.event_hooks["response"]
        client.event_hooks = {"response": [*record, a_minute_passes]}
        assert len(client.list_all("users", page_size=1)) == len(account.company.pagerduty_users)
    stands = [(one.status, one.answer_headers["ratelimit-remaining"]) for one in account.exchanges]
    assert stands == [(200, "2"), (200, "1"), (200, "0"), (429, "0"), (200, "2"), (200, "1")]
    assert account.exchanges[3].answered["error"]["code"] == 2020
    for exchange in account.exchanges:
        rest_api().check_answer(exchange)
