"""PagerDuty's identity host: sign-in, consent, codes, tokens, and all that it refuses."""

import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from fastapi.routing import APIRoute

from sandbox.company.file import write_company
from sandbox.pagerduty.identity.scope_texts import scope_text
from sandbox.pagerduty.rest import account as account_calls
from sandbox.pagerduty.rest import alerts, incident_details, incidents, webhook_subscriptions
from sandbox.pagerduty.roles import ROLE_NAMES
from sandbox.up.servers.ports import free_port
from tests.sandbox.identity_calls import (
    DAY,
    DISCOVERY,
    advance,
    claims_of,
    exchange,
    post_token,
    read_users,
    refresh,
    tokens_of,
    visitor_again,
)
from tests.schemas.exchange import exchange_of
from tests.schemas.pagerduty import rest_api
from tests.support.connections import request
from tests.support.identity_visitor import FROM_THE_PAGE, Flow, IdentityVisitor, returned, visitor_of
from tests.support.pagerduty_account import (
    ADA_USER,
    BO_USER,
    COMPANY,
    REDIRECT_URI,
    REPOSITORY,
    SimulatedAccount,
    running_account,
)
from tests.support.waiting import wait_until

pytestmark = pytest.mark.anyio


@pytest.fixture
async def visitor(account: SimulatedAccount) -> AsyncIterator[IdentityVisitor]:
    async with visitor_of(account) as visitor:
        yield visitor


@pytest.fixture
def flow() -> Flow:
    return Flow(COMPANY.client_id)


async def test_a_user_signs_in_and_allows_and_the_app_reads_who_it_is(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    asked = await visitor.open(flow.query())
    assert asked.status_code == 200
    assert asked.headers["Cache-Control"] == "no-store"
    for person in COMPANY.pagerduty_users.values():
        assert f"{person.email} · {ROLE_NAMES[person.role]}" in asked.text
    consent = await visitor.sign_in(flow.query(), ADA_USER)
    assert consent.status_code == 200
    assert COMPANY.bot_name in consent.text
    assert "users.read" in consent.text
    answer = returned(await visitor.decide(consent, "allow"))
    assert answer.keys() == {"code", "state"}
    assert answer["state"] == "s1"

    exchanged = await exchange(account, flow, answer["code"])
    assert exchanged.headers["Cache-Control"] == "no-store"
    tokens = exchanged.json()
    assert tokens["access_token"].startswith("pdus+_0")
    assert tokens["refresh_token"].startswith("pdus+_1")
    assert (tokens["token_type"], tokens["scope"], tokens["expires_in"]) == (
        "bearer",
        "openid users.read",
        DAY,
    )
    me = await read_users(account, tokens["access_token"], f"/users/{ADA_USER}")
    rest_api().check_answer(exchange_of(me))
    assert (me.json()["user"]["email"], me.json()["user"]["role"]) == ("ada@acme.example", "owner")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "muster-other"},
        {"client_id": None},
        {"redirect_uri": f"{REDIRECT_URI}/"},
        {"redirect_uri": REDIRECT_URI.replace("127.0.0.1", "localhost")},
        {"redirect_uri": f"{REDIRECT_URI}?next=x"},
        {"redirect_uri": REDIRECT_URI.upper()},
        {"redirect_uri": None},
        {"response_type": "token"},
        {"response_type": None},
        {"scope": None},
        {"code_challenge": None},
        {"code_challenge": "short"},
        {"code_challenge": "!" * 43},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
    ],
)
async def test_a_wrong_request_is_told_to_the_person_and_to_nobody_else(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow, changes: dict[str, str | None]
) -> None:
    refused = await visitor.open(flow.query(**changes))
    assert refused.status_code == 400
    assert "location" not in refused.headers
    assert refused.headers["content-type"].startswith("text/html")

    # The form is an entrance too: it is not what the page was opened with.
    await visitor.sign_in(flow.query(), ADA_USER)
    sent = await visitor.http.post(
        "/oauth/authorize",
        data={"query": flow.query(**changes), "decision": "allow"},
        headers=FROM_THE_PAGE,
    )
    assert sent.status_code == 400
    assert account.simulator.store.state.codes == {}


