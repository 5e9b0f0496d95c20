"""Personal links, from the page to the linked person, over real HTTP, Postgres, Temporal and Entra."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from temporalio.client import Client

from muster.cards.link_pages import FAILED, INVALID, TRY_AGAIN
from muster.cards.personal_link_pages import LINKED, NOT_LINKED, OTHER_PERSON, SIGN_IN_AS_SOMEONE_ELSE
from muster.clients.pagerduty.oauth import PERSON_SCOPES
from muster.store import link_offers
from muster.store.link_offers import Offer
from muster.store.pool import Pool
from sandbox.company import build_company
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.edge import json_lines
from tests.api.links import APP_ID, TO_MICROSOFT, TO_PAGERDUTY, path_of, state_in, text_of
from tests.api.outage import line_to
from tests.api.personal_links import GRANTED, PUBLIC, USER, PersonalLinks, Serve, serving_personal_links
from tests.sandbox.microsoft_process import MicrosoftProcess, running_microsoft
from tests.support.company import ACCOUNT, TEAM, TENANT
from tests.support.pagerduty_identity import ACCESS_TOKEN, REFRESH_TOKEN, PagerDutyIdentity
from tests.support.waiting import eventually
from workflows.ids import AccountLinkId

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def entra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MicrosoftProcess]:
    tenant = build_company().model_copy(update={"tenant_id": TENANT, "bot_app_id": APP_ID})
    folder = tmp_path_factory.mktemp("microsoft")
    with running_microsoft(folder, "--redirect-uri", PUBLIC + TO_MICROSOFT, company=tenant) as running:
        yield running


@pytest.fixture
def microsoft(entra: MicrosoftProcess) -> MicrosoftProcess:
    for method, path in (("POST", "reset"), ("DELETE", "id_token"), ("DELETE", "faults")):
        entra.sandbox(method, path)
    return entra


@pytest.fixture
async def identity() -> AsyncIterator[PagerDutyIdentity]:
    async with PagerDutyIdentity().listening() as running:
        yield running


@pytest.fixture
async def serve(
    database_url: str,
    pool: Pool,
    temporal: EmbeddedTemporal,
    client: Client,
    tmp_path: Path,
    identity: PagerDutyIdentity,
    microsoft: MicrosoftProcess,
) -> AsyncIterator[Serve]:
    async with serving_personal_links(
        database_url, pool, temporal.address, client, tmp_path, identity, microsoft
    ) as serving:
        yield serving


@pytest.fixture
async def links(serve: Serve) -> AsyncIterator[PersonalLinks]:
    async with serve() as running:
        yield running


OTHER_TENANT = "33333333-3333-3333-3333-333333333333"


def is_refused(page: httpx.Response, reason: str, status: int = 200) -> bool:
    """Whether the page says this reason first, and then what to do."""
    said = re.findall("<p>(.*?)</p>", text_of(page))
    return (page.status_code, tuple(said[:2])) == (status, tuple(NOT_LINKED[reason]))


def is_invalid(page: httpx.Response, status: int) -> bool:
    """Whether this is the second failure's page of S3."""
    return page.status_code == status and INVALID in text_of(page) and FAILED not in text_of(page)


def is_unavailable(page: httpx.Response, offer: Offer) -> bool:
    """Whether something does not answer, and the link can be tried again."""
    again = f'href="{path_of(offer)}"' in page.text
    return page.status_code == 503 and FAILED in text_of(page) and TRY_AGAIN in text_of(page) and again


def is_linked(page: httpx.Response) -> bool:
    """Whether this is the success, with both names."""
    return page.status_code == 200 and LINKED in text_of(page) and str(USER["email"]) in page.text


# --- the whole way


