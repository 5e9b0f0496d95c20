"""Links, from the page to what a return changes, over real HTTP, Postgres and Temporal."""

import asyncio
import base64
import contextlib
import hashlib
import re
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from temporalio.client import Client
from temporalio.service import RPCError

from muster.cards.link_pages import CONSENTED, FAILED, INVALID, NOT_CONSENTED, REASONS, TRY_AGAIN, connected
from muster.security.signed_links import SignedLinks
from muster.seed import seed
from muster.store import link_offers
from muster.store.pool import Pool, transaction
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.edge import edge_settings, json_lines, serving_edge
from tests.api.links import (
    APP_ID,
    RING,
    TEAM,
    TO_MICROSOFT,
    TO_PAGERDUTY,
    Entra,
    Links,
    account_at,
    known_team,
    link_configuration,
    listening_worker,
    path_of,
    state_in,
    text_of,
)
from tests.api.outage import line_to
from tests.support.company import ACCOUNT, TENANT, company
from tests.support.pagerduty_identity import (
    ACCESS_TOKEN,
    CLIENT,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    PagerDutyIdentity,
)
from tests.support.settings import KEYS, settings_for
from tests.support.waiting import eventually
from workflows.ids import TeamSetupId

pytestmark = pytest.mark.anyio

PUBLIC = "http://127.0.0.1:8080"
SUCCESS = connected("Orders <&> co")
Serve = Callable[..., AbstractAsyncContextManager[Links]]


@pytest.fixture
async def identity() -> AsyncIterator[PagerDutyIdentity]:
    async with PagerDutyIdentity().listening() as running:
        yield running


@pytest.fixture
async def entra() -> AsyncIterator[Entra]:
    async with Entra().listening() as running:
        yield running


@pytest.fixture
async def serve(
    database_url: str,
    pool: Pool,
    temporal: EmbeddedTemporal,
    client: Client,
    tmp_path: Path,
    identity: PagerDutyIdentity,
    entra: Entra,
) -> AsyncIterator[Serve]:
    """``serve(…)``: an API with a team that has links; its set-up listens unless ``hears`` is false."""
    await seed(settings_for(database_url, temporal.address), company())
    key = await known_team(pool)
    queue = f"links-{uuid.uuid4().hex[:8]}"

    @asynccontextmanager
    async def serving(
        *,
        postgres: str = database_url,
        temporal_at: str = temporal.address,
        hears: bool = True,
        **more: Any,
    ) -> AsyncIterator[Links]:
        settings = edge_settings(
            postgres,
            temporal_at,
            tmp_path,
            **{"microsoft_authority": entra.url, "public_url": PUBLIC, **more},
        )
        assert settings.config is not None
        settings.config.write_text(link_configuration(account_at(identity)))
        settings = settings.model_copy(update={"task_queue": queue})
        async with contextlib.AsyncExitStack() as stack:
            if hears:
                await stack.enter_async_context(listening_worker(client, queue))
            edge = await stack.enter_async_context(serving_edge(settings, pool, client))
            links = Links(edge, pool, client, identity, entra, key)
            stack.push_async_callback(links.close)
            yield links

    yield serving
    with contextlib.suppress(RPCError):  # not every test starts it
        await client.get_workflow_handle(str(TeamSetupId(key))).terminate()


@pytest.fixture
async def links(serve: Serve) -> AsyncIterator[Links]:
    async with serve() as running:
        yield running


def is_invalid(answer: httpx.Response, status: int) -> bool:
    """Whether this is the second failure's page."""
    return answer.status_code == status and INVALID in text_of(answer) and FAILED not in text_of(answer)


async def untouched(links: Links, offer: link_offers.Offer) -> bool:
    """Whether the offer is open and the team belongs to nobody, and nobody was told anything."""
    return (await links.state(offer), await links.account(), await links.told()) == ("open", None, [])


# --- what the page of a link is


@pytest.mark.pooler_too
async def test_a_page_names_team_installer_and_account_and_starts_nothing(links: Links) -> None:
    offer = await links.offer()
    page = await links.browser().open(path_of(offer))
    assert page.status_code == 200
    said = text_of(page)
    for told in ("Orders <&> co", "Ada Ops", ACCOUNT, '<form method="post">', '<html lang="en">', "viewport"):
        assert told in said
    assert "<&>" not in page.text
    assert "<script" not in page.text
    assert "set-cookie" not in page.headers
    assert await untouched(links, offer)


