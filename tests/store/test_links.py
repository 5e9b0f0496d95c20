"""Links: found by their person, used in their account alone."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from muster.person_tokens import Tokens
from muster.security.sealing import KeyRing, SealBroken
from muster.store import links
from muster.store.links import EndedLink, LinkedUser, LockedLink
from muster.store.pool import Pool, transaction
from tests.support.company import ACCOUNT, ADA_AAD, BO_AAD, CY_AAD, TENANT, TOKENS
from tests.support.settings import KEYS

pytestmark = pytest.mark.anyio

RING = KeyRing.parse(KEYS)


async def link_of(pool: Pool, person: str) -> int:
    link = await links.link_of(pool, tenant=TENANT, aad_object_id=person, account=ACCOUNT)
    assert link is not None
    return link


async def test_a_linked_person_acts_under_their_own_token(pool: Pool) -> None:
    user = await links.linked_user(pool, RING, await link_of(pool, ADA_AAD), account=ACCOUNT)
    assert user == LinkedUser(
        pagerduty_user="PUSER01",
        name="Ada Ops",
        email=f"{ADA_AAD}@acme.example",
        access_token=TOKENS[ADA_AAD],
    )
    assert TOKENS[ADA_AAD] not in repr(user)


@pytest.mark.parametrize(
    ("tenant", "person", "account"),
    [(TENANT, CY_AAD, ACCOUNT), ("elsewhere", ADA_AAD, ACCOUNT), (TENANT, ADA_AAD, "emca")],
)
async def test_nobody_else_is_linked(pool: Pool, tenant: str, person: str, account: str) -> None:
    assert await links.link_of(pool, tenant=tenant, aad_object_id=person, account=account) is None


async def test_a_link_that_was_revoked_or_belongs_to_another_account_gives_no_user(pool: Pool) -> None:
    link = await link_of(pool, ADA_AAD)
    assert await links.linked_user(pool, RING, link, account="emca") is None
    await pool.execute("DELETE FROM user_link WHERE id = $1", link)
    assert await links.linked_user(pool, RING, link, account=ACCOUNT) is None


@pytest.mark.parametrize(("user", "keeps_row"), [("PUSER01", True), ("PUSER09", False)])
async def test_a_seed_keeps_the_row_of_the_same_user_alone(pool: Pool, user: str, keeps_row: bool) -> None:
    before = await link_of(pool, ADA_AAD)
    seeded = LinkedUser(pagerduty_user=user, name="Ada O.", email="ada@other.example", access_token="new")
    async with transaction(pool) as connection:
        await links.seed(connection, RING, seeded, tenant=TENANT, aad_object_id=ADA_AAD, account=ACCOUNT)
    now = await link_of(pool, ADA_AAD)
    assert (now == before) is keeps_row
    assert await links.linked_user(pool, RING, now, account=ACCOUNT) == seeded


async def test_a_token_moved_to_another_persons_row_does_not_open(pool: Pool) -> None:
    await pool.execute(
        "UPDATE user_link SET access_token = (SELECT access_token FROM user_link WHERE aad_object_id = $1)"
        " WHERE aad_object_id = $2",
        *(ADA_AAD, BO_AAD),
    )
    assert await links.linked_user(pool, RING, await link_of(pool, ADA_AAD), account=ACCOUNT)
    with pytest.raises(SealBroken, match="does not open here") as broken:
        await links.linked_user(pool, RING, await link_of(pool, BO_AAD), account=ACCOUNT)
    assert TOKENS[ADA_AAD] not in str(broken.value)


# Links that people made themselves

AUTHORIZED_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
FIRST = Tokens(
    access_token="pdus+_0first",
    refresh_token="pdus+_1first",
    scopes=("openid", "users.read"),
    issued_at=AUTHORIZED_AT,
    expires_at=AUTHORIZED_AT + timedelta(days=1),
)
NEXT = Tokens(
    access_token="pdus+_0next",
    refresh_token="pdus+_1next",
    scopes=("openid",),
    issued_at=AUTHORIZED_AT + timedelta(days=1),
    expires_at=AUTHORIZED_AT + timedelta(days=2),
)
CY = {"tenant": TENANT, "aad_object_id": CY_AAD, "account": ACCOUNT}


@pytest.fixture
async def linked(pool: Pool) -> int:
    """Cy's link."""
    async with transaction(pool) as connection:
        return await links.insert(
            connection, RING, **CY, pagerduty_user="PUSER03", name="Cy", email="cy@acme.example", tokens=FIRST
        )


