"""People and their private chats with the bot."""

from typing import Any

import pytest

from muster.store import people
from muster.store.conversations import ConversationUnknown
from muster.store.people import PrivatePlace
from muster.store.pool import Pool
from tests.support.company import (
    ADA_AAD,
    OPS,
    SERVICE_URL,
    TENANT,
)
from workflows.verbs.click import Clicker

pytestmark = pytest.mark.anyio


async def place_of(pool: Pool, who: str) -> PrivatePlace:
    return await people.private_place(pool, TENANT, who, clicked_in=OPS)


async def test_a_private_chat_is_stored(pool: Pool) -> None:
    assert await place_of(pool, ADA_AAD) == (SERVICE_URL, None)
    ada = Clicker(aad_object_id=ADA_AAD, teams_id="29:new-id-of-ada", name="Ada Ops")
    await people.keep_private_conversation(pool, TENANT, ada, "a:chat-of-ada")
    assert await place_of(pool, ADA_AAD) == (SERVICE_URL, "a:chat-of-ada")
    row = await pool.fetchrow("SELECT teams_id, email FROM person WHERE aad_object_id = $1", ADA_AAD)
    assert row is not None
    assert tuple(row) == ("29:new-id-of-ada", f"{ADA_AAD}@acme.example")


async def test_a_person_nobody_knew_gets_a_row_with_their_chat(pool: Pool) -> None:
    stranger = Clicker(aad_object_id="aad-di", teams_id="29:di", name="Di Pager")
    await people.keep_private_conversation(pool, TENANT, stranger, "a:chat-of-di")
    assert await place_of(pool, "aad-di") == (SERVICE_URL, "a:chat-of-di")


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


async def test_a_private_chat_lives_where_the_conversation_of_the_click_does(pool: Pool) -> None:
    ada = Clicker(aad_object_id=ADA_AAD, teams_id="29:ada", name="Ada Ops")
    await people.keep_private_conversation(pool, TENANT, ada, "a:chat-of-ada")
    await pool.execute("UPDATE conversation SET service_url = 'https://moved.example/' WHERE id = $1", OPS)
    assert await place_of(pool, ADA_AAD) == ("https://moved.example/", "a:chat-of-ada")
    with pytest.raises(ConversationUnknown):
        await people.private_place(pool, TENANT, ADA_AAD, clicked_in="19:nowhere@thread.tacv2")


async def told(pool: Pool, **changes: str | None) -> tuple[object, ...]:
    """The row of somebody after an activity of theirs."""
    given: dict[str, Any] = {"aad_object_id": "aad-di", "teams_id": "29:di", "name": "Di Pager"} | changes
    await people.seen(pool, tenant=TENANT, **given)
    row = await pool.fetchrow(
        "SELECT teams_id, name, email, private_conversation, service_url FROM person"
        " WHERE aad_object_id = $1",
        given["aad_object_id"],
    )
    return tuple(row or ())


async def test_what_an_activity_tells_of_its_person_is_written_and_the_rest_stays(pool: Pool) -> None:
    assert await told(pool, name=None) == ("29:di", "", "", None, None)
    assert await told(pool) == ("29:di", "Di Pager", "", None, None)
    chat = {"private_conversation": "a:di", "service_url": "https://a.example/"}
    assert await told(pool, name=None, **chat) == ("29:di", "Di Pager", "", "a:di", "https://a.example/")
    assert await told(pool, teams_id="29:new") == ("29:new", "Di Pager", "", "a:di", "https://a.example/")
    moved = {"private_conversation": "a:di", "service_url": "https://b.example/"}
    assert (await told(pool, name="Di P.", **moved))[1:] == ("Di P.", "", "a:di", "https://b.example/")
    assert await people.name_of(pool, TENANT, "aad-di") == "Di P."
    assert await people.name_of(pool, TENANT, "aad-nobody") is None


async def test_a_persons_e_mail_stays(pool: Pool) -> None:
    row = await told(pool, aad_object_id=ADA_AAD, teams_id="29:ada", name="Ada")
    assert row == ("29:ada", "Ada", f"{ADA_AAD}@acme.example", None, None)


async def test_what_is_known_already_writes_and_locks_nothing(pool: Pool) -> None:
    chat = {"private_conversation": "a:di", "service_url": "https://a.example/"}
    versions = "SELECT xmin, xmax, ctid FROM person WHERE aad_object_id = 'aad-di'"
    await told(pool, **chat)
    before = await pool.fetchrow(versions)
    for changes in ({}, chat, {"name": None}, chat | {"service_url": "https://a.example"}):
        await told(pool, **changes)
    assert await pool.fetchrow(versions) == before
