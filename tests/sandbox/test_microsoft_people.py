"""Microsoft, simulated: people's own consent, guests, deleted and disabled accounts, Graph's people."""

import base64
import hashlib
import hmac
import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.company import Company, Person, build_company
from tests.sandbox.microsoft_process import (
    CALLBACK,
    MicrosoftProcess,
    Visitor,
    number_of,
    returned,
    running_microsoft,
)
from tests.schemas.exchange import exchange_of
from tests.schemas.graph import graph_api

HOME = "5d3a6d0f-6b0b-4f4c-9a3e-0d6c0f1a2b3c"
_PEM = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
BASIC, FULL = "User.ReadBasic.All", "User.Read.All"


def company_with_a_guest() -> Company:
    company = build_company()
    ada = company.people[0]
    guest = ada.model_copy(
        update={
            "name": "Gus Guest",
            "email": "gus@partner.example",
            "aad_object_id": "00000000-0000-4000-8000-0000000000aa",
            "teams_id": "29:1guest",
            "pagerduty_user": None,
            "guest_from": HOME,
        }
    )
    return company.model_copy(update={"people": (*company.people, guest)})


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MicrosoftProcess]:
    folder = tmp_path_factory.mktemp("microsoft")
    with running_microsoft(folder, company=company_with_a_guest()) as running:
        yield running


@pytest.fixture
def microsoft(started: MicrosoftProcess) -> MicrosoftProcess:
    started.sandbox("POST", "reset")
    return started


@pytest.fixture
def visitor(microsoft: MicrosoftProcess) -> Visitor:
    return Visitor(microsoft)


@pytest.fixture
def cy(microsoft: MicrosoftProcess) -> Person:
    return microsoft.company.people[2]


@pytest.fixture
def guest(microsoft: MicrosoftProcess) -> Person:
    return microsoft.company.people[-1]


def exchanged(microsoft: MicrosoftProcess, code: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "scope": None}
    return microsoft.ask_for_token(**form)


def id_token(microsoft: MicrosoftProcess, visitor: Visitor, person: Person) -> str:
    page = visitor.authorize(prompt="select_account")
    answer = exchanged(microsoft, returned(visitor.enter(page, person))["code"])
    return str(answer.json()["id_token"])


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


# A person's own consent


def test_a_person_is_asked_once_and_another_person_is_asked_too(
    microsoft: MicrosoftProcess, visitor: Visitor, cy: Person
) -> None:
    page = visitor.choose(visitor.authorize(), cy)
    assert page.status_code == 200
    for told in ("Permissions requested", cy.email, "openid", "profile"):
        assert told in page.text
    assert "code" in returned(visitor.decide(page, "accept"))
    for prompt in (None, "none"):
        assert "code" in returned(visitor.authorize(prompt=prompt))
    again = visitor.choose(visitor.authorize(prompt="select_account"), cy)
    assert "code" in returned(again)
    assert microsoft.consent()["people"] == {cy.aad_object_id: ["openid", "profile"]}

    other = visitor.choose(visitor.authorize(prompt="select_account"), microsoft.company.people[0])
    assert "Permissions requested" in other.text
    records = microsoft.sandbox("GET", "records").json()["consents"]
    assert [(one["person"], one["decision"], one["for_everybody"]) for one in records] == [
        (cy.aad_object_id, "accept", False)
    ]


def test_who_declines_goes_back_and_is_asked_again(
    microsoft: MicrosoftProcess, visitor: Visitor, cy: Person
) -> None:
    page = visitor.choose(visitor.authorize(), cy)
    back = returned(visitor.decide(page, "cancel"))
    assert (back["error"], back["state"]) == ("access_denied", "our state")
    assert back["error_description"].startswith("AADSTS65004: ")
    assert "Permissions requested" in visitor.authorize().text
    assert microsoft.consent()["people"] == {}
    (record,) = microsoft.sandbox("GET", "records").json()["consents"]
    assert (record["person"], record["decision"]) == (cy.aad_object_id, "cancel")


