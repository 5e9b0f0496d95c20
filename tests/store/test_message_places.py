"""Where a program's message may go: places of its own account, in which the app is."""

from typing import Any

import pytest

from muster.store import accounts, message_places, rooms
from muster.store.pool import Pool, transaction
from tests.support.company import ACCOUNT, ADA_AAD, GROUP, OPS, TENANT
from workflows.incident_room.messages import RoomKey
from workflows.operation.state import Place
from workflows.person import Person

pytestmark = pytest.mark.anyio

Q1: dict[str, Any] = {"account": ACCOUNT, "incident_id": "Q1"}
CHAT = "19:chat@thread.v2"


async def another_account(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await accounts.upsert_account(connection, key="globex", subdomain="globex", region="us")


async def add_chat(pool: Pool, *, account: str = ACCOUNT, kind: str = "group") -> None:
    await pool.execute(
        "INSERT INTO conversation (id, kind, tenant, account, key, name, service_url)"
        " VALUES ($1, $2, $3, $4, 'chat-42', 'Incident #42', 'https://s/')",
        *(CHAT, kind, TENANT, account),
    )


# Channels


@pytest.mark.parametrize("name", ["payments-ops", OPS])
async def test_a_channel_is_named_by_its_key_or_teams_id(pool: Pool, name: str) -> None:
    assert await message_places.channel(pool, **Q1, name=name) == Place(
        kind="channel", name="Payments/#ops", tenant=TENANT, conversation=OPS, group=GROUP
    )


async def test_a_channel_tells_the_incidents_card_there(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation, activity_id)"
        " VALUES ('acme', 'Q1', $1, '17'), ('acme', 'Q2', $1, '18')",
        OPS,
    )
    found = await message_places.channel(pool, **Q1, name="payments-ops")
    assert found is not None
    assert found.card == "17"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE conversation SET suspended_at = now()",
        "UPDATE team SET removed_at = now()",
        "UPDATE team SET account = 'globex'",
        "UPDATE team SET account = NULL",
    ],
)
async def test_a_channel_without_the_app_or_of_another_account_is_not_found(pool: Pool, change: str) -> None:
    await another_account(pool)
    await pool.execute("DELETE FROM connection")
    await pool.execute(change)
    assert await message_places.channel(pool, **Q1, name="payments-ops") is None


async def test_a_chat_is_no_channel_and_a_channel_no_chat(pool: Pool) -> None:
    await add_chat(pool)
    assert await message_places.channel(pool, **Q1, name="chat-42") is None
    assert await message_places.chat(pool, **Q1, name="payments-ops") is None


# Chats


@pytest.mark.parametrize("name", ["chat-42", CHAT])
async def test_a_chat_is_named_by_its_key_or_teams_id(pool: Pool, name: str) -> None:
    await add_chat(pool)
    assert await message_places.chat(pool, **Q1, name=name) == Place(
        kind="chat", name="chat “Incident #42”", tenant=TENANT, conversation=CHAT
    )


async def test_the_incidents_own_chat_is_found_by_its_room(pool: Pool) -> None:
    await add_chat(pool)
    assert await message_places.chat(pool, **Q1, name="dedicated") is None
    room = RoomKey(**Q1)
    await rooms.open_room(pool, room, tenant=TENANT)
    began_at = await rooms.begin(pool, room, topic="Incident #42", owner=ADA_AAD)
    assert await message_places.chat(pool, **Q1, name="dedicated") is None, "it is not there yet"
    await rooms.note_made(pool, room, began_at=began_at, chat=CHAT, url="https://teams/")
    found = await message_places.chat(pool, **Q1, name="dedicated")
    assert found is not None
    assert found.conversation == CHAT
    assert await message_places.chat(pool, account=ACCOUNT, incident_id="Q2", name="dedicated") is None


async def test_another_accounts_chat_is_found_where_an_incident_of_ours_is_followed(pool: Pool) -> None:
    await another_account(pool)
    await add_chat(pool, account="globex")
    assert await message_places.chat(pool, **Q1, name="chat-42") is None
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ('acme', 'Q2', $1)", CHAT
    )
    assert await message_places.chat(pool, **Q1, name="chat-42") is not None
    await pool.execute(
        "UPDATE incident_card SET followed_at = now(), followed_name = 'Ada', stopped_at = now()"
    )
    assert await message_places.chat(pool, **Q1, name="chat-42") is None, "nobody follows it there any more"


