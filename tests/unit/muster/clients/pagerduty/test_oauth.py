"""What a return from PagerDuty is worth: every claim, role, scope and answer that does not count."""

from collections.abc import AsyncIterator
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from muster.clients.http import open_pool
from muster.clients.pagerduty.id_tokens import AuthorizationRefused
from muster.clients.pagerduty.oauth import ADMIN_SCOPES, Admin, OAuthClient
from muster.config_file import PagerDutyAccount
from tests.support.pagerduty_identity import CLIENT, CLIENT_SECRET, PagerDutyIdentity
from workflows.errors import OutsideError, Temporary

pytestmark = pytest.mark.anyio

RETURN = "https://muster.example/oauth/pagerduty/callback"
VERIFIER, CHALLENGE = (  # RFC 7636, appendix B
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
)
REST, EU_REST = "https://api.pagerduty.com", "https://api.eu.pagerduty.com"


@pytest.fixture
async def identity() -> AsyncIterator[PagerDutyIdentity]:
    async with PagerDutyIdentity().listening() as running:
        yield running


@pytest.fixture
async def oauth() -> AsyncIterator[OAuthClient]:
    async with open_pool() as pool:
        yield OAuthClient(pool, RETURN)


def account_at(identity: PagerDutyIdentity, **changes: Any) -> PagerDutyAccount:
    given = {
        "subdomain": "acme",
        "client_id": CLIENT,
        "client_secret": CLIENT_SECRET,
        "api_url": identity.url,
        "identity_url": identity.url + "/",
    }
    return PagerDutyAccount.model_validate(given | changes)


async def returned(oauth: OAuthClient, identity: PagerDutyIdentity, **changes: Any) -> Admin:
    account = account_at(identity, **changes)
    query = identity.allow(oauth.authorize_url(account, state="s", verifier=VERIFIER, scopes=ADMIN_SCOPES))
    return await oauth.admin(account, code=parse_qs(query)["code"][0], verifier=VERIFIER)


async def refusal(oauth: OAuthClient, identity: PagerDutyIdentity, **changes: Any) -> tuple[str, str | None]:
    with pytest.raises(AuthorizationRefused) as refused:
        await returned(oauth, identity, **changes)
    return refused.value.reason, refused.value.about


async def test_the_address_to_authorize_at_has_all_that_pagerduty_asks_for(
    oauth: OAuthClient, identity: PagerDutyIdentity
) -> None:
    url = oauth.authorize_url(account_at(identity), state="st&te", verifier=VERIFIER, scopes=ADMIN_SCOPES)
    assert url.startswith(f"{identity.url}/oauth/authorize?")
    assert parse_qs(urlsplit(url).query) == {
        "client_id": [CLIENT],
        "redirect_uri": [RETURN],
        "response_type": ["code"],
        "scope": ["openid users.read"],
        "state": ["st&te"],
        "code_challenge": [CHALLENGE],
        "code_challenge_method": ["S256"],
    }
    assert VERIFIER not in url


@pytest.mark.parametrize("role", ["owner", "admin"])
async def test_an_owner_and_a_global_admin_may_authorize(
    oauth: OAuthClient, identity: PagerDutyIdentity, role: str
) -> None:
    identity.user["role"] = role
    assert await returned(oauth, identity) == Admin.model_validate(
        {"user": "PADMIN1", "name": "Ada Ops", "role": role}
    )
    (exchange,) = identity.exchanges
    assert exchange["grant_type"] == "authorization_code"
    assert (exchange["code_verifier"], exchange["redirect_uri"]) == (VERIFIER, RETURN)


@pytest.mark.parametrize(
    "role",
    [
        *(
            "user",
            "limited_user",
            "observer",
            "restricted_access",
            "read_only_user",
            "read_only_limited_user",
        ),
        *(None, "Owner", ["admin"]),
    ],
)
async def test_any_other_role_may_not(oauth: OAuthClient, identity: PagerDutyIdentity, role: Any) -> None:
    identity.user["role"] = role
    assert (await refusal(oauth, identity))[0] == "role_too_low"