@pytest.mark.pooler_too
async def test_a_person_proves_both_identities_and_is_linked(links: PersonalLinks) -> None:
    offer = await links.offer()
    browser = links.browser()
    page = await browser.open(path_of(offer))
    assert page.status_code == 200
    assert ACCOUNT in text_of(page)
    assert links.cy.email not in page.text
    assert links.cy.name not in page.text
    hosts = f"form-action 'self' {links.microsoft.url} {links.identity.url};"
    assert hosts in page.headers["content-security-policy"]

    location = await browser.begin(path_of(offer))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    assert location.startswith(f"{links.microsoft.url}/{TENANT}/oauth2/v2.0/authorize?")
    assert set(asked["scope"].split()) == {"openid", "profile"}
    assert (asked["response_mode"], asked["code_challenge_method"]) == ("query", "S256")
    assert (asked["client_id"], asked["redirect_uri"]) == (APP_ID, PUBLIC + TO_MICROSOFT)
    assert asked["nonce"]
    assert "prompt" not in asked

    answer = await browser.http.get(f"{TO_MICROSOFT}?{browser.sign_in(location, links.cy)}")
    assert (answer.status_code, answer.content) == (303, b"")
    onward = {
        name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()
    }
    assert answer.headers["location"].startswith(f"{links.identity.url}/oauth/authorize?")
    assert onward["scope"] == " ".join(PERSON_SCOPES)
    assert onward["redirect_uri"] == PUBLIC + TO_PAGERDUTY
    assert onward["state"] != asked["state"]
    assert onward["code_challenge"] != asked["code_challenge"]
    assert await links.untouched(offer)

    page = await browser.come_back(links.identity.allow(answer.headers["location"]))
    assert page.status_code == 200
    said = text_of(page)
    for line in (
        "You've successfully linked your user accounts.",
        f"All PagerDuty actions you perform as {links.cy.name} in Microsoft Teams will be associated with"
        f" {USER['name']} ({USER['email']}) in PagerDuty.",
        "unlinkUser",
    ):
        assert f"<p>{line}" in said or line in said
    assert "<&>" not in page.text
    assert await links.told() == [f"linked {offer.id}"]
    assert links.identity.reads == ["/users/PUSER03"]
    link = await links.link()
    assert link is not None
    assert (link.pagerduty_user, link.pagerduty_name) == ("PUSER03", USER["name"])
    assert link.authorized_at is not None
    assert link.authorized_at == link.refreshed_at
    row = await links.pool.fetchrow(
        "SELECT l.scopes, l.expires_at - l.refreshed_at AS life, o.link, o.reported_at"
        " FROM user_link l JOIN link_offer o ON o.link = l.id WHERE l.id = $1",
        link.id,
    )
    assert row is not None
    assert (set(row["scopes"]), row["life"].total_seconds()) == (set(PERSON_SCOPES), 3600)
    assert row["reported_at"] is not None
    assert LINKED in said


async def test_the_browser_of_the_link_sees_the_success_again_and_nobody_else_does(
    links: PersonalLinks,
) -> None:
    offer = await links.offer()
    browser, other = links.browser(), links.browser()
    query = links.identity.allow(await browser.to_pagerduty(offer, links.cy))
    page = await browser.come_back(query)
    for again in (
        page,
        await browser.open(page.request.url.path),
        await browser.come_back(query),
        await browser.open(path_of(offer)),
        await browser.send_form(path_of(offer)),
    ):
        assert is_linked(again)
    for answer in (await other.open(path_of(offer)), await other.send_form(path_of(offer))):
        assert is_invalid(answer, 410)
        assert str(USER["email"]) not in answer.text
    assert is_invalid(await other.open(page.request.url.path), 400)
    assert len(links.identity.exchanges) == 1
    assert await links.told() == [f"linked {offer.id}"]

    await links.pool.execute("DELETE FROM user_link WHERE id = (SELECT max(id) FROM user_link)")
    assert is_invalid(await browser.open(path_of(offer)), 410)


