"""The whole way of the guide, with the product as ``muster up`` runs it, from where nothing is connected.

What it makes is what ``muster seed`` writes for the connected world, and people connect services then.
"""

import json
import uuid
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from muster.seed import Seed, seed
from muster.store.migrate import migrate
from sandbox.company import Company, build_company, write_company
from sandbox.up.addresses import Addresses
from sandbox.up.product import seed as seeded_rows
from sandbox.up.supervision.launch import Launched
from tests.chaos.company import ADA_EMAIL, BO_EMAIL, DI_EMAIL, at_work
from tests.stack.channel import Channel
from tests.stack.set_up import is_set_up, unconnected
from tests.support.connections import KEPT_SHORTLY, async_client
from tests.support.product import running
from tests.support.settings import settings_for
from tests.support.simulators import PagerDuty

COMPARED: Mapping[str, tuple[Sequence[str], Collection[str]]] = {
    "pagerduty_account": (("key",), ()),
    "teams_tenant": (("id",), ("roles_read_at",)),
    # Times: of the installation, of its authorization, of the name that Teams told.
    "team": (("id",), ("membership_at", "authorized_at", "named_at")),
    "conversation": (("id",), ("named_at",)),
    # The e-mail stands in the seed's file; no activity of Teams tells it. Where somebody's private chat is
    # their first message tells.
    "person": (("tenant", "aad_object_id"), ("email", "private_conversation", "service_url")),
    # Ids and times. A seeded token is one that the simulator knows, without a refresh token and scopes.
    "user_link": (
        ("tenant", "aad_object_id", "account"),
        {"id", "access_token", "refresh_token", "scopes"}
        | {"linked_at", "authorized_at", "refreshed_at", "expires_at"},
    ),
    # Ids and times; a request is the id of a click.
    "connection": (("account", "service", "conversation"), ("id", "request", "connected_at")),
    # Its id, times and the secret.
    "webhook_subscription": (("account",), ("id", "secret", "created_at", "verified_at")),
}
"""By table: what tells its rows apart, and the columns that are left out, with the reason above."""
NOT_COMPARED = {
    "schema_migrations": "which migrations ran",
    "installation": "the database's own id, made when a subscription is first asked for",
    "notice": "messages of the way here; the connected world begins without any",
    "link_offer": "links of the way here; they are spent",
    "subscription_intent": "there is none between two creations",
    "command": "what was written on the way here",
    "wrong_key": "likewise",
    "click": "of incidents, of which there are none yet",
    "incident_card": "likewise",
    "incident_detail": "likewise",
    "incident_room": "likewise",
    "room_member": "likewise",
    "room_meeting": "likewise",
    "directory_cache": "people whom somebody looked for, for a chat of an incident",
    "quarantined_event": "likewise",
    "api_token": "an operator makes it, by a command",
    "ended_link": "nobody's link has ended",
    "suspension": "nothing was taken away",
    "operation": "no program has asked for anything",
}
NOBODY_MET = ("Cy Net", "Eve Stand", "Mia Tenant")
"""They are in the seed's file, and have not written to the app on the way here."""

SERVICE, QUIET = "PSVC003", "releases"
"""A service that is not connected, and a channel to which nothing is."""

Tables = Mapping[str, Mapping[Any, Any]]
"""By table: its rows by their keys."""

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def world() -> Company:
    """The connected world; people go to it from a world where nothing is connected."""
    return build_company()