async def test_previewers_get_the_page_and_change_nothing(links: Links) -> None:
    offer = await links.offer()
    path = path_of(offer)
    previewer = links.browser()
    for _ in range(3):
        assert (await previewer.open(path)).status_code == 200
        head = await previewer.http.head(path)
        assert (head.status_code, head.content) == (200, b"")
    for method in ("PUT", "DELETE", "PATCH"):
        assert (await previewer.http.request(method, path)).status_code == 405
    for headers in (
        {},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": PUBLIC},
        {"Sec-Fetch-Site": "same-site", "Origin": PUBLIC},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "https://127.0.0.1:8080"},
        {"Origin": f"{PUBLIC}.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
        {"Referer": f"{PUBLIC}{path}"},
    ):
        answer = await previewer.send_form(path, headers)
        assert answer.status_code == 403, headers
        assert "set-cookie" not in answer.headers
    assert await untouched(links, offer)


async def test_an_older_browser_names_our_origin(links: Links) -> None:
    answer = await links.browser().send_form(path_of(await links.offer()), {"Origin": PUBLIC})
    assert answer.status_code == 303


async def test_a_token_that_is_none_reads_nothing(serve: Serve, database_url: str) -> None:
    async with line_to(database_url) as line:
        through = database_url.replace(database_url.rpartition("@")[2].partition("/")[0], line.address)
        async with serve(postgres=through) as links:
            offer = await links.offer()
            token = path_of(offer).removeprefix("/l/")
            nobody = path_of(offer.model_copy(update={"id": offer.id + 1}))
            assert is_invalid(await links.browser().open(nobody), 404)
            assert is_invalid(await links.browser().send_form(nobody), 404)
            await line.cut()
            for forged in (
                token[:-1],
                token[1:],
                token.partition(".")[0],
                f"{offer.id + 1}.{token.partition('.')[2]}",
                *(token[:-1] + last for last in "AQgw048EIMUYcko" if last != token[-1]),
                token.swapcase(),
                f"{token}x",
                "x" * 9000,
                "%00",
                "%ED%A0%80",
                "é",
                SignedLinks(RING.parse("other:" + "B" * 43 + "=")).token(offer.id),
            ):
                assert is_invalid(await links.browser().open(f"/l/{forged}"), 404), forged
                assert is_invalid(await links.browser().send_form(f"/l/{forged}"), 404), forged


@pytest.mark.parametrize("how", ["expired", "replaced", "removed", "shown"])
async def test_a_link_that_is_over_says_so(links: Links, how: Any) -> None:
    offer = await links.offer(life=0.01 if how == "expired" else 3600)
    if how == "replaced":
        await links.offer(request="second")
    elif how != "expired":
        async with transaction(links.pool) as connection:
            await link_offers.end_all(connection, TEAM, how)

    async def is_over() -> bool:
        return bool(await links.state(offer) == how)

    await eventually(is_over)
    for answer in (
        await links.browser().open(path_of(offer)),
        await links.browser().send_form(path_of(offer)),
    ):
        assert is_invalid(answer, 410)
        assert "set-cookie" not in answer.headers
    assert (await links.account(), await links.told()) == (None, [])


# --- a return that connects


async def test_an_admin_connects_the_team(links: Links) -> None:
    offer = await links.offer()
    browser = links.browser()
    location = await browser.begin(path_of(offer))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    assert location.startswith(f"{links.identity.url}/oauth/authorize?")
    assert asked.keys() == {
        "client_id", "redirect_uri", "response_type", "scope", "state",
        "code_challenge", "code_challenge_method",
    }  # fmt: skip
    assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT, PUBLIC + TO_PAGERDUTY)
    assert (asked["response_type"], asked["scope"]) == ("code", "openid users.read")
    assert asked["code_challenge_method"] == "S256"

    page = await browser.come_back(links.identity.allow(location))
    assert page.status_code == 200
    assert SUCCESS in text_of(page)
    assert await links.told() == [f"authorized {offer.id}"]
    (exchanged,) = links.identity.exchanges
    assert (exchanged["client_secret"], exchanged["redirect_uri"]) == (CLIENT_SECRET, PUBLIC + TO_PAGERDUTY)
    assert links.identity.reads == ["/users/PADMIN1"]
    row = await links.pool.fetchrow(
        "SELECT t.account, t.authorized_by, t.authorized_name, t.authorized_role, o.reported_at"
        " FROM team t JOIN link_offer o ON o.team = t.id WHERE o.id = $1",
        offer.id,
    )
    assert row is not None
    assert tuple(row)[:4] == (ACCOUNT, "PADMIN1", "Ada Ops", "owner")
    assert row["reported_at"] is not None