WRONG = {
    "another issuer": ("iss", {"claims": {"iss": "https://identity.pagerduty.com"}}),
    "no issuer": ("iss", {"claims": {"iss": None}}),
    "expired": ("exp", {"claims": {"exp": int(time()) - 120}}),
    "no end": ("exp", {"claims": {"exp": None}}),
    "issued tomorrow": ("iat", {"claims": {"iat": int(time()) + 86400}}),
    "issued at no time": ("iat", {"claims": {"iat": None}}),
    "issued at a word": ("iat", {"claims": {"iat": "now"}}),
    "not valid yet": ("iat", {"claims": {"nbf": int(time()) + 86400}}),
    "for another app": ("aud", {"claims": {"aud": [REST, "another"]}}),
    "for no app": ("aud", {"claims": {"aud": REST}}),
    "for nobody": ("aud", {"claims": {"aud": None}}),
    "for no region": ("aud", {"claims": {"aud": [CLIENT]}}),
    "given to another app": ("azp", {"claims": {"azp": "another"}}),
    "of no account": ("account_id", {"claims": {"account_id": None}}),
    "of an account without a name": ("subdomain", {"claims": {"subdomain": None}}),
    "of nobody": ("user_id", {"claims": {"user_id": None}}),
    "of somebody who is no id": ("user_id", {"claims": {"user_id": "../users/PADMIN1"}}),
    "signed by a stranger": ("signature", {"signed_by": "a stranger"}),
    "signed by an unknown key": ("kid", {"header": {"kid": "another"}}),
    "signed by nobody": ("alg", {"algorithm": "none"}),
    "signed with a secret": ("alg", {"algorithm": "HS256"}),
    "no token": ("form", {"id_token": ""}),
    "noise": ("form", {"id_token": "eyJ.noise.noise"}),
}


@pytest.mark.parametrize(("claim", "wrong"), WRONG.values(), ids=WRONG.keys())
async def test_an_id_token_that_is_wrong_in_one_claim_is_refused_by_it(
    oauth: OAuthClient, identity: PagerDutyIdentity, claim: str, wrong: dict[str, Any]
) -> None:
    vars(identity).update(wrong)
    assert await refusal(oauth, identity) == ("id_token_wrong", claim)
    assert identity.reads == []


async def test_clocks_may_differ_a_little(oauth: OAuthClient, identity: PagerDutyIdentity) -> None:
    identity.claims = {"exp": int(time()) - 20, "iat": int(time()) + 20}
    assert (await returned(oauth, identity)).user == "PADMIN1"


async def test_another_account_and_another_region_are_told_apart(
    oauth: OAuthClient, identity: PagerDutyIdentity
) -> None:
    identity.claims = {"subdomain": "emca"}
    assert await refusal(oauth, identity) == ("other_account", None)
    identity.claims = {"aud": [EU_REST, CLIENT]}
    assert await refusal(oauth, identity) == ("other_region", None)
    assert (await returned(oauth, identity, region="eu")).role == "owner"
    identity.claims = {}
    assert await refusal(oauth, identity, region="eu") == ("other_region", None)


async def test_a_scope_that_was_left_out_is_named(oauth: OAuthClient, identity: PagerDutyIdentity) -> None:
    identity.scope = "openid"
    assert await refusal(oauth, identity) == ("scope_missing", "users.read")
    identity.scope = "incidents.read users.read"
    assert (await returned(oauth, identity)).user == "PADMIN1"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"error": "invalid_grant", "error_description": "c0de"}, ("code_refused", None)),
        (401, {"error": "invalid_client"}, ("app_refused", "401 (invalid_client)")),
        (400, {"error": "s3cret"}, ("app_refused", "400 (no known error)")),
        (403, {}, ("app_refused", "403 (no known error)")),
    ],
)
async def test_a_refused_exchange_is_told_by_its_error(
    oauth: OAuthClient, identity: PagerDutyIdentity, status: int, body: Any, expected: Any
) -> None:
    identity.refuses = (status, body)
    assert await refusal(oauth, identity) == expected


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_while_pagerduty_does_not_answer_it_may_be_tried_again(
    oauth: OAuthClient, identity: PagerDutyIdentity, status: int
) -> None:
    identity.refuses = (status, {"error": "invalid_grant"})
    with pytest.raises(Temporary):
        await returned(oauth, identity)
    identity.refuses, identity.user_status = None, status
    with pytest.raises(Temporary):
        await returned(oauth, identity)


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_user_that_is_not_shown_is_no_admin(
    oauth: OAuthClient, identity: PagerDutyIdentity, status: int
) -> None:
    identity.user_status = status
    assert (await refusal(oauth, identity))[0] == "person_unread"


async def test_another_user_than_asked_for_is_no_answer(
    oauth: OAuthClient, identity: PagerDutyIdentity
) -> None:
    identity.claims = {"user_id": "POTHER"}
    with pytest.raises(OutsideError, match="not the user that was asked for"):
        await returned(oauth, identity)