async def test_whoever_merely_opens_a_link_spends_nothing(links: PersonalLinks) -> None:
    offer = await links.offer()
    previewer = links.browser()
    for _ in range(2):
        assert (await previewer.http.head(path_of(offer))).status_code == 200
        assert (await previewer.open(path_of(offer))).status_code == 200
    for headers in ({}, {"Sec-Fetch-Site": "cross-site", "Origin": PUBLIC}):
        answer = await previewer.send_form(path_of(offer), headers)
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    browser = links.browser()
    query = browser.sign_in(await browser.begin(path_of(offer)), links.cy)
    for method in ("HEAD", "POST"):
        assert (await browser.http.request(method, f"{TO_MICROSOFT}?{query}")).status_code == 405
    assert await links.untouched(offer)
    answer = await browser.http.get(f"{TO_MICROSOFT}?{query}")
    query = links.identity.allow(answer.headers["location"])
    assert (await browser.http.head(f"{TO_PAGERDUTY}?{query}")).status_code == 405
    assert is_linked(await browser.come_back(query))
    expired = await links.offer(life=0.001)
    for page in (await browser.open(path_of(expired)), await browser.send_form(path_of(expired))):
        assert is_invalid(page, 410)


# --- Microsoft


async def test_somebody_else_is_told_who_they_are_and_may_sign_in_as_another(links: PersonalLinks) -> None:
    offer = await links.offer()
    browser = links.browser()
    page = await browser.signed_in(offer, links.bo)
    said = text_of(page)
    assert f"You are signed in at Microsoft as {links.bo.name} ({links.bo.email})." in said
    assert OTHER_PERSON in said
    assert links.cy.name not in said
    assert links.cy.email not in said
    assert SIGN_IN_AS_SOMEONE_ELSE in said
    hosts = f"form-action 'self' {links.microsoft.url} {links.identity.url};"
    assert hosts in page.headers["content-security-policy"]
    assert links.bo.email not in (await links.browser().open(page.request.url.path)).text
    assert links.identity.exchanges == []
    assert await links.untouched(offer)

    (action,) = [part.partition('"')[0] for part in page.text.split('action="')[1:]]
    assert (await browser.send_form(action, {})).status_code == 403, "another page's form"
    location = await browser.begin(action)
    assert parse_qs(urlsplit(location).query)["prompt"] == ["select_account"]
    answer = await browser.http.get(f"{TO_MICROSOFT}?{browser.sign_in(location, links.cy)}")
    assert is_linked(await browser.come_back(links.identity.allow(answer.headers["location"])))


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "another issuer": ("sign_in_unverified", {"claims": {"iss": "https://login.example/v2.0"}}),
    "no issuer": ("sign_in_unverified", {"claims": {"iss": None}}),
    "for another app": ("sign_in_unverified", {"claims": {"aud": OTHER_TENANT}}),
    "for nobody": ("sign_in_unverified", {"claims": {"aud": None}}),
    "expired": ("sign_in_unverified", {"claims": {"exp": int(time()) - 120}}),
    "no end": ("sign_in_unverified", {"claims": {"exp": None}}),
    "issued tomorrow": ("sign_in_unverified", {"claims": {"iat": int(time()) + 86400}}),
    "issued at no time": ("sign_in_unverified", {"claims": {"iat": None}}),
    "not valid yet": ("sign_in_unverified", {"claims": {"nbf": int(time()) + 86400}}),
    "of another sign-in": ("sign_in_unverified", {"claims": {"nonce": "another"}}),
    "of no sign-in": ("sign_in_unverified", {"claims": {"nonce": None}}),
    "of no tenant": ("sign_in_unverified", {"claims": {"tid": None}}),
    "signed by a stranger": ("sign_in_unverified", {"key": "other"}),
    "signed by an unknown key": ("sign_in_unverified", {"header": {"kid": "another"}}),
    "signed by no key": ("sign_in_unverified", {"header": {"kid": None}}),
    "signed by nobody": ("sign_in_unverified", {"alg": "none"}),
    "signed with a secret": ("sign_in_unverified", {"alg": "HS256"}),
    "another tenant": ("other_tenant", {"claims": {"tid": OTHER_TENANT}}),
    "another tenant's issuer": (
        "other_tenant",
        {"claims": {"tid": OTHER_TENANT, "iss": f"https://login.example/{OTHER_TENANT}/v2.0"}},
    ),
    "of nobody": ("no_object_id", {"claims": {"oid": None}}),
    "of somebody who is no id": ("no_object_id", {"claims": {"oid": "../users/cy"}}),
}


