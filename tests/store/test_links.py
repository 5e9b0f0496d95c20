"""Links: found by their person, used in their account alone."""

import pytest

from muster.security.sealing import KeyRing, SealBroken
from muster.store import links
from muster.store.links import LinkedUser
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
