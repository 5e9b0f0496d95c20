"""Two tenants and three accounts in one deployment: nothing of one is seen, used or changed by another.

Everything after the teams' rows goes the real way, over HTTP, for each account.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from muster.store.migrate import migrate
from muster.store.pool import open_pool
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.support.company import signature
from tests.support.settings import database_at, settings_for
from tests.support.temporal import client_of, prepare
from tests.support.two_tenants import EU, OTHER, US, Installation, Tenant, installed
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio

SERVICE = "PSVC001"
"""Has this id in every account."""


def channel_of(installation: Installation, account: str) -> str:
    """Where the account's incidents are to appear."""
    team, name = ("Platform", "alerts") if account == EU else ("Payments", "ops")
    return installation.tenant_of(account).channel(team, name)


@pytest.fixture(scope="module")
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("two-tenants")


@pytest.fixture(scope="module")
def own_temporal(own_folder: Path) -> Iterator[EmbeddedTemporal]:
    """Nobody else's: the API's tests leave runs of the same people and channels, which no worker takes."""
    with EmbeddedTemporal(log=own_folder / "temporal.log") as server:
        asyncio.run(prepare(server))
        yield server


@pytest.fixture(scope="module")
async def installation(
    postgres: EmbeddedPostgres, own_temporal: EmbeddedTemporal, own_folder: Path
) -> AsyncIterator[Installation]:
    """Ada of each tenant is linked to each account of theirs, and connected a service of each."""
    url = postgres.create_database("two_tenants")
    await migrate(settings_for(url, "127.0.0.1:1"))
    client: Client = await client_of(own_temporal)
    pool = await open_pool(database_at(url))
    async with pool, installed(pool, client, url, own_temporal, own_folder) as installation:
        for account in (US, EU, OTHER):
            await installation.links("Ada", account)
            answer = await installation.connects("Ada", account, SERVICE, channel_of(installation, account))
            assert (answer.reply, answer.service_name) == ("connected", "Checkout")
            await installation.is_subscribed(account)
        yield installation


async def card_of(installation: Installation, account: str, title: str) -> tuple[str, dict[str, Any]]:
    """Wait for the first card of an incident in its account's tenant, and until its row knows it."""
    tenant = installation.tenant_of(account)
    found: list[tuple[str, dict[str, Any]]] = []

    async def shown() -> bool:
        found[:] = await tenant.cards(title)
        recorded = "SELECT count(*) FROM incident_card WHERE account = $1 AND activity_id = $2"
        return bool(found) and bool(await installation.pool.fetchval(recorded, account, found[0][1]["id"]))

    await eventually(shown, within=20)
    return found[0]


async def everywhere(installation: Installation, title: str) -> list[str]:
    """The conversations of all tenants in which an incident was told, or somebody was told of it."""
    return [
        one["id"]
        for tenant in (installation.first, installation.second)
        for one in await tenant.records()
        if title in json.dumps(one["messages"])
    ]


def written_in(installation: Installation, account: str, incident: str) -> list[tuple[str | None, int]]:
    """Who changed an incident in PagerDuty, and what they were answered."""
    writes = installation.accounts[account].simulator.store.state.writes
    return [(one.user, one.status) for one in writes if one.path == f"/incidents/{incident}"]


# Names and keys


async def test_two_channels_of_one_name_have_keys_of_their_own(installation: Installation) -> None:
    rows = await installation.pool.fetch(
        "SELECT c.tenant, c.key, t.key AS team FROM conversation c JOIN team t ON t.id = c.team"
        " WHERE c.name = 'ops' AND t.name = 'Payments'"
    )
    assert len({row["tenant"] for row in rows}) == len({row["key"] for row in rows}) == 2
    assert len({row["team"] for row in rows}) == 2
    assert "payments-ops" in {row["key"] for row in rows}


# Subscriptions


async def test_each_account_has_one_subscription_with_an_address_and_a_secret_of_its_own(
    installation: Installation,
) -> None:
    rows = await installation.pool.fetch("SELECT account, id, url FROM webhook_subscription")
    assert {row["account"] for row in rows} == {US, EU, OTHER}
    assert len(rows) == 3
    for row in rows:
        (there,) = installation.accounts[row["account"]].simulator.subscriptions.all()
        assert (row["id"], row["url"]) == (there.id, there.url)
        assert there.url.endswith(f"/webhooks/pagerduty/{row['account']}")