async def test_an_id_token_of_microsofts_that_is_wrong_in_anything_goes_no_further(
    links: PersonalLinks,
) -> None:
    offer = await links.offer()
    browser = links.browser()
    for name, (reason, change) in WRONG.items():
        links.microsoft.sandbox("POST", "id_token", change)
        page = await browser.signed_in(offer, links.cy)
        unverified = reason == "sign_in_unverified"
        assert is_refused(page, reason, 200 if unverified else 403), name
        assert (f'href="{path_of(offer)}"' in page.text) is unverified, name
        assert (SIGN_IN_AS_SOMEONE_ELSE in page.text) is not unverified, name
    assert links.identity.exchanges == []
    assert await links.untouched(offer)
    assert is_linked(await links.linked(browser, offer, links.cy))


async def test_a_sign_in_that_microsoft_refuses_says_why_and_leaves_the_link_open(
    links: PersonalLinks,
) -> None:
    offer = await links.offer()
    browser = links.browser()
    page = await browser.come_back(
        browser.sign_in(await browser.begin(path_of(offer)), links.cy, accepts=False), TO_MICROSOFT
    )
    assert is_refused(page, "sign_in_denied")
    assert "appconnect" in page.text
    links.microsoft.consent(user_consent=False)
    page = await browser.signed_in(offer, links.cy)
    assert is_refused(page, "not_consented")
    assert "appconnect" in page.text

    for told, reason in (
        ("error=access_denied&error_description=AADSTS65004: declined", "sign_in_denied"),
        ("error=access_denied&error_description=AADSTS90094: an admin", "not_consented"),
        ("error=consent_required&error_description=AADSTS65001: nobody", "not_consented"),
        ("error=interaction_required&error_description=AADSTS50076: more", "sign_in_denied"),
        ("error=unauthorized_client&error_description=AADSTS700016: no app", "sign_in_app_refused"),
        ("error=made <up>", "sign_in_denied"),
        ("code=made-up", "sign_in_late"),
        ("code=", "sign_in_late"),
    ):
        state = state_in(await browser.begin(path_of(offer)))
        page = await browser.come_back(f"{quote(told, safe='=&')}&state={state}", TO_MICROSOFT)
        assert is_refused(page, reason), told
        assert "<up>" not in page.text
    state = state_in(await browser.begin(path_of(offer)))
    page = await browser.come_back(f"error=temporarily_unavailable&state={state}", TO_MICROSOFT)
    assert is_unavailable(page, offer)
    assert links.identity.exchanges == []
    assert await links.untouched(offer)
    links.microsoft.consent(user_consent=True)
    assert is_linked(await links.linked(browser, offer, links.cy))


async def test_a_return_of_microsofts_that_comes_twice_at_once_goes_on_once(links: PersonalLinks) -> None:
    for goes_on_first in (True, False):
        offer = await links.offer()
        browser = links.browser()
        query = browser.sign_in(await browser.begin(path_of(offer)), links.cy)
        answers = await asyncio.gather(*(browser.http.get(f"{TO_MICROSOFT}?{query}") for _ in range(2)))
        onward = [one for one in answers if "/oauth/authorize" in one.headers["location"]]
        (late,) = [one for one in answers if one not in onward]
        for answer in (onward[0], late) if goes_on_first else (late, onward[0]):
            browser.http.cookies.extract_cookies(answer)
        assert is_refused(await browser.open(late.headers["location"]), "sign_in_late")
        assert is_linked(await browser.come_back(links.identity.allow(onward[0].headers["location"])))


