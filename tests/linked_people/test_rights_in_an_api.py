"""What an API reads of people's rights in its own turn, beside the workers that refresh the same links."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from api import person_readers as module
from api.app import opened_app
from api.gateway import Gateway
from muster.clients.pagerduty.oauth import PERSON_SCOPES
from muster.config_file import PagerDutyAccount
from muster.linked_people.person_token import PersonTokens
from muster.linked_people.rights_reader import RightsReader
from muster.settings import Settings
from muster.store import links
from muster.store.pool import Pool, open_pool
from muster.temporal.client import temporal_client
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.outage import line_to
from tests.support.linked_people import LinkedPerson, Tellings, link, tellings_of
from tests.support.pagerduty_account import ADA_USER, COMPANY, CY_USER
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.person_readers import readers_in_an_api
from tests.support.settings import CONFIG, config_file, settings_for
from tests.support.waiting import eventually
from workflows.account_link.messages import OfferLink
from workflows.connect_channel.activities import RightsRead
from workflows.errors import ProviderUnavailable, RequestInvalid

pytestmark = pytest.mark.anyio

ACCOUNT = COMPANY.account
CHECKOUT, PRIVATE, FRAUD = "PSVC001", "PSVC004", "PTEAM03"


@pytest.fixture
async def ada(pagerduty_side: PagerDuty, pool: Pool) -> LinkedPerson:
    return await link(pagerduty_side, pool, ADA_USER, scope=" ".join(PERSON_SCOPES))


@pytest.fixture
async def tellings(client: Client, ada: LinkedPerson) -> AsyncIterator[Tellings]:
    async with tellings_of(client, ada) as told:
        yield told


@pytest.fixture
def settings(
    database_url: str, temporal: EmbeddedTemporal, accounts: dict[str, PagerDutyAccount], tmp_path: Path
) -> Settings:
    """Of an API that reaches the simulator of PagerDuty, and whose workflows no worker takes."""
    (account,) = accounts.values()
    config = CONFIG.replace('"client"', f'"{account.client_id}"')
    config = config.replace("not used here", account.client_secret.get_secret_value())
    config += f'api_url = "{account.api_url}"\nidentity_url = "{account.identity_url}"\n'
    return settings_for(
        database_url,
        temporal.address,
        config=config_file(tmp_path, config),
        task_queue=f"nobody-{uuid.uuid4().hex[:8]}",
    )


@asynccontextmanager
async def running_api(
    settings: Settings, pool: Pool, http: httpx.AsyncClient, *, temporal: str | None = None
) -> AsyncIterator[RightsReader]:
    """What an API reads rights with, over pools and a way to Temporal of its own; it stops like one."""
    if temporal is not None:
        settings = settings.model_copy(update={"temporal_address": temporal})
    refresh_pool = await open_pool(settings.database, size=4)
    async with temporal_client(settings, repeats=False) as client:
        gateway = Gateway(client, task_queue=settings.task_queue)
        async with readers_in_an_api(settings, pool, http, gateway, refresh_pool=refresh_pool) as readers:
            yield readers.rights
        await gateway.finish()
    await refresh_pool.close()


@pytest.fixture
async def rights(settings: Settings, pool: Pool, http: httpx.AsyncClient) -> AsyncIterator[RightsReader]:
    async with running_api(settings, pool, http) as reader:
        yield reader


async def read(rights: RightsReader, person: LinkedPerson) -> RightsRead:
    return await rights.read(link=person.link, account=ACCOUNT, service=CHECKOUT)


async def test_an_api_reads_what_a_person_may_do_as_that_person(
    rights: RightsReader, ada: LinkedPerson
) -> None:
    """A service of a private team is there for one of them alone."""
    cy = await link(ada.side, ada.pool, CY_USER, scope=" ".join(PERSON_SCOPES))
    await ada.side.sandbox("POST", f"/teams/{FRAUD}", {"members": [], "default_role": "none"})
    found = [
        (await rights.read(link=person.link, account=ACCOUNT, service=PRIVATE)).rights for person in (ada, cy)
    ]
    assert [one and (one.user, one.name, one.service and one.service.id) for one in found] == [
        (ADA_USER, ada.side.person(ADA_USER).name, PRIVATE),
        (CY_USER, ada.side.person(CY_USER).name, None),
    ]
    assert await ada.calls() == await cy.calls() == []


@pytest.mark.pooler_too
async def test_apis_and_a_worker_at_once_refresh_once(
    settings: Settings,
    pool: Pool,
    http: httpx.AsyncClient,
    rights: RightsReader,
    person_tokens: PersonTokens,
    ada: LinkedPerson,
) -> None:
    """Whichever of them is first: the others read its tokens from the row."""
    await ada.age(1.01)
    await ada.side.fault("token", "slow", seconds=0.5)
    async with running_api(settings, pool, http) as another:
        found = await asyncio.gather(
            *(read(one, ada) for one in (rights, another) for _ in range(3)),
            *(person_tokens.user(ada.link, account=ACCOUNT) for _ in range(3)),
        )
    now = await ada.access_token()
    assert {one.rights.user for one in found if isinstance(one, RightsRead) and one.rights} == {ADA_USER}
    assert [one.access_token for one in found if isinstance(one, links.LinkedUser)] == [now] * 3
    assert len(await ada.calls()) == 1


async def test_a_token_that_pagerduty_does_not_accept_is_replaced_once_for_an_api_and_a_worker(
    rights: RightsReader, person_tokens: PersonTokens, ada: LinkedPerson
) -> None:
    rejected = await ada.access_token()
    await ada.side.fault("rest", "status", status=401, match={"path": f"/users/{ADA_USER}"})
    await ada.side.fault("token", "slow", seconds=0.5)
    found, _ = await asyncio.gather(
        read(rights, ada), person_tokens.renewed(ada.link, account=ACCOUNT, rejected=rejected)
    )
    assert found.rights is not None, found.unread
    assert len(await ada.calls()) == 1


async def test_a_reading_ends_in_time_and_the_refresh_that_it_began_goes_on(
    settings: Settings,
    pool: Pool,
    http: httpx.AsyncClient,
    ada: LinkedPerson,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_READ_SECONDS", 0.4)
    await ada.age(1.01)
    before = await ada.access_token()
    await ada.side.fault("token", "slow", seconds=3)
    async with running_api(settings, pool, http) as rights:
        began = time.monotonic()
        with pytest.raises(ProviderUnavailable):
            await read(rights, ada)
        assert time.monotonic() - began < 2.5
    assert await ada.access_token() != before
    assert await ada.refreshes() == 1


async def test_an_account_that_is_not_configured_is_refused(rights: RightsReader, ada: LinkedPerson) -> None:
    with pytest.raises(RequestInvalid):
        await rights.read(link=ada.link, account="emca", service=CHECKOUT)


# Links that end


async def test_a_link_that_ends_in_an_api_is_told_once_by_its_gateway(
    rights: RightsReader, person_tokens: PersonTokens, ada: LinkedPerson, tellings: Tellings
) -> None:
    await ada.age(1.01)
    await ada.side.http.delete(f"/_sandbox/identity/delegations?user={ADA_USER}")
    assert [(await read(rights, ada)).unread for _ in range(2)] == ["link_ended"] * 2

    async def is_told() -> bool:
        return await links.untold(ada.pool, ACCOUNT) == ()

    await eventually(is_told)
    assert await tellings.offers() == [OfferLink(key=f"ended-{ada.link}", why="ended")]
    assert len(await ada.calls()) == 1


async def test_a_link_that_its_person_removed_is_nobodys(
    rights: RightsReader, ada: LinkedPerson, tellings: Tellings
) -> None:
    await ada.unlink()
    assert (await read(rights, ada)).unread == "link_removed"
    assert await tellings.offers() == []


async def test_whom_an_apis_gateway_cannot_tell_is_left_to_the_upkeep_and_nobody_waits_for_it(
    settings: Settings,
    pool: Pool,
    http: httpx.AsyncClient,
    temporal: EmbeddedTemporal,
    ada: LinkedPerson,
    capfd: pytest.CaptureFixture[str],
) -> None:
    await ada.age(1.01)
    await ada.side.http.delete(f"/_sandbox/identity/delegations?user={ADA_USER}")
    async with (
        line_to(temporal.address) as line,
        running_api(settings, pool, http, temporal=line.address) as rights,
    ):
        await line.cut()
        began = time.monotonic()
        assert (await read(rights, ada)).unread == "link_ended"
        assert time.monotonic() - began < 2.5
    assert [ended.link for ended in await links.untold(pool, ACCOUNT)] == [ada.link]
    log = capfd.readouterr().out
    assert "telling of the end of a link" in log
    assert "Traceback" not in log, "an outage is expected"


# How an API stops


@pytest.fixture
def apis_tokens(monkeypatch: pytest.MonkeyPatch) -> list[PersonTokens]:
    """What each API has for people's tokens."""
    made: list[PersonTokens] = []

    class Kept(PersonTokens):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            made.append(self)

    monkeypatch.setattr(module, "PersonTokens", Kept)
    return made


