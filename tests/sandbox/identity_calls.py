"""What the app does at PagerDuty's identity host, and what it reads with the tokens from there."""

from typing import Any

import httpx
import jwt

from tests.support.connections import async_client
from tests.support.identity_visitor import Flow, IdentityVisitor
from tests.support.pagerduty_account import ADA_USER, SimulatedAccount

DAY = 86_400
DISCOVERY = "/global/oauth/anonymous/.well-known/openid-configuration"


async def post_token(account: SimulatedAccount, **form: str | None) -> httpx.Response:
    data = {"client_id": account.company.client_id, "client_secret": account.company.client_secret} | form
    given = {name: value for name, value in data.items() if value is not None}
    return await account.http.post("/oauth/token", data=given)


async def exchange(
    account: SimulatedAccount, flow: Flow, code: str, /, **changes: str | None
) -> httpx.Response:
    form: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": flow.redirect_uri,
        "code_verifier": flow.verifier,
    }
    return await post_token(account, **(form | changes))


async def tokens_of(
    account: SimulatedAccount, visitor: IdentityVisitor, flow: Flow, user: str = ADA_USER
) -> dict[str, Any]:
    answer = await exchange(account, flow, await visitor.allow(flow, user))
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


async def refresh(account: SimulatedAccount, refresh_token: str) -> httpx.Response:
    return await post_token(account, grant_type="refresh_token", refresh_token=refresh_token)


async def read_users(account: SimulatedAccount, access_token: str, path: str = "/users") -> httpx.Response:
    return await account.http.get(path, headers={"Authorization": f"Bearer {access_token}"})


async def advance(account: SimulatedAccount, seconds: float) -> None:
    await account.sandbox("POST", "/clock", {"advance": seconds})


async def claims_of(account: SimulatedAccount, id_token: str) -> dict[str, Any]:
    """The claims, verified as a client does that knows the identity host's address alone."""
    async with async_client(base_url=account.identity_url) as http:
        found = (await http.get(DISCOVERY)).json()
        keys = jwt.PyJWKSet.from_dict((await http.get(found["jwks_uri"])).json())
    header = jwt.get_unverified_header(id_token)
    (key,) = (one for one in keys.keys if one.key_id == header["kid"])
    claims: dict[str, Any] = jwt.decode(
        id_token,
        key,
        algorithms=["RS256"],
        audience=account.company.client_id,
        issuer=found["issuer"],
        options={"require": ["iss", "aud", "exp", "iat", "sub"]},
    )
    return claims


def visitor_again(visitor: IdentityVisitor) -> IdentityVisitor:
    """The same browser, signed out."""
    visitor.http.cookies.clear()
    return visitor
