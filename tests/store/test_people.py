"""People and their private chats with the bot."""

from typing import Any

import pytest

from muster.store import accounts, people
from muster.store.people import PrivatePlace
from muster.store.pool import Pool
from tests.support.company import (
    ADA_AAD,
    OPS,
    RELEASES,
    SERVICE_URL,
    TENANT,
)
from workflows.person import Person

pytestmark = pytest.mark.anyio


async def place_of(pool: Pool, who: str) -> PrivatePlace:
    return await people.private_place(pool, TENANT, who, asked_in=OPS)


async def test_a_private_chat_is_stored(pool: Pool) -> None:
    assert (await place_of(pool, ADA_AAD)).conversation is None
    ada = Person(aad_object_id=ADA_AAD, teams_id="29:new-id-of-ada", name="Ada Ops")
    await people.keep_private_conversation(pool, TENANT, ada, "a:chat-of-ada")
    assert (await place_of(pool, ADA_AAD)).conversation == "a:chat-of-ada"
    row = await pool.fetchrow("SELECT teams_id, email FROM person WHERE aad_object_id = $1", ADA_AAD)
    assert row is not None
    assert tuple(row) == ("29:new-id-of-ada", f"{ADA_AAD}@acme.example")


async def test_a_person_nobody_knew_gets_a_row_with_their_chat(pool: Pool) -> None:
    stranger = Person(aad_object_id="aad-di", teams_id="29:di", name="Di Pager")
    await people.keep_private_conversation(pool, TENANT, stranger, "a:chat-of-di")
    assert (await place_of(pool, "aad-di")).conversation == "a:chat-of-di"


async def test_a_person_written_again_keeps_their_chat(pool: Pool) -> None:
    ada = Person(aad_object_id=ADA_AAD, teams_id="29:ada", name="Ada Ops")
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
    await chat_of_ada(pool)
    await moved(pool, OPS, "https://moved.example/")
    assert await place_of(pool, ADA_AAD) == PrivatePlace(
        service_url="https://moved.example/",
        conversation="a:chat-of-ada",
        teams_id="29:ada",
        is_shared=True,
        is_private_chat=False,
        refuses_targeted=False,
    )


async def test_who_asked_nowhere_is_told_where_their_chat_or_else_the_tenant_lives(pool: Pool) -> None:
    async def address(asked_in: str | None = None) -> str | None:
        return (await people.private_place(pool, TENANT, ADA_AAD, asked_in=asked_in)).service_url

    await chat_of_ada(pool)
    assert await address() == SERVICE_URL
    await moved(pool, OPS, "https://a-channels.example/")
    await moved(pool, RELEASES, "https://a-channels.example/")
    assert await address() == await address("19:nowhere@thread.tacv2") == "https://a-channels.example/"
    await pool.execute("UPDATE team SET service_url = 'https://the-teams.example/'")
    assert await address() == "https://the-teams.example/"
    await pool.execute("UPDATE person SET service_url = 'https://the-chats.example/'")
    assert await address() == "https://the-chats.example/"
    assert await address(OPS) == "https://a-channels.example/"
    nowhere = await people.private_place(pool, "another tenant", ADA_AAD, asked_in=None)
    assert nowhere == (None, None, None, False, False, False)


async def test_the_private_chat_is_known_by_its_kind_or_its_persons_row(pool: Pool) -> None:
    await pool.execute("UPDATE conversation SET kind = 'personal', team = NULL WHERE id = $1", OPS)
    place = await place_of(pool, ADA_AAD)
    assert (place.conversation, place.is_private_chat, place.is_shared) == (OPS, True, False)
    await chat_of_ada(pool)
    place = await people.private_place(pool, TENANT, ADA_AAD, asked_in="a:chat-of-ada")
    assert (place.conversation, place.is_private_chat, place.is_shared) == ("a:chat-of-ada", True, False)
    place = await people.private_place(pool, TENANT, ADA_AAD, asked_in="19:a-group@thread.v2")
    assert (place.is_private_chat, place.is_shared) == (False, False)


async def test_a_refusal_of_targeted_messages_is_known_for_a_day(pool: Pool) -> None:
    await accounts.note_targeted_refused(pool, TENANT)
    assert (await place_of(pool, ADA_AAD)).refuses_targeted
    for hours, known in ((23, True), (24, False)):
        await pool.execute(
            "UPDATE teams_tenant SET targeted_refused_at = now() - make_interval(hours => $1)", hours
        )
        assert (await place_of(pool, ADA_AAD)).refuses_targeted is known


async def chat_of_ada(pool: Pool) -> None:
    ada = Person(aad_object_id=ADA_AAD, teams_id="29:ada", name="Ada Ops")
    await people.keep_private_conversation(pool, TENANT, ada, "a:chat-of-ada")


async def moved(pool: Pool, conversation: str, address: str) -> None:
    await pool.execute("UPDATE conversation SET service_url = $2 WHERE id = $1", conversation, address)


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
