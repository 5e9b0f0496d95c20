"""Offers of links: what a person may do in a browser, once, until a time. The row decides.

The KEY of an offer is sealed in its row and found by its hash; the link is drawn from the row's id
(``muster.security.signed_links``) and stands nowhere.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import asyncpg

from muster.person_tokens import Tokens
from muster.security.sealing import KeyRing, Place
from muster.store import links
from muster.store.pool import Connection, Pool, transaction
from muster.store.queries import load_queries
from workflows.values import Value

QUERIES = load_queries(__file__)

Kind = Literal["authorize", "consent", "link_accounts"]
OfferState = Literal["open", "expired", "replaced", "removed", "shown", "spent"]
Ending = Literal["replaced", "removed", "shown"]

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""
KEY_LENGTH = 12
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0"})
"""What people write for a digit (Crockford)."""
_BETWEEN = re.compile(r"[^0-9A-Z]+")
"""What stands between the characters of a KEY that somebody wrote or copied."""


class Offer(Value):
    """The row of an offer, with what its page names."""

    id: int
    kind: Kind
    state: OfferState
    """By the database's clock."""
    tenant: str
    team: str
    """Empty for a personal link, as its name."""
    team_name: str
    installer: str | None
    """Name of whoever installed the app, where it is known."""
    person: str
    """AAD object id of whom a personal link is for; empty for any other."""
    account: str | None
    expires_at: datetime
    spent_flow: bytes | None
    """Hash of the flow that spent it."""
    returned_at: datetime | None
    """When somebody came back from the consent page last."""
    return_refused: bool | None
    """Whether they had refused."""
    reported_at: datetime | None
    """When the workflow was told that it is spent, or of what came back last."""
    spent_by: str | None
    """PagerDuty user id of whoever spent it."""
    spent_name: str | None
    link: int | None
    """The row of the link that came of a personal offer."""


class Spending(Value):
    """Who authorized, as what."""

    account: str
    user: str
    name: str
    role: str


@dataclass(frozen=True)
class PersonalSpending:
    """Who linked themselves to which PagerDuty user, with that user's tokens."""

    account: str
    user: str
    name: str
    email: str
    tokens: Tokens = field(repr=False)
    role: str | None = None
    """PagerDuty's ``user.role``."""


class Spent(NamedTuple):
    """How a return ended."""

    result: Literal["spent", "already", "over", "left"]
    """``already``: it was spent for this account before; ``over``: the offer is not open any more;
    ``left``: no team of the tenant belongs to the account any more."""
    offer: Offer
    replaced: str | None = None
    """Name of the PagerDuty user that the person was linked to before, where it was another one."""


async def make(
    pool: Pool,
    keys: KeyRing,
    *,
    kind: Kind,
    tenant: str,
    team: str,
    account: str | None,
    request: str,
    life: timedelta,
) -> Offer:
    """A new offer in the place of the team's earlier ones of its kind; a request finds its own again."""
    key = new_key() if kind == "authorize" else None
    async with transaction(pool) as connection:
        await lock_team(connection, team)
        id = await QUERIES["make"].fetchval(
            connection,
            kind=kind,
            tenant=tenant,
            team=team,
            account=account,
            request=request,
            life=life,
            key_hash=hash_of(key) if key else None,
            key_sealed=keys.seal(key, _place(hash_of(key))) if key else None,
        )
        await QUERIES["replace_others"].execute(connection, team=team, kind=kind, id=id)
        return await _existing(connection, id)


async def lock_team(connection: Connection, team: str) -> None:
    """Let nobody else make, end or spend offers of this team until the transaction ends."""
    await QUERIES["lock_team"].execute(connection, team=team)


class OfferUnknown(Exception):
    """There is no row for this offer."""


async def _existing(connection: Connection | Pool, id: int) -> Offer:
    found = await find(connection, id)
    if found is None:
        raise OfferUnknown(id)
    return found


