"""Credentials, the From header, scopes, and rate limits."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.support.pagerduty_account import ADA_USER, BO_USER, COMPANY, SimulatedAccount, running_account

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def started_account() -> AsyncIterator[SimulatedAccount]:
    async with running_account(per_minute=60) as account:
        yield account


@pytest.fixture
async def account(started_account: SimulatedAccount) -> SimulatedAccount:
    await started_account.reset()
    await started_account.sandbox("POST", "/clock", {"advance": 61})
    return started_account


async def app_token(account: SimulatedAccount, scopes: str, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": account.company.client_id,
        "client_secret": account.company.client_secret,
        "scope": f"as_account-us.acme {scopes}",
    } | changes
    return await account.http.post("/oauth/token", data=form)


@pytest.mark.parametrize(
    "authorization",
    ["", "Token token=wrong", "Bearer wrong", "Basic YTpi", "Token", "Bearer {api_token}"],
)
async def test_unknown_credentials_are_refused(account: SimulatedAccount, authorization: str) -> None:
    headers = {"Authorization": authorization.format(api_token=account.company.api_token)}
    answer = await account.http.get("/incidents", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == 2006


async def test_account_keys_need_from_and_people_do_not(account: SimulatedAccount) -> None:
    incident = (await account.trigger())["id"]
    change = {"incident": {"type": "incident_reference", "status": "acknowledged"}}
    key = {"Authorization": f"Token token={account.company.api_token}"}
    for sender in ({}, {"From": "nobody@acme.example"}):
        refused = await account.http.put(f"/incidents/{incident}", json=change, headers={**key, **sender})
        assert refused.json()["error"]["code"] == 1008
    named = {**key, "From": account.person(BO_USER).email}
    done = await account.http.put(f"/incidents/{incident}", json=change, headers=named)
    assert done.json()["incident"]["last_status_change_by"]["id"] == BO_USER
    mine = await account.call("GET", "/users/me", user=ADA_USER)
    assert mine.json()["user"]["email"] == account.person(ADA_USER).email


async def test_an_app_token_has_its_scopes_and_its_day(account: SimulatedAccount) -> None:
    answer = (await app_token(account, "incidents.read everything.write")).json()
    assert answer["scope"] == "as_account-us.acme incidents.read"
    assert answer["expires_in"] == 86400
    headers = {"Authorization": f"Bearer {answer['access_token']}", "From": account.person(ADA_USER).email}
    assert (await account.http.get("/incidents", headers=headers)).status_code == 200
    assert (await account.http.get("/services", headers=headers)).json()["error"]["code"] == 2010
    incident = (await account.trigger())["id"]
    write = {"note": {"content": "x"}}
    refused = await account.http.post(f"/incidents/{incident}/notes", json=write, headers=headers)
    assert refused.status_code == 403
    await account.sandbox("POST", "/clock", {"advance": 86401})
    assert (await account.http.get("/incidents", headers=headers)).status_code == 401


async def test_incident_types_need_their_own_scope(account: SimulatedAccount) -> None:
    for scopes, status in (("incidents.read", 403), ("incidents.read incident_types.read", 200)):
        token = (await app_token(account, scopes)).json()["access_token"]
        answer = await account.http.get("/incidents/types", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status


async def test_a_token_lacks_what_the_registration_was_not_granted_and_nothing_says_so() -> None:
    company = COMPANY.model_copy(update={"client_scopes": ("incidents.read",)})
    async with running_account(listen=False, company=company) as account:
        answer = await app_token(account, "incidents.read incident_types.read")
        assert (answer.status_code, answer.json()["scope"]) == (200, "as_account-us.acme incidents.read")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "as_account-eu.acme incidents.read"}, 400, "invalid_scope"),
    ],
)
async def test_what_the_token_endpoint_refuses(
    account: SimulatedAccount, changes: dict[str, Any], status: int, error: str
) -> None:
    answer = await app_token(account, "incidents.read", **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_a_credential_has_so_many_requests_a_minute(account: SimulatedAccount) -> None:
    headers = {"Authorization": f"Bearer {account.person(BO_USER).access_token}"}
    for left in reversed(range(60)):
        answer = await account.http.get("/abilities", headers=headers)
        assert answer.headers["ratelimit-limit"] == "60"
        assert answer.headers["ratelimit-remaining"] == str(left)
    refused = await account.http.get("/abilities", headers=headers)
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == 2020
    assert 0 < int(refused.headers["ratelimit-reset"]) <= 60
    assert (await account.call("GET", "/abilities", user=ADA_USER)).status_code == 200
    await account.sandbox("POST", "/clock", {"advance": 60})
    assert (await account.http.get("/abilities", headers=headers)).status_code == 200