async def test_whoever_spent_a_link_sees_the_success_again_and_nobody_else_does(links: Links) -> None:
    offer = await links.offer()
    browser, other = links.browser(), links.browser()
    await browser.come_back(links.identity.allow(await browser.begin(path_of(offer))))
    for answer in (await browser.open(path_of(offer)), await browser.send_form(path_of(offer))):
        assert (answer.status_code, SUCCESS in text_of(answer)) == (200, True)
    for answer in (await other.open(path_of(offer)), await other.send_form(path_of(offer))):
        assert is_invalid(answer, 410)
    assert (len(links.identity.exchanges), await links.told()) == (1, [f"authorized {offer.id}"])


async def test_a_second_admin_of_the_account_sees_the_success_and_changes_nothing(links: Links) -> None:
    offer = await links.offer()
    first, second = links.browser(), links.browser()
    ways = [await first.begin(path_of(offer)), await second.begin(path_of(offer))]
    await first.come_back(links.identity.allow(ways[0]))
    links.identity.user = {"id": "PADMIN2", "name": "Bo Call", "role": "admin"}
    page = await second.come_back(links.identity.allow(ways[1]))
    assert (page.status_code, SUCCESS in text_of(page)) == (200, True)
    by = await links.pool.fetchval("SELECT authorized_by FROM team WHERE id = $1", TEAM)
    assert (by, await links.told()) == ("PADMIN1", [f"authorized {offer.id}"])


async def test_reloading_the_result_exchanges_nothing(links: Links) -> None:
    offer = await links.offer()
    browser = links.browser()
    query = links.identity.allow(await browser.begin(path_of(offer)))
    page = await browser.come_back(query)
    for _ in range(2):
        assert SUCCESS in text_of(await browser.open(page.request.url.path))
        assert SUCCESS in text_of(await browser.come_back(query))
    assert len(links.identity.exchanges) == 1
    assert await links.told() == [f"authorized {offer.id}"]


async def test_a_return_whose_answer_was_lost_succeeds_when_it_comes_again(links: Links) -> None:
    offer = await links.offer()
    browser = links.browser()
    query = links.identity.allow(await browser.begin(path_of(offer)))
    before = dict(browser.http.cookies)
    await browser.come_back(query)
    browser.http.cookies = httpx.Cookies(before)  # the answer, and its cookie, never came
    await links.pool.execute("UPDATE link_offer SET reported_at = NULL WHERE id = $1", offer.id)
    page = await browser.come_back(query)
    assert (page.status_code, SUCCESS in text_of(page)) == (200, True)
    assert len(links.identity.exchanges) == 1
    assert await link_offers.unreported(links.pool) == ()


@pytest.mark.pooler_too
async def test_a_return_that_comes_twice_at_once_succeeds_twice(serve: Serve) -> None:
    async with serve() as one, serve(hears=False) as two:
        offer = await one.offer()
        browser = one.browser()
        query = one.identity.allow(await browser.begin(path_of(offer)))
        one.identity.showing_users.clear()
        first = asyncio.create_task(browser.http.get(f"{TO_PAGERDUTY}?{query}"))
        await eventually_true(lambda: bool(one.identity.reads))
        elsewhere = f"{two.edge.http.base_url}{TO_PAGERDUTY}?{query}"
        second = asyncio.create_task(browser.http.get(elsewhere))
        await eventually_true(lambda: len(one.identity.exchanges) == 2)
        one.identity.showing_users.set()
        for answer in (await first, await second):
            browser.http.cookies.clear()
            browser.http.cookies.extract_cookies(answer)
            page = await browser.open(answer.headers["location"])
            assert (page.status_code, SUCCESS in text_of(page)) == (200, True)
        assert len(one.identity.exchanges) == 2
        assert await one.account() == ACCOUNT


async def eventually_true(holds: Callable[[], bool]) -> None:
    async def held() -> bool:
        return holds()

    await eventually(held)