async def test_each_account_gives_the_app_a_token_by_its_own_scope(installation: Installation) -> None:
    """The simulator refuses the scope of another account or region: a token shows what was asked for."""
    for account in (US, EU, OTHER):
        calls = (await installation.accounts[account].records())["tokens"]
        own = [one for one in calls if one["grant_type"] == "client_credentials"]
        assert own
        assert all(one["issued"] for one in own)


@pytest.mark.parametrize(("signed_for", "sent_to"), [(US, EU), (US, OTHER), (OTHER, US), (EU, OTHER)])
async def test_what_one_account_signed_is_refused_at_anothers_address(
    installation: Installation, signed_for: str, sent_to: str
) -> None:
    (subscription,) = installation.accounts[signed_for].simulator.subscriptions.all()
    body = b'{"event": {"id": "E1", "event_type": "incident.triggered"}}'
    for named in (subscription.id, None):
        answer = await installation.edge.post(
            body,
            account=sent_to,
            signed=signature(body, subscription.secrets[0]),
            subscription=named,
        )
        assert answer.status_code == 401


# Incidents


@pytest.mark.parametrize("account", [US, EU, OTHER])
async def test_an_incident_appears_in_its_accounts_channel_alone_and_is_changed_in_its_account_alone(
    installation: Installation, account: str
) -> None:
    title = f"Broken in {account}"
    incident = (await installation.accounts[account].monitored(title=title))["id"]
    conversation, message = await card_of(installation, account, title)
    assert conversation == channel_of(installation, account)
    tenant = installation.tenant_of(account)
    await tenant.clicks("Ada", conversation, message["id"], "acknowledge")

    async def acknowledged() -> bool:
        return bool(written_in(installation, account, incident))

    await eventually(acknowledged, within=20)
    ada = tenant.person("Ada").pagerduty_user
    assert written_in(installation, account, incident) == [(ada, 200)]
    await installation.accounts[account].until(
        lambda: "waiting" not in installation.accounts[account].webhook_states()
    )
    assert await everywhere(installation, title) == [conversation]
    assert await installation.pool.fetchval("SELECT count(*) FROM quarantined_event") == 0
    for other in {US, EU, OTHER} - {account}:
        assert written_in(installation, other, incident) == []


async def test_who_is_linked_in_one_account_is_nobody_in_another(installation: Installation) -> None:
    """Bo is linked in the American account; his click on the European one's card changes nothing."""
    await installation.links("Bo", US)
    assert await installation.link_of("Bo", EU) is None
    incident = (await installation.accounts[EU].monitored(title="Bo may not"))["id"]
    conversation, message = await card_of(installation, EU, "Bo may not")
    before = len(await installation.first.private("Bo"))
    await installation.first.clicks("Bo", conversation, message["id"], "acknowledge")

    async def asked_to_link() -> bool:
        told = (await installation.first.private("Bo"))[before:]
        return any(EU in text and "not linked" in text for text in told)

    await eventually(asked_to_link, within=20)
    for account in (US, EU, OTHER):
        assert written_in(installation, account, incident) == []


async def test_a_button_that_names_anothers_incident_does_nothing_to_it(installation: Installation) -> None:
    """The data of a button come from a client: the second tenant's Ada names an incident of the first's."""
    theirs = (await installation.accounts[US].monitored(title="Not yours"))["id"]
    await card_of(installation, US, "Not yours")
    await installation.accounts[OTHER].monitored(title="Yours")
    conversation, message = await card_of(installation, OTHER, "Yours")
    stranger = installation.second
    data = _data_of(message["versions"][-1]["activity"], "acknowledge")
    assert data["a"] == OTHER
    forged = data | {"a": US, "i": theirs}
    await stranger.clicks("Ada", conversation, message["id"], "acknowledge", forged)
    assert written_in(installation, US, theirs) == []


