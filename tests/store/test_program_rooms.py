"""In which tenant a program's chat is made, and what it is told of the chat and meeting that are there."""

import uuid

import pytest

from muster.store import program_rooms
from muster.store.pool import Pool
from muster.store.program_rooms import ShownChat
from tests.support.company import ACCOUNT, OPS, TENANT
from workflows.incident_room.messages import RoomKey

pytestmark = pytest.mark.anyio

OTHER_TENANT = "33333333-3333-3333-3333-333333333333"


@pytest.fixture
def room() -> RoomKey:
    return RoomKey(account=ACCOUNT, incident_id=f"Q{uuid.uuid4().hex[:13].upper()}")


async def opened(pool: Pool, room: RoomKey, *, tenant: str, stage: str = "made") -> None:
    await pool.execute("INSERT INTO teams_tenant (id, name) VALUES ($1, '') ON CONFLICT DO NOTHING", tenant)
    await pool.execute(
        "INSERT INTO incident_room (account, incident_id, tenant, stage, topic, shown_topic, url) "
        "VALUES ($1, $2, $3, $4, 'Fire', '✓ Fire', 'https://teams.example/1')",
        *(room.account, room.incident_id, tenant, stage),
    )


async def test_an_incident_is_at_home_where_its_room_is_else_where_it_is_shown(
    pool: Pool, room: RoomKey
) -> None:
    assert await program_rooms.tenant_of_incident(pool, room) is None
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, $2, $3)",
        *(room.account, room.incident_id, OPS),
    )
    assert await program_rooms.tenant_of_incident(pool, room) == TENANT
    await opened(pool, room, tenant=OTHER_TENANT)
    assert await program_rooms.tenant_of_incident(pool, room) == OTHER_TENANT


async def test_a_chat_is_told_as_teams_shows_it(pool: Pool, room: RoomKey) -> None:
    assert await program_rooms.chat(pool, room) is None
    await opened(pool, room, tenant=TENANT)
    assert await program_rooms.chat(pool, room) == ShownChat("✓ Fire", "https://teams.example/1", TENANT)
    another = room.model_copy(update={"account": "umbrella"})
    assert await program_rooms.chat(pool, another) is None


async def test_a_meeting_has_a_name_where_muster_made_it(pool: Pool, room: RoomKey) -> None:
    await opened(pool, room, tenant=TENANT)
    await pool.execute(
        "INSERT INTO room_meeting (account, incident_id, stage, url, subject) "
        "VALUES ($1, $2, 'made', 'https://teams.example/meet/1', 'Fire')",
        *(room.account, room.incident_id),
    )
    assert await program_rooms.meeting_name(pool, room, url="https://teams.example/meet/1") == "Fire"
    assert await program_rooms.meeting_name(pool, room, url="https://zoom.example/1") == ""


async def test_the_tenants_of_a_user_are_those_of_whoever_is_linked(pool: Pool) -> None:
    for user, tenants in (("PUSER01", (TENANT,)), ("PUSER03", ())):
        found = await program_rooms.tenants_of_user(pool, account=ACCOUNT, pagerduty_user=user)
        assert found == tenants