async def test_a_result_opens_in_its_browser_alone(links: Links) -> None:
    browser = links.browser()
    page = await browser.come_back(links.identity.allow(await browser.begin(path_of(await links.offer()))))
    path = page.request.url.path
    assert is_invalid(await links.browser().open(path), 400)
    assert is_invalid(await browser.open(path[:-1] + ("A" if path[-1] != "A" else "B")), 400)
    assert is_invalid(await browser.open("/l/done/%2e%2e"), 400)
    ((name, sealed),) = browser.http.cookies.items()
    other = links.browser()
    other.http.cookies.set(name[:-1] + ("A" if name[-1] != "A" else "B"), sealed)
    assert is_invalid(await other.open(f"/l/done/{next(iter(other.http.cookies.keys()))[-16:]}"), 400)


@pytest.mark.pooler_too
async def test_two_apis_share_a_flow(serve: Serve) -> None:
    async with serve() as one, serve(hears=False) as two:
        offer = await one.offer()
        browser = one.browser()
        query = one.identity.allow(await browser.begin(path_of(offer)))
        elsewhere = str(two.edge.http.base_url)
        answer = await browser.http.get(f"{elsewhere}{TO_PAGERDUTY}?{query}")
        assert answer.status_code == 303
        page = await browser.open(answer.headers["location"])
        assert (page.status_code, SUCCESS in text_of(page)) == (200, True)
        assert await one.told() == [f"authorized {offer.id}"]


async def test_an_older_key_of_the_ring_still_knows_its_links(serve: Serve) -> None:
    newer = "new:" + base64.b64encode(b"n" * 32).decode()
    async with serve(keys=f"{newer},{KEYS}") as links:
        browser = links.browser()
        page = await browser.come_back(
            links.identity.allow(await browser.begin(path_of(await links.offer())))
        )
        assert SUCCESS in text_of(page)
    async with serve(keys=newer) as links:
        assert is_invalid(await links.browser().open(path_of(await links.offer(request="second"))), 404)


# --- a return that is none of this browser's


async def test_a_return_that_belongs_to_no_flow_of_this_browser_is_not_exchanged(links: Links) -> None:
    offer = await links.offer()
    browser, other = links.browser(), links.browser()
    location = await browser.begin(path_of(offer))
    elsewhere = await other.begin(path_of(offer))
    query = links.identity.allow(location)
    code = parse_qs(query)["code"][0]
    flow, _, secret = state_in(location).partition(".")
    for who, told in (
        (links.browser(), query),  # somebody whom the address was sent on to
        (other, query),
        (browser, f"code={code}&state={state_in(elsewhere)}"),
        (browser, f"code={code}&state={flow}.{secret[:-1]}"),
        (browser, f"code={code}&state={flow}."),
        (browser, f"code={code}&state={secret}"),
        (browser, f"code={code}&state=%ED%A0%80%00é"),
        (browser, f"code={code}&state="),
        (browser, f"code={code}"),
        (browser, ""),
        (browser, f"{query}&state={state_in(location)}"),
        (links.browser(), "error=access_denied"),
        (browser, "error=server_error"),
    ):
        assert is_invalid(await who.http.get(f"{TO_PAGERDUTY}?{told}"), 400), told
    assert is_invalid(await browser.http.get(f"{TO_MICROSOFT}?{query}&tenant={TENANT}"), 400)
    for method in ("HEAD", "POST"):
        assert (await browser.http.request(method, f"{TO_PAGERDUTY}?{query}")).status_code == 405
    assert links.identity.exchanges == []
    assert await untouched(links, offer)
    assert SUCCESS in text_of(await browser.come_back(query))


async def test_a_cookie_of_another_flow_is_no_cookie_of_this_one(links: Links) -> None:
    offer = await links.offer()
    browser = links.browser()
    query = links.identity.allow(await browser.begin(path_of(offer)))
    await browser.begin(path_of(offer))
    names = list(browser.http.cookies.keys())
    values = [browser.http.cookies[name] for name in names]
    forger = links.browser()
    for name, value in zip(names, reversed(values), strict=True):
        forger.http.cookies.set(name, value)
    assert is_invalid(await forger.http.get(f"{TO_PAGERDUTY}?{query}"), 400)
    assert await untouched(links, offer)


# --- a return that connects nothing