async def _locked(connection: Connection, id: int) -> Offer:
    """The offer, which nobody else ends or spends until the transaction ends."""
    await QUERIES["lock"].execute(connection, id=id)
    return await _existing(connection, id)


async def find(connection: Connection | Pool, id: int) -> Offer | None:
    """The offer of this row."""
    row = await QUERIES["find"].fetchrow(connection, id=id)
    return _offer(row) if row else None


class NewestOffer(NamedTuple):
    """What a run asks of its team's offers."""

    id: int
    kind: Kind
    request: str
    account: str | None
    state: OfferState
    expires_at: datetime


async def newest(connection: Connection | Pool, team: str) -> tuple[NewestOffer, ...]:
    """The newest offer of each kind."""
    return tuple(NewestOffer(*row) for row in await QUERIES["newest"].fetch(connection, team=team))


async def find_by_key(connection: Connection | Pool, key: str) -> Offer | None:
    """The offer of a KEY as somebody wrote it."""
    row = await QUERIES["find_by_key"].fetchrow(connection, key_hash=hash_of(key))
    return _offer(row) if row else None


async def find_by_keys(
    connection: Connection | Pool, keys: Iterable[str], *, tenant: str
) -> tuple[Offer, ...]:
    """The offers of a tenant's KEYs among these texts."""
    hashes = [hash_of(key) for key in keys]
    rows = await QUERIES["find_by_keys"].fetch(connection, tenant=tenant, key_hashes=hashes)
    return tuple(_offer(row) for row in rows)


async def open_key(connection: Connection | Pool, keys: KeyRing, id: int) -> str | None:
    """The KEY of an offer, for a message; raises ``SealBroken``."""
    row = await QUERIES["sealed_key"].fetchrow(connection, id=id)
    if row is None or row["key_sealed"] is None:
        return None
    return keys.open(row["key_sealed"], _place(row["key_hash"]))


async def end(connection: Connection | Pool, id: int, ending: Ending) -> None:
    """End an open offer: it works no more."""
    await QUERIES["end"].execute(connection, id=id, ending=ending)


async def end_all(connection: Connection, team: str, ending: Ending) -> None:
    """End every open offer of a team, one that is being made at this moment too, inside a transaction."""
    await lock_team(connection, team)
    await QUERIES["end_all"].execute(connection, team=team, ending=ending)


async def spend(pool: Pool, id: int, spending: Spending, flow: bytes) -> Spent:
    """Spend an open offer and write its effect, in one transaction: of two returns at once one has it.

    ``flow`` is the hash of the flow whose browser sees the success again. Raises ``OfferUnknown``.
    """
    async with transaction(pool) as connection:
        await QUERIES["lock_team_of"].execute(connection, id=id)
        offer = await _locked(connection, id)
        if offer.state == "spent":
            return Spent("already" if offer.account == spending.account else "over", offer)
        if offer.state != "open" or offer.account != spending.account:
            return Spent("over", offer)
        await QUERIES["spend"].execute(
            connection,
            id=id,
            user=spending.user,
            name=spending.name,
            role=spending.role,
            flow=flow,
        )
        await QUERIES["authorize_team"].execute(connection, id=id)
        await QUERIES["authorize_channels"].execute(connection, id=id)
        return Spent("spent", offer)


async def make_personal(
    pool: Pool, *, tenant: str, person: str, account: str, request: str, life: timedelta
) -> Offer:
    """A new offer for one person in the place of their earlier ones for the account.

    A request finds its own again.
    """
    async with transaction(pool) as connection:
        await links.lock_person(connection, tenant=tenant, aad_object_id=person, account=account)
        id = await QUERIES["make_personal"].fetchval(
            connection, tenant=tenant, person=person, account=account, request=request, life=life
        )
        await QUERIES["replace_other_personal"].execute(
            connection, tenant=tenant, person=person, account=account, id=id
        )
        return await _existing(connection, id)


