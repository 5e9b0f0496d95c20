"""Teams: known from their first activity on, under a readable key of their own."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from muster.store import teams
from muster.store.pool import Pool, transaction
from muster.store.teams import Team, TeamOfAnotherTenant
from tests.support.company import ACCOUNT, ADA_AAD, BO_AAD, OPS, SERVICE_URL, TEAM, TENANT
from workflows.team_setup.messages import Deadlines

pytestmark = pytest.mark.anyio

OTHER_TENANT = "33333333-3333-3333-3333-333333333333"
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


async def seen(pool: Pool, id: str, name: str | None = "Orders", *, tenant: str = TENANT) -> Team:
    return await teams.first_seen(
        pool, id=f"19:{id}", tenant=tenant, name=name, aad_group_id=None, service_url=SERVICE_URL
    )


async def found(pool: Pool, id: str = "19:one") -> Team:
    team = await teams.find(pool, id)
    assert team is not None
    return team


async def test_keys_are_readable_and_unique(pool: Pool) -> None:
    names = ["Orders", "orders!", "ORDERS", "Orders-2", "Café Zürich", "注文", None, "", "12", "Payments"]
    keys = [(await seen(pool, f"{place}", name)).key for place, name in enumerate(names)]
    assert keys == [
        "orders", "orders-2", "orders-3", "orders-2-2", "cafe-zurich", "team-1", "team-2", "team-3", "team-4",
        "payments-2",
    ]  # fmt: skip


async def test_a_long_name_has_a_key_of_sixty_characters(pool: Pool) -> None:
    assert (await seen(pool, "long", "a" * 59 + " " + "b" * 9)).key == "a" * 59


async def test_teams_that_are_seen_at_once_have_keys_of_their_own(pool: Pool) -> None:
    known = await asyncio.gather(*(seen(pool, f"{number}") for number in range(6)))
    assert sorted(team.key for team in known) == ["orders", *(f"orders-{number}" for number in range(2, 7))]


async def test_a_team_that_is_seen_twice_at_once_has_one_row_and_one_key(pool: Pool) -> None:
    known = await asyncio.gather(*(seen(pool, "one") for _ in range(6)))
    assert {team.key for team in known} == {(await found(pool)).key}


async def test_the_key_stays_when_the_name_changes(pool: Pool) -> None:
    team = await seen(pool, "one")
    assert (team.account, team.step, team.service_url) == (None, None, SERVICE_URL)
    assert (await seen(pool, "one", "Bills")).key == "orders"
    await teams.rename(pool, "19:one", "Invoices")
    assert ((await found(pool)).name, (await found(pool)).key) == ("Invoices", "orders")
    assert await teams.find_by_key(pool, "orders") == await found(pool)
    assert await teams.find_by_key(pool, "invoices") is None


async def test_what_an_activity_does_not_tell_stays(pool: Pool) -> None:
    await seen(pool, "one")
    again = await teams.first_seen(
        pool, id="19:one", tenant=TENANT, name=None, aad_group_id=ADA_AAD, service_url="https://moved/"
    )
    assert (again.name, again.service_url) == ("Orders", "https://moved/")


async def test_a_name_is_that_of_the_newest_activity(pool: Pool) -> None:
    await told(pool, "Orders", at=AT)
    await told(pool, "Bills", at=AT + timedelta(seconds=2))
    await told(pool, "Orders", at=AT + timedelta(seconds=1))
    assert (await found(pool)).name == "Bills"
    await told(pool, "Bills", at=AT + timedelta(seconds=4))
    await told(pool, "Invoices", at=AT + timedelta(seconds=3))
    await told(pool, "Undated", at=None)
    assert ((await found(pool)).name, (await found(pool)).key) == ("Bills", "orders")


async def told(pool: Pool, name: str, *, at: datetime | None) -> None:
    await teams.first_seen(
        pool,
        id="19:one",
        tenant=TENANT,
        name=name,
        aad_group_id=None,
        service_url=SERVICE_URL,
        named_at=at,
    )


async def test_a_team_of_another_tenant_is_not_taken_over(pool: Pool) -> None:
    await pool.execute("INSERT INTO teams_tenant (id, name) VALUES ($1, '')", OTHER_TENANT)
    await seen(pool, "one")
    with pytest.raises(TeamOfAnotherTenant):
        await seen(pool, "one", "Theirs", tenant=OTHER_TENANT)
    assert ((await found(pool)).tenant, (await found(pool)).name) == (TENANT, "Orders")
    assert [team.id for team in await teams.of_tenant(pool, OTHER_TENANT)] == []


async def test_who_installed_it_and_where_is_kept_until_it_is_told_anew(pool: Pool) -> None:
    await seen(pool, "one")
    await teams.note_installer(pool, "19:one", installer=ADA_AAD, chosen_channel=OPS)
    await teams.note_installer(pool, "19:one", installer=None, chosen_channel=None)
    assert ((await found(pool)).installer, (await found(pool)).chosen_channel) == (ADA_AAD, OPS)
    await teams.note_installer(pool, "19:one", installer=BO_AAD, chosen_channel=None)
    assert ((await found(pool)).installer, (await found(pool)).chosen_channel) == (BO_AAD, OPS)


async def test_the_newest_activity_decides_on_membership(pool: Pool) -> None:
    await seen(pool, "one")
    await teams.note_membership(pool, "19:one", at=AT, removed=True)
    await teams.note_membership(pool, "19:one", at=AT - timedelta(seconds=1), removed=False)
    removed = await found(pool)
    assert removed.removed_at is not None
    assert removed.membership_at == AT
    assert "19:one" not in {team.id for team in await teams.of_tenant(pool, TENANT)}
    await teams.note_membership(pool, "19:one", at=AT + timedelta(seconds=1), removed=False)
    assert (await found(pool)).removed_at is None
    assert "19:one" in {team.id for team in await teams.of_tenant(pool, TENANT)}


async def test_a_run_starts_with_the_key_of_its_team(pool: Pool) -> None:
    team = await seen(pool, "one")
    await teams.note_step(pool, "19:one", "authorizing")
    assert (await found(pool)).step == "authorizing"
    start = team.start(Deadlines(link=5))
    assert (start.tenant, start.team, start.key, start.name) == (TENANT, "19:one", "orders", "Orders")
    assert start.deadlines.link == 5


async def test_a_seeded_team_keeps_its_key_and_its_account(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await teams.upsert(
            connection, id=TEAM, tenant=OTHER_TENANT, aad_group_id=ADA_AAD, name="Paid", account="emca"
        )
    team = await found(pool, TEAM)
    assert (team.key, team.account, team.tenant, team.name) == ("payments", ACCOUNT, TENANT, "Paid")


async def test_the_row_of_a_team_is_made_again_but_no_others_row_or_key_is_taken(pool: Pool) -> None:
    made = await teams.find_or_make(pool, "19:again", tenant=TENANT, key="again", name="Again")
    assert made is not None
    assert (made.key, made.name, made.service_url) == ("again", "Again", None)
    assert await teams.find_or_make(pool, "19:again", tenant=TENANT, key="again-2", name="") == made
    assert await teams.find_or_make(pool, "19:again", tenant="other", key="other", name="") is None
    assert await teams.find_or_make(pool, "19:else", tenant=TENANT, key="again", name="") is None