async def test_a_return_that_fails_says_why_and_leaves_the_link_open(links: Links) -> None:
    offer = await links.offer()
    identity = links.identity
    late = (400, {"error": "invalid_grant", "error_description": "expired"})
    cases: list[tuple[str, dict[str, Any]]] = [
        ("code_refused", {"refuses": late}),
        ("app_refused", {"refuses": (401, {"error": "invalid_client"})}),
        ("app_refused", {"refuses": (400, {"error": "no such error"})}),
        ("scope_missing", {"scope": "openid"}),
        ("other_account", {"claims": {"subdomain": "emca"}}),
        ("other_region", {"claims": {"aud": ["https://api.eu.pagerduty.com", CLIENT]}}),
        ("id_token_wrong", {"claims": {"exp": 1}}),
        ("role_too_low", {"user": {"id": "PUSER", "name": "Cy", "role": "limited_user"}}),
        ("person_unread", {"user_status": 403}),
    ]
    good = vars(identity) | {}
    for reason, wrong in cases:
        vars(identity).update(wrong)
        browser = links.browser()
        page = await browser.come_back(identity.allow(await browser.begin(path_of(offer))))
        assert (page.status_code, reason, FAILED in text_of(page)) == (200, reason, True)
        assert REASONS[reason] in text_of(page), reason
        assert text_of(page).index(FAILED) < text_of(page).index(REASONS[reason])
        assert await untouched(links, offer)
        vars(identity).update({name: good[name] for name in wrong})
    assert f'href="{path_of(offer)}"' in page.text
    page = await browser.come_back(identity.allow(await browser.begin(path_of(offer))))
    assert SUCCESS in text_of(page)


@pytest.mark.parametrize("with_state", [True, False])
async def test_a_denial_says_so_and_leaves_the_link_open(links: Links, with_state: bool) -> None:
    offer = await links.offer()
    browser = links.browser()
    location = await browser.begin(path_of(offer))
    told = f"&state={state_in(location)}" if with_state else ""
    page = await browser.come_back(f"error=access_denied{told}")
    assert (page.status_code, FAILED in text_of(page)) == (200, True)
    assert REASONS["denied"] in text_of(page)
    assert await untouched(links, offer)
    # Whoever sends a browser to a denial without a state ends nothing.
    page = await browser.come_back(links.identity.allow(location))
    assert (SUCCESS in text_of(page)) is not with_state


async def test_a_link_that_ends_while_somebody_is_at_pagerduty_connects_nothing(links: Links) -> None:
    offer = await links.offer()
    browser = links.browser()
    query = links.identity.allow(await browser.begin(path_of(offer)))
    await links.offer(request="second")
    assert is_invalid(await browser.come_back(query), 410)
    assert (links.identity.exchanges, await links.account(), await links.told()) == ([], None, [])


async def test_while_pagerduty_is_away_it_can_be_tried_again(links: Links) -> None:
    offer = await links.offer()
    outages: list[dict[str, Any]] = [
        {"is_down": True},
        {"user_status": 500},
        {"refuses": (429, {})},
        {"refuses": (500, {})},
    ]
    for wrong in outages:
        good = {name: getattr(links.identity, name) for name in wrong}
        vars(links.identity).update(wrong)
        browser = links.browser()
        page = await browser.come_back(links.identity.allow(await browser.begin(path_of(offer))))
        assert (page.status_code, FAILED in text_of(page), TRY_AGAIN in text_of(page)) == (503, True, True)
        assert f'href="{path_of(offer)}"' in page.text
        assert await untouched(links, offer)
        vars(links.identity).update(good)
    page = await browser.come_back(links.identity.allow(await browser.begin(path_of(offer))))
    assert SUCCESS in text_of(page)


async def test_while_postgres_is_away_it_can_be_tried_again(serve: Serve, database_url: str) -> None:
    async with line_to(database_url) as line:
        through = database_url.replace(database_url.rpartition("@")[2].partition("/")[0], line.address)
        async with serve(postgres=through) as links:
            offer = await links.offer()
            browser = links.browser()
            query = links.identity.allow(await browser.begin(path_of(offer)))
            await line.cut()
            for page in (
                await browser.come_back(query),
                await browser.open(path_of(offer)),
                await browser.send_form(path_of(offer)),
            ):
                assert (page.status_code, FAILED in text_of(page)) == (503, True)
                assert TRY_AGAIN in text_of(page)
            await line.mend()
            assert await untouched(links, offer)
            page = await browser.come_back(links.identity.allow(await browser.begin(path_of(offer))))
            assert SUCCESS in text_of(page)