@pytest.fixture(scope="module")
def stack(world: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    folder = tmp_path_factory.mktemp("set-up")
    write_company(folder / "data" / "company.json", unconnected(world))
    with running(folder, "--empty") as stack:
        yield stack


@pytest.fixture(scope="module")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with async_client(limits=KEPT_SHORTLY) as client:
        yield client


@pytest.fixture(scope="module")
async def made(http: httpx.AsyncClient, stack: Launched, world: Company) -> Tables:
    """What is in the database at the end of the way."""
    async with at_work(stack) as company:
        await is_set_up(http, stack, company, world)
    return await tables_of(stack.ready["database_url"])


async def is_seeded(stack: Launched, world: Company) -> str:
    """The address of a database with nothing but the rows that `muster up` seeds for the connected world."""
    url, name = str(stack.ready["database_url"]), f"seeded_{uuid.uuid4().hex[:8]}"
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    address = urlsplit(url)._replace(path=f"/{name}").geturl()
    settings = settings_for(address, stack.ready["temporal"])
    await migrate(settings)
    ports = {f"{part}_port": urlsplit(stack.ready[part]).port for part in ("api", "teams")}
    addresses = replace(Addresses.pick(), **ports)
    rows = seeded_rows(world, addresses, {})
    await seed(settings, Seed.model_validate_json(json.dumps(rows)))
    return address


async def tables_of(address: str) -> Tables:
    """The compared tables, without what is left out; every other table is one of ``NOT_COMPARED``."""
    connection = await asyncpg.connect(address)
    try:
        names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert {row["tablename"] for row in names} == COMPARED.keys() | NOT_COMPARED.keys()
        found = {table: await connection.fetch(f"SELECT * FROM {table}") for table in COMPARED}
    finally:
        await connection.close()
    return {
        table: {
            tuple(row[name] for name in key): {n: v for n, v in row.items() if n not in left_out}
            for row in found[table]
        }
        for table, (key, left_out) in COMPARED.items()
    }


async def test_what_is_seeded_is_what_a_set_up_makes(stack: Launched, world: Company, made: Tables) -> None:
    written = await tables_of(await is_seeded(stack, world))
    for table, rows in made.items():
        assert rows, table
        expected = dict(written[table])
        if table == "person":
            strangers = expected.keys() - rows.keys()
            assert all(expected.pop(one)["name"] in NOBODY_MET for one in strangers)
        assert expected == rows, table


@pytest.mark.usefixtures("made")
async def test_a_copied_address_becomes_a_connection_and_the_next_incident_arrives(
    http: httpx.AsyncClient, stack: Launched, world: Company
) -> None:
    payments = world.teams[0]
    (quiet,) = [one.id for one in payments.channels if one.name == QUIET]
    (service,) = [one for one in world.services if one.id == SERVICE]
    channel, pagerduty = Channel(http, stack, quiet), PagerDuty(http, stack.ready)
    address = await channel.address_on_the_console(service)

    (told,) = await channel.says(BO_EMAIL, f"connect {address}")
    assert "does not let you connect Edge network" in told
    assert "Ada Ops, Di Pager" in told, "who can"
    (card,) = await channel.says(ADA_EMAIL, f'connect <a href="{address}">{address}</a>')
    assert "Connect Service" in card
    assert "Platform" in card
    offered = await channel.card("connect_service")

    assert "does not let you connect Edge network" in await channel.clicks(BO_EMAIL)
    assert "Edge network is connected to this channel now" in await channel.clicks(DI_EMAIL)
    await channel.shows_connected(service, "Di Pager", is_first=True)
    assert (await channel.card("Service connected"))["id"] == offered["id"], "the card itself says so"

    incident = await pagerduty.trigger("Certificates expire", service=SERVICE)
    await channel.shows(incident, "Certificates expire")
    (told,) = await channel.says(BO_EMAIL, "list")
    assert "**Edge network**, connected by Di Pager since" in told

    (told,) = await channel.says(BO_EMAIL, "disconnect edge network")
    assert "does not let you disconnect Edge network" in told
    (told,) = await channel.says(ADA_EMAIL, "disconnect edge network")
    assert "Edge network is disconnected from this channel" in told
    await channel.shows("Service disconnected", service.name, "Disconnected by ", "Ada Ops")
    await pagerduty.update(incident, status="resolved")
    await channel.shows(incident, "Resolved")