@pytest.mark.parametrize(
    "change", ["UPDATE conversation SET suspended_at = now()", "UPDATE conversation SET kind = 'personal'"]
)
async def test_a_chat_without_the_app_or_of_one_person_is_not_found(pool: Pool, change: str) -> None:
    await add_chat(pool)
    await pool.execute(f"{change} WHERE id = $1", CHAT)
    assert await message_places.chat(pool, **Q1, name="chat-42") is None


# People, and who speaks


@pytest.mark.parametrize("name", ["PUSER01", f"{ADA_AAD}@acme.example", f"{ADA_AAD}@ACME.example"])
async def test_a_person_is_named_by_the_user_to_whom_they_are_linked(pool: Pool, name: str) -> None:
    found = await message_places.person(pool, account=ACCOUNT, name=name, tenants=[TENANT])
    assert found is not None
    assert found == Place(
        kind="person",
        name="Ada Ops",
        tenant=TENANT,
        person=Person(aad_object_id=ADA_AAD, teams_id=f"29:{ADA_AAD}", name="Ada Ops"),
    )


@pytest.mark.parametrize(("account", "name"), [(ACCOUNT, "PUSER03"), (ACCOUNT, ""), ("globex", "PUSER01")])
async def test_somebody_without_a_link_is_not_found(pool: Pool, account: str, name: str) -> None:
    assert await message_places.person(pool, account=account, name=name, tenants=[TENANT]) is None


async def test_of_two_who_are_linked_to_one_user_the_later_one_is_told(pool: Pool) -> None:
    await pool.execute("UPDATE user_link SET pagerduty_user = 'PUSER01'")
    later = await pool.fetchval("SELECT aad_object_id FROM user_link ORDER BY id DESC LIMIT 1")
    found = await message_places.person(pool, account=ACCOUNT, name="PUSER01", tenants=[TENANT])
    assert found is not None
    assert found.person is not None
    assert found.person.aad_object_id == later


async def test_a_link_in_a_tenant_that_is_not_the_accounts_counts_for_nothing(pool: Pool) -> None:
    """Neither alone, nor where it is the later one."""
    await pool.execute("INSERT INTO teams_tenant (id, name) VALUES ('another', '')")
    await pool.execute(
        "INSERT INTO user_link (tenant, aad_object_id, account, pagerduty_user, pagerduty_name, "
        "pagerduty_email, access_token) SELECT 'another', aad_object_id, account, pagerduty_user, "
        "pagerduty_name, pagerduty_email, '' FROM user_link WHERE pagerduty_user = 'PUSER01'"
    )
    found = await message_places.person(pool, account=ACCOUNT, name="PUSER01", tenants=[TENANT])
    assert found is not None
    assert found.tenant == TENANT
    assert await message_places.person(pool, account=ACCOUNT, name="PUSER02", tenants=["another"]) is None


async def test_a_user_is_named_as_pagerduty_names_them_where_somebody_is_linked(pool: Pool) -> None:
    await pool.execute(
        "UPDATE user_link SET pagerduty_name = 'Ada Lovelace' WHERE pagerduty_user = 'PUSER01'"
    )
    assert await message_places.speaker(pool, account=ACCOUNT, pagerduty_user="PUSER01") == "Ada Lovelace"
    assert await message_places.speaker(pool, account=ACCOUNT, pagerduty_user="PUSER03") is None


# Incidents


async def test_an_incident_is_known_by_its_cards_or_its_room(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ('acme', 'Q1', $1)", OPS
    )
    await rooms.open_room(pool, RoomKey(account=ACCOUNT, incident_id="Q2"), tenant=TENANT)
    known = [
        await message_places.is_known(pool, account=ACCOUNT, incident_id=incident_id)
        for incident_id in ("Q1", "Q2", "Q3")
    ]
    assert known == [True, True, False]
    assert not await message_places.is_known(pool, account="globex", incident_id="Q1")
