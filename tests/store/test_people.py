"""People and their private chats with the bot."""

import pytest

from muster.store import people
from muster.store.pool import Pool
from tests.support.company import (
    ADA_AAD,
    TENANT,
)
from workflows.verbs.click import Clicker

pytestmark = pytest.mark.anyio


async def test_a_private_chat_is_stored(pool: Pool) -> None:
    assert await people.private_conversation(pool, TENANT, ADA_AAD) is None
    ada = Clicker(aad_object_id=ADA_AAD, teams_id="29:new-id-of-ada", name="Ada Ops")
    await people.keep_private_conversation(pool, TENANT, ada, "a:chat-of-ada")
    assert await people.private_conversation(pool, TENANT, ADA_AAD) == "a:chat-of-ada"
    row = await pool.fetchrow("SELECT teams_id, email FROM person WHERE aad_object_id = $1", ADA_AAD)
    assert row is not None
    assert tuple(row) == ("29:new-id-of-ada", "aad-ada@acme.example")


async def test_a_person_nobody_knew_gets_a_row_with_their_chat(pool: Pool) -> None:
    stranger = Clicker(aad_object_id="aad-di", teams_id="29:di", name="Di Pager")
    await people.keep_private_conversation(pool, TENANT, stranger, "a:chat-of-di")
    assert await people.private_conversation(pool, TENANT, "aad-di") == "a:chat-of-di"


async def test_a_person_written_again_keeps_their_chat(pool: Pool) -> None:
    ada = Clicker(aad_object_id=ADA_AAD, teams_id="29:ada", name="Ada Ops")
    await people.keep_private_conversation(pool, TENANT, ada, "a:chat-of-ada")
    await people.upsert(
        pool,
        tenant=TENANT,
        aad_object_id=ADA_AAD,
        teams_id="29:newer",
        name="Ada O.",
        email="ada@new.example",
    )
    row = await pool.fetchrow(
        "SELECT teams_id, name, email, private_conversation FROM person WHERE aad_object_id = $1", ADA_AAD
    )
    assert row is not None
    assert tuple(row) == ("29:newer", "Ada O.", "ada@new.example", "a:chat-of-ada")
