"""What `muster seed` writes for the connected world is what people get who go the whole way."""

import json
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from activities.signals import WorkflowSignals
from muster.seed import Seed, seed
from muster.store.migrate import migrate
from sandbox.company import Company as SandboxCompany
from sandbox.company import Connection, Person, Team, build_company, write_company
from sandbox.up.addresses import Addresses
from sandbox.up.product import seed as seeded_rows
from sandbox.up.supervision.launch import Launched
from tests.chaos.company import Company, at_work
from tests.chaos.newcomer import CONSENT, newcomer
from tests.chaos.responder import responder
from tests.support.product import running
from tests.support.settings import settings_for
from workflows.connect_channel.messages import Asked, Start
from workflows.connect_channel.workflow_type import CONNECT, CONNECT_CHANNEL
from workflows.person import Person as Who

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
    # Ids, times and the secret. Where a seeded subscription sends, PagerDuty's list tells (decision 0049).
    "webhook_subscription": (("account",), ("id", "secret", "created_at", "verified_at", "url")),
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
    "quarantined_event": "likewise",
    "ended_link": "nobody's link has ended",
    "suspension": "nothing was taken away",
}
NOBODY_MET = ("Cy Net", "Eve Stand", "Mia Tenant")
"""They are in the seed's file, and have not written to the app on the way here."""

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(scope="module")
def world() -> SandboxCompany:
    """The connected world; people go to it from a world where nothing is connected."""
    return build_company()


@pytest.fixture(scope="module")
def stack(world: SandboxCompany, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    folder = tmp_path_factory.mktemp("seed-is-setup")
    nobody = tuple(person.model_copy(update={"linked": False}) for person in world.people)
    empty = world.model_copy(update={"people": nobody, "connections": ()})
    write_company(folder / "data" / "company.json", empty)
    with running(folder, "--empty") as stack:
        yield stack


async def comes_aboard(company: Company, team: Team, *, consents: bool) -> None:
    async with newcomer(company, team) as new:
        await new.install()
        await new.authorize(await new.waits_for_an_admin())
        if consents:
            await new.consent(await new.link(CONSENT))
        await new.is_told("The team is connected to PagerDuty")


async def is_linked(company: Company, person: Person, tenant: str) -> None:
    async with responder(company, person, tenant) as one:
        await one.links(await one.asks_for_a_link())


async def is_connected(company: Company, world: SandboxCompany, connection: Connection) -> None:
    """Ada presses **Connect Service**."""
    ada = world.people[0]
    (channel,) = await company.rows("SELECT key FROM conversation WHERE id = $1", connection.channel)
    (link,) = await company.rows("SELECT id FROM user_link WHERE aad_object_id = $1", ada.aad_object_id)
    asked = Asked(
        key=uuid.uuid4().hex,
        person=Who(aad_object_id=ada.aad_object_id, teams_id=ada.teams_id, name=ada.name),
        link=link["id"],
        received_at=datetime.now(UTC),
    )
    start = Start(
        tenant=world.tenant_id,
        account=world.account,
        service=connection.service,
        conversation=connection.channel,
        key=channel["key"],
        channel_name="",
    )
    signals = WorkflowSignals(company.temporal, task_queue="muster")
    answer = await signals.ask(CONNECT_CHANNEL, start, CONNECT, asked, update_id=asked.key, within=20)
    assert answer.reply == "connected"


async def is_set_up(company: Company, world: SandboxCompany) -> None:
    """The whole way of the guide, for everybody whom the connected world starts with."""
    payments, platform = world.teams
    await comes_aboard(company, platform, consents=False)
    await comes_aboard(company, payments, consents=True)
    for person in world.people:
        if person.linked:
            await is_linked(company, person, world.tenant_id)
    for connection in world.connections:
        await is_connected(company, world, connection)


async def is_seeded(stack: Launched, world: SandboxCompany) -> str:
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
    addresses = replace(Addresses.pick(), teams_port=urlsplit(stack.ready["teams"]).port)
    rows = seeded_rows(world, addresses, {})
    await seed(settings, Seed.model_validate_json(json.dumps(rows)))
    return address


async def rows_of(address: str, table: str, left_out: Collection[str], key: Sequence[str]) -> dict[Any, Any]:
    """A table's rows by their keys, without what is left out."""
    connection = await asyncpg.connect(address)
    try:
        rows = [dict(row) for row in await connection.fetch(f"SELECT * FROM {table}")]
    finally:
        await connection.close()
    return {
        tuple(row[name] for name in key): {n: v for n, v in row.items() if n not in left_out} for row in rows
    }


async def test_what_is_seeded_is_what_a_set_up_makes(stack: Launched, world: SandboxCompany) -> None:
    async with at_work(stack) as company:
        await is_set_up(company, world)
        tables = {
            row["tablename"]
            for row in await company.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        }
    assert tables == COMPARED.keys() | NOT_COMPARED.keys()
    seeded = await is_seeded(stack, world)
    for table, (key, left_out) in COMPARED.items():
        made = await rows_of(stack.ready["database_url"], table, left_out, key)
        written = await rows_of(seeded, table, left_out, key)
        assert made, table
        if table == "person":
            strangers = written.keys() - made.keys()
            assert all(written.pop(one)["name"] in NOBODY_MET for one in strangers)
        assert written == made, table