# --- returns that are none of this flow's


async def test_a_return_counts_in_its_browser_and_for_its_step_alone(links: PersonalLinks) -> None:
    offer = await links.offer()
    browser, other = links.browser(), links.browser()
    location = await browser.begin(path_of(offer))
    query = browser.sign_in(location, links.cy)
    await other.begin(path_of(offer))
    redeemed = len(links.microsoft.sandbox("GET", "records").json()["tokens"])
    for who, path, told in (
        (links.browser(), TO_MICROSOFT, query),
        (other, TO_MICROSOFT, query),
        (browser, TO_PAGERDUTY, query),
        (browser, TO_PAGERDUTY, f"code=x&state={state_in(location)}"),
        (browser, TO_PAGERDUTY, "error=access_denied"),
        (browser, TO_MICROSOFT, "error=access_denied"),
        (browser, TO_MICROSOFT, f"{query}&code=x"),
    ):
        assert is_invalid(await who.http.get(f"{path}?{told}"), 400), told
    assert len(links.microsoft.sandbox("GET", "records").json()["tokens"]) == redeemed

    onward = (await browser.http.get(f"{TO_MICROSOFT}?{query}")).headers["location"]
    returned = links.identity.allow(onward)
    elsewhere = await links.browser().to_pagerduty(offer, links.cy)
    for who, path, told in (
        (links.browser(), TO_PAGERDUTY, returned),
        (other, TO_PAGERDUTY, returned),
        (browser, TO_PAGERDUTY, returned.replace(state_in(onward), state_in(elsewhere))),
        (browser, TO_PAGERDUTY, returned.replace(state_in(onward), state_in(location))),
        (browser, TO_MICROSOFT, query),
        (browser, TO_MICROSOFT, query.replace(quote(state_in(location)), state_in(onward))),
    ):
        assert is_invalid(await who.http.get(f"{path}?{told}"), 400), told
    assert links.identity.exchanges == []
    assert await links.untouched(offer)
    assert is_linked(await browser.come_back(returned))


async def test_a_flow_of_one_persons_link_is_not_finished_by_anothers(links: PersonalLinks) -> None:
    of_cy, of_bo = await links.offer(), await links.offer(person=links.bo)
    browser, bos = links.browser(), links.browser()
    onward = await browser.to_pagerduty(of_cy, links.cy)
    code = parse_qs(links.identity.allow(await bos.to_pagerduty(of_bo, links.bo)))["code"][0]
    page = await browser.come_back(f"code={code}&state={state_in(onward)}")
    assert is_refused(page, "code_refused")
    assert await links.untouched(of_cy)
    assert await links.link(links.bo) is None
    for other in (of_bo, of_cy):
        mismatched = links.cy if other is of_bo else links.bo
        assert OTHER_PERSON in text_of(await links.browser().signed_in(other, mismatched))


# --- PagerDuty