def _data_of(value: Any, verb: str) -> dict[str, Any]:
    """The data of a card's button."""
    for found in _dicts(value):
        if found.get("verb") == verb:
            data: dict[str, Any] = found["data"]
            return data
    raise AssertionError(f"no button {verb}")


def _dicts(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(one for content in value.values() for one in _dicts(content))]
    if isinstance(value, list):
        return [one for content in value for one in _dicts(content)]
    return []


# Connecting


async def test_a_service_of_another_tenants_account_cannot_be_connected(installation: Installation) -> None:
    """Neither by a link of their own account, nor by the right link in a team of another account."""
    own = await installation.link_of("Ada", US)
    theirs = await installation.link_of("Ada", OTHER)
    assert own is not None
    assert theirs is not None
    channel = installation.first.channel("Payments", "releases")
    unlinked = await installation.connects("Ada", OTHER, "PSVC002", channel, link=own)
    assert unlinked.reply == "link_removed"
    asked = installation.accounts[OTHER].simulator.store.state.reads
    foreign = [one for one in asked if one.status == 401 or one.path.endswith("/PSVC002")]
    assert foreign == [], "a token of theirs was sent to another account"
    elsewhere = await installation.connects("Ada", OTHER, "PSVC002", channel, link=theirs)
    assert elsewhere.reply == "team_not_authorized"
    rows = await installation.pool.fetch("SELECT DISTINCT account, conversation FROM connection")
    assert {(row["account"], row["conversation"]) for row in rows} == {
        (account, channel_of(installation, account)) for account in (US, EU, OTHER)
    }


# What people read


async def answer_to(tenant: Tenant, name: str, text: str) -> str:
    """What somebody is answered in private."""
    before = len(await tenant.private(name))
    await tenant.says(name, text)
    found: list[str] = []

    async def answered() -> bool:
        found[:] = [
            one for one in (await tenant.private(name))[before:] if text not in json.loads(one).values()
        ]
        return bool(found)

    await eventually(answered, within=20)
    return "\n".join(found)


@pytest.mark.parametrize("text", ["status", "linkUser", "linkUser nothing-of-this", "help"])
async def test_each_tenant_reads_of_its_own_accounts_alone(installation: Installation, text: str) -> None:
    first = await answer_to(installation.first, "Di", text)
    second = await answer_to(installation.second, "Di", text)
    assert OTHER not in first
    assert US not in second
    if text != "help":
        assert US in first
        assert EU in first


async def test_whoever_adds_the_app_chooses_among_the_accounts_of_their_tenant(
    installation: Installation,
) -> None:
    for tenant, own in ((installation.first, {US, EU}), (installation.second, {OTHER})):
        await tenant.installs("Ada", "Search")

        async def offered(tenant: Tenant = tenant, own: set[str] = own) -> bool:
            cards = [text for text in await tenant.private("Ada") if "Search" in text]
            return bool(cards) and all(account in cards[-1] for account in own)

        await eventually(offered, within=20)
        cards = [text for text in await tenant.private("Ada") if "Search" in text]
        assert not any(other in text for text in cards for other in {US, EU, OTHER} - own)


async def test_anothers_account_is_none_that_one_can_be_linked_to(installation: Installation) -> None:
    answer = await answer_to(installation.first, "Di", f"linkUser {OTHER}")
    assert "You cannot be linked to an account of that name" in answer
    assert (
        await installation.pool.fetchval(
            "SELECT count(*) FROM link_offer WHERE account = $1 AND tenant <> $2",
            OTHER,
            installation.second.company.tenant_id,
        )
        == 0
    )


async def test_status_tells_somebody_each_of_their_own_links(installation: Installation) -> None:
    first = await answer_to(installation.first, "Ada", "status")
    second = await answer_to(installation.second, "Ada", "status")
    assert first.count("Ada Ops") >= 2
    assert OTHER not in first
    assert US in first
    assert EU in first
    assert OTHER in second


async def test_whoever_ends_one_link_keeps_the_other(installation: Installation) -> None:
    await installation.links("Cy", US)
    await installation.links("Cy", EU)
    await answer_to(installation.first, "Cy", f"unlinkUser {US}")
    assert await installation.link_of("Cy", US) is None
    assert await installation.link_of("Cy", EU) is not None