def test_a_scope_that_is_new_to_a_person_asks_again(visitor: Visitor, cy: Person) -> None:
    assert "code" in returned(visitor.enter(visitor.authorize(scope="openid"), cy))
    page = visitor.authorize(scope="openid profile")
    assert "Permissions requested" in page.text
    assert "code" in returned(visitor.decide(page, "accept"))
    assert "code" in returned(visitor.authorize(scope="openid"))


def test_a_silent_sign_in_shows_no_page(visitor: Visitor, cy: Person) -> None:
    visitor.sign_in(cy)
    back = returned(visitor.authorize(prompt="none"))
    assert back["error"] == "consent_required"
    assert back["error_description"].startswith("AADSTS65001: ")


@pytest.mark.parametrize("decision", ["", "Accept", "perhaps"])
def test_a_decision_that_is_none_shows_the_page_again(
    microsoft: MicrosoftProcess, visitor: Visitor, cy: Person, decision: str
) -> None:
    page = visitor.choose(visitor.authorize(), cy)
    if decision:
        assert "Permissions requested" in visitor.send(page, {"decision": decision}).text
    assert microsoft.consent()["people"] == {}


def test_a_foreign_form_gives_nobodys_consent(
    microsoft: MicrosoftProcess, visitor: Visitor, cy: Person
) -> None:
    page = visitor.choose(visitor.authorize(), cy)
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert visitor.post(str(page.url), {"decision": "accept"}, foreign).status_code == 403
    nobody = Visitor(microsoft).send(page, {"decision": "accept"})
    assert "Pick an account" in nobody.text
    assert microsoft.consent()["people"] == {}


def test_an_admins_consent_asks_nobody(microsoft: MicrosoftProcess, visitor: Visitor, cy: Person) -> None:
    visitor.sign_in(microsoft.admin)
    visitor.decide(visitor.admin_consent(), "accept")
    microsoft.consent(user_consent=False)
    assert "code" in returned(visitor.choose(visitor.authorize(prompt="select_account"), cy))
    microsoft.sandbox("DELETE", "consent")
    assert returned(visitor.authorize())["error"] == "consent_required"


def test_an_organization_that_forbids_it_sends_back_at_once_or_by_a_page(
    microsoft: MicrosoftProcess, visitor: Visitor, cy: Person
) -> None:
    microsoft.consent(user_consent=False)
    back = returned(visitor.choose(visitor.authorize(), cy))
    assert (back["error"], back["state"]) == ("consent_required", "our state")

    assert microsoft.consent(refusal="access_denied")["refusal"] == "access_denied"
    page = visitor.authorize()
    assert "Need admin approval" in page.text
    forced = visitor.send(page, {"decision": "accept"})
    assert "Need admin approval" in forced.text
    (link,) = re.findall(rf'href="({re.escape(CALLBACK)}[^"]*)"', page.text)
    query = httpx.URL(html.unescape(link)).params
    assert (query["error"], query["state"]) == ("access_denied", "our state")
    assert query["error_description"].startswith("AADSTS90094: ")
    assert returned(visitor.authorize(prompt="none"))["error"] == "consent_required"


def test_what_a_person_consented_to_before_it_was_forbidden_still_holds(
    microsoft: MicrosoftProcess, visitor: Visitor, cy: Person
) -> None:
    visitor.enter(visitor.authorize(), cy)
    microsoft.consent(user_consent=False)
    assert "code" in returned(visitor.authorize())


def test_an_admin_consents_for_themselves_where_others_may_not(
    microsoft: MicrosoftProcess, visitor: Visitor
) -> None:
    microsoft.consent(user_consent=False)
    assert "code" in returned(visitor.enter(visitor.authorize(), microsoft.admin))
    assert microsoft.consent()["people"].keys() == {microsoft.admin.aad_object_id}


# Who is in the directory


def test_a_guest_has_an_object_id_of_this_tenant(
    microsoft: MicrosoftProcess, visitor: Visitor, guest: Person
) -> None:
    claims = claims_of(id_token(microsoft, visitor, guest))
    assert (claims["tid"], claims["oid"]) == (microsoft.tenant, guest.aad_object_id)
    assert claims["idp"] == f"https://sts.windows.net/{HOME}/"
    assert "idp" not in claims_of(id_token(microsoft, visitor, microsoft.company.people[0]))