async def test_an_authorization_that_fails_says_why_and_leaves_the_link_open(links: PersonalLinks) -> None:
    offer = await links.offer()
    browser = links.browser()
    good = vars(links.identity).copy()
    fewer = GRANTED.replace("incidents.write ", "")
    for change, reason in (
        ({"refuses": (400, {"error": "invalid_grant"})}, "code_refused"),
        ({"refuses": (401, {"error": "invalid_client"})}, "app_refused"),
        ({"scope": fewer}, "scope_missing"),
        ({"scope": "openid"}, "scope_missing"),
        ({"claims": {"subdomain": "emca"}}, "other_account"),
        ({"claims": {"aud": ["https://api.eu.pagerduty.com", "client"]}}, "other_region"),
        ({"claims": {"aud": ["https://api.pagerduty.com", "another"]}}, "id_token_wrong"),
        ({"claims": {"iss": "https://identity.pagerduty.com"}}, "id_token_wrong"),
        ({"claims": {"exp": int(time()) - 120}}, "id_token_wrong"),
        ({"signed_by": "a stranger"}, "id_token_wrong"),
        ({"algorithm": "none"}, "id_token_wrong"),
        ({"algorithm": "HS256"}, "id_token_wrong"),
        ({"header": {"kid": "another"}}, "id_token_wrong"),
        ({"user_status": 401}, "person_unread"),
        ({"user_status": 403}, "person_unread"),
        ({"user_status": 404}, "person_unread"),
    ):
        vars(links.identity).update(change)
        page = await links.linked(browser, offer, links.cy)
        assert is_refused(page, reason), change
        assert f'href="{path_of(offer)}"' in page.text
        assert await links.untouched(offer), change
        vars(links.identity).update({name: good[name] for name in change})
    outages: list[dict[str, Any]] = [{"is_down": True}, {"user_status": 503}, {"refuses": (429, {})}]
    for unavailable in outages:
        location = await browser.to_pagerduty(offer, links.cy)
        vars(links.identity).update(unavailable)
        page = await browser.come_back(links.identity.allow(location))
        assert is_unavailable(page, offer), unavailable
        vars(links.identity).update({name: good[name] for name in unavailable})
    assert await links.untouched(offer)
    assert is_linked(await links.linked(browser, offer, links.cy))


async def test_a_denial_is_told_with_its_state_and_without(links: PersonalLinks) -> None:
    offer = await links.offer()
    browser = links.browser()
    location = await browser.to_pagerduty(offer, links.cy)
    page = await browser.come_back(f"error=access_denied&state={state_in(location)}")
    assert is_refused(page, "denied")
    location = await browser.to_pagerduty(offer, links.cy)
    assert is_refused(await browser.come_back("error=access_denied"), "denied")
    assert links.identity.exchanges == []
    assert await links.untouched(offer)
    assert is_linked(await browser.come_back(links.identity.allow(location))), "it may have been anybody's"


@pytest.mark.pooler_too
async def test_a_return_that_comes_twice_at_once_exchanges_its_code_once(serve: Serve) -> None:
    async with serve() as one, serve(hears=False) as two:
        offer = await one.offer()
        browser = one.browser()
        query = one.identity.allow(await browser.to_pagerduty(offer, one.cy))
        one.identity.showing_users.clear()
        first = asyncio.create_task(browser.http.get(f"{TO_PAGERDUTY}?{query}"))

        async def is_reading() -> bool:
            return bool(one.identity.reads)

        await eventually(is_reading)
        second = asyncio.create_task(browser.http.get(f"{two.edge.http.base_url}{TO_PAGERDUTY}?{query}"))
        await asyncio.wait({second}, timeout=0.3)
        one.identity.showing_users.set()
        for answer in (await first, await second):
            browser.http.cookies.clear()
            browser.http.cookies.extract_cookies(answer)
            assert is_linked(await browser.open(answer.headers["location"]))
        assert len(one.identity.exchanges) == 1
        assert await one.told() == [f"linked {offer.id}"]


async def test_a_return_whose_answer_was_lost_succeeds_when_it_comes_again(links: PersonalLinks) -> None:
    offer = await links.offer()
    browser = links.browser()
    query = links.identity.allow(await browser.to_pagerduty(offer, links.cy))
    before = dict(browser.http.cookies)
    await browser.come_back(query)
    browser.http.cookies = httpx.Cookies(before)  # the answer, and its cookie, never came
    await links.pool.execute("UPDATE link_offer SET reported_at = NULL WHERE id = $1", offer.id)
    assert is_linked(await browser.open(path_of(offer)))
    assert is_linked(await browser.come_back(query))
    assert len(links.identity.exchanges) == 1
    assert await link_offers.unreported(links.pool) == ()


