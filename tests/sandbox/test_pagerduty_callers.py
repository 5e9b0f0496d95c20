"""Credentials, the From header, scopes, and rate limits."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pagerduty_rig import ADA, BO, Rig, running

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def account() -> AsyncIterator[Rig]:
    async with running(per_minute=60) as rig:
        yield rig


@pytest.fixture
async def rig(account: Rig) -> Rig:
    await account.reset()
    await account.sandbox("POST", "/clock", {"advance": 61})
    return account


async def app_token(rig: Rig, scopes: str, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": rig.company.client_id,
        "client_secret": rig.company.client_secret,
        "scope": f"as_account-us.acme {scopes}",
    } | changes
    return await rig.http.post("/oauth/token", data=form)


@pytest.mark.parametrize(
    "authorization",
    ["", "Token token=wrong", "Bearer wrong", "Basic YTpi", "Token", "Bearer {api_token}"],
)
async def test_unknown_credentials_are_refused(rig: Rig, authorization: str) -> None:
    headers = {"Authorization": authorization.format(api_token=rig.company.api_token)}
    answer = await rig.http.get("/incidents", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == 2006


async def test_account_keys_need_from_and_people_do_not(rig: Rig) -> None:
    incident = (await rig.trigger())["id"]
    change = {"incident": {"type": "incident_reference", "status": "acknowledged"}}
    key = {"Authorization": f"Token token={rig.company.api_token}"}
    for sender in ({}, {"From": "nobody@acme.example"}):
        refused = await rig.http.put(f"/incidents/{incident}", json=change, headers={**key, **sender})
        assert refused.json()["error"]["code"] == 1008
    named = {**key, "From": rig.person(BO).email}
    done = await rig.http.put(f"/incidents/{incident}", json=change, headers=named)
    assert done.json()["incident"]["last_status_change_by"]["id"] == BO
    mine = await rig.call("GET", "/users/me", user=ADA)
    assert mine.json()["user"]["email"] == rig.person(ADA).email


async def test_an_app_token_has_its_scopes_and_its_day(rig: Rig) -> None:
    answer = (await app_token(rig, "incidents.read everything.write")).json()
    assert answer["scope"] == "as_account-us.acme incidents.read"
    assert answer["expires_in"] == 86400
    headers = {"Authorization": f"Bearer {answer['access_token']}", "From": rig.person(ADA).email}
    assert (await rig.http.get("/incidents", headers=headers)).status_code == 200
    assert (await rig.http.get("/services", headers=headers)).json()["error"]["code"] == 2010
    incident = (await rig.trigger())["id"]
    write = {"note": {"content": "x"}}
    refused = await rig.http.post(f"/incidents/{incident}/notes", json=write, headers=headers)
    assert refused.status_code == 403
    await rig.sandbox("POST", "/clock", {"advance": 86401})
    assert (await rig.http.get("/incidents", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "as_account-eu.acme incidents.read"}, 400, "invalid_scope"),
    ],
)
async def test_token_refusals(rig: Rig, changes: dict[str, Any], status: int, error: str) -> None:
    answer = await app_token(rig, "incidents.read", **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_a_credential_has_so_many_requests_a_minute(rig: Rig) -> None:
    headers = {"Authorization": f"Bearer {rig.person(BO).access_token}"}
    for left in reversed(range(60)):
        answer = await rig.http.get("/abilities", headers=headers)
        assert answer.headers["ratelimit-limit"] == "60"
        assert answer.headers["ratelimit-remaining"] == str(left)
    refused = await rig.http.get("/abilities", headers=headers)
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == 2020
    assert 0 < int(refused.headers["ratelimit-reset"]) <= 60
    assert (await rig.call("GET", "/abilities", user=ADA)).status_code == 200
    await rig.sandbox("POST", "/clock", {"advance": 60})
    assert (await rig.http.get("/abilities", headers=headers)).status_code == 200