async def locked(pool: Pool, link: int) -> LockedLink | None:
    async with transaction(pool) as connection:
        return await links.lock(connection, RING, link)


async def test_a_link_is_used_with_its_tokens_life_and_refreshed_with_its_scopes(
    pool: Pool, linked: int
) -> None:
    user = await links.linked_user(pool, RING, linked, account=ACCOUNT)
    assert user == LinkedUser(
        "PUSER03", "Cy", "cy@acme.example", FIRST.access_token, FIRST.issued_at, FIRST.expires_at
    )
    found = await locked(pool, linked)
    whose = (TENANT, CY_AAD, ACCOUNT)
    assert found == LockedLink(linked, whose, user, FIRST.refresh_token, FIRST.scopes, refreshes_begun=0)
    assert "pdus" not in repr(found) + repr(FIRST)


async def test_begun_refreshes_are_counted_until_tokens_are_written(pool: Pool, linked: int) -> None:
    for number in (1, 2):
        await links.begin_refresh(pool, linked)
        begun = await locked(pool, linked)
        assert begun is not None
        assert begun.refreshes_begun == number
    async with transaction(pool) as connection:
        found = await links.lock(connection, RING, linked)
        assert found is not None
        await links.keep_tokens(connection, RING, found, NEXT)
    now = await locked(pool, linked)
    assert now is not None
    assert now.refreshes_begun == 0


async def test_a_refresh_changes_the_tokens_and_neither_the_row_nor_its_year(pool: Pool, linked: int) -> None:
    async with transaction(pool) as connection:
        found = await links.lock(connection, RING, linked)
        assert found is not None
        await links.keep_tokens(connection, RING, found, NEXT)
    now = await locked(pool, linked)
    assert now == replace(
        found,
        user=replace(
            found.user,
            access_token=NEXT.access_token,
            issued_at=NEXT.issued_at,
            expires_at=NEXT.expires_at,
        ),
        refresh_token=NEXT.refresh_token,
        scopes=NEXT.scopes,
    )
    (link,) = await links.of_person(pool, tenant=TENANT, aad_object_id=CY_AAD)
    assert (link.id, link.authorized_at, link.refreshed_at) == (linked, AUTHORIZED_AT, NEXT.issued_at)


async def test_both_tokens_are_sealed_and_each_opens_in_its_own_column_alone(pool: Pool, linked: int) -> None:
    row = await pool.fetchrow("SELECT access_token, refresh_token FROM user_link WHERE id = $1", linked)
    assert row is not None
    assert b"pdus" not in row["access_token"] + row["refresh_token"]
    await pool.execute("UPDATE user_link SET refresh_token = access_token WHERE id = $1", linked)
    with pytest.raises(SealBroken):
        await locked(pool, linked)


async def test_a_seeded_link_has_nothing_to_refresh_it_with(pool: Pool) -> None:
    found = await locked(pool, await link_of(pool, ADA_AAD))
    assert found is not None
    assert (found.refresh_token, found.scopes, found.user.expires_at) == (None, (), None)


async def test_whoever_waits_for_a_locked_link_reads_what_the_first_one_wrote(
    pool: Pool, linked: int
) -> None:
    async with transaction(pool) as connection:
        found = await links.lock(connection, RING, linked)
        assert found is not None
        second = asyncio.create_task(locked(pool, linked))
        await links.keep_tokens(connection, RING, found, NEXT)
        assert not second.done()
    seen = await second
    assert seen is not None
    assert (seen.user.access_token, seen.refresh_token) == (NEXT.access_token, NEXT.refresh_token)