# --- telling the workflow


async def test_temporal_is_told_later_where_it_is_away_after_the_commit(
    serve: Serve, temporal: EmbeddedTemporal
) -> None:
    async with line_to(temporal.address) as line, serve(temporal_at=line.address) as links:
        offer = await links.offer()
        browser = links.browser()
        query = links.identity.allow(await browser.begin(path_of(offer)))
        await line.cut()
        page = await browser.come_back(query)
        assert (page.status_code, SUCCESS in text_of(page)) == (200, True)
        assert await links.account() == ACCOUNT
        assert await links.told() == []
        await line.mend()

        async def is_told() -> bool:
            return set(await links.told()) >= {f"authorized {offer.id} (signal)"}

        await eventually(is_told)

        async def is_reported() -> bool:
            return await link_offers.unreported(links.pool) == ()

        await eventually(is_reported)


async def test_a_reload_of_the_result_reports_again_what_was_not_reported(
    serve: Serve, temporal: EmbeddedTemporal
) -> None:
    async with line_to(temporal.address) as line, serve(temporal_at=line.address) as links:
        offer = await links.offer("consent")
        browser = links.browser()
        location = await browser.begin(path_of(offer))
        await line.cut()
        page = await browser.come_back(
            f"admin_consent=True&tenant={TENANT}&state={state_in(location)}", TO_MICROSOFT
        )
        assert (page.status_code, CONSENTED in text_of(page)) == (200, True)
        await line.mend()
        assert CONSENTED in text_of(await browser.open(page.request.url.path))

        async def is_told() -> bool:
            return bool(await links.told())

        await eventually(is_told)


async def test_an_api_that_starts_reports_what_nobody_reported(serve: Serve) -> None:
    async with serve() as links:
        offer = await links.offer()
        browser = links.browser()
        await browser.come_back(links.identity.allow(await browser.begin(path_of(offer))))
        await links.client.get_workflow_handle(str(TeamSetupId(links.key))).terminate()
    await links.pool.execute("UPDATE link_offer SET reported_at = NULL WHERE id = $1", offer.id)
    async with serve() as links:

        async def is_told() -> bool:
            return await links.told() == [f"authorized {offer.id} (signal)"]

        await eventually(is_told)

        async def is_noted() -> bool:
            return await link_offers.unreported(links.pool) == ()

        await eventually(is_noted)


@pytest.mark.parametrize("refused", [True, False])
async def test_an_api_that_starts_reports_who_came_back_from_the_consent_page(
    serve: Serve, temporal: EmbeddedTemporal, refused: bool
) -> None:
    async with line_to(temporal.address) as line, serve(temporal_at=line.address, hears=False) as links:
        offer = await links.offer("consent")
        browser = links.browser()
        state = state_in(await browser.begin(path_of(offer)))
        await line.cut()
        error = "&error=access_denied" if refused else ""
        page = await browser.come_back(
            f"admin_consent=True{error}&tenant={TENANT}&state={state}", TO_MICROSOFT
        )
        assert (NOT_CONSENTED if refused else CONSENTED) in text_of(page)
    assert [one.id for one in await link_offers.unreported(links.pool)] == [offer.id]
    async with serve() as links:
        told = "refused" if refused else "granted"

        async def is_told() -> bool:
            return await links.told() == [f"consent_returned {offer.id} {told} (signal)"]

        await eventually(is_told)

        async def is_noted() -> bool:
            return await link_offers.unreported(links.pool) == ()

        await eventually(is_noted)


# --- consent


async def test_a_consent_link_leads_to_microsoft_and_is_not_spent(links: Links) -> None:
    offer = await links.offer("consent")
    for _ in range(2):
        browser = links.browser()
        page = await browser.open(path_of(offer))
        assert page.status_code == 200
        assert "Orders <&> co" in text_of(page)
        location = await browser.begin(path_of(offer))
        address, _, query = location.partition("?")
        assert address == f"http://localhost:1/{TENANT}/v2.0/adminconsent"
        assert parse_qs(query) == {
            "client_id": [APP_ID],
            "scope": ["https://graph.microsoft.com/.default"],
            "redirect_uri": [PUBLIC + TO_MICROSOFT],
            "state": [state_in(location)],
        }
        page = await browser.come_back(
            f"admin_consent=True&tenant={TENANT}&state={state_in(location)}", TO_MICROSOFT
        )
        assert (page.status_code, CONSENTED in text_of(page)) == (200, True)
        assert await links.state(offer) == "open"
    assert await links.told() == [f"consent_returned {offer.id} granted"] * 2
    assert links.entra.asked == [TENANT]