# --- who is linked already, and who may not be any more


async def test_a_new_link_takes_the_place_of_the_one_before(links: PersonalLinks) -> None:
    browser = links.browser()
    await links.linked(browser, await links.offer(), links.cy)
    first = await links.link()
    page = await links.linked(browser, await links.offer(), links.cy)
    same = await links.link()
    assert is_linked(page)
    assert "You were linked to" not in page.text
    links.identity.user = {"id": "PUSER02", "name": "Bo Call", "email": "bo@pagerduty.example"}
    page = await links.linked(browser, await links.offer(), links.cy)
    other = await links.link()
    assert f"You were linked to {USER['name']} before." in text_of(page)
    assert "(bo@pagerduty.example)" in page.text
    assert first is not None
    assert same is not None
    assert other is not None
    assert len({first.id, same.id, other.id}) == 3
    assert other.pagerduty_user == "PUSER02"
    assert (first.pagerduty_role, other.pagerduty_role) == ("limited_user", None), "as PagerDuty told it"
    kept = await links.pool.fetchval(
        "SELECT count(*) FROM user_link WHERE aad_object_id = $1", links.cy.aad_object_id
    )
    assert kept == 1

    page = await links.linked(links.browser(), await links.offer(person=links.bo), links.bo)
    assert LINKED in text_of(page), "two people of the tenant may act as one user"
    of_bo = await links.link(links.bo)
    assert of_bo is not None
    assert of_bo.pagerduty_user == "PUSER02"


async def test_a_person_whose_team_left_the_account_is_not_linked(links: PersonalLinks) -> None:
    offer = await links.offer()
    late, later = links.browser(), links.browser()
    query = late.sign_in(await late.begin(path_of(offer)), links.cy)
    returned = links.identity.allow(await later.to_pagerduty(offer, links.cy))
    await links.pool.execute("UPDATE team SET removed_at = now() WHERE id = $1", TEAM)
    assert is_refused(await links.browser().send_form(path_of(offer)), "account_left", 403)
    assert is_refused(await late.come_back(query, TO_MICROSOFT), "account_left", 403)
    page = await later.come_back(returned)
    assert is_refused(page, "account_left", 403)
    assert f'href="{path_of(offer)}"' not in page.text
    assert await links.untouched(offer)


async def test_the_run_of_a_person_whom_no_row_names_is_told(links: PersonalLinks) -> None:
    offer = await links.offer()
    await links.pool.execute("DELETE FROM person WHERE aad_object_id = $1", links.cy.aad_object_id)
    assert is_linked(await links.linked(links.browser(), offer, links.cy))
    assert await links.told() == [f"linked {offer.id}"]


# --- outages


@pytest.mark.pooler_too
async def test_while_something_is_away_the_link_stays_open(serve: Serve, database_url: str) -> None:
    async with line_to(database_url) as line:
        through = database_url.replace(database_url.rpartition("@")[2].partition("/")[0], line.address)
        async with serve(postgres=through) as links:
            offer = await links.offer()
            browser, late = links.browser(), links.browser()
            query = late.sign_in(await late.begin(path_of(offer)), links.cy)
            location = await browser.to_pagerduty(offer, links.cy)
            links.identity.showing_users.clear()
            returning = asyncio.create_task(browser.come_back(links.identity.allow(location)))

            async def is_reading() -> bool:
                return bool(links.identity.reads)

            await eventually(is_reading)
            await line.cut()
            links.identity.showing_users.set()
            for page in (
                await returning,
                await late.come_back(query, TO_MICROSOFT),
                await late.open(path_of(offer)),
                await late.send_form(path_of(offer)),
            ):
                assert is_unavailable(page, offer)
            await line.mend()
            assert await links.untouched(offer)
            assert is_linked(await links.linked(browser, offer, links.cy))