async def newest_personal(
    connection: Connection | Pool, *, tenant: str, person: str, account: str
) -> Offer | None:
    """The newest offer for one person and account."""
    row = await QUERIES["newest_personal"].fetchrow(connection, tenant=tenant, person=person, account=account)
    return _offer(row) if row else None


async def end_personal(connection: Connection, *, tenant: str, person: str, account: str) -> None:
    """End the open offers of one person for an account, inside a transaction that holds ``lock_person``."""
    await QUERIES["end_personal"].execute(connection, tenant=tenant, person=person, account=account)


async def claim_code(connection: Connection | Pool, id: int, flow: bytes) -> bool:
    """Whether this delivery of a flow's return may exchange its code: the first one alone, of any process."""
    return await QUERIES["claim_code"].fetchval(connection, id=id, flow=flow) is not None


async def spend_personal(
    pool: Pool, keys: KeyRing, id: int, spending: PersonalSpending, flow: bytes
) -> Spent:
    """Spend an open offer and link its person, in one transaction: of two returns at once one has it.

    Whatever the person was linked to before is gone with its tokens. Raises ``OfferUnknown``.
    """
    offer = await _existing(pool, id)
    where = {"tenant": offer.tenant, "aad_object_id": offer.person, "account": spending.account}
    async with transaction(pool) as connection:
        await links.lock_person(connection, **where)
        offer = await _locked(connection, id)
        if offer.state == "spent":
            return Spent("already" if offer.spent_flow == flow else "over", offer)
        if offer.kind != "link_accounts" or offer.state != "open" or offer.account != spending.account:
            return Spent("over", offer)
        if not await links.serves(connection, tenant=offer.tenant, account=spending.account):
            return Spent("left", offer)
        before = await links.unlink(connection, **where)
        link = await links.insert(
            connection,
            keys,
            **where,
            pagerduty_user=spending.user,
            name=spending.name,
            email=spending.email,
            tokens=spending.tokens,
            role=spending.role,
        )
        await QUERIES["spend_personal"].execute(
            connection, id=id, user=spending.user, name=spending.name, flow=flow, link=link
        )
        is_other = before is not None and before.pagerduty_user != spending.user
        replaced = before.pagerduty_name if before is not None and is_other else None
        return Spent("spent", await _existing(connection, id), replaced)


async def note_returned(pool: Pool, id: int, *, refused: bool) -> Offer:
    """Write that somebody came back from the consent page: the row as it is then.

    Raises ``OfferUnknown``.
    """
    async with transaction(pool) as connection:
        await QUERIES["note_returned"].execute(connection, id=id, refused=refused)
        return await _existing(connection, id)


async def unreported(connection: Connection | Pool) -> tuple[Offer, ...]:
    """Offers that were spent, or from whose consent page somebody came back; their workflows may not know."""
    return tuple(_offer(row) for row in await QUERIES["unreported"].fetch(connection))


async def note_reported(connection: Connection | Pool, offer: Offer) -> None:
    """Write that the workflow knows what this row says; what came back since is still to be told."""
    await QUERIES["note_reported"].execute(connection, id=offer.id, returned_at=offer.returned_at)


async def delete_old(connection: Connection | Pool, *, age: timedelta) -> int:
    """Forget the offers whose life ended so long ago; how many."""
    return int(await QUERIES["delete_old"].fetchval(connection, age=age))


def new_key() -> str:
    """Twelve random characters of Crockford's base 32: 60 bits."""
    return "".join(secrets.choice(_CROCKFORD) for _ in range(KEY_LENGTH))


def hash_of(key: str) -> bytes:
    """How a KEY is found, however somebody wrote it: 60 random bits need no salt."""
    return hashlib.sha256(_BETWEEN.sub("", key.upper()).translate(_READ_AS).encode()).digest()


def _place(key_hash: bytes) -> Place:
    """Where a KEY lives; known before the row has an id."""
    return Place("link_offer", key_hash.hex(), "key_sealed")


def _offer(row: asyncpg.Record) -> Offer:
    return Offer(**{name: row[name] for name in Offer.model_fields})
