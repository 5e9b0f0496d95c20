"""Microsoft, simulated: msal unchanged, what a browser goes through, and every refusal with its number."""

import base64
import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import jwt
import msal
import pytest
import requests

from sandbox.company import build_company, write_company
from sandbox.signing_key import SigningKey
from tests.sandbox.microsoft_process import (
    CALLBACK,
    CONNECTOR,
    GRAPH,
    REPOSITORY,
    MicrosoftProcess,
    Visitor,
    number_of,
    origin_of,
    returned,
    running_microsoft,
)
from tests.sandbox.teams_process import message, running_teams
from tests.schemas.exchange import exchange_of
from tests.schemas.graph import graph_api
from tests.support.connections import request

VERIFIER = "a-verifier-of-forty-three-characters-or-more-0"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
OTHER_VERIFIER = VERIFIER[::-1]
READ_ORGANIZATION = "Organization.Read.All"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MicrosoftProcess]:
    with running_microsoft(tmp_path_factory.mktemp("microsoft")) as running:
        yield running


@pytest.fixture
def microsoft(started: MicrosoftProcess) -> MicrosoftProcess:
    started.sandbox("POST", "reset")
    return started


@pytest.fixture
def visitor(microsoft: MicrosoftProcess) -> Visitor:
    return Visitor(microsoft)


