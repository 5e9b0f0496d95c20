"""``muster seed`` writes in one transaction. Run again, it writes what changed and keeps what must stay."""

from datetime import UTC, datetime

import pytest

from muster.seed import Seed, SeedRefused, ServiceConnection, SetUp, seed
from muster.store.pool import Pool
from tests.support.company import ACCOUNT, ADA_AAD, BO_AAD, OPS, RELEASES, company
from tests.support.settings import settings_for

pytestmark = pytest.mark.anyio

EARLIER = datetime(2026, 1, 1, 10, tzinfo=UTC)


async def test_a_channel_that_was_renamed_keeps_its_key(database_url: str, pool: Pool) -> None:
    content = company(service_url="http://127.0.0.1:2/teams/")
    ops, releases = content.channels
    renamed = content.model_copy(
        update={"channels": (ops.model_copy(update={"name": "operations"}), releases)}
    )
    await seed(settings_for(database_url, "127.0.0.1:1"), renamed)
    rows = await pool.fetch("SELECT id, kind, key, name, service_url FROM conversation ORDER BY key")
    assert [tuple(row) for row in rows] == [
        (OPS, "channel", "payments-ops", "operations", "http://127.0.0.1:2/teams/"),
        (RELEASES, "channel", "payments-releases", "releases", "http://127.0.0.1:2/teams/"),
    ]


async def test_a_connection_that_is_written_again_keeps_its_beginning(database_url: str, pool: Pool) -> None:
    await pool.execute("UPDATE connection SET connected_at = $1, service_name = 'before'", EARLIER)
    await seed(settings_for(database_url, "127.0.0.1:1"), company())
    rows = await pool.fetch("SELECT service_name, connected_at FROM connection ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("Checkout", EARLIER),
        ("Ledger", EARLIER),
        ("Ledger", EARLIER),
    ]


async def test_a_connection_has_the_preset_of_the_file_and_keeps_it_where_the_file_has_none(
    database_url: str, pool: Pool
) -> None:
    settings, content = settings_for(database_url, "127.0.0.1:1"), company()
    loud = tuple(one.model_copy(update={"preset": "all_updates"}) for one in content.connections)
    for connections in (loud, content.connections):
        await seed(settings, content.model_copy(update={"connections": connections}))
        assert {row["preset"] for row in await pool.fetch("SELECT preset FROM connection")} == {"all_updates"}


async def test_what_a_setup_has_written_is_not_seeded_over(database_url: str, pool: Pool) -> None:
    settings = settings_for(database_url, "127.0.0.1:1")
    content = company()
    setup = SetUp(
        service_url="http://127.0.0.1:3/teams/",
        installer=BO_AAD,
        chosen_channel=OPS,
        authorized_by="PUSER02",
        authorized_name="Bo Call",
        authorized_role="admin",
    )
    again = content.model_copy(
        update={
            "teams": (content.teams[0].model_copy(update={"set_up": setup}),),
            "tenants": (content.tenants[0].model_copy(update={"roles": ("Chat.Create",)}),),
            "connections": tuple(
                one.model_copy(update={"connected_by": BO_AAD, "connected_name": "Bo Call"})
                for one in content.connections
            ),
        }
    )
    await seed(settings, again)
    read = (
        "SELECT t.step, t.installer, t.authorized_name, n.roles, c.connected_name"
        " FROM team t JOIN teams_tenant n ON n.id = t.tenant, connection c"
    )
    seeded = ("complete", BO_AAD, "Bo Call", ["Chat.Create"], "Bo Call")
    assert {tuple(map(str, row)) for row in await pool.fetch(read)} == {tuple(map(str, seeded))}
    await pool.execute("UPDATE team SET step = 'removed', installer = $1, authorized_name = 'Ada'", ADA_AAD)
    await pool.execute("UPDATE teams_tenant SET roles = '{}'")
    await pool.execute("UPDATE connection SET connected_name = 'Ada'")
    await seed(settings, again)
    kept: tuple[object, ...] = ("removed", ADA_AAD, "Ada", [], "Ada")
    assert {tuple(map(str, row)) for row in await pool.fetch(read)} == {tuple(map(str, kept))}


async def test_a_row_the_database_refuses_leaves_all_as_it_was(database_url: str, pool: Pool) -> None:
    elsewhere = ServiceConnection(
        account=ACCOUNT, service="PSVC9", service_name="Elsewhere", conversation="19:unknown"
    )
    content = company(service_url="http://127.0.0.1:2/teams/").model_copy(
        update={"connections": (elsewhere,)}
    )
    with pytest.raises(
        SeedRefused, match="the database refuses a row of connection: connection_conversation_fkey"
    ):
        await seed(settings_for(database_url, "127.0.0.1:1"), content)
    assert not await pool.fetchval("SELECT count(*) FROM conversation WHERE service_url LIKE '%:2/%'")


async def test_tenants_people_and_accounts_are_stored_in_small_letters(database_url: str, pool: Pool) -> None:
    tenant, person = "8F0C1F5E-00AA-4000-8000-00000000000A", "8F0C1F5E-00AA-4000-8000-00000000000B"
    row = {
        "tenant": tenant,
        "aad_object_id": person,
        "teams_id": "29:di",
        "name": "Di",
        "email": "di@acme.example",
    }
    content = Seed.model_validate(
        {
            "pagerduty_accounts": [{"key": "EMCA", "subdomain": "Emca", "region": "eu"}],
            "tenants": [{"id": tenant, "name": "Emca"}],
            "people": [row],
        }
    )
    await seed(settings_for(database_url, "127.0.0.1:1"), content)
    stored = await pool.fetchrow("SELECT tenant, aad_object_id FROM person WHERE teams_id = '29:di'")
    assert stored is not None
    assert tuple(stored) == (tenant.lower(), person.lower())
    assert await pool.fetchval("SELECT key FROM pagerduty_account WHERE subdomain = 'emca'") == "emca"


async def test_a_failure_of_the_database_is_a_sentence_without_its_words(
    database_url: str, pool: Pool
) -> None:
    await pool.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RAISE EXCEPTION 'the value is %', NEW.name; END $$;"
        "CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON person EXECUTE FUNCTION fail()"
    )
    with pytest.raises(SeedRefused) as refused:
        await seed(settings_for(database_url, "127.0.0.1:1"), company())
    assert str(refused.value).startswith("the database does not take the rows: ")
    assert "value is" not in str(refused.value)