async def test_nobody_is_linked_twice_to_an_account(pool: Pool, linked: int) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        async with transaction(pool) as connection:
            await links.insert(
                connection, RING, **CY, pagerduty_user="PUSER09", name="", email="", tokens=NEXT
            )


async def test_a_link_that_is_made_anew_is_a_new_row(pool: Pool, linked: int) -> None:
    async with transaction(pool) as connection:
        removed = await links.unlink(connection, **CY)
        anew = await links.insert(
            connection, RING, **CY, pagerduty_user="PUSER03", name="", email="", tokens=NEXT
        )
    assert removed is not None
    assert (removed.id, removed.pagerduty_name) == (linked, "Cy")
    assert anew != linked
    assert await links.linked_user(pool, RING, linked, account=ACCOUNT) is None


async def test_a_link_that_its_person_removes_has_not_ended(pool: Pool, linked: int) -> None:
    async with transaction(pool) as connection:
        assert await links.unlink(connection, **CY) is not None
        assert await links.unlink(connection, **CY) is None
    assert not await links.has_ended(pool, linked)
    assert await links.untold(pool, ACCOUNT) == ()


async def test_a_link_ends_once_and_stays_untold_until_its_person_is_told(pool: Pool, linked: int) -> None:
    ended = EndedLink(linked, TENANT, CY_AAD, ACCOUNT, "refused")
    assert not await links.has_ended(pool, linked)
    assert await links.end(pool, linked, "refused") == ended
    assert await links.end(pool, linked, "user_gone") is None
    assert await links.has_ended(pool, linked)
    assert await link_of_or_none(pool, CY_AAD) is None
    assert await links.untold(pool, ACCOUNT) == (ended,)
    assert await links.untold(pool, "emca") == ()
    moment, hour = timedelta(0), timedelta(hours=1)
    assert await links.left_untold(pool, linked, since=moment) == ended
    assert await links.left_untold(pool, linked, since=hour) is None
    await links.note_told(pool, linked)
    assert await links.untold(pool, ACCOUNT) == ()
    assert await links.left_untold(pool, linked, since=moment) is None
    assert await links.has_ended(pool, linked)


async def link_of_or_none(pool: Pool, person: str) -> int | None:
    return await links.link_of(pool, tenant=TENANT, aad_object_id=person, account=ACCOUNT)


async def test_a_seed_replaces_what_a_person_made_by_a_row_of_its_own(pool: Pool, linked: int) -> None:
    """It never takes the row over: its token would be refreshed with another one's."""
    seeded = LinkedUser(pagerduty_user="PUSER03", name="Cy", email="", access_token="seeded")
    async with transaction(pool) as connection:
        await links.seed(connection, RING, seeded, **CY)
    assert await link_of(pool, CY_AAD) != linked
    found = await locked(pool, await link_of(pool, CY_AAD))
    assert found is not None
    assert (found.user, found.refresh_token) == (seeded, None)


async def test_others_who_are_linked_to_the_same_user_are_named(pool: Pool, linked: int) -> None:
    await pool.execute("UPDATE user_link SET pagerduty_user = 'PUSER03' WHERE aad_object_id = $1", BO_AAD)
    assert await links.others_of_user(pool, **CY, pagerduty_user="PUSER03") == ("Bo Call",)
    assert await links.others_of_user(pool, **CY, pagerduty_user="PUSER01") == ("Ada Ops",)
    assert await links.others_of_user(pool, **CY, pagerduty_user="PUSER09") == ()


async def test_people_are_linked_to_the_accounts_of_their_teams_alone(pool: Pool) -> None:
    assert await links.serves(pool, tenant=TENANT, account=ACCOUNT)
    assert not await links.serves(pool, tenant="elsewhere", account=ACCOUNT)
    assert await links.accounts_served(pool, TENANT) == (ACCOUNT,)
    await pool.execute("UPDATE team SET removed_at = now()")
    assert not await links.serves(pool, tenant=TENANT, account=ACCOUNT)
    assert await links.accounts_served(pool, TENANT) == ()