async def test_a_refused_consent_is_told_as_one(links: Links) -> None:
    offer = await links.offer("consent")
    for tenant in (f"&tenant={TENANT}", ""):
        browser = links.browser()
        state = state_in(await browser.begin(path_of(offer)))
        page = await browser.come_back(
            f"admin_consent=True&error=access_denied{tenant}&state={state}", TO_MICROSOFT
        )
        assert (page.status_code, NOT_CONSENTED in text_of(page)) == (200, True)
    assert await links.told() == [f"consent_returned {offer.id} refused"] * 2


async def test_a_forged_or_foreign_consent_is_not_told(links: Links) -> None:
    offer = await links.offer("consent")
    browser = links.browser()
    state = state_in(await browser.begin(path_of(offer)))
    other = "33333333-3333-3333-3333-333333333333"
    for told in (
        f"admin_consent=True&tenant={other}&state={state}",
        f"admin_consent=True&error=access_denied&tenant={other}&state={state}",
        f"admin_consent=True&state={state}",
        f"admin_consent=True&tenant={TENANT}&state={state}x",
        f"admin_consent=True&tenant={TENANT}",
        f"admin_consent=True&error=access_denied&tenant={TENANT}",
        "error=access_denied",
    ):
        assert is_invalid(await browser.http.get(f"{TO_MICROSOFT}?{told}"), 400), told
    query = f"admin_consent=True&tenant={TENANT}&state={state}"
    assert is_invalid(await links.browser().http.get(f"{TO_MICROSOFT}?{query}"), 400)
    assert is_invalid(await browser.http.get(f"{TO_PAGERDUTY}?code=x&state={state}"), 400)
    assert await links.told() == []
    assert CONSENTED in text_of(await browser.come_back(query, TO_MICROSOFT))


async def test_while_entra_is_away_a_consent_link_can_be_tried_again(links: Links) -> None:
    links.entra.is_down = True
    offer = await links.offer("consent")
    for page in (await links.browser().open(path_of(offer)), await links.browser().send_form(path_of(offer))):
        assert (page.status_code, TRY_AGAIN in text_of(page)) == (503, True)
    links.entra.is_down = False
    assert (await links.browser().open(path_of(offer))).status_code == 200


# --- headers, cookies, logs


