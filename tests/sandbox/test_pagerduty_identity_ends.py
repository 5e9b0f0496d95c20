"""PagerDuty's identity host: ends of authorizations, users who are gone, records of token calls, dates."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import jwt
import pytest

from sandbox.clock import Clock
from sandbox.pagerduty.app import PagerDutyApp
from sandbox.pagerduty.identity.scope_texts import scope_text
from tests.sandbox.identity_calls import (
    DAY,
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
from tests.support.connections import async_client
from tests.support.identity_visitor import Flow, IdentityVisitor, returned, visitor_of
from tests.support.pagerduty_account import (
    ADA_USER,
    BO_USER,
    COMPANY,
    CY_USER,
    SimulatedAccount,
    running_account,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio

APP_SCOPE = "as_account-us.acme users.read incidents.read"
PERSONAL_SCOPES = (
    "incidents.read incidents.write users.read services.read teams.read escalation_policies.read "
    "schedules.read oncalls.read priorities.read incident_types.read custom_fields.read "
    "incident_workflows.read incident_workflows:instances.write subscribers.read subscribers.write "
    "abilities.read change_events.read"
)
"""What a person's link asks for (platform-facts 4.3)."""


@pytest.fixture
async def visitor(account: SimulatedAccount) -> AsyncIterator[IdentityVisitor]:
    async with visitor_of(account) as visitor:
        yield visitor


@pytest.fixture
def flow() -> Flow:
    return Flow(COMPANY.client_id)


async def app_token(account: SimulatedAccount) -> str:
    answer = await post_token(account, grant_type="client_credentials", scope=APP_SCOPE)
    return str(answer.json()["access_token"])


async def end(account: SimulatedAccount, path: str = "") -> int:
    answer = await account.http.delete(f"/_sandbox/identity/delegations{path}")
    return answer.status_code


async def set_active(account: SimulatedAccount, user: str, *, active: bool) -> dict[str, Any]:
    changed: dict[str, Any] = await account.sandbox("POST", f"/users/{user}", {"active": active})
    return changed


async def is_dead(account: SimulatedAccount, tokens: dict[str, Any]) -> bool:
    """Whether both tokens are dead; fails where only one of them is."""
    read = await read_users(account, tokens["access_token"])
    if read.status_code == 401:
        assert read.json()["error"]["code"] == 2006
        refused = await refresh(account, tokens["refresh_token"])
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
        return True
    assert read.status_code == 200
    return False


async def token_calls(account: SimulatedAccount) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = (await account.records())["tokens"]
    return calls


async def arrives(account: SimulatedAccount) -> None:
    """Wait for the call that follows the exchange of a code."""

    async def has_arrived() -> bool:
        return len(await token_calls(account)) == 2

    await eventually(has_arrived)


# Scopes


async def test_a_person_can_be_asked_for_everything_that_a_link_needs_in_words(
    account: SimulatedAccount, visitor: IdentityVisitor
) -> None:
    flow = Flow(COMPANY.client_id, scope=PERSONAL_SCOPES)
    page = await visitor.sign_in(flow.query(), CY_USER)
    for scope in PERSONAL_SCOPES.split():
        assert f"<span>{scope_text(scope)}</span><code>{scope}</code>" in page.text
        assert scope_text(scope) != scope
    code = returned(await visitor.decide(page, "allow"))["code"]
    answer = (await exchange(account, flow, code)).json()
    assert answer["scope"] == f"openid {PERSONAL_SCOPES}"


async def test_one_user_is_read_with_the_scope_of_users_alone(
    account: SimulatedAccount, visitor: IdentityVisitor
) -> None:
    for scope, status in (("users.read", 200), ("incidents.read", 403)):
        user_flow = Flow(COMPANY.client_id, scope=scope)
        tokens = await tokens_of(account, visitor_again(visitor), user_flow, CY_USER)
        asked = {"grant_type": "client_credentials", "scope": f"as_account-us.acme {scope}"}
        app = (await post_token(account, **asked)).json()
        for token in (tokens["access_token"], app["access_token"]):
            read = await read_users(account, token, f"/users/{CY_USER}")
            assert read.status_code == status
            rest_api().check_answer(exchange_of(read))