async def test_a_parameter_that_comes_twice_is_refused(visitor: IdentityVisitor, flow: Flow) -> None:
    twice = await visitor.open(f"{flow.query()}&redirect_uri=https://evil.example")
    assert twice.status_code == 400


async def test_a_text_of_the_request_is_never_markup(visitor: IdentityVisitor, flow: Flow) -> None:
    page = await visitor.open(flow.query(state='"><script>alert(1)</script>'))
    assert page.status_code == 200
    assert "<script>" not in page.text


async def test_a_denial_returns_with_an_error_and_is_asked_again(
    visitor: IdentityVisitor, flow: Flow
) -> None:
    consent = await visitor.sign_in(flow.query(), ADA_USER)
    denied = returned(await visitor.decide(consent, "deny"))
    assert denied == {
        "error": "access_denied",
        "error_description": "The resource owner or authorization server denied the request.",
        "state": "s1",
    }
    assert (await visitor.open(flow.query())).status_code == 200


async def test_a_denial_can_lack_the_state(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    await account.sandbox("POST", "/identity", {"deny_without_state": True})
    consent = await visitor.sign_in(flow.query(), ADA_USER)
    assert returned(await visitor.decide(consent, "deny")).keys() == {"error", "error_description"}
    # The switch changes denials alone.
    assert returned(await visitor.decide(consent, "allow"))["state"] == "s1"


async def test_a_request_without_state_is_answered_without(visitor: IdentityVisitor, flow: Flow) -> None:
    flow.state = None
    consent = await visitor.sign_in(flow.query(), ADA_USER)
    assert returned(await visitor.decide(consent, "allow")).keys() == {"code"}


async def test_a_decision_that_is_none_gives_nothing(visitor: IdentityVisitor, flow: Flow) -> None:
    consent = await visitor.sign_in(flow.query(), ADA_USER)
    for decision in ("", "Allow", "maybe"):
        assert (await visitor.decide(consent, decision)).status_code == 400


async def test_what_was_allowed_is_silent_the_second_time_and_a_new_scope_asks(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    await visitor.allow(flow, ADA_USER)
    assert "code" in returned(await visitor.open(flow.query()))
    more = flow.query(scope="incidents.read users.read")
    consent = await visitor.open(more)
    assert consent.status_code == 200
    await visitor.decide(consent, "allow")
    assert "code" in returned(await visitor.open(more))
    assert "code" in returned(await visitor.open(flow.query()))

    await account.sandbox("DELETE", "/identity")
    assert (await visitor.open(flow.query())).status_code == 200


async def test_what_one_user_allowed_another_is_asked(visitor: IdentityVisitor, flow: Flow) -> None:
    await visitor.allow(flow, ADA_USER)
    signed_out = await visitor.http.get(f"/oauth/sign_out?{flow.query()}")
    assert signed_out.headers["location"] == f"/oauth/authorize?{flow.query()}"
    consent = await visitor.sign_in(flow.query(), BO_USER)
    assert consent.status_code == 200
    assert "Bo Call" in consent.text


async def test_after_signing_out_the_browser_is_nobody(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    consent = await visitor.sign_in(flow.query(), ADA_USER)
    (cookie,) = visitor.http.cookies.jar
    bye = await visitor.http.get("/oauth/sign_out")
    assert bye.status_code == 200
    assert "signed out" in bye.text
    visitor.http.cookies.set("pagerduty_session", str(cookie.value), path="/oauth")
    late = await visitor.decide(consent, "allow")
    assert late.headers["location"] == f"/oauth/authorize?{flow.query()}"
    assert "Sign in" in (await visitor.open(flow.query())).text
    assert account.simulator.store.state.codes == {}


async def test_the_session_is_a_cookie_that_scripts_and_foreign_forms_do_not_have(
    visitor: IdentityVisitor, flow: Flow
) -> None:
    answer = await visitor.submit(await visitor.open(flow.query()), "sign_in", user=ADA_USER)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("pagerduty_session=")
    attributes = {one.strip().lower() for one in cookie.split(";")[1:]}
    assert attributes == {"httponly", "samesite=lax", "path=/oauth"}


async def test_nobody_signs_in_as_somebody_who_is_no_user(visitor: IdentityVisitor, flow: Flow) -> None:
    answer = await visitor.submit(await visitor.open(flow.query()), "sign_in", user="PUSER99")
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["authorize", "sign_in"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:8080"},
        {},
    ],
)
async def test_a_foreign_page_neither_signs_in_nor_allows(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow, path: str, headers: dict[str, str]
) -> None:
    await visitor.sign_in(flow.query(), ADA_USER)
    data = {"query": flow.query(), "decision": "allow", "user": BO_USER}
    answer = await visitor.http.post(f"/oauth/{path}", data=data, headers=headers)
    assert answer.status_code == 403
    assert account.simulator.store.state.codes == {}


async def test_the_redirect_to_the_app_is_not_stopped_by_the_pages_policy(
    visitor: IdentityVisitor, flow: Flow
) -> None:
    consent = await visitor.sign_in(flow.query(), ADA_USER)
    assert "form-action" not in consent.headers["Content-Security-Policy"]


async def test_unknown_scopes_are_dropped_without_an_error(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    flow.scope = "users.read everything.write openid users.read"
    tokens = await tokens_of(account, visitor, flow)
    assert tokens["scope"] == "openid users.read"


async def test_a_scope_that_the_registration_lacks_is_missing_in_the_token(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    shown = await account.sandbox("POST", "/identity", {"client_scopes": ["incidents.read"]})
    assert shown["client_scopes"] == ["incidents.read"]
    tokens = await tokens_of(account, visitor, flow)
    assert tokens["scope"] == "openid"
    refused = await read_users(account, tokens["access_token"])
    assert refused.status_code == 403
    shown = await account.sandbox("POST", "/identity", {"client_scopes": None})
    assert "users.read" in shown["client_scopes"]


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"client_id": "muster-other"}, 401, "invalid_client"),
        ({"client_id": None}, 401, "invalid_client"),
        ({"code_verifier": None}, 400, "invalid_request"),
        ({"code_verifier": "v" * 64}, 400, "invalid_grant"),
        ({"code_verifier": "short"}, 400, "invalid_grant"),
        ({"redirect_uri": None}, 400, "invalid_request"),
        ({"redirect_uri": "https://muster.example/oauth/pagerduty/callback"}, 400, "invalid_grant"),
        ({"code": None}, 400, "invalid_request"),
        ({"code": "unknown"}, 400, "invalid_grant"),
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
async def test_what_the_exchange_of_a_code_refuses(
    account: SimulatedAccount,
    visitor: IdentityVisitor,
    flow: Flow,
    changes: dict[str, str | None],
    status: int,
    error: str,
) -> None:
    code = await visitor.allow(flow, ADA_USER)
    refused = await exchange(account, flow, code, **changes)
    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert refused.json()["error_description"]
    assert account.simulator.store.state.access_tokens == {}
    # The same code with everything right is exchanged: the refusal was about what was wrong.
    assert (await exchange(account, flow, code)).status_code == 200


async def test_a_challenge_that_was_sent_plainly_is_no_verifier(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    code = await visitor.allow(flow, ADA_USER)
    refused = await exchange(account, flow, code, code_verifier=flow.challenge)
    assert refused.json()["error"] == "invalid_grant"


async def test_the_redirect_uri_of_another_request_is_refused() -> None:
    other = "https://muster.example/oauth/pagerduty/callback"
    async with (
        running_account(listen=False, redirect_uris=(REDIRECT_URI, other)) as account,
        visitor_of(account) as visitor,
    ):
        flow = Flow(COMPANY.client_id)
        code = await visitor.allow(flow, ADA_USER)
        refused = await exchange(account, flow, code, redirect_uri=other)
        assert refused.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"grant_type": "client_credentials"}},
        {"content": "grant_type=client_credentials", "headers": {"Content-Type": "application/octet-stream"}},
        {
            "content": "grant_type=client_credentials&grant_type=authorization_code",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        },
    ],
)
async def test_the_token_endpoint_takes_one_form(account: SimulatedAccount, body: dict[str, Any]) -> None:
    refused = await account.http.post("/oauth/token", **body)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("fault", "exchanged"),
    [
        ({"do": "status", "status": 503}, False),
        ({"do": "status_after", "status": 502}, True),
        ({"do": "lose_answer"}, True),
    ],
)
async def test_the_token_endpoint_fails_on_demand(
    account: SimulatedAccount,
    visitor: IdentityVisitor,
    flow: Flow,
    fault: dict[str, Any],
    exchanged: bool,
) -> None:
    code = await visitor.allow(flow, ADA_USER)
    await account.fault("token", match={"grant_type": "authorization_code"}, **fault)
    scope = "as_account-us.acme incidents.read"
    other = await post_token(account, grant_type="client_credentials", scope=scope)
    assert other.status_code == 200
    if fault["do"] == "lose_answer":
        with pytest.raises(httpx.RemoteProtocolError):
            await exchange(account, flow, code)
    else:
        assert (await exchange(account, flow, code)).status_code == fault["status"]
    assert bool(account.simulator.store.state.delegations) == exchanged
    assert (await exchange(account, flow, code)).status_code == (400 if exchanged else 200)


