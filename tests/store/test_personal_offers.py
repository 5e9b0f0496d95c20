"""Personal offers: for one person and account, spent once, each time with a new row of the link."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from muster.person_tokens import Tokens
from muster.security.sealing import KeyRing
from muster.store import link_offers, links
from muster.store.accounts import upsert_account
from muster.store.link_offers import Offer, OfferUnknown, PersonalSpending, Spent
from muster.store.links import ShownUser
from muster.store.pool import Pool, transaction
from tests.support.company import ACCOUNT, BO_AAD, CY_AAD, TEAM, TENANT
from tests.support.settings import KEYS
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio

RING = KeyRing.parse(KEYS)
FLOW, OTHER_FLOW = b"f" * 32, b"g" * 32
ISSUED = datetime(2026, 11, 29, 12, tzinfo=UTC)


def tokens(name: str) -> Tokens:
    return Tokens(
        access_token=f"pdus+_0access-{name}",
        refresh_token=f"pdus+_1refresh-{name}",
        scopes=("openid", "users.read"),
        issued_at=ISSUED,
        expires_at=ISSUED + timedelta(days=1),
    )


def as_user(user: str, **changes: Any) -> PersonalSpending:
    given: dict[str, Any] = {
        "account": ACCOUNT,
        "user": user,
        "name": f"Name of {user}",
        "email": f"{user}@acme.example",
        "tokens": tokens(user),
    }
    return PersonalSpending(**given | changes)


async def offered(pool: Pool, **changes: Any) -> Offer:
    given: dict[str, Any] = {
        "tenant": TENANT,
        "person": CY_AAD,
        "account": ACCOUNT,
        "request": uuid.uuid4().hex,
        "life": timedelta(hours=1),
    }
    return await link_offers.make_personal(pool, **given | changes)


async def spent(pool: Pool, offer: Offer, spending: PersonalSpending, flow: bytes = FLOW) -> Spent:
    return await link_offers.spend_personal(pool, RING, offer.id, spending, flow)


async def states(pool: Pool, offers: Sequence[Offer]) -> list[str]:
    found = [await link_offers.find(pool, offer.id) for offer in offers]
    return [offer.state for offer in found if offer is not None]


async def test_a_request_finds_its_own_offer_and_a_new_one_replaces_the_persons_earlier_ones(
    pool: Pool,
) -> None:
    await upsert_account(pool, key="emca", subdomain="emca", region="us")
    first = await offered(pool, request="one")
    assert (first.kind, first.state, first.person, first.account) == (
        "link_accounts", "open", CY_AAD, ACCOUNT,
    )  # fmt: skip
    assert (first.team, first.team_name, first.installer) == ("", "", None)
    assert (await offered(pool, request="one", life=timedelta(days=9))) == first
    of_bo, elsewhere = await offered(pool, person=BO_AAD), await offered(pool, account="emca")
    second = await offered(pool, request="two")
    assert (await offered(pool, request="one")).state == "replaced"
    assert await states(pool, (first, of_bo, elsewhere, second)) == ["replaced", "open", "open", "open"]
    newest = await link_offers.newest_personal(pool, tenant=TENANT, person=CY_AAD, account=ACCOUNT)
    assert newest == second
    nobodys = await link_offers.newest_personal(pool, tenant=TENANT, person="nobody", account=ACCOUNT)
    assert nobodys is None
    at_once = await asyncio.gather(*(offered(pool) for _ in range(6)))
    assert sorted(await states(pool, at_once)) == ["open", *["replaced"] * 5]


async def test_an_offer_that_is_spent_links_its_person_with_sealed_tokens(pool: Pool) -> None:
    offer = await offered(pool)
    result, row, replaced = await spent(pool, offer, as_user("PUSER03"))
    assert (result, row.state, row.spent_by, row.spent_flow, replaced) == (
        "spent", "spent", "PUSER03", FLOW, None,
    )  # fmt: skip
    assert row.link is not None
    user = await links.linked_user(pool, RING, row.link, account=ACCOUNT)
    assert user is not None
    assert (user.access_token, user.issued_at) == ("pdus+_0access-PUSER03", ISSUED)
    assert await links.shown(pool, row.link) == ShownUser("Name of PUSER03", "PUSER03@acme.example")
    async with transaction(pool) as connection:
        locked = await links.lock(connection, RING, row.link)
    assert locked is not None
    assert locked.refresh_token == "pdus+_1refresh-PUSER03"
    assert [one.id for one in await link_offers.unreported(pool)] == [offer.id]
    assert (await spent(pool, offer, as_user("PUSER03"))).result == "already"
    assert (await spent(pool, offer, as_user("PUSER09"), OTHER_FLOW)).result == "over"
    with pytest.raises(OfferUnknown):
        await link_offers.spend_personal(pool, RING, 404, as_user("PUSER03"), FLOW)


async def test_of_two_returns_at_once_one_links_the_person(pool: Pool) -> None:
    offer = await offered(pool)
    returns = [("PUSER03", FLOW), ("PUSER09", OTHER_FLOW)] * 3
    ended = await asyncio.gather(*(spent(pool, offer, as_user(user), flow) for user, flow in returns))
    assert sorted(one.result for one in ended) == ["already", "already", "over", "over", "over", "spent"]
    winner, flow = returns[[one.result for one in ended].index("spent")]
    (link,) = await links.of_person(pool, tenant=TENANT, aad_object_id=CY_AAD)
    found = await link_offers.find(pool, offer.id)
    assert found is not None
    assert (link.pagerduty_user, found.spent_flow, found.link) == (winner, flow, link.id)


async def test_a_link_made_anew_is_a_new_row_and_names_another_user_before(pool: Pool) -> None:
    rows = []
    for user, replaced in (("PUSER03", None), ("PUSER03", None), ("PUSER09", "Name of PUSER03")):
        ended = await spent(pool, await offered(pool), as_user(user))
        assert (ended.result, ended.replaced) == ("spent", replaced)
        rows.append(ended.offer.link)
    assert len(set(rows)) == 3
    for gone in rows[:2]:
        assert gone is not None
        assert await links.linked_user(pool, RING, gone, account=ACCOUNT) is None
        assert await links.shown(pool, gone) is None
    await spent(pool, await offered(pool, person=BO_AAD), as_user("PUSER09"))
    others = await links.others_of_user(
        pool, tenant=TENANT, aad_object_id=CY_AAD, account=ACCOUNT, pagerduty_user="PUSER09"
    )
    assert others == ("Bo Call",), "two people may act as one user"


async def test_an_offer_that_is_over_or_of_another_kind_or_account_links_nobody(pool: Pool) -> None:
    expired = await offered(pool, life=timedelta(milliseconds=1))

    async def is_expired() -> bool:
        return await states(pool, (expired,)) == ["expired"]

    await eventually(is_expired)
    replaced, ended = await offered(pool), await offered(pool, person=BO_AAD)
    newer = await offered(pool)
    async with transaction(pool) as connection:
        await links.lock_person(connection, tenant=TENANT, aad_object_id=BO_AAD, account=ACCOUNT)
        await link_offers.end_personal(connection, tenant=TENANT, person=BO_AAD, account=ACCOUNT)
    authorize = await link_offers.make(
        pool,
        RING,
        kind="authorize",
        tenant=TENANT,
        team=TEAM,
        account=ACCOUNT,
        request="one",
        life=timedelta(hours=1),
    )
    for offer in (expired, replaced, ended, authorize):
        assert (await spent(pool, offer, as_user("PUSER03"))).result == "over"
    elsewhere = as_user("PUSER03", account="emca")
    assert (await spent(pool, newer, elsewhere)).result == "over"
    assert await states(pool, (newer,)) == ["open"]
    assert await links.of_person(pool, tenant=TENANT, aad_object_id=CY_AAD) == ()


async def test_nobody_is_linked_to_an_account_that_no_team_of_theirs_belongs_to(pool: Pool) -> None:
    offer = await offered(pool)
    await pool.execute("UPDATE team SET removed_at = now() WHERE id = $1", TEAM)
    assert (await spent(pool, offer, as_user("PUSER03"))).result == "left"
    await pool.execute("UPDATE team SET removed_at = NULL, account = NULL WHERE id = $1", TEAM)
    assert (await spent(pool, offer, as_user("PUSER03"))).result == "left"
    assert await states(pool, (offer,)) == ["open"]
    assert await links.of_person(pool, tenant=TENANT, aad_object_id=CY_AAD) == ()
    await pool.execute("UPDATE team SET account = $2 WHERE id = $1", TEAM, ACCOUNT)
    assert (await spent(pool, offer, as_user("PUSER03"))).result == "spent"


async def test_the_code_of_a_flow_is_claimed_once_in_whichever_process(pool: Pool) -> None:
    offer = await offered(pool)
    claims = await asyncio.gather(*(link_offers.claim_code(pool, offer.id, FLOW) for _ in range(4)))
    assert sorted(claims) == [False, False, False, True]
    assert await link_offers.claim_code(pool, offer.id, OTHER_FLOW)
    assert not await link_offers.claim_code(pool, offer.id, FLOW)
    assert not await link_offers.claim_code(pool, 404, FLOW)