@pytest.mark.parametrize(
    ("change", "undo", "number"),
    [
        ({"deleted": True}, {"deleted": False}, 500341),
        ({"enabled": False}, {"enabled": True}, 50057),
    ],
)
def test_a_deleted_or_disabled_person_is_not_signed_in_until_they_are_back(
    microsoft: MicrosoftProcess,
    visitor: Visitor,
    cy: Person,
    change: dict[str, bool],
    undo: dict[str, bool],
    number: int,
) -> None:
    code = returned(visitor.enter(visitor.authorize(), cy))["code"]
    microsoft.sandbox("POST", f"people/{cy.email}", change)
    assert number_of(visitor.authorize()) == number
    silent = returned(visitor.authorize(prompt="none"))
    assert silent["error_description"].startswith(f"AADSTS{number}: ")
    late = exchanged(microsoft, code).json()
    assert (late["error"], late["error_codes"]) == ("invalid_grant", [number])
    other = visitor.enter(visitor.authorize(prompt="select_account"), microsoft.company.people[0])
    assert "code" in returned(other)

    shown = microsoft.sandbox("POST", f"people/{cy.aad_object_id}", undo).json()
    assert shown == {
        "person": cy.aad_object_id,
        "email": cy.email,
        "deleted": False,
        "enabled": True,
    }
    assert "code" in returned(visitor.enter(visitor.authorize(prompt="select_account"), cy))


def test_a_deleted_admin_consents_to_nothing(microsoft: MicrosoftProcess, visitor: Visitor) -> None:
    visitor.sign_in(microsoft.admin)
    page = visitor.admin_consent()
    microsoft.sandbox("POST", f"people/{microsoft.admin.email}", {"deleted": True})
    assert number_of(visitor.send(page, {"decision": "accept"})) == 500341
    assert microsoft.consent()["granted"] == []


@pytest.mark.parametrize(
    ("key", "body", "status"),
    [("nobody", {}, "404"), ("sam@other.example", {}, "404"), ("cy@acme.example", {"gone": True}, "422")],
)
def test_what_makes_no_sense_of_a_person_is_refused(
    microsoft: MicrosoftProcess, key: str, body: dict[str, Any], status: str
) -> None:
    with pytest.raises(httpx.HTTPStatusError, match=status):
        microsoft.sandbox("POST", f"people/{key}", body)


# Graph


def grant(microsoft: MicrosoftProcess, *permissions: str) -> str:
    """A token with these permissions alone."""
    microsoft.consent(requested=list(permissions))
    microsoft.sandbox("POST", "consent/grant")
    return microsoft.graph_token()


def read(microsoft: MicrosoftProcess, token: str, key: str, select: str | None = None) -> httpx.Response:
    query = {} if select is None else {"$select": select}
    with microsoft.programs() as http:
        headers = {"Authorization": f"Bearer {token}"}
        answer = http.get(f"/v1.0/users/{key}", params=query, headers=headers)
    graph_api().check_answer(exchange_of(answer, under="/v1.0"))
    return answer


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize("permission", [BASIC, FULL])
def test_graph_tells_who_somebody_is_by_id_and_by_e_mail(
    microsoft: MicrosoftProcess, cy: Person, permission: str
) -> None:
    token = grant(microsoft, permission)
    for key in (cy.aad_object_id, cy.email, cy.email.upper()):
        answer = read(microsoft, token, key)
        assert permission in graph_api().permissions_of(exchange_of(answer, under="/v1.0"))
        body = answer.json()
        assert (body["id"], body["displayName"], body["mail"]) == (cy.aad_object_id, cy.name, cy.email)
        assert body["jobTitle"] == (cy.job_title if permission == FULL else None)
        assert "accountEnabled" not in body


