"""Offers of links: the row decides, by the database's clock; of two returns at once one has its effect."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest

from muster.security.sealing import KeyRing, SealBroken
from muster.store import link_offers, teams
from muster.store.accounts import upsert_account
from muster.store.link_offers import Offer, OfferUnknown, Spending, hash_of, new_key
from muster.store.pool import Pool, transaction
from tests.support.company import ACCOUNT, ADA_AAD, SERVICE_URL, TENANT
from tests.support.settings import KEYS
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio

RING = KeyRing.parse(KEYS)
ORDERS, STOCK = "19:orders@thread.tacv2", "19:stock@thread.tacv2"
FLOW, OTHER_FLOW = b"f" * 32, b"g" * 32
ADA = Spending(account=ACCOUNT, user="PUSER01", name="Ada Ops", role="owner")
BO = Spending(account=ACCOUNT, user="PUSER02", name="Bo Call", role="admin")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
async def two_teams(pool: Pool) -> None:
    for id, name in ((ORDERS, "Orders"), (STOCK, "Stock")):
        await teams.first_seen(
            pool, id=id, tenant=TENANT, name=name, aad_group_id=None, service_url=SERVICE_URL
        )


async def offered(pool: Pool, request: str = "installed", **changes: Any) -> Offer:
    given: dict[str, Any] = {"kind": "authorize", "team": ORDERS, "account": ACCOUNT, "life": HOUR}
    return await link_offers.make(pool, RING, tenant=TENANT, request=request, **given | changes)


async def state_of(pool: Pool, offer: Offer) -> str:
    found = await link_offers.find(pool, offer.id)
    assert found is not None
    return found.state


async def test_an_offer_names_what_its_page_shows(pool: Pool) -> None:
    await teams.note_installer(pool, ORDERS, installer=ADA_AAD, chosen_channel=None)
    offer = await offered(pool)
    assert (offer.kind, offer.state, offer.tenant, offer.team, offer.account) == (
        "authorize", "open", TENANT, ORDERS, ACCOUNT,
    )  # fmt: skip
    assert (offer.team_name, offer.installer) == ("Orders", "Ada Ops")
    assert await link_offers.find(pool, offer.id) == offer
    assert await link_offers.find(pool, offer.id + 1) is None


async def test_a_request_that_is_made_again_finds_its_offer_and_ends_nothing(pool: Pool) -> None:
    first = await offered(pool, "one")
    second = await offered(pool, "two")
    again = await offered(pool, "one", life=timedelta(days=9))
    assert (again.id, again.state, again.expires_at) == (first.id, "replaced", first.expires_at)
    assert await state_of(pool, second) == "open"
    key = await link_offers.open_key(pool, RING, second.id)
    assert (await offered(pool, "two")).id == second.id
    assert await link_offers.open_key(pool, RING, second.id) == key


async def test_a_new_offer_replaces_those_of_its_team_and_kind_alone(pool: Pool) -> None:
    first = await offered(pool)
    consent = await offered(pool, kind="consent", account=None)
    elsewhere = await offered(pool, team=STOCK)
    second = await offered(pool, "renewed")
    states = [await state_of(pool, offer) for offer in (first, consent, elsewhere, second)]
    assert states == ["replaced", "open", "open", "open"]


async def test_of_offers_that_are_made_at_once_one_stays_open(pool: Pool) -> None:
    offers = await asyncio.gather(*(offered(pool, f"request {number}") for number in range(8)))
    states = sorted([await state_of(pool, offer) for offer in offers])
    assert states == ["open", *["replaced"] * 7]


async def test_an_offer_expires_by_the_databases_clock(pool: Pool) -> None:
    offer = await offered(pool, life=timedelta(milliseconds=300))
    assert offer.state == "open"

    async def is_over() -> bool:
        return await state_of(pool, offer) == "expired"

    await eventually(is_over, within=5)
    assert (await link_offers.spend(pool, offer.id, ADA, FLOW)).result == "over"
    assert await connected(pool) == (None, None)


@pytest.mark.parametrize("ending", ["replaced", "removed", "shown"])
async def test_an_offer_that_was_ended_is_not_spent(pool: Pool, ending: Any) -> None:
    offer = await offered(pool)
    await link_offers.end(pool, offer.id, ending)
    assert await state_of(pool, offer) == ending
    spent = await link_offers.spend(pool, offer.id, ADA, FLOW)
    assert (spent.result, spent.offer.state) == ("over", ending)
    assert await connected(pool) == (None, None)


async def end_all(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await link_offers.end_all(connection, ORDERS, "removed")


async def test_the_first_ending_stays(pool: Pool) -> None:
    offer = await offered(pool)
    await link_offers.end(pool, offer.id, "shown")
    await link_offers.end(pool, offer.id, "replaced")
    await end_all(pool)
    assert await state_of(pool, offer) == "shown"


async def test_all_open_offers_of_a_removed_team_end_and_no_others(pool: Pool) -> None:
    authorize, consent = await offered(pool), await offered(pool, kind="consent", account=None)
    elsewhere = await offered(pool, team=STOCK)
    await end_all(pool)
    states = [await state_of(pool, offer) for offer in (authorize, consent, elsewhere)]
    assert states == ["removed", "removed", "open"]


async def test_an_offer_that_is_being_made_ends_with_its_team(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await link_offers.lock_team(connection, ORDERS)
        making = asyncio.create_task(offered(pool))
        await queued(pool, 1)
        ending = asyncio.create_task(end_all(pool))
        await queued(pool, 2)
    offer, _ = await asyncio.gather(making, ending)
    assert await state_of(pool, offer) == "removed"


async def test_a_spent_offer_connects_its_team_and_its_channels(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO conversation (id, kind, tenant, key, service_url, name, team)"
        " VALUES ('19:orders-ops@thread.tacv2', 'channel', $1, 'orders-ops', $2, 'ops', $3)",
        TENANT,
        SERVICE_URL,
        ORDERS,
    )
    offer = await offered(pool)
    spent = await link_offers.spend(pool, offer.id, ADA, FLOW)
    assert spent.result == "spent"
    team = await teams.find(pool, ORDERS)
    assert team is not None
    told = (team.account, team.authorized_by, team.authorized_name, team.authorized_role)
    assert told == (ACCOUNT, "PUSER01", "Ada Ops", "owner")
    assert team.authorized_at is not None
    assert await connected(pool) == (ACCOUNT, ACCOUNT)
    found = await link_offers.find(pool, offer.id)
    assert found is not None
    assert (found.state, found.spent_flow, found.spent_by, found.spent_name) == (
        "spent", FLOW, "PUSER01", "Ada Ops",
    )  # fmt: skip
    other = await teams.find(pool, STOCK)
    assert other is not None
    assert other.account is None


async def test_of_two_returns_at_once_one_counts(pool: Pool) -> None:
    offer = await offered(pool)
    returns = [(ADA, FLOW), (BO, OTHER_FLOW)] * 4
    ended = await asyncio.gather(
        *(link_offers.spend(pool, offer.id, spending, flow) for spending, flow in returns)
    )
    assert sorted(one.result for one in ended) == [*["already"] * 7, "spent"]
    winner, flow = returns[[one.result for one in ended].index("spent")]
    found, team = await link_offers.find(pool, offer.id), await teams.find(pool, ORDERS)
    assert found is not None
    assert team is not None
    assert (found.spent_by, found.spent_flow, team.authorized_by) == (winner.user, flow, winner.user)


async def test_an_offer_is_for_its_account_alone(pool: Pool) -> None:
    await upsert_account(pool, key="emca", subdomain="emca", region="us")
    offer = await offered(pool)
    stranger = BO.model_copy(update={"account": "emca"})
    assert (await link_offers.spend(pool, offer.id, stranger, FLOW)).result == "over"
    assert await state_of(pool, offer) == "open"
    await link_offers.spend(pool, offer.id, ADA, FLOW)
    assert (await link_offers.spend(pool, offer.id, stranger, OTHER_FLOW)).result == "over"
    assert await connected(pool) == (ACCOUNT, None)


async def test_an_offer_that_is_ended_and_spent_at_once_does_one_of_both(pool: Pool) -> None:
    for number in range(10):
        offer = await offered(pool, f"request {number}")
        spent, _, renewed = await asyncio.gather(
            link_offers.spend(pool, offer.id, ADA, FLOW),
            link_offers.end(pool, offer.id, "shown"),
            offered(pool, f"renewed {number}"),
        )
        assert await state_of(pool, offer) == ("spent" if spent.result == "spent" else spent.offer.state)
        assert await state_of(pool, renewed) == "open"
        team = await teams.find(pool, ORDERS)
        assert team is not None
        assert (team.account is not None) is (spent.result == "spent")
        await pool.execute("UPDATE team SET account = NULL WHERE id = $1", ORDERS)


async def test_what_was_never_offered_is_not_spent(pool: Pool) -> None:
    with pytest.raises(OfferUnknown):
        await link_offers.spend(pool, 404, ADA, FLOW)


async def test_a_spent_offer_is_reported_once(pool: Pool) -> None:
    offer, still_open = await offered(pool), await offered(pool, team=STOCK)
    assert await link_offers.unreported(pool) == ()
    await link_offers.spend(pool, offer.id, ADA, FLOW)
    assert [one.id for one in await link_offers.unreported(pool)] == [offer.id]
    await link_offers.note_reported(pool, offer)
    assert await link_offers.unreported(pool) == ()
    assert await state_of(pool, still_open) == "open"


async def test_a_return_from_the_consent_page_stays_until_it_is_reported(pool: Pool) -> None:
    offer = await offered(pool, kind="consent", account=None)
    assert (offer.returned_at, offer.return_refused) == (None, None)
    refused = await link_offers.note_returned(pool, offer.id, refused=True)
    granted = await link_offers.note_returned(pool, offer.id, refused=False)
    assert (refused.return_refused, granted.return_refused) == (True, False)
    assert refused.returned_at is not None
    assert granted.returned_at is not None
    assert refused.returned_at < granted.returned_at
    await link_offers.note_reported(pool, refused)
    assert await link_offers.unreported(pool) == (granted,), "a newer return is not lost"
    await link_offers.note_reported(pool, granted)
    assert await link_offers.unreported(pool) == ()
    again = await link_offers.note_returned(pool, offer.id, refused=True)
    assert (again.return_refused, again.reported_at) == (True, None)
    assert await link_offers.unreported(pool) == (again,)


async def test_a_refusal_does_not_hide_a_grant_that_nobody_told(pool: Pool) -> None:
    offer = await offered(pool, kind="consent", account=None)
    for refused in (True, False, True):
        returned = await link_offers.note_returned(pool, offer.id, refused=refused)
    assert returned.return_refused is False


async def test_a_return_from_the_consent_page_is_told_after_the_offer_is_over_too(pool: Pool) -> None:
    offer = await offered(pool, kind="consent", account=None)
    await link_offers.note_returned(pool, offer.id, refused=False)
    await offered(pool, "renewed", kind="consent", account=None)
    assert [one.id for one in await link_offers.unreported(pool)] == [offer.id]


async def test_returns_at_once_have_times_of_their_own(pool: Pool) -> None:
    offer = await offered(pool, kind="consent", account=None)
    returned = await asyncio.gather(
        *(link_offers.note_returned(pool, offer.id, refused=False) for _ in range(8))
    )
    assert len({one.returned_at for one in returned}) == 8


async def test_an_authorization_is_not_returned_like_a_consent(pool: Pool) -> None:
    offer = await offered(pool)
    assert await link_offers.note_returned(pool, offer.id, refused=False) == offer
    with pytest.raises(OfferUnknown):
        await link_offers.note_returned(pool, 404, refused=False)


async def test_a_key_is_sealed_in_its_row_and_found_however_somebody_writes_it(pool: Pool) -> None:
    offer = await offered(pool)
    key = await link_offers.open_key(pool, RING, offer.id)
    assert key is not None
    row = await pool.fetchrow("SELECT key_hash, key_sealed FROM link_offer WHERE id = $1", offer.id)
    assert row is not None
    assert row["key_hash"] == hash_of(key)
    assert key.encode() not in row["key_sealed"] + row["key_hash"]
    spellings = [key, key.lower(), f"{key[:4]}-{key[4:8]} {key[8:]}", f" \u00a0{key}\u200b\n", f"{key}."]
    for spelling in spellings:
        found = await link_offers.find_by_key(pool, spelling)
        assert found is not None
        assert found.id == offer.id


@pytest.mark.parametrize("written", ["", " ", "x", "\ud800", "ключ", "😀" * 5000, "0" * 12])
async def test_any_other_text_is_no_key(pool: Pool, written: str) -> None:
    await offered(pool)
    assert await link_offers.find_by_key(pool, written) is None


async def test_a_key_of_an_offer_that_is_over_says_so(pool: Pool) -> None:
    offer = await offered(pool)
    key = await link_offers.open_key(pool, RING, offer.id)
    await offered(pool, "renewed")
    found = await link_offers.find_by_key(pool, key or "")
    assert found is not None
    assert (found.id, found.state) == (offer.id, "replaced")


async def test_a_key_opens_in_its_own_row_alone(pool: Pool) -> None:
    offer, other = await offered(pool), await offered(pool, team=STOCK)
    await pool.execute(
        "UPDATE link_offer SET key_sealed = o.key_sealed FROM link_offer o"
        " WHERE link_offer.id = $1 AND o.id = $2",
        offer.id,
        other.id,
    )
    with pytest.raises(SealBroken):
        await link_offers.open_key(pool, RING, offer.id)
    consent = await offered(pool, kind="consent", account=None)
    assert await link_offers.open_key(pool, RING, consent.id) is None
    assert await link_offers.open_key(pool, RING, 404) is None


async def test_keys_are_twelve_characters_that_nobody_confuses() -> None:
    keys = {new_key() for _ in range(200)}
    assert len(keys) == 200
    assert all(re.fullmatch("[0-9A-HJKMNP-TV-Z]{12}", key) for key in keys)
    assert hash_of("OIL") == hash_of("011") == hash_of("oil") != hash_of("012")


async def connected(pool: Pool) -> tuple[str | None, str | None]:
    """The account of the team and of its channel."""
    row = await pool.fetchrow(
        "SELECT t.account, c.account FROM team t LEFT JOIN conversation c ON c.team = t.id WHERE t.id = $1",
        ORDERS,
    )
    assert row is not None
    return row[0], row[1]


async def queued(pool: Pool, number: int) -> None:
    """Wait until so many sessions wait for a lock."""

    async def are_waiting() -> bool:
        waiting = await pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock'"
        )
        return bool(waiting >= number)

    await eventually(are_waiting)