@pytest.fixture
def msal_application(microsoft: MicrosoftProcess) -> Iterator[Callable[..., Any]]:
    """Makes msal's own application, which knows nothing of the sandbox but its certificate authority."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(microsoft.ca)

        def application(secret: str = microsoft.company.bot_app_secret) -> Any:
            return msal.ConfidentialClientApplication(
                microsoft.company.bot_app_id,
                client_credential=secret,
                authority=f"{microsoft.authority}/{microsoft.tenant}",
                instance_discovery=False,
                exclude_scopes=["offline_access"],
                http_client=session,
            )

        yield application


def unverified(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def code_of(microsoft: MicrosoftProcess, visitor: Visitor, **changes: str | None) -> str:
    """A code for Bo, who is signed in from then on."""
    page = visitor.authorize(**{"code_challenge": CHALLENGE, "code_challenge_method": "S256"} | changes)
    return returned(visitor.enter(page, microsoft.company.people[1]))["code"]


def exchange(microsoft: MicrosoftProcess, code: str | None, **changes: str | None) -> httpx.Response:
    form = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER, "scope": None}
    return microsoft.ask_for_token(grant_type="authorization_code", **form | changes)


def refusal(answer: httpx.Response) -> tuple[int, str, list[int]]:
    body = answer.json()
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    return answer.status_code, body["error"], body["error_codes"]


# msal, unchanged


def test_msal_gets_a_token_that_the_connector_takes(tmp_path: Path) -> None:
    with running_teams(tmp_path) as teams, running_microsoft(tmp_path, company=teams.company) as microsoft:
        token = microsoft.ask_for_token(scope=f"{CONNECTOR}/.default").json()["access_token"]
        address = f"{teams.url}/teams/v3/conversations/{teams.channel}/activities"
        for given, status in ((token, 201), (microsoft.graph_token(), 401)):
            headers = {"Authorization": f"Bearer {given}"}
            sent = request("POST", address, json=message("hello"), headers=headers)
            assert sent.status_code == status


@pytest.mark.parametrize("audience", [CONNECTOR, GRAPH])
def test_msal_gets_an_app_only_token(
    microsoft: MicrosoftProcess, msal_application: Callable[..., Any], audience: str
) -> None:
    answer = msal_application().acquire_token_for_client([f"{audience}/.default"])
    claims = unverified(answer["access_token"])
    assert (claims["aud"], claims["tid"], claims["idtyp"]) == (audience, microsoft.tenant, "app")
    assert claims["appid"] == microsoft.company.bot_app_id


def test_msal_hears_of_a_wrong_secret_in_entras_words(msal_application: Callable[..., Any]) -> None:
    answer = msal_application("wrong").acquire_token_for_client([f"{GRAPH}/.default"])
    assert answer["error"] == "invalid_client"
    assert answer["error_description"].startswith("AADSTS7000215: ")
    assert "wrong" not in answer["error_description"]


@pytest.mark.filterwarnings("ignore:response_mode='form_post' is recommended")
def test_msal_signs_a_person_in(
    microsoft: MicrosoftProcess, visitor: Visitor, msal_application: Callable[..., Any]
) -> None:
    application, bo = msal_application(), microsoft.company.people[1]
    flow = application.initiate_auth_code_flow([], redirect_uri=CALLBACK, response_mode="query")
    assert flow["auth_uri"].startswith(f"{microsoft.url}/{microsoft.tenant}/oauth2/v2.0/authorize?")
    back = returned(visitor.enter(visitor.get(flow["auth_uri"]), bo))
    answer = application.acquire_token_by_auth_code_flow(flow, back)
    told = answer["id_token_claims"]
    assert told["iss"] == f"{microsoft.authority}/{microsoft.tenant}/v2.0"
    assert (told["aud"], told["tid"]) == (microsoft.company.bot_app_id, microsoft.tenant)
    assert (told["oid"], told["name"], told["preferred_username"]) == (bo.aad_object_id, bo.name, bo.email)
    assert told["sub"] not in (bo.aad_object_id, bo.email)
    assert "refresh_token" not in answer


# What is published


def test_an_id_token_is_signed_with_a_published_key(microsoft: MicrosoftProcess, visitor: Visitor) -> None:
    answer = exchange(microsoft, code_of(microsoft, visitor, nonce="n-1")).json()
    with microsoft.programs() as http:
        metadata = http.get(f"/{microsoft.tenant}/v2.0/.well-known/openid-configuration").json()
        keys = jwt.PyJWKSet.from_dict(http.get(metadata["jwks_uri"]).json())
    key = keys[jwt.get_unverified_header(answer["id_token"])["kid"]]
    claims = jwt.decode(
        answer["id_token"],
        key,
        algorithms=["RS256"],
        audience=microsoft.company.bot_app_id,
        issuer=metadata["issuer"],
        options={"require": ["exp", "iat", "nbf", "sub", "oid", "tid"]},
    )
    assert claims["nonce"] == "n-1"
    with pytest.raises(jwt.InvalidSignatureError):  # Graph alone can verify a token for Graph
        jwt.decode(answer["access_token"], key, algorithms=["RS256"], audience=GRAPH)


def test_browsers_are_sent_to_plain_http_and_programs_to_https(microsoft: MicrosoftProcess) -> None:
    with microsoft.programs() as http:
        metadata = http.get(f"/{microsoft.tenant}/v2.0/.well-known/openid-configuration").json()
    pages = {metadata["authorization_endpoint"], metadata["end_session_endpoint"]}
    assert {origin_of(address) for address in pages} == {microsoft.url}
    rest = {metadata["issuer"], metadata["token_endpoint"], metadata["jwks_uri"]}
    assert {origin_of(address) for address in rest} == {microsoft.authority}
    assert request("POST", f"{microsoft.url}/{microsoft.tenant}/oauth2/v2.0/token", json={}).status_code in (
        404,
        405,
    )


def test_a_name_is_told_for_the_scope_profile_alone(microsoft: MicrosoftProcess, visitor: Visitor) -> None:
    answer = exchange(microsoft, code_of(microsoft, visitor, scope="openid")).json()
    assert not {"name", "preferred_username", "nonce"} & unverified(answer["id_token"]).keys()


# Each refusal of the token endpoint


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"tenant": "other"}, (400, "invalid_request", 90002)),
        ({"grant_type": None}, (400, "invalid_request", 900144)),
        ({"grant_type": "password"}, (400, "unsupported_grant_type", 70003)),
        ({"client_id": None}, (400, "invalid_request", 900144)),
        ({"client_id": "no"}, (400, "unauthorized_client", 700016)),
        ({"client_secret": None}, (401, "invalid_client", 7000218)),
        ({"client_secret": "no"}, (401, "invalid_client", 7000215)),
        ({"scope": None}, (400, "invalid_request", 900144)),
        ({"scope": f"{GRAPH}/User.Read.All"}, (400, "invalid_scope", 1002012)),
        ({"scope": f"{GRAPH}/.default openid"}, (400, "invalid_scope", 1002012)),
        ({"scope": "https://nobody.example/.default"}, (400, "invalid_resource", 500011)),
    ],
)
def test_a_wrong_token_request_is_refused_with_its_number(
    microsoft: MicrosoftProcess, change: dict[str, str | None], expected: tuple[int, str, int]
) -> None:
    status, error, number = expected
    assert refusal(microsoft.ask_for_token(**change)) == (status, error, [number])


def test_the_tenant_of_somebody_else_does_not_know_the_application(microsoft: MicrosoftProcess) -> None:
    elsewhere = microsoft.stranger.tenant
    assert refusal(microsoft.ask_for_token(tenant=elsewhere))[2] == [700016]


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"code": None}, 900144),
        ({"code": "no code"}, 70000),
        ({"redirect_uri": None}, 900144),
        ({"redirect_uri": f"{CALLBACK}/"}, 50011),
        ({"client_secret": "no"}, 7000215),
        ({"code_verifier": None}, 50148),
        ({"code_verifier": OTHER_VERIFIER}, 501481),
        ({"code_verifier": CHALLENGE}, 501481),
    ],
)
def test_a_wrong_exchange_is_refused_with_its_number_and_the_right_one_still_works(
    microsoft: MicrosoftProcess, visitor: Visitor, change: dict[str, str | None], number: int
) -> None:
    code = code_of(microsoft, visitor)
    right: dict[str, str | None] = {"code": code}
    assert refusal(exchange(microsoft, **right | change))[2] == [number]
    assert exchange(microsoft, code).status_code == 200


def test_a_code_works_once(microsoft: MicrosoftProcess, visitor: Visitor) -> None:
    code = code_of(microsoft, visitor)
    assert exchange(microsoft, code).status_code == 200
    assert refusal(exchange(microsoft, code)) == (400, "invalid_grant", [54005])


def test_a_code_lives_for_ten_minutes(microsoft: MicrosoftProcess, visitor: Visitor) -> None:
    first, second = code_of(microsoft, visitor), returned(visitor.authorize())["code"]
    microsoft.sandbox("POST", "clock", {"advance": 9 * 60})
    assert exchange(microsoft, first).status_code == 200
    microsoft.sandbox("POST", "clock", {"advance": 60})
    assert refusal(exchange(microsoft, second, code_verifier=None)) == (400, "invalid_grant", [70008])


def test_a_code_for_one_redirect_uri_is_not_exchanged_with_another(tmp_path: Path) -> None:
    other = "https://muster.example/other"
    with running_microsoft(tmp_path, "--redirect-uri", other) as microsoft:
        code = code_of(microsoft, Visitor(microsoft))
        assert refusal(exchange(microsoft, code, redirect_uri=other))[2] == [500112]


def test_a_verifier_without_a_challenge_is_refused(microsoft: MicrosoftProcess, visitor: Visitor) -> None:
    code = code_of(microsoft, visitor, code_challenge=None, code_challenge_method=None)
    assert refusal(exchange(microsoft, code))[2] == [501481]
    assert exchange(microsoft, code, code_verifier=None).status_code == 200


# Each refusal in the browser


@pytest.mark.parametrize("page", ["authorize", "admin_consent"])
@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"tenant": "other"}, 90002),
        ({"client_id": None}, 900144),
        ({"client_id": "no"}, 700016),
        ({"redirect_uri": None}, 50011),
        ({"redirect_uri": f"{CALLBACK}/"}, 50011),
        ({"redirect_uri": CALLBACK.upper()}, 50011),
        ({"redirect_uri": f"{CALLBACK}?more=1"}, 50011),
        ({"redirect_uri": "https://evil.example/oauth/microsoft/callback"}, 50011),
    ],
)
def test_what_cannot_be_trusted_is_a_page_and_goes_nowhere(
    visitor: Visitor, page: str, change: dict[str, str | None], number: int
) -> None:
    assert number_of(getattr(visitor, page)(**change)) == number


@pytest.mark.parametrize(
    ("change", "error", "number"),
    [
        ({"response_type": None}, "invalid_request", 900144),
        ({"response_type": "token"}, "unsupported_response_type", 70005),
        ({"response_mode": "form_post"}, "invalid_request", 70007),
        ({"scope": None}, "invalid_request", 900144),
        ({"scope": "profile"}, "invalid_scope", 70011),
        ({"scope": "openid profile offline_access"}, "invalid_scope", 70011),
        ({"prompt": "please"}, "invalid_request", 90023),
        ({"prompt": "none"}, "login_required", 50058),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S512"}, "invalid_request", 50149),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request", 501491),
    ],
)
def test_a_wrong_request_is_told_to_the_application(
    visitor: Visitor, change: dict[str, str | None], error: str, number: int
) -> None:
    back = returned(visitor.authorize(**change))
    assert (back["error"], back["state"]) == (error, "our state")
    assert back["error_description"].startswith(f"AADSTS{number}: ")
    assert "code" not in back


def test_a_person_of_another_tenant_is_refused_and_chooses_another_account(
    microsoft: MicrosoftProcess, visitor: Visitor
) -> None:
    page = visitor.choose(visitor.authorize(), microsoft.stranger)
    assert number_of(page) == 50020
    assert number_of(visitor.authorize()) == 50020
    silent = returned(visitor.authorize(prompt="none"))
    assert silent["error_description"].startswith("AADSTS50020: ")
    again = visitor.authorize(prompt="select_account")
    assert "code" in returned(visitor.enter(again, microsoft.company.people[0]))


def test_a_stranger_consents_to_nothing_even_as_an_admin_of_their_own(tmp_path: Path) -> None:
    company = build_company()
    people = tuple(
        one.model_copy(update={"microsoft_admin": True}) if one.tenant else one for one in company.people
    )
    with running_microsoft(tmp_path, company=company.model_copy(update={"people": people})) as microsoft:
        visitor = Visitor(microsoft)
        visitor.sign_in(microsoft.stranger)
        page = visitor.admin_consent()
        assert number_of(page) == 50020
        assert number_of(visitor.send(page, {"decision": "accept"})) == 50020
        assert microsoft.consent()["granted"] == []


# Signing in


def test_who_is_signed_in_is_not_asked_again_until_they_sign_out(
    microsoft: MicrosoftProcess, visitor: Visitor
) -> None:
    page = visitor.authorize(state=None)
    assert page.status_code == 200
    assert "state" not in returned(visitor.enter(page, microsoft.company.people[0]))
    for prompt in (None, "none"):
        assert returned(visitor.authorize(prompt=prompt))["state"] == "our state"
    visitor.get(f"/{microsoft.tenant}/oauth2/v2.0/logout")
    assert visitor.authorize().status_code == 200
    assert returned(visitor.authorize(prompt="none"))["error"] == "login_required"


@pytest.mark.parametrize("prompt", ["select_account", "login"])
def test_a_prompt_asks_again_and_another_account_is_taken(
    microsoft: MicrosoftProcess, visitor: Visitor, prompt: str
) -> None:
    first, second = microsoft.company.people[:2]
    visitor.sign_in(first)
    code = returned(visitor.enter(visitor.authorize(prompt=prompt), second))["code"]
    answer = exchange(microsoft, code, code_verifier=None).json()
    assert unverified(answer["id_token"])["oid"] == second.aad_object_id
    assert second.name in visitor.get("/").text


def test_a_session_is_one_browsers_and_scripts_do_not_see_it(
    microsoft: MicrosoftProcess, visitor: Visitor
) -> None:
    answer = visitor.choose(visitor.authorize(), microsoft.company.people[0])
    cookie = answer.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert Visitor(microsoft).authorize().status_code == 200


def test_signing_out_goes_on_to_a_registered_address_alone(
    microsoft: MicrosoftProcess, visitor: Visitor
) -> None:
    address = f"/{microsoft.tenant}/oauth2/v2.0/logout"
    there = visitor.get(address, {"post_logout_redirect_uri": CALLBACK})
    assert there.headers["Location"] == CALLBACK
    here = visitor.get(address, {"post_logout_redirect_uri": "https://evil.example"})
    assert (here.status_code, "You signed out" in here.text) == (200, True)


def test_nobody_is_signed_in_without_a_consent(microsoft: MicrosoftProcess, visitor: Visitor) -> None:
    visitor.sign_in(microsoft.company.people[0])
    microsoft.consent(user_consent=False)
    back = returned(visitor.authorize())
    assert (back["error"], back["state"]) == ("consent_required", "our state")
    assert back["error_description"].startswith("AADSTS65001: ")
    microsoft.sandbox("POST", "consent/grant")
    assert "code" in returned(visitor.authorize())


@pytest.mark.parametrize("path", ["authorize", "admin_consent"])
def test_a_form_of_another_page_does_nothing(
    microsoft: MicrosoftProcess, visitor: Visitor, path: str
) -> None:
    visitor.sign_in(microsoft.admin)
    page = getattr(visitor, path)(prompt="select_account")
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    form = {"decision": "accept", "person": microsoft.admin.aad_object_id}
    assert visitor.post(str(page.url), form, foreign).status_code == 403
    assert microsoft.consent()["granted"] == []


def test_pages_run_no_script_and_let_the_application_send_a_browser_on(
    microsoft: MicrosoftProcess, visitor: Visitor
) -> None:
    page = visitor.authorize()
    policy = page.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)
    assert not any(one.startswith("form-action") for one in policy)
    assert "<script" not in page.text
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert visitor.get("/static/microsoft.css").status_code == 200


# Consent


def test_an_admin_accepts_and_tokens_show_it(microsoft: MicrosoftProcess, visitor: Visitor) -> None:
    assert "roles" not in unverified(microsoft.graph_token())
    page = visitor.choose(visitor.admin_consent(), microsoft.admin)
    page = visitor.get(page.headers["Location"])
    for permission in microsoft.company.bot_permissions:
        assert permission in page.text
    assert returned(visitor.decide(page, "accept")) == {
        "admin_consent": "True",
        "tenant": microsoft.tenant,
        "state": "our state",
        "scope": f"{GRAPH}/.default",
    }
    assert unverified(microsoft.graph_token())["roles"] == list(microsoft.company.bot_permissions)
    assert len(microsoft.company.bot_permissions) == 12
    (record,) = microsoft.sandbox("GET", "records").json()["consents"]
    assert (record["person"], record["decision"]) == (microsoft.admin.aad_object_id, "accept")
    assert record["for_everybody"] is True


def test_an_admin_cancels_and_the_application_hears_it(microsoft: MicrosoftProcess, visitor: Visitor) -> None:
    visitor.sign_in(microsoft.admin)
    back = returned(visitor.decide(visitor.admin_consent(), "cancel"))
    assert back.pop("error_description").startswith("AADSTS65004: ")
    told = {"admin_consent": "True", "tenant": microsoft.tenant, "state": "our state"}
    assert back == told | {"error": "access_denied"}
    assert microsoft.consent()["granted"] == []


def test_anybody_else_needs_an_admin_and_nothing_returns(
    microsoft: MicrosoftProcess, visitor: Visitor
) -> None:
    visitor.sign_in(microsoft.company.people[0])
    page = visitor.admin_consent()
    assert (page.status_code, "Need admin approval" in page.text) == (200, True)
    forced = visitor.send(page, {"decision": "accept"})
    assert (forced.status_code, "Need admin approval" in forced.text) == (200, True)
    assert microsoft.consent()["granted"] == []
    as_admin = visitor.choose(visitor.admin_consent(prompt="select_account"), microsoft.admin)
    assert "Permissions requested" in visitor.get(as_admin.headers["Location"]).text


def test_a_new_consent_drops_what_the_registration_does_not_ask_for_any_more(
    microsoft: MicrosoftProcess, visitor: Visitor
) -> None:
    microsoft.sandbox("POST", "consent/grant")
    microsoft.consent(requested=["Chat.Create", "New.Permission.All"])
    assert READ_ORGANIZATION in unverified(microsoft.graph_token())["roles"]
    visitor.sign_in(microsoft.admin)
    visitor.decide(visitor.admin_consent(), "accept")
    assert unverified(microsoft.graph_token())["roles"] == ["Chat.Create", "New.Permission.All"]


def test_a_consent_to_be_signed_in_grants_no_permission(
    microsoft: MicrosoftProcess, visitor: Visitor
) -> None:
    microsoft.consent(user_consent=False)
    visitor.sign_in(microsoft.admin)
    visitor.decide(visitor.admin_consent(scope="openid profile"), "accept")
    assert microsoft.consent()["granted"] == []
    assert "code" in returned(visitor.authorize())


@pytest.mark.parametrize(
    ("scope", "number"), [(None, 900144), ("", 900144), (f"{GRAPH}/Chat.Create", 70011), ("mail", 70011)]
)
def test_a_consent_to_something_else_is_refused(visitor: Visitor, scope: str | None, number: int) -> None:
    assert number_of(visitor.admin_consent(scope=scope)) == number


def test_a_grant_is_seen_late(microsoft: MicrosoftProcess) -> None:
    microsoft.consent(delay=60)
    microsoft.sandbox("POST", "consent/grant")
    assert microsoft.consent()["granted"] == list(microsoft.company.bot_permissions)
    assert "roles" not in unverified(microsoft.graph_token())
    microsoft.sandbox("POST", "clock", {"advance": 59})
    assert "roles" not in unverified(microsoft.graph_token())
    microsoft.sandbox("POST", "clock", {"advance": 2})
    assert unverified(microsoft.graph_token())["roles"] == list(microsoft.company.bot_permissions)


def test_grants_are_taken_back_singly_and_all(microsoft: MicrosoftProcess) -> None:
    assert microsoft.consent() == {
        "requested": list(microsoft.company.bot_permissions),
        "granted": [],
        "delay": 0,
        "user_consent": True,
        "refusal": "consent_required",
        "people": {},
    }
    microsoft.sandbox("POST", "consent/grant")
    microsoft.sandbox("DELETE", f"consent/{READ_ORGANIZATION}")
    assert READ_ORGANIZATION not in unverified(microsoft.graph_token())["roles"]
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        microsoft.sandbox("DELETE", f"consent/{READ_ORGANIZATION}")
    microsoft.sandbox("DELETE", "consent")
    assert "roles" not in unverified(microsoft.graph_token())


@pytest.mark.parametrize(
    "change",
    [
        {"requested": ["no permission"]},
        {"delay": -1},
        {"user_consent": "perhaps"},
        {"refusal": "no"},
        {"granted": []},
    ],
)
def test_a_consent_that_makes_no_sense_is_refused(
    microsoft: MicrosoftProcess, change: dict[str, Any]
) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        microsoft.consent(**change)


# Graph


def organization(microsoft: MicrosoftProcess, token: str | None, path: str = "/v1.0/organization") -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    with microsoft.programs() as http:
        return http.get(path, headers=headers)


def test_graph_answers_as_its_description_says(microsoft: MicrosoftProcess) -> None:
    microsoft.sandbox("POST", "consent/grant")
    answer = organization(microsoft, microsoft.graph_token())
    graph_api().check_answer(exchange_of(answer, under="/v1.0"))
    assert [one["id"] for one in answer.json()["value"]] == [microsoft.tenant]
    asked = exchange_of(answer, under="/v1.0")
    assert graph_api().permissions_of(asked) == [READ_ORGANIZATION]


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        ("none", 401, "InvalidAuthenticationToken"),
        ("garbage", 401, "InvalidAuthenticationToken"),
        ("connector", 401, "InvalidAuthenticationToken"),
        ("person", 403, "Authorization_RequestDenied"),
        ("without roles", 403, "Authorization_RequestDenied"),
        ("other roles", 403, "Authorization_RequestDenied"),
    ],
)
def test_graph_takes_a_token_with_the_permission_alone(
    microsoft: MicrosoftProcess, visitor: Visitor, token: str, status: int, code: str
) -> None:
    if token == "other roles":
        microsoft.sandbox("POST", "consent/grant")
        microsoft.sandbox("DELETE", f"consent/{READ_ORGANIZATION}")
    given = {
        "none": lambda: None,
        "garbage": lambda: "a.b.c",
        "connector": lambda: microsoft.ask_for_token(scope=f"{CONNECTOR}/.default").json()["access_token"],
        "person": lambda: exchange(microsoft, code_of(microsoft, visitor)).json()["access_token"],
        "without roles": microsoft.graph_token,
        "other roles": microsoft.graph_token,
    }
    answer = organization(microsoft, given[token]())
    graph_api().check_answer(exchange_of(answer, under="/v1.0"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_token_that_somebody_changed_is_refused(microsoft: MicrosoftProcess) -> None:
    microsoft.sandbox("POST", "consent/grant")
    token = microsoft.graph_token()
    header, claims, signature = token.split(".")
    more = base64.urlsafe_b64encode(base64.urlsafe_b64decode(f"{claims}==") + b" ").decode().rstrip("=")
    assert organization(microsoft, f"{header}.{more}.{signature}").status_code == 401
    unsigned = jwt.encode(unverified(token), "", algorithm="none", headers={"nonce": "any"})
    assert organization(microsoft, unsigned).status_code == 401
    assert organization(microsoft, token).status_code == 200


def test_what_graph_does_not_have_is_refused_in_its_shape(microsoft: MicrosoftProcess) -> None:
    answer = organization(microsoft, microsoft.graph_token(), "/v1.0/nothing/here")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")
    assert "'nothing'" in answer.json()["error"]["message"]


# The sandbox's own interface


def test_the_records_tell_everything_but_secrets(microsoft: MicrosoftProcess, visitor: Visitor) -> None:
    code = code_of(microsoft, visitor)
    exchange(microsoft, code)
    microsoft.ask_for_token(grant_type="a secret", client_secret="another secret", scope="a third secret")
    organization(microsoft, microsoft.graph_token())
    records = microsoft.sandbox("GET", "records")
    tokens = records.json()["tokens"]
    assert [(one["grant_type"], one["status"], one["error"]) for one in tokens] == [
        ("authorization_code", 200, None),
        (None, 400, 70003),
        ("client_credentials", 200, None),
    ]
    assert tokens[0]["person"] == microsoft.company.people[1].aad_object_id
    reads = [(one["method"], one["path"], one["status"]) for one in records.json()["reads"]]
    assert reads == [("GET", "/organization", 403)]
    secrets = (code, VERIFIER, microsoft.company.bot_app_secret, "a secret", "another", "a third", "eyJ")
    assert not [secret for secret in secrets if secret in records.text]


def test_faults_happen_as_ordered(microsoft: MicrosoftProcess) -> None:
    def order(on: str, do: str, **more: Any) -> None:
        microsoft.sandbox("POST", "faults", {"on": on, "do": do, **more})

    order("token", "status", status=503, retry_after=7, match={"audience": GRAPH})
    assert microsoft.ask_for_token(scope=f"{CONNECTOR}/.default").status_code == 200
    refused = microsoft.ask_for_token()
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "7")
    assert refused.json()["error"] == "temporarily_unavailable"
    order("token", "lose_answer")
    with pytest.raises(httpx.TransportError):
        microsoft.ask_for_token()
    token = microsoft.graph_token()
    order("graph", "status_after", status=429)
    throttled = organization(microsoft, token)
    assert throttled.status_code == 429
    graph_api().check_answer(exchange_of(throttled, under="/v1.0"))
    order("graph", "slow", seconds=0.05)
    assert organization(microsoft, token).status_code == 403
    statuses = [one["status"] for one in microsoft.sandbox("GET", "records").json()["tokens"]]
    assert statuses == [200, 200, 200], "a lost answer was a token all the same, a refused call was none"
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        order("token", "late")


def test_a_restart_keeps_sessions_codes_and_consent(tmp_path: Path) -> None:
    with running_microsoft(tmp_path) as microsoft:
        visitor = Visitor(microsoft)
        code = code_of(microsoft, visitor)
        microsoft.sandbox("POST", "consent/grant")
        microsoft.sandbox("POST", "clock", {"advance": 60})
        token, before = microsoft.graph_token(), microsoft.sandbox("GET", "records").json()
        microsoft.stop()
        microsoft.start()
        assert microsoft.sandbox("GET", "records").json() == before
        assert microsoft.sandbox("GET", "clock").json()["ahead"] == 60
        assert organization(microsoft, token).status_code == 200
        assert exchange(microsoft, code).status_code == 200
        assert "code" in returned(visitor.authorize())


def test_consented_from_the_start_and_after_every_reset(tmp_path: Path) -> None:
    with running_microsoft(tmp_path, "--consented") as microsoft:
        everything = list(microsoft.company.bot_permissions)
        assert unverified(microsoft.graph_token())["roles"] == everything
        microsoft.sandbox("DELETE", "consent")
        microsoft.sandbox("POST", "reset")
        assert unverified(microsoft.graph_token())["roles"] == everything


def test_a_damaged_snapshot_is_named(tmp_path: Path) -> None:
    write_company(tmp_path / "company.json", build_company())
    state = tmp_path / "microsoft.json"
    state.write_text('{"granted": 2}')
    options = f"--company {tmp_path}/company.json --port 1 --tls-port 2 --ca-dir {tmp_path} --state {state}"
    command = [sys.executable, "-m", "sandbox.microsoft", *options.split()]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == f"{state} is not a snapshot of this simulator; remove it to start anew\n"


def test_two_that_ask_at_once_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(lambda _: SigningKey.kept_in(tmp_path / "ca").key_id, range(4)))
    assert len(set(keys)) == 1