async def test_an_api_that_stops_keeps_what_a_refresh_gives_whose_caller_is_gone(
    settings: Settings, apis_tokens: list[PersonTokens], ada: LinkedPerson
) -> None:
    before = await ada.access_token()
    await ada.age(1.01)
    await ada.side.fault("token", "slow", seconds=4)
    async with opened_app(settings):
        caller = asyncio.create_task(apis_tokens[0].user(ada.link, account=ACCOUNT))
        await eventually(ada.is_asked)
        caller.cancel()
    assert await ada.access_token() != before


async def test_an_api_that_stops_tells_whose_link_ends_meanwhile(
    settings: Settings, apis_tokens: list[PersonTokens], ada: LinkedPerson, tellings: Tellings
) -> None:
    await ada.age(1.01)
    await ada.side.fault("token", "slow", seconds=4)
    await ada.side.http.delete("/_sandbox/identity/delegations")
    async with opened_app(settings):
        caller = asyncio.create_task(apis_tokens[0].user(ada.link, account=ACCOUNT))
        await eventually(ada.is_asked)
        caller.cancel()
    assert await tellings.offers() == [OfferLink(key=f"ended-{ada.link}", why="ended")]
    assert await links.untold(ada.pool, ACCOUNT) == ()


async def test_an_api_does_not_wait_longer_than_its_time_to_stop(
    settings: Settings,
    apis_tokens: list[PersonTokens],
    ada: LinkedPerson,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_GRACE", module._GRACE * 0)
    await ada.age(1.01)
    await ada.side.fault("token", "slow", seconds=6)
    async with opened_app(settings):
        caller = asyncio.create_task(apis_tokens[0].user(ada.link, account=ACCOUNT))
        await eventually(ada.is_asked)
        began = time.monotonic()
    assert time.monotonic() - began < 4
    await asyncio.wait({caller})
    assert caller.cancelled()