def test_graph_tells_what_is_selected_alone(microsoft: MicrosoftProcess, cy: Person) -> None:
    body = read(microsoft, grant(microsoft, FULL), cy.email, "id,accountEnabled").json()
    assert {name: value for name, value in body.items() if not name.startswith("@")} == {
        "id": cy.aad_object_id,
        "accountEnabled": True,
    }
    microsoft.sandbox("POST", f"people/{cy.email}", {"enabled": False})
    body = read(microsoft, microsoft.graph_token(), cy.email, "accountEnabled").json()
    assert body["accountEnabled"] is False
    unknown = read(microsoft, microsoft.graph_token(), cy.email, "id,shoeSize")
    assert refusal(unknown) == (400, "BadRequest")


def test_graph_hides_from_the_basic_permission_what_is_not_in_the_basic_profile(
    microsoft: MicrosoftProcess, cy: Person
) -> None:
    token = grant(microsoft, BASIC)
    assert refusal(read(microsoft, token, cy.email, "id,accountEnabled")) == (
        403,
        "Authorization_RequestDenied",
    )
    assert read(microsoft, token, cy.email, "id").json()["id"] == cy.aad_object_id


def test_graph_tells_people_to_no_other_permission(microsoft: MicrosoftProcess, cy: Person) -> None:
    token = grant(microsoft, "Organization.Read.All", "Chat.Create")
    assert refusal(read(microsoft, token, cy.email)) == (403, "Authorization_RequestDenied")


def test_graph_does_not_know_strangers_nor_the_deleted(microsoft: MicrosoftProcess, cy: Person) -> None:
    token = grant(microsoft, FULL)
    gone = (404, "Request_ResourceNotFound")
    for key in ("nobody@acme.example", microsoft.stranger.email, microsoft.stranger.aad_object_id):
        assert refusal(read(microsoft, token, key)) == gone
    microsoft.sandbox("POST", f"people/{cy.email}", {"deleted": True})
    assert refusal(read(microsoft, token, cy.aad_object_id)) == gone
    assert refusal(read(microsoft, token, cy.email)) == gone
    microsoft.sandbox("POST", f"people/{cy.email}", {"deleted": False})
    assert read(microsoft, token, cy.aad_object_id).status_code == 200


def test_graph_knows_a_guest_by_id_and_not_by_the_e_mail_of_their_home(
    microsoft: MicrosoftProcess, guest: Person
) -> None:
    token = grant(microsoft, FULL)
    body = read(microsoft, token, guest.aad_object_id, "mail,userPrincipalName,userType").json()
    assert (body["mail"], body["userType"]) == (guest.email, "Guest")
    assert body["userPrincipalName"] == "gus_partner.example#EXT#@acme.example"
    assert read(microsoft, token, guest.email).status_code == 404


def test_the_records_tell_which_person_was_read(microsoft: MicrosoftProcess, cy: Person) -> None:
    read(microsoft, grant(microsoft, FULL), cy.aad_object_id)
    (record,) = microsoft.sandbox("GET", "records").json()["reads"]
    assert (record["path"], record["status"]) == (f"/users/{cy.aad_object_id}", 200)


# ID tokens that are wrong on demand


def test_the_next_id_token_alone_has_other_claims(
    microsoft: MicrosoftProcess, visitor: Visitor, cy: Person
) -> None:
    microsoft.sandbox("POST", "id_token", {"claims": {"tid": HOME, "oid": None, "aud": ["a", "b"]}})
    changed, right = (claims_of(id_token(microsoft, visitor, cy)) for _ in range(2))
    assert (changed["tid"], changed["aud"]) == (HOME, ["a", "b"])
    assert "oid" not in changed
    assert (right["tid"], right["oid"]) == (microsoft.tenant, cy.aad_object_id)
    microsoft.sandbox("POST", "id_token", {"claims": {"tid": HOME}, "times": 2})
    microsoft.sandbox("DELETE", "id_token")
    assert claims_of(id_token(microsoft, visitor, cy))["tid"] == microsoft.tenant


def published(microsoft: MicrosoftProcess) -> jwt.PyJWK:
    with microsoft.programs() as http:
        keys = jwt.PyJWKSet.from_dict(http.get(f"/{microsoft.tenant}/discovery/v2.0/keys").json())
    return keys.keys[0]