# An authorization ends


async def test_one_authorization_ends_and_the_others_go_on(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    first, second = [await tokens_of(account, visitor_again(visitor), flow, CY_USER) for _ in range(2)]
    newer = (await refresh(account, first["refresh_token"])).json()
    delegation = (await claims_of(account, first["id_token"]))["delegation_id"]
    shown = await account.sandbox("GET", "/identity")
    assert delegation in [one["id"] for one in shown["delegations"]]
    assert await end(account, f"/{delegation}") == 204
    assert await is_dead(account, first)
    assert await is_dead(account, newer)
    assert not await is_dead(account, second)
    assert await end(account, f"/{delegation}") == 404


async def test_a_user_ends_all_of_theirs_and_nobody_elses(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    cys = [await tokens_of(account, visitor_again(visitor), flow, CY_USER) for _ in range(2)]
    bos = await tokens_of(account, visitor_again(visitor), flow, BO_USER)
    on_its_way = await visitor_again(visitor).allow(flow, CY_USER)
    assert await end(account, f"?user={CY_USER}") == 204
    assert [await is_dead(account, one) for one in cys] == [True, True]
    assert not await is_dead(account, bos)
    assert (await exchange(account, flow, on_its_way)).json()["error"] == "invalid_grant"
    asked = await visitor.open(flow.query())
    assert asked.status_code == 200, "who removed the app is asked for leave again"
    assert await end(account, "?user=PUSER99") == 404


async def test_a_user_removes_the_app_on_their_own_page(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    tokens = await tokens_of(account, visitor, flow, CY_USER)
    ours = {"Sec-Fetch-Site": "same-origin"}
    page, remove = f"/app/users/{CY_USER}", f"/app/users/{CY_USER}/apps/remove"
    async with async_client(base_url=account.url) as browser:
        as_ada = (await browser.get(page)).text
        assert COMPANY.bot_name in as_ada
        assert "remove-app" not in as_ada
        assert (await browser.post(remove, headers=ours)).status_code == 403
        assert not await is_dead(account, tokens)

        await browser.post("/app/person", data={"person": CY_USER}, headers=ours)
        assert "remove-app" in (await browser.get(page)).text
        assert (await browser.post(remove, headers=ours)).status_code == 303
        assert "Authorized apps" not in (await browser.get(page)).text
    assert await is_dead(account, tokens)


async def test_all_tokens_of_the_app_end(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    tokens = [await tokens_of(account, visitor_again(visitor), flow, user) for user in (CY_USER, BO_USER)]
    app = await app_token(account)
    assert await end(account) == 204
    assert [await is_dead(account, one) for one in tokens] == [True, True]
    assert (await read_users(account, app)).status_code == 401
    assert (await read_users(account, await app_token(account))).status_code == 200
    assert (await account.call("GET", "/users", user=BO_USER)).status_code == 200
    assert not await is_dead(account, await tokens_of(account, visitor_again(visitor), flow, CY_USER))


# A user who is gone


async def test_a_user_who_is_taken_out_of_the_account_is_nobody_there(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    tokens = await tokens_of(account, visitor, flow, CY_USER)
    app = await app_token(account)
    changed = await set_active(account, CY_USER, active=False)
    assert changed == {"user": CY_USER, "email": "cy@acme.example", "role": "limited_user", "active": False}

    assert await is_dead(account, tokens)
    for read in (
        await read_users(account, app, f"/users/{CY_USER}"),
        await account.call("GET", f"/users/{CY_USER}"),
        await account.call("GET", f"/users/{CY_USER}", user=BO_USER),
    ):
        assert (read.status_code, read.json()["error"]["code"]) == (404, 2100)
        rest_api().check_answer(exchange_of(read))
    listed = (await account.call("GET", "/users")).json()["users"]
    assert CY_USER not in [one["id"] for one in listed]
    assert (await account.call("GET", "/users/me", user=CY_USER)).status_code == 401

    incident = (await account.trigger())["id"]
    from_cy = {"Authorization": f"Token token={COMPANY.api_token}", "From": "cy@acme.example"}
    change = {"incident": {"type": "incident_reference", "status": "acknowledged"}}
    refused = await account.http.put(f"/incidents/{incident}", json=change, headers=from_cy)
    assert refused.json()["error"]["code"] == 1008

    page = await visitor.open(flow.query())
    assert "Sign in" in page.text, "the session is over"
    assert "cy@acme.example" not in page.text
    assert (await visitor.submit(page, "sign_in", user=CY_USER)).status_code == 400


async def test_a_user_who_is_back_signs_in_again_and_old_tokens_stay_dead(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    tokens = await tokens_of(account, visitor, flow, CY_USER)
    await set_active(account, CY_USER, active=False)
    assert (await set_active(account, CY_USER, active=True))["active"] is True
    assert await is_dead(account, tokens)
    assert (await account.call("GET", f"/users/{CY_USER}")).status_code == 200
    assert not await is_dead(account, await tokens_of(account, visitor_again(visitor), flow, CY_USER))
    await set_active(account, CY_USER, active=False)
    await account.reset()
    assert all(one["active"] for one in await account.sandbox("GET", "/users"))


async def test_a_user_can_be_gone_between_the_code_and_its_exchange(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    code = await visitor.allow(flow, CY_USER)
    await set_active(account, CY_USER, active=False)
    refused = await exchange(account, flow, code)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


async def test_a_user_can_be_gone_between_the_exchange_and_the_read_of_them(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    path = f"/users/{CY_USER}"
    app = await app_token(account)
    await account.fault("rest", "slow", match={"path": path}, seconds=1, times=2)
    tokens = await tokens_of(account, visitor, flow, CY_USER)
    reads = [asyncio.create_task(read_users(account, token, path)) for token in (tokens["access_token"], app)]
    await set_active(account, CY_USER, active=False)
    assert not any(read.done() for read in reads)
    assert [(await read).status_code for read in reads] == [401, 404]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("PUSER99", {"active": False}, 404),
        (CY_USER, {"active": "gone"}, 422),
        (CY_USER, {}, 422),
        (CY_USER, {"active": True, "role": "admin"}, 422),
    ],
)
async def test_what_makes_no_sense_of_a_user_is_refused(
    account: SimulatedAccount, path: str, body: dict[str, Any], status: int
) -> None:
    answer = await account.http.post(f"/_sandbox/users/{path}", json=body)
    assert answer.status_code == status


# What the records tell


async def test_the_records_tell_whose_refreshes_there_were(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    cys = await tokens_of(account, visitor, flow, CY_USER)
    bos = await tokens_of(account, visitor_again(visitor), flow, BO_USER)
    before = (await account.sandbox("GET", "/clock"))["now"]
    newer = (await refresh(account, cys["refresh_token"])).json()
    await refresh(account, cys["refresh_token"])
    await refresh(account, bos["refresh_token"])
    await refresh(account, "pdus+_1unknown")
    app = await app_token(account)
    calls = (await token_calls(account))[2:]
    assert [
        (one["grant_type"], one["user"], one["status"], one["error"], one["issued"]) for one in calls
    ] == [
        ("refresh_token", CY_USER, 200, None, True),
        ("refresh_token", CY_USER, 400, "invalid_grant", False),
        ("refresh_token", BO_USER, 200, None, True),
        ("refresh_token", None, 400, "invalid_grant", False),
        ("client_credentials", None, 200, None, True),
    ]
    assert all(one["at"] >= before for one in calls)
    told = str(await account.records())
    for secret in (*cys.values(), *newer.values(), app, COMPANY.client_secret, "pdus+_1unknown"):
        assert len(str(secret)) < 12 or str(secret) not in told


async def test_the_records_keep_no_secret_that_stands_in_the_wrong_place(account: SimulatedAccount) -> None:
    await post_token(account, grant_type="my secret")
    await account.http.post("/oauth/token", json={"grant_type": "my secret"})
    calls = await token_calls(account)
    assert [(one["grant_type"], one["error"]) for one in calls] == [
        (None, "unsupported_grant_type"),
        (None, "invalid_request"),
    ]
    assert "my secret" not in str(calls)


@pytest.mark.parametrize(
    ("fault", "status", "is_rotated"),
    [
        ({"do": "status", "status": 503}, 503, False),
        ({"do": "status", "status": 429, "retry_after": 3}, 429, False),
        ({"do": "status_after", "status": 502}, 502, True),
        ({"do": "lose_answer"}, 200, True),
        ({"do": "slow", "seconds": 0.1}, 200, True),
    ],
)
async def test_a_fault_of_a_refresh_is_recorded_with_what_it_did(
    account: SimulatedAccount,
    visitor: IdentityVisitor,
    flow: Flow,
    fault: dict[str, Any],
    status: int,
    is_rotated: bool,
) -> None:
    tokens = await tokens_of(account, visitor, flow, CY_USER)
    await account.fault("token", match={"grant_type": "refresh_token"}, **fault)
    if fault["do"] == "lose_answer":
        with pytest.raises(httpx.RemoteProtocolError):
            await refresh(account, tokens["refresh_token"])
    else:
        assert (await refresh(account, tokens["refresh_token"])).status_code == status
    call = (await token_calls(account))[-1]
    assert (call["user"], call["fault"], call["status"]) == (CY_USER, fault["do"], status)
    assert call["issued"] is is_rotated
    again = await refresh(account, tokens["refresh_token"])
    assert again.status_code == (400 if is_rotated else 200)


async def test_a_refresh_goes_on_although_its_caller_left_and_is_seen_from_its_arrival_on(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    tokens = await tokens_of(account, visitor, flow, CY_USER)
    await account.fault("token", "slow", match={"grant_type": "refresh_token"}, seconds=1)
    async with async_client(base_url=account.url) as caller:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": tokens["refresh_token"],
            "client_id": COMPANY.client_id,
            "client_secret": COMPANY.client_secret,
        }
        asked = asyncio.create_task(caller.post("/oauth/token", data=form))
        await arrives(account)
        assert (await token_calls(account))[-1]["status"] is None
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked

    async def was_issued() -> bool:
        return bool((await token_calls(account))[-1]["issued"])

    await eventually(was_issued)
    assert (await refresh(account, tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_reset_during_a_call_leaves_no_record_of_it(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    tokens = await tokens_of(account, visitor, flow, CY_USER)
    await account.fault("token", "slow", match={"grant_type": "refresh_token"}, seconds=0.5)
    asked = asyncio.create_task(refresh(account, tokens["refresh_token"]))
    await arrives(account)
    await account.reset()
    assert (await asked).json()["error"] == "invalid_grant"
    assert await token_calls(account) == []


# ID tokens on demand


async def test_the_next_id_token_differs_and_the_one_after_it_does_not(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow
) -> None:
    change = {"claims": {"account_id": "PACCT02", "subdomain": "other", "user_id": None}}
    await account.sandbox("POST", "/id_token", change)
    tokens = await tokens_of(account, visitor, flow, CY_USER)
    claims = await claims_of(account, tokens["id_token"])
    assert (claims["account_id"], claims["subdomain"]) == ("PACCT02", "other")
    assert "user_id" not in claims
    right = await claims_of(
        account, (await tokens_of(account, visitor_again(visitor), flow, CY_USER))["id_token"]
    )
    assert (right["account_id"], right["user_id"]) == ("PACCT01", CY_USER)

    await account.sandbox("POST", "/id_token", {"key": "other"})
    forged = (await tokens_of(account, visitor_again(visitor), flow, CY_USER))["id_token"]
    with pytest.raises(jwt.InvalidSignatureError):
        await claims_of(account, forged)

    await account.sandbox("POST", "/id_token", change)
    await account.reset()
    tokens = await tokens_of(account, visitor_again(visitor), flow, CY_USER)
    assert (await claims_of(account, tokens["id_token"]))["account_id"] == "PACCT01"


@pytest.mark.parametrize("body", [{"alg": "ES256"}, {"key": "mine"}, {"times": 0}, {"claim": {}}])
async def test_what_makes_no_sense_of_an_id_token_is_refused(
    account: SimulatedAccount, body: dict[str, Any]
) -> None:
    assert (await account.http.post("/_sandbox/id_token", json=body)).status_code == 422


# The date of an answer


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users"),
        ("GET", "/users/PNONE"),
        ("POST", "/oauth/token"),
        ("GET", "/oauth/authorize"),
        ("GET", "/global/oauth/anonymous/jwks"),
        ("GET", "/app/incidents"),
        ("GET", "/app/nothing"),
        ("GET", "/_sandbox/clock"),
    ],
)
async def test_every_answer_has_one_date_by_the_accounts_clock(
    account: SimulatedAccount, method: str, path: str
) -> None:
    await advance(account, 31 * DAY)
    before = account.simulator.clock.now().replace(microsecond=0)
    answer = await account.http.request(method, path)
    (date,) = answer.headers.get_list("date")
    assert date.endswith(" GMT")
    assert before <= parsedate_to_datetime(date) <= account.simulator.clock.now()


async def test_what_faults_and_foreign_pages_get_is_dated_too(account: SimulatedAccount) -> None:
    await advance(account, 366 * DAY)
    before = account.simulator.clock.now().replace(microsecond=0)
    await account.fault("rest", "status", status=503)
    await account.fault("token", "status", status=429)
    for answer in (
        await account.call("GET", "/users"),
        await app_token_answer(account),
        await account.http.get("/users", headers={"Host": "evil.example"}),
    ):
        assert answer.status_code in (403, 429, 503)
        (date,) = answer.headers.get_list("date")
        assert before <= parsedate_to_datetime(date)


async def test_the_answer_to_an_unexpected_error_is_dated_too() -> None:
    app, clock = PagerDutyApp(), Clock()
    clock.advance(31 * DAY)
    app.state.simulator = SimpleNamespace(clock=clock)

    @app.get("/fails")
    async def fails() -> None:
        raise RuntimeError

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        answer = await http.get("/fails")
    (date,) = answer.headers.get_list("date")
    assert answer.status_code == 500
    assert clock.now() - parsedate_to_datetime(date) < timedelta(minutes=1)


async def app_token_answer(account: SimulatedAccount) -> httpx.Response:
    return await post_token(account, grant_type="client_credentials", scope=APP_SCOPE)


# A restart


async def test_ends_and_records_survive_a_restart(tmp_path: Path) -> None:
    flow, state = Flow(COMPANY.client_id), tmp_path / "pagerduty.json"
    async with running_account(state=state, listen=False) as account, visitor_of(account) as visitor:
        ended = await tokens_of(account, visitor, flow, CY_USER)
        tokens = await tokens_of(account, visitor_again(visitor), flow, BO_USER)
        await end(account, f"?user={CY_USER}")
        await set_active(account, ADA_USER, active=False)
        calls = await token_calls(account)
    async with running_account(state=state, listen=False) as account:
        assert await token_calls(account) == calls
        assert (await account.call("GET", f"/users/{ADA_USER}", user=BO_USER)).status_code == 404
        assert await is_dead(account, ended)
        assert (await token_calls(account))[-1]["user"] == CY_USER
        assert not await is_dead(account, tokens)