async def test_a_slow_token_endpoint_answers_all_the_same(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    code = await visitor.allow(flow, ADA_USER)
    await account.fault("token", "slow", seconds=0.2)
    began = time.monotonic()
    assert (await exchange(account, flow, code)).status_code == 200
    assert time.monotonic() - began >= 0.2


async def test_a_code_lives_thirty_seconds(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    late, in_time = await visitor.allow(flow, ADA_USER), Flow(COMPANY.client_id)
    await advance(account, 30)
    refused = await exchange(account, flow, late)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    code = returned(await visitor.open(in_time.query()))["code"]
    await advance(account, 20)
    assert (await exchange(account, in_time, code)).status_code == 200


async def test_a_code_is_used_once_and_its_second_use_ends_what_the_first_began(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    code = await visitor.allow(flow, ADA_USER)
    first = (await exchange(account, flow, code)).json()
    newer = (await refresh(account, first["refresh_token"])).json()
    second = await exchange(account, flow, code)
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")
    for tokens in (first, newer):
        assert (await read_users(account, tokens["access_token"])).status_code == 401
        assert (await refresh(account, tokens["refresh_token"])).status_code == 400


async def test_a_code_that_somebody_else_uses_without_the_secret_ends_nothing(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    code = await visitor.allow(flow, ADA_USER)
    tokens = (await exchange(account, flow, code)).json()
    await exchange(account, flow, code, client_secret="guessed")
    assert (await read_users(account, tokens["access_token"])).status_code == 200


async def test_a_refresh_gives_new_tokens_and_the_old_refresh_token_is_dead(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    first = await tokens_of(account, visitor, flow)
    answer = await refresh(account, first["refresh_token"])
    second = answer.json()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert second.keys() == {"access_token", "refresh_token", "token_type", "scope", "expires_in"}
    assert second["scope"] == first["scope"]
    assert {first["access_token"], first["refresh_token"]}.isdisjoint(second.values())
    assert (await read_users(account, second["access_token"])).status_code == 200
    refused = await refresh(account, first["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    # The client may have lost an answer: the newest token goes on.
    assert (await refresh(account, second["refresh_token"])).status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"refresh_token": None}, 400, "invalid_request"),
        ({"refresh_token": "pdus+_1unknown"}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
    ],
)
async def test_what_a_refresh_refuses(
    account: SimulatedAccount,
    visitor: IdentityVisitor,
    flow: Flow,
    form: dict[str, str | None],
    status: int,
    error: str,
) -> None:
    tokens = await tokens_of(account, visitor, flow)
    right = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refused = await post_token(account, **(right | form))
    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert (await post_token(account, **right)).status_code == 200


async def test_an_access_token_is_no_refresh_token_nor_the_other_way_round(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    tokens = await tokens_of(account, visitor, flow)
    assert (await refresh(account, tokens["access_token"])).status_code == 400
    assert (await read_users(account, tokens["refresh_token"])).status_code == 401


async def test_an_access_token_lives_a_day(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    tokens = await tokens_of(account, visitor, flow)
    await advance(account, DAY - 60)
    assert (await read_users(account, tokens["access_token"])).status_code == 200
    await advance(account, 60)
    expired = await read_users(account, tokens["access_token"])
    assert (expired.status_code, expired.json()["error"]["code"]) == (401, 2006)


async def test_a_refresh_token_dies_after_thirty_idle_days(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    tokens = await tokens_of(account, visitor, flow)
    for _ in range(2):
        await advance(account, 30 * DAY - 60)
        answer = await refresh(account, tokens["refresh_token"])
        assert answer.status_code == 200
        tokens = answer.json()
    await advance(account, 30 * DAY)
    assert (await refresh(account, tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_an_authorization_ends_after_a_year_however_often_it_was_refreshed(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    tokens = await tokens_of(account, visitor, flow)
    for _ in range(14):
        await advance(account, 26 * DAY)
        answer = await refresh(account, tokens["refresh_token"])
        assert answer.status_code == 200
        tokens = answer.json()
    await advance(account, DAY / 2)
    tokens = (await refresh(account, tokens["refresh_token"])).json()
    assert 0 < tokens["expires_in"] <= DAY / 2
    await advance(account, DAY / 2)
    assert (await refresh(account, tokens["refresh_token"])).status_code == 400
    assert (await read_users(account, tokens["access_token"])).status_code == 401


async def test_the_id_token_says_whose_account_it_is(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    tokens = await tokens_of(account, visitor, flow, BO_USER)
    claims = await claims_of(account, tokens["id_token"])
    assert claims["iss"] == f"{account.identity_url}/global/oauth/anonymous"
    assert claims["aud"] == ["https://api.pagerduty.com", COMPANY.client_id]
    wanted = {
        "azp": COMPANY.client_id,
        "sub": "bo@acme.example",
        "user_id": BO_USER,
        "account_id": "PACCT01",
        "subdomain": "acme",
        "region": "UnitedStates",
        "purpose": "id",
    }
    assert wanted.items() <= claims.items()
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["nbf"] == claims["iat"]
    assert claims["auth_time"] <= claims["iat"]
    assert claims["delegation_id"] in account.simulator.store.state.delegations
    assert "name" not in claims
    again = await claims_of(account, (await tokens_of(account, visitor_again(visitor), flow))["id_token"])
    assert again["delegation_id"] != claims["delegation_id"]
    assert again["jti"] != claims["jti"]


async def test_an_id_token_is_valid_for_others_however_far_the_accounts_clock_is(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    await visitor.sign_in(flow.query(), ADA_USER)
    await advance(account, 2 * DAY)
    consent = await visitor.open(flow.query())
    code = returned(await visitor.decide(consent, "allow"))["code"]
    claims = await claims_of(account, (await exchange(account, flow, code)).json()["id_token"])
    assert 2 * DAY <= claims["iat"] - claims["auth_time"] < 2 * DAY + 60


async def test_the_discovery_document_names_what_is_there(account: SimulatedAccount) -> None:
    found = (await account.http.get(DISCOVERY)).json()
    base = account.identity_url
    assert found["issuer"] == f"{base}/global/oauth/anonymous"
    assert found["authorization_endpoint"] == f"{base}/oauth/authorize"
    assert found["token_endpoint"] == f"{base}/oauth/token"
    assert found["jwks_uri"] == f"{base}/global/oauth/anonymous/jwks"
    assert found["id_token_signing_alg_values_supported"] == ["RS256"]
    (key,) = (await account.http.get(found["jwks_uri"])).json()["keys"]
    assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
    assert "d" not in key
    assert (await account.records())["reads"] == []


async def test_an_account_of_europe_says_so() -> None:
    company = COMPANY.model_copy(update={"region": "eu"})
    async with running_account(listen=False, company=company) as account, visitor_of(account) as visitor:
        tokens = await tokens_of(account, visitor, Flow(company.client_id))
        claims = await claims_of(account, tokens["id_token"])
        assert claims["aud"] == ["https://api.eu.pagerduty.com", company.client_id]
        assert claims["region"] == "Europe"
        scope = "as_account-us.acme incidents.read"
        refused = await post_token(account, grant_type="client_credentials", scope=scope)
        assert refused.json()["error"] == "invalid_scope"
        scope = "as_account-eu.acme incidents.read"
        answer = await post_token(account, grant_type="client_credentials", scope=scope)
        assert answer.json()["scope"] == scope


async def test_users_me_is_closed_to_every_token_with_scopes(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    tokens = await tokens_of(account, visitor, flow)
    refused = await read_users(account, tokens["access_token"], "/users/me")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, 2010)
    rest_api().check_answer(exchange_of(refused))
    scope = "as_account-us.acme users.read"
    app = (await post_token(account, grant_type="client_credentials", scope=scope)).json()
    assert (await read_users(account, app["access_token"], "/users/me")).status_code == 403
    assert (await account.call("GET", "/users/me", user=ADA_USER)).status_code == 200


async def test_a_users_token_acts_as_the_user_within_its_scopes(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    flow.scope = "incidents.write"
    tokens = await tokens_of(account, visitor, flow, BO_USER)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    incident = f"/incidents/{(await account.trigger())['id']}"
    change = {"incident": {"type": "incident_reference", "status": "acknowledged"}}
    done = await account.http.put(incident, json=change, headers=headers)
    assert done.json()["incident"]["last_status_change_by"]["id"] == BO_USER
    assert (await account.records())["writes"][-1]["user"] == BO_USER
    assert (await account.http.get(incident, headers=headers)).status_code == 403


async def test_every_rest_call_needs_the_scope_that_pagerduty_documents(
    account: SimulatedAccount, visitor: IdentityVisitor
) -> None:
    calls = rest_calls()
    assert len(calls) > 30
    token_of: dict[str, str] = {}
    for method, path in calls:
        answer = await account.http.request(method, path, json={})
        scope = rest_api().scope_of(exchange_of(answer))
        others = " ".join(one for one in COMPANY.client_scopes if one != scope)
        for scopes, allowed in ((scope, True), (others, False)):
            if scopes not in token_of:
                flow = Flow(COMPANY.client_id, scope=scopes)
                token_of[scopes] = (await tokens_of(account, visitor_again(visitor), flow))["access_token"]
            headers = {"Authorization": f"Bearer {token_of[scopes]}"}
            answer = await account.http.request(method, path, headers=headers, json={})
            assert (answer.status_code != 403) == allowed, (method, path, scopes)
            assert allowed or answer.json()["error"]["code"] == 2010


def rest_calls() -> list[tuple[str, str]]:
    """Every REST call with a scope that the simulator serves, of objects that there need not be."""
    return [
        (method, re.sub(r"{[a-z_]+}", "PNONE", route.path))
        for module in (account_calls, alerts, incident_details, incidents, webhook_subscriptions)
        for route in module.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
        if route.path != "/users/me"
    ]


async def test_a_role_changes_at_run_time(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    tokens = await tokens_of(account, visitor, flow)
    changed = await account.sandbox("POST", "/role", {"user": ADA_USER, "role": "observer"})
    assert changed == {"user": ADA_USER, "role": "observer"}
    me = await read_users(account, tokens["access_token"], f"/users/{ADA_USER}")
    assert me.json()["user"]["role"] == "observer"
    page = await visitor_again(visitor).open(flow.query())
    assert "ada@acme.example · Observer" in page.text
    await account.reset()
    me = await account.call("GET", f"/users/{ADA_USER}")
    assert me.json()["user"]["role"] == "owner"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/role", {"user": ADA_USER, "role": "king"}, 422),
        ("/role", {"user": "PUSER99", "role": "admin"}, 404),
        ("/identity", {"deny_without_state": "perhaps"}, 422),
        ("/identity", {"client_scope": []}, 422),
    ],
)
async def test_what_the_sandbox_interface_refuses(
    account: SimulatedAccount, path: str, body: dict[str, Any], status: int
) -> None:
    answer = await account.http.post(f"/_sandbox{path}", json=body)
    assert answer.status_code == status


async def test_the_state_is_shown_without_a_secret(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    code = await visitor.allow(flow, ADA_USER)
    tokens = (await exchange(account, flow, code)).json()
    shown = await account.http.get("/_sandbox/identity")
    state = shown.json()
    assert state["allowances"] == [{"user": ADA_USER, "client": COMPANY.client_id, "scopes": ["users.read"]}]
    assert [one["user"] for one in state["sessions"]] == [ADA_USER]
    assert [one["user"] for one in state["delegations"]] == [ADA_USER]
    assert state["redirect_uris"] == [REDIRECT_URI]
    assert (state["region"], state["deny_without_state"]) == ("us", False)
    (cookie,) = visitor.http.cookies.jar
    kept = (cookie.value, code, tokens["access_token"], tokens["refresh_token"], COMPANY.client_secret)
    for secret in kept:
        assert str(secret) not in shown.text


async def test_everything_survives_a_restart(tmp_path: Path) -> None:
    flow = Flow(COMPANY.client_id)
    kept: dict[str, Any] = {"state": tmp_path / "pagerduty.json", "keys": tmp_path / "ca", "listen": False}
    async with running_account(**kept) as account, visitor_of(account) as visitor:
        used = await visitor.allow(flow, ADA_USER)
        tokens = (await exchange(account, flow, used)).json()
        code = returned(await visitor.open(flow.query()))["code"]
        await account.sandbox("POST", "/role", {"user": BO_USER, "role": "admin"})
        await account.sandbox("POST", "/identity", {"deny_without_state": True, "client_scopes": ["x.read"]})
        cookies, issuer = visitor.http.cookies, account.identity_url
    async with running_account(**kept) as account, visitor_of(account) as visitor:
        visitor.http.cookies = cookies
        keys = jwt.PyJWKSet.from_dict((await account.http.get("/global/oauth/anonymous/jwks")).json())
        jwt.decode(
            tokens["id_token"],
            keys.keys[0],
            algorithms=["RS256"],
            audience=COMPANY.client_id,
            issuer=f"{issuer}/global/oauth/anonymous",
        )
        assert (await exchange(account, flow, code)).status_code == 200
        assert (await read_users(account, tokens["access_token"])).status_code == 200
        assert (await account.call("GET", f"/users/{BO_USER}")).json()["user"]["role"] == "admin"
        state = await account.sandbox("GET", "/identity")
        assert (state["deny_without_state"], state["client_scopes"]) == (True, ["x.read"])
        assert "code" in returned(await visitor.open(flow.query()))
        assert (await refresh(account, tokens["refresh_token"])).status_code == 200
        assert (await exchange(account, flow, used)).status_code == 400
        assert (await read_users(account, tokens["access_token"])).status_code == 401


def test_the_command_line_registers_redirect_uris_and_keeps_the_key(tmp_path: Path) -> None:
    company, port = tmp_path / "company.json", free_port()
    write_company(company, COMPANY.model_copy(update={"region": "eu"}))
    url = f"http://localhost:{port}"
    others = [REDIRECT_URI, "https://muster.example/oauth/pagerduty/callback"]
    options = ["--no-subscribe", "--ca-dir", str(tmp_path / "ca")]
    for one in others:
        options += ["--redirect-uri", one]
    key_sets = []
    for _ in range(2):
        command = [sys.executable, "-m", "sandbox.pagerduty", "--company", str(company), "--port", str(port)]
        with subprocess.Popen([*command, *options], cwd=REPOSITORY) as process:
            try:
                wait_until(lambda: is_up(url, process))
                state = request("GET", f"{url}/_sandbox/identity").json()
                assert (state["redirect_uris"], state["region"]) == (others, "eu")
                found = request("GET", f"{url}{DISCOVERY}").json()
                assert found["issuer"] == f"{url}/global/oauth/anonymous"
                key_sets.append(request("GET", found["jwks_uri"]).json())
            finally:
                process.terminate()
    assert key_sets[0] == key_sets[1]


def is_up(url: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "the simulator ended at its start"
    try:
        return request("GET", f"{url}/_sandbox/clock").is_success
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(
    ("scope", "text"),
    [
        ("users.read", "See users"),
        ("incident_types.read", "See incident types"),
        ("incident_workflows:instances.write", "Start incident workflows"),
        ("things:parts.write", "Create and change things, parts"),
        ("as_account-us.acme", "as_account-us.acme"),
        ("read", "read"),
    ],
)
def test_scopes_in_words(scope: str, text: str) -> None:
    assert scope_text(scope) == text
