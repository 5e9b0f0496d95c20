"""A connection's rows and messages, by the activities that ``ConnectChannel`` calls, at Teams' simulator."""

from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.connections import ConnectionActivities
from activities.teams.connection_notices import ConnectionNoticeActivities
from activities.teams.sends import Sends
from muster.clients.teams.connector import ConnectorClient
from muster.store.pool import Pool
from tests.support.refused_sends import KeptRefusedSends
from tests.support.teams_service import TeamsService
from workflows.connect_channel.activities import (
    ConnectionEnded,
    ConnectionRecorded,
    ConnectionShown,
    EndConnection,
    RecordConnection,
    RestoreConnection,
    ShowConnection,
    StoredConnection,
)
from workflows.connect_channel.view import ConnectionView, Showing, fingerprint
from workflows.person import Person

pytestmark = pytest.mark.anyio

ACCOUNT = "acme"
SERVICE = "PSVCNEW"
SUBJECT = f"connect/payments-ops/{SERVICE}"
ADA = Person(aad_object_id="ada", teams_id="29:ada", name="Ada Ops")


class Channel:
    """A channel and its connection to one service."""

    def __init__(
        self, teams_side: TeamsService, pool: Pool, connector: ConnectorClient, sends: Sends
    ) -> None:
        self.refused_sends = KeptRefusedSends()
        self.id = teams_side.channel
        self.tenant = teams_side.company.tenant_id
        self.rows = ConnectionActivities(pool)
        self.notices = ConnectionNoticeActivities(connector, pool, sends, self.refused_sends)

    async def restore(self) -> StoredConnection:
        request = RestoreConnection(account=ACCOUNT, service=SERVICE, conversation=self.id, subject=SUBJECT)
        stored: StoredConnection = await ActivityEnvironment().run(self.rows.restore_connection, request)
        return stored

    async def record(self, message: str | None = None) -> ConnectionRecorded:
        request = RecordConnection(
            tenant=self.tenant,
            account=ACCOUNT,
            service=SERVICE,
            service_name="Search",
            conversation=self.id,
            subject=SUBJECT,
            request="click-1",
            person=ADA,
            message=message,
        )
        done: ConnectionRecorded = await ActivityEnvironment().run(self.rows.record_connection, request)
        return done

    async def end(self, connection: int) -> ConnectionEnded:
        request = EndConnection(connection=connection, request="command-1", person=ADA)
        done: ConnectionEnded = await ActivityEnvironment().run(self.rows.end_connection, request)
        return done

    async def show(self, name: str, showing: Showing) -> bool:
        view = ConnectionView(
            name=name,
            showing=showing,
            account=ACCOUNT,
            service=SERVICE,
            service_name="Search",
            by="Ada Ops",
        )
        request = ShowConnection(
            subject=SUBJECT,
            name=name,
            tenant=self.tenant,
            recipient=self.id,
            view=view,
            content=fingerprint(view),
        )
        shown: ConnectionShown = await ActivityEnvironment().run(self.notices.show_connection, request)
        return shown.certain


@pytest.fixture
def channel(pool: Pool, connector: ConnectorClient, sends: Sends, teams_side: TeamsService) -> Channel:
    return Channel(teams_side, pool, connector, sends)


def titles(message: dict[str, Any]) -> list[str]:
    return [
        version["activity"]["attachments"][0]["content"]["fallbackText"] for version in message["versions"]
    ]


async def test_a_message_is_posted_once_and_edited_from_then_on(
    channel: Channel, teams_side: TeamsService
) -> None:
    assert await channel.show("connection/7", "late")
    assert await channel.show("connection/7", "connected")
    (message,) = await teams_side.messages()
    assert titles(message) == ["Connecting takes longer than usual", "Service connected"]


async def test_the_pressed_card_is_edited_and_no_other_is_posted(
    channel: Channel, teams_side: TeamsService, connector: ConnectorClient
) -> None:
    card = {"type": "message", "attachments": [], "text": "press me"}
    pressed = await connector.send(teams_side.service_url, channel.tenant, channel.id, card)
    row = (await channel.record(message=pressed)).connection
    assert row is not None
    assert await channel.show(f"connection/{row.id}", "connected")
    (message,) = await teams_side.messages()
    assert (message["id"], len(message["versions"])) == (pressed, 2)


async def test_a_new_run_finds_the_connection_and_what_its_message_shows(channel: Channel) -> None:
    assert (await channel.restore()).connection is None
    row = (await channel.record()).connection
    assert row is not None
    await channel.show(f"connection/{row.id}", "connected")
    stored = await channel.restore()
    assert stored.connection == row
    (notice,) = stored.notices
    assert (notice.name, notice.is_posted, notice.showing) == (f"connection/{row.id}", True, "connected")
    ended = (await channel.end(row.id)).connection
    assert ended is not None
    assert ended.ended_by == "Ada Ops"
    assert (await channel.restore()).connection is None


async def test_a_connection_whose_team_was_forgotten_has_no_row_to_end(channel: Channel, pool: Pool) -> None:
    row = (await channel.record()).connection
    assert row is not None
    await pool.execute("DELETE FROM connection WHERE id = $1", row.id)
    assert (await channel.end(row.id)).connection is None


async def test_a_channel_that_nobody_knows_cannot_be_written_to(channel: Channel) -> None:
    request = ShowConnection(
        subject=SUBJECT,
        name="connection/7",
        tenant=channel.tenant,
        recipient="19:nowhere@thread.tacv2",
        view=ConnectionView(
            name="connection/7", showing="late", account=ACCOUNT, service=SERVICE, service_name="Search"
        ),
        content="x",
    )
    with pytest.raises(ApplicationError) as failed:
        await ActivityEnvironment().run(channel.notices.show_connection, request)
    assert failed.value.type == "RequestInvalid"


@pytest.mark.parametrize(("on", "name"), [("create", "welcome/1"), ("edit", "connection/7")])
async def test_a_message_that_is_refused_for_its_channel_is_reported(
    channel: Channel, teams_side: TeamsService, on: str, name: str
) -> None:
    if on == "edit":
        await channel.show(name, "late")
    await teams_side.fault(on, "removed")
    with pytest.raises(ApplicationError):
        await channel.show(name, "connected")
    assert channel.refused_sends.reported == [(channel.id, "BotNotInConversationRoster")]