async def test_every_answer_keeps_itself_to_itself(links: Links) -> None:
    offer, consent = await links.offer(), await links.offer("consent")
    browser = links.browser()
    begun = await browser.send_form(path_of(offer))
    returned = await browser.http.get(f"{TO_PAGERDUTY}?{links.identity.allow(begun.headers['location'])}")
    pages = [
        await links.browser().open(path_of(consent)),
        await browser.open(returned.headers["location"]),
        await browser.open("/l/forged"),
        await browser.send_form(path_of(consent), {}),
        await browser.http.get(TO_MICROSOFT),
    ]
    for answer in (begun, returned, *pages):
        policy = dict(
            part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["base-uri"] == "'none'"
        assert "script-src" not in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        for style in re.findall("<style>(.*?)</style>", answer.text, re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
            assert policy["style-src"] == f"'sha256-{digest}'"
        assert "style=" not in answer.text
    open_page = await links.browser().open(path_of(await links.offer(request="second")))
    assert f"form-action 'self' {links.identity.url};" in open_page.headers["content-security-policy"]
    assert "form-action 'self' http://localhost:1;" in pages[0].headers["content-security-policy"]


async def test_no_address_to_go_on_to_is_taken_from_a_request(links: Links) -> None:
    offer = await links.offer()
    browser = links.browser()
    lures = "redirect_uri=https://evil.example&next=https://evil.example&url=//evil.example"
    answer = await browser.send_form(
        f"{path_of(offer)}?{lures}",
        {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Sec-Fetch-Site": "same-origin"},
    )
    location = answer.headers["location"]
    assert "evil" not in location
    assert parse_qs(urlsplit(location).query)["redirect_uri"] == [PUBLIC + TO_PAGERDUTY]
    page = await browser.come_back(f"{links.identity.allow(location)}&{lures}")
    assert SUCCESS in text_of(page)
    assert "evil" not in page.text


async def test_a_browser_keeps_few_flows_and_the_newest_of_them(links: Links) -> None:
    offer = await links.offer()
    browser = links.browser()
    for _ in range(12):
        location = await browser.begin(path_of(offer))
    assert len(browser.http.cookies) == 8
    assert SUCCESS in text_of(await browser.come_back(links.identity.allow(location)))


@pytest.mark.parametrize(
    "name", ["muster-flow-a b", "muster-flow-a@b", "muster-flow-é", "muster-flow-(", "muster-flow-"]
)
async def test_a_cookie_of_any_name_is_no_failure(links: Links, name: str) -> None:
    path = path_of(await links.offer())
    headers = [(b"Sec-Fetch-Site", b"same-origin"), (b"Cookie", f"{name}=x".encode())]
    answer = await links.browser().http.post(path, headers=headers)
    assert answer.status_code == 303
    assert len(answer.headers.get_list("set-cookie")) == 1


async def test_cookies_over_https_are_bound_to_the_host(serve: Serve) -> None:
    async with serve(public_url="https://muster.example/below") as links:
        offer = await links.offer()
        answer = await links.browser().send_form(path_of(offer))
        set_cookie = answer.headers["set-cookie"]
        assert set_cookie.startswith("__Host-muster-flow-")
        told = {part.strip().lower() for part in set_cookie.split(";")[1:]}
        assert told == {"httponly", "max-age=600", "path=/", "samesite=lax", "secure"}
        uri = parse_qs(urlsplit(answer.headers["location"]).query)["redirect_uri"]
        assert uri == [f"https://muster.example/below{TO_PAGERDUTY}"]
        cookie = set_cookie.partition(";")[0]
        returned = await links.browser().http.get(
            f"{TO_PAGERDUTY}?{links.identity.allow(answer.headers['location'])}", headers={"Cookie": cookie}
        )
        assert returned.headers["location"].startswith("/below/l/done/")


async def test_logs_and_rows_hold_nothing_of_a_flow(capsys: pytest.CaptureFixture[str], serve: Serve) -> None:
    secrets: list[str] = [ACCESS_TOKEN, REFRESH_TOKEN, CLIENT_SECRET]
    async with serve(log_level="DEBUG") as links:
        offer = await links.offer()
        key = await link_offers.open_key(links.pool, RING, offer.id)
        browser, other = links.browser(), links.browser()
        secrets += [key or "", path_of(offer).removeprefix("/l/")]
        await browser.open(path_of(offer))
        location = await browser.begin(path_of(offer))
        query = links.identity.allow(location)
        flow, secret = state_in(location).split(".")
        code = parse_qs(query)["code"][0]
        secrets += [secret, flow, code, *browser.http.cookies.values()]
        await other.http.get(f"{TO_PAGERDUTY}?{query}")
        links.identity.claims = {"exp": 1}
        failing = links.browser()
        failed = links.identity.allow(await failing.begin(path_of(offer)))
        await failing.come_back(failed)
        secrets += [*parse_qs(failed)["code"], *parse_qs(failed)["state"]]
        links.identity.claims = {}
        await browser.come_back(query)
        secrets += [*browser.http.cookies.values()]
        secrets += [form["code_verifier"] for form in links.identity.exchanges]
        consent = await links.offer("consent")
        state = state_in(await other.begin(path_of(consent)))
        await other.come_back(f"admin_consent=True&tenant={TENANT}&state={state}", TO_MICROSOFT)
        secrets += [state, path_of(consent).removeprefix("/l/")]
        rows = await links.pool.fetch(
            "SELECT o::text, t::text FROM link_offer o JOIN team t ON t.id = o.team"
        )
        history = await links.client.get_workflow_handle(str(TeamSetupId(links.key))).fetch_history()
    lines = json_lines(capsys.readouterr().err)
    # The browsers of this test log with httpcore, which the API sends nothing with.
    logged = "\n".join(str(line) for line in lines if not line["logger"].startswith("httpcore"))
    assert "a team was authorized" in logged
    assert "an authorization was refused" in logged
    kept = "".join(str(row) for row in rows) + history.to_json()
    for hidden in secrets:
        assert len(hidden) > 8
        assert hidden not in logged
        assert hidden not in kept