async def test_while_entra_is_away_the_link_stays_open(serve: Serve, microsoft: MicrosoftProcess) -> None:
    async with line_to(microsoft.authority) as line:
        through = f"https://{line.address}"
        async with serve(microsoft_authority=through) as links:
            offer = await links.offer()
            browser = links.browser()
            query = browser.sign_in(await browser.begin(path_of(offer)), links.cy)
            await line.cut()
            assert is_unavailable(await browser.come_back(query, TO_MICROSOFT), offer)
            assert is_unavailable(await browser.send_form(path_of(offer)), offer)
            await line.mend()
            fault = {"on": "token", "do": "status", "status": 503}
            links.microsoft.sandbox("POST", "faults", fault)
            assert is_unavailable(await browser.signed_in(offer, links.cy), offer)
            assert await links.untouched(offer)
            assert is_linked(await links.linked(browser, offer, links.cy))


async def test_temporal_is_told_later_where_it_is_away(serve: Serve, temporal: EmbeddedTemporal) -> None:
    async with line_to(temporal.address) as line, serve(temporal_at=line.address) as links:
        offer = await links.offer()
        browser = links.browser()
        query = links.identity.allow(await browser.to_pagerduty(offer, links.cy))
        await line.cut()
        assert is_linked(await browser.come_back(query))
        assert await links.link() is not None
        await line.mend()

        async def is_told() -> bool:
            return f"linked {offer.id} (signal)" in await links.told()

        async def is_noted() -> bool:
            return await link_offers.unreported(links.pool) == ()

        await eventually(is_told)
        await eventually(is_noted)


# --- what nobody reads


async def test_logs_rows_and_histories_hold_nothing_of_a_person_but_names(
    capsys: pytest.CaptureFixture[str], serve: Serve
) -> None:
    secrets: list[str] = [ACCESS_TOKEN, REFRESH_TOKEN]
    async with serve(log_level="DEBUG") as links:
        offer = await links.offer()
        browser, other = links.browser(), links.browser()
        addresses = [str(USER["email"]), links.bo.email, links.cy.email]
        await other.signed_in(offer, links.bo)
        links.microsoft.sandbox("POST", "id_token", {"claims": {"nonce": "another"}})
        await other.signed_in(offer, links.cy)
        location = await browser.begin(path_of(offer))
        query = browser.sign_in(location, links.cy)
        secrets += [*browser.http.cookies.values(), *parse_qs(urlsplit(location).query)["nonce"]]
        onward = (await browser.http.get(f"{TO_MICROSOFT}?{query}")).headers["location"]
        returned = links.identity.allow(onward)
        for told in (query, returned):
            secrets += [*parse_qs(told)["code"], *parse_qs(told)["state"]]
        secrets += [*browser.http.cookies.values(), path_of(offer).removeprefix("/l/")]
        page = await browser.come_back(returned)
        assert is_linked(page)
        secrets += [form["code_verifier"] for form in links.identity.exchanges]
        secrets += [*browser.http.cookies.values(), *other.http.cookies.values()]
        rows = await links.pool.fetch("SELECT o::text FROM link_offer o")
        linked = await links.pool.fetch("SELECT l::text FROM user_link l")
        run = str(AccountLinkId(TENANT, links.cy.aad_object_id, ACCOUNT))
        history = await links.client.get_workflow_handle(run).fetch_history()
    lines = json_lines(capsys.readouterr().err)
    # The browsers of this test log with httpcore, which the API sends nothing with.
    logged = "\n".join(str(line) for line in lines if not line["logger"].startswith("httpcore"))
    for said in (
        "a person was linked",
        "a personal link was opened by somebody else",
        "a sign-in was refused",
    ):
        assert said in logged
    kept = "".join(str(row) for row in rows) + history.to_json()
    for hidden in secrets:
        assert len(hidden) > 8
        assert hidden not in logged
        assert hidden not in kept
        assert hidden not in str(linked)
    for address in addresses:
        assert address not in logged
        assert address not in kept