@pytest.mark.parametrize("header", [{}, {"kid": "unknown"}, {"kid": None}])
def test_the_next_id_token_is_signed_by_another_key(
    microsoft: MicrosoftProcess, visitor: Visitor, cy: Person, header: dict[str, Any]
) -> None:
    microsoft.sandbox("POST", "id_token", {"key": "other", "header": header})
    token, key = id_token(microsoft, visitor, cy), published(microsoft)
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, key, algorithms=["RS256"], audience=microsoft.company.bot_app_id)
    kid = jwt.get_unverified_header(token).get("kid")
    assert kid == (header["kid"] if header else key.key_id)


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_the_next_id_token_is_signed_by_another_algorithm(
    microsoft: MicrosoftProcess, visitor: Visitor, cy: Person, algorithm: str
) -> None:
    microsoft.sandbox("POST", "id_token", {"alg": algorithm})
    token, audience = id_token(microsoft, visitor, cy), microsoft.company.bot_app_id
    assert jwt.get_unverified_header(token)["alg"] == algorithm
    claims = jwt.decode(token, published(microsoft).key, algorithms=[algorithm], audience=audience)
    assert claims["oid"] == cy.aad_object_id


def test_the_next_id_token_is_not_signed_at_all(
    microsoft: MicrosoftProcess, visitor: Visitor, cy: Person
) -> None:
    microsoft.sandbox("POST", "id_token", {"alg": "none"})
    header, claims, signature = id_token(microsoft, visitor, cy).split(".")
    assert json.loads(base64.urlsafe_b64decode(f"{header}=="))["alg"] == "none"
    assert (bool(claims), signature) == (True, "")


def test_the_next_id_token_is_signed_with_the_public_key_as_a_secret(
    microsoft: MicrosoftProcess, visitor: Visitor, cy: Person
) -> None:
    microsoft.sandbox("POST", "id_token", {"alg": "HS256"})
    signed, _, signature = id_token(microsoft, visitor, cy).rpartition(".")
    secret = published(microsoft).key.public_bytes(*_PEM)
    wanted = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(f"{signature}==") == wanted


def test_a_reset_takes_every_change_back(microsoft: MicrosoftProcess, visitor: Visitor, cy: Person) -> None:
    visitor.enter(visitor.authorize(), cy)
    microsoft.sandbox("POST", "id_token", {"claims": {"tid": HOME}})
    microsoft.sandbox("POST", f"people/{cy.email}", {"deleted": True, "enabled": False})
    microsoft.consent(user_consent=False, refusal="access_denied")
    microsoft.sandbox("POST", "reset")
    people = microsoft.sandbox("GET", "people").json()
    assert len(people) == len(microsoft.company.colleagues)
    assert not [one for one in people if one["deleted"] or not one["enabled"]]
    told = microsoft.consent()
    assert (told["people"], told["user_consent"], told["refusal"]) == ({}, True, "consent_required")
    again = Visitor(microsoft)
    assert claims_of(id_token(microsoft, again, cy))["tid"] == microsoft.tenant


def test_an_answer_has_one_date_of_the_real_time(microsoft: MicrosoftProcess) -> None:
    microsoft.sandbox("POST", "clock", {"advance": 86_400})
    for answer in (microsoft.sandbox("GET", "clock"), microsoft.ask_for_token()):
        (date,) = answer.headers.get_list("date")
        assert datetime.now(UTC) - parsedate_to_datetime(date) < timedelta(minutes=1)


def test_a_restart_keeps_consents_and_who_is_gone(tmp_path: Path) -> None:
    with running_microsoft(tmp_path) as microsoft:
        cy, eve = microsoft.company.people[2], microsoft.company.people[4]
        visitor = Visitor(microsoft)
        visitor.enter(visitor.authorize(), cy)
        microsoft.sandbox("POST", f"people/{eve.email}", {"deleted": True})
        microsoft.sandbox("POST", f"people/{cy.email}", {"enabled": False})
        before = microsoft.sandbox("GET", "people").json(), microsoft.consent()
        microsoft.stop()
        microsoft.start()
        assert (microsoft.sandbox("GET", "people").json(), microsoft.consent()) == before
