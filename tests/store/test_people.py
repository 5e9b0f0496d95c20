"""Links, private chats, and what is sealed: found by its owner, opened in its place alone."""

import base64

import pytest

from muster.keys import KeyRing, SealBroken
from muster.seed import seed
from muster.store import people
from muster.store.people import LinkedUser
from muster.store.pool import Pool
from tests.conftest import KEYS, settings_for
from tests.support.company import (
    ACCOUNT,
    ADA,
    BO,
    CY,
    OTHER_SECRET,
    OTHER_SUBSCRIPTION,
    SECRET,
    SUBSCRIPTION,
    TENANT,
    TOKENS,
    company,
)
from workflows.messages import Clicker

pytestmark = pytest.mark.anyio

RING = KeyRing.parse(KEYS)
NEW_KEY = "new:" + base64.b64encode(b"n" * 32).decode()
ROTATED, WITHOUT_OLD = KeyRing.parse(f"{NEW_KEY},{KEYS}"), KeyRing.parse(NEW_KEY)


async def link_of(pool: Pool, person: str) -> int:
    link = await people.link_of(pool, tenant=TENANT, aad_object_id=person, account=ACCOUNT)
    assert link is not None
    return link


async def test_a_linked_person_acts_under_their_own_token(pool: Pool) -> None:
    user = await people.linked_user(pool, RING, await link_of(pool, ADA), account=ACCOUNT)
    assert user == LinkedUser(
        pagerduty_user="PUSER01",
        name="Ada Ops",
        email="aad-ada@acme.example",
        access_token=TOKENS[ADA],
    )
    assert TOKENS[ADA] not in repr(user)


@pytest.mark.parametrize(
    ("tenant", "person", "account"),
    [(TENANT, CY, ACCOUNT), ("elsewhere", ADA, ACCOUNT), (TENANT, ADA, "emca")],
)
async def test_nobody_else_is_linked(pool: Pool, tenant: str, person: str, account: str) -> None:
    assert await people.link_of(pool, tenant=tenant, aad_object_id=person, account=account) is None


async def test_a_link_that_was_revoked_or_belongs_to_another_account(pool: Pool) -> None:
    link = await link_of(pool, ADA)
    assert await people.linked_user(pool, RING, link, account="emca") is None
    await pool.execute("DELETE FROM user_link WHERE id = $1", link)
    assert await people.linked_user(pool, RING, link, account=ACCOUNT) is None


async def test_nothing_secret_is_stored_readable(pool: Pool) -> None:
    stored = await pool.fetch("SELECT access_token AS sealed FROM user_link")
    stored += await pool.fetch("SELECT secret FROM webhook_subscription")
    assert len(stored) == 4
    for secret in (*TOKENS.values(), SECRET, OTHER_SECRET):
        assert not [row for row in stored if secret.encode() in row[0]]


async def test_rotation_opens_the_old_and_seals_with_the_new(database_url: str, pool: Pool) -> None:
    assert await people.webhook_secrets(pool, ROTATED, ACCOUNT, SUBSCRIPTION) == (SECRET,)
    rotated = settings_for(database_url, "127.0.0.1:1", keys=f"{NEW_KEY},{KEYS}")
    await seed(rotated, company())
    assert await people.webhook_secrets(pool, WITHOUT_OLD, ACCOUNT, SUBSCRIPTION) == (SECRET,)


async def test_a_key_that_is_gone_is_named_and_no_secret_is(pool: Pool) -> None:
    with pytest.raises(SealBroken, match=r"no key for webhook_subscription\.secret"):
        await people.webhook_secrets(pool, WITHOUT_OLD, ACCOUNT)
    with pytest.raises(SealBroken, match=r"no key for user_link\.access_token"):
        await people.linked_user(pool, WITHOUT_OLD, await link_of(pool, ADA), account=ACCOUNT)


async def test_a_token_moved_to_another_persons_row_does_not_open(pool: Pool) -> None:
    await pool.execute(
        "UPDATE user_link SET access_token = (SELECT access_token FROM user_link WHERE aad_object_id = $1)"
        " WHERE aad_object_id = $2",
        *(ADA, BO),
    )
    assert await people.linked_user(pool, RING, await link_of(pool, ADA), account=ACCOUNT)
    with pytest.raises(SealBroken, match="does not open here") as broken:
        await people.linked_user(pool, RING, await link_of(pool, BO), account=ACCOUNT)
    assert TOKENS[ADA] not in str(broken.value)


async def test_signing_secrets_newest_first(pool: Pool) -> None:
    await pool.execute(
        "UPDATE webhook_subscription SET created_at = now() - interval '1 day' WHERE id = $1", SUBSCRIPTION
    )
    assert await people.webhook_secrets(pool, RING, ACCOUNT) == (OTHER_SECRET, SECRET)
    assert await people.webhook_secrets(pool, RING, ACCOUNT, SUBSCRIPTION) == (SECRET,)
    assert await people.webhook_secrets(pool, RING, ACCOUNT, "PWSUB99") == ()
    assert await people.webhook_secrets(pool, RING, "emca") == ()


async def test_one_unreadable_secret_stands_in_nobodys_way(pool: Pool) -> None:
    await pool.execute("UPDATE webhook_subscription SET secret = 'x' WHERE id = $1", OTHER_SUBSCRIPTION)
    assert await people.webhook_secrets(pool, RING, ACCOUNT, SUBSCRIPTION) == (SECRET,)
    with pytest.raises(SealBroken):
        await people.webhook_secrets(pool, RING, ACCOUNT)


async def test_a_private_chat_is_remembered(pool: Pool) -> None:
    assert await people.private_conversation(pool, TENANT, ADA) is None
    ada = Clicker(aad_object_id=ADA, teams_id="29:new-id-of-ada", name="Ada Ops")
    await people.keep_private_conversation(pool, TENANT, ada, "a:chat-of-ada")
    assert await people.private_conversation(pool, TENANT, ADA) == "a:chat-of-ada"
    row = await pool.fetchrow("SELECT teams_id, email FROM person WHERE aad_object_id = $1", ADA)
    assert row is not None
    assert tuple(row) == ("29:new-id-of-ada", "aad-ada@acme.example")


async def test_somebody_nobody_knew_gets_a_row_with_their_chat(pool: Pool) -> None:
    stranger = Clicker(aad_object_id="aad-di", teams_id="29:di", name="Di Pager")
    await people.keep_private_conversation(pool, TENANT, stranger, "a:chat-of-di")
    assert await people.private_conversation(pool, TENANT, "aad-di") == "a:chat-of-di"
