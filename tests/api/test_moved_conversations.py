"""Microsoft moves a conversation to another address: whoever runs there already follows its row."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from temporalio import activity
from temporalio.client import Client

from activities.teams.cards import CardActivities
from activities.teams.outcomes import OutcomeActivities
from activities.teams.replies import ReplyActivities
from activities.teams.sends import Sends
from api.gateway import Gateway
from muster.clients.expiring import Expiring, ExpiringCache
from muster.clients.http import open_pool
from muster.clients.teams.connector import ConnectorClient
from muster.private_sends import PrivateSends
from muster.seed import seed
from muster.store.pool import Pool, transaction
from tests.api.buttons import NOBODYS_MESSAGE, REGISTRATIONS, Buttons, Connector, is_card, serving_buttons
from tests.api.conftest import BotFramework
from tests.support.company import ADA_AAD, OPS, RELEASES, TENANT, company
from tests.support.refused_sends import KeptRefusedSends
from tests.support.settings import settings_for
from tests.support.waiting import eventually
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import CONVERSATION, Run
from workflows.channel_incident.activities import (
    DELETE_MESSAGE,
    REPLY,
    SHOW_CARD,
    TELL_PERSON,
    DeleteMessage,
    Replied,
    Reply,
    ShowCard,
    Shown,
    TellPerson,
)
from workflows.contract import Done

pytestmark = pytest.mark.anyio


class RealSends(FakeActivities):
    """What goes to Teams is sent by the product's own activities."""

    def __init__(self, connector: ConnectorClient, pool: Pool) -> None:
        super().__init__()
        sends = Sends()
        self._cards = CardActivities(connector, pool, sends, KeptRefusedSends())
        self._replies = ReplyActivities(connector, pool, sends, KeptRefusedSends())
        self._private = OutcomeActivities(PrivateSends(connector, pool), sends, {})

    @activity.defn(name=SHOW_CARD.name)
    async def show_card(self, request: ShowCard) -> Shown:
        shown = await self._cards.show_card(request)
        self.activity_id = shown.activity_id
        self.shown.append(request)
        self._calls.add()
        return shown

    @activity.defn(name=REPLY.name)
    async def reply(self, request: Reply) -> Replied:
        replied = await self._replies.reply(request)
        self.replies.append(request)
        self._calls.add()
        return replied

    @activity.defn(name=TELL_PERSON.name)
    async def tell_person(self, request: TellPerson) -> Done:
        done = await self._private.tell_person(request)
        self.told.append(request)
        self._calls.add()
        return done

    @activity.defn(name=DELETE_MESSAGE.name)
    async def delete_message(self, request: DeleteMessage) -> Done:
        done = await self._cards.delete_message(request)
        self.deleted.append(request)
        self._calls.add()
        return done


@pytest.fixture
async def before() -> AsyncIterator[Connector]:
    """Where the conversation lives at first."""
    connector = Connector()
    async with connector.listening():
        yield connector


@pytest.fixture
async def after() -> AsyncIterator[Connector]:
    """Where it lives later."""
    connector = Connector()
    async with connector.listening():
        yield connector


@pytest.fixture
async def connector_client() -> AsyncIterator[ConnectorClient]:
    async def token(_: str) -> Expiring[str]:
        return Expiring(f"token-of-{TENANT}", 3600)

    registrations = {CONVERSATION.tenant: REGISTRATIONS[TENANT]}
    async with open_pool() as http:
        yield ConnectorClient(
            http, ExpiringCache(token), registrations=registrations, service_hosts=("127.0.0.1",)
        )


@pytest.fixture
async def run(
    client: Client, connector_client: ConnectorClient, pool: Pool, database_url: str, before: Connector
) -> AsyncIterator[Run]:
    """A triggered incident whose card was posted where the conversation lived then."""
    await seed(settings_for(database_url, "127.0.0.1:1"), company(service_url=before.service_url))
    await pool.execute("INSERT INTO teams_tenant VALUES ($1, 'Acme')", CONVERSATION.tenant)
    run = Run(client, RealSends(connector_client, pool))
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ('acme', $1, $2)",
        *(run.life.incident_id, OPS),
    )
    async with run.working():
        await run.hears(run.life.triggers())
        await run.outside.until(lambda: bool(run.outside.reads))
        await run.is_idle()
        yield run


@pytest.fixture
async def buttons(
    run: Run, pool: Pool, framework: BotFramework, framework_pool: httpx.AsyncClient, after: Connector
) -> AsyncIterator[Buttons]:
    """The edge; every activity tells where the conversation lives now."""
    gateway = Gateway(run.client, task_queue=run.queue)
    async with serving_buttons(pool, gateway, framework, framework_pool, after) as buttons:
        yield buttons


def click(run: Run, buttons: Buttons, who: str = ADA_AAD, **changes: Any) -> dict[str, Any]:
    return buttons.on(run.outside.shown[-1], run.outside.activity_id, who) | changes


async def address(pool: Pool, conversation: str = OPS) -> str:
    return str(await pool.fetchval("SELECT service_url FROM conversation WHERE id = $1", conversation))


def methods(connector: Connector) -> list[str]:
    return [method for method, _ in connector.calls]


@pytest.mark.pooler_too
async def test_a_running_incident_follows_its_row_at_the_next_edit(
    run: Run, pool: Pool, before: Connector, after: Connector
) -> None:
    assert methods(before) == ["POST"]
    await pool.execute("UPDATE conversation SET service_url = $1 WHERE id = $2", after.service_url, OPS)
    await run.hears(run.life.is_acknowledged())
    await run.outside.until(lambda: bool(run.outside.edits))
    assert (methods(before), methods(after)) == (["POST"], ["PUT"])


async def test_an_activity_from_another_address_moves_all_that_is_sent_there(
    run: Run, buttons: Buttons, before: Connector, after: Connector
) -> None:
    told = {**click(run, buttons), "type": "event", "name": None, "value": None}
    assert await send(buttons, told, service_url=after.service_url) == 200
    assert await address(buttons.pool) == after.service_url
    assert is_card(await buttons.click(click(run, buttons)))
    await run.outside.until(lambda: bool(run.outside.edits))
    await run.hears(run.life.is_resolved())
    await run.outside.until(lambda: run.outside.said == ["resolved"])
    await run.hands_over(run.click(received_at=datetime.now(UTC) - timedelta(minutes=6)))
    await run.outside.until(lambda: [told.outcome.kind for told in run.outside.told] == ["late"])
    assert methods(before) == ["POST"]
    assert "PUT" in methods(after)
    assert [path for method, path in after.calls if method == "POST"] == [
        f"/teams/v3/conversations/{OPS};messageid=1/activities",
        f"/teams/v3/conversations/{OPS}/activities",
    ]


async def test_a_click_tells_where_its_conversation_lives_and_its_answer_does_not_wait_for_that(
    run: Run, buttons: Buttons, before: Connector, after: Connector
) -> None:
    async with transaction(buttons.pool) as connection:
        await connection.execute("SELECT FROM conversation WHERE id = $1 FOR UPDATE", OPS)
        assert is_card(await buttons.click(click(run, buttons)))
        assert await address(buttons.pool) == before.service_url

    async def moved() -> bool:
        return await address(buttons.pool) == after.service_url

    await eventually(moved)


async def test_an_orphan_is_deleted_where_its_conversation_lives_now(
    run: Run, buttons: Buttons, before: Connector, after: Connector
) -> None:
    await buttons.pool.execute("UPDATE incident_card SET orphan_markers = '{lost}'")
    await buttons.pool.execute("UPDATE conversation SET service_url = $1", after.service_url)
    pressed = buttons.on(run.outside.shown[-1], NOBODYS_MESSAGE, ADA_AAD)
    pressed["value"]["action"]["data"]["m"] = "lost"
    assert is_card(await buttons.click(pressed))
    await run.outside.until(lambda: bool(run.outside.deleted))
    deletions = [path for method, path in after.calls if method == "DELETE"]
    assert deletions == [f"/teams/v3/conversations/{OPS}/activities/{NOBODYS_MESSAGE}"]
    assert methods(before) == ["POST"]


async def send(buttons: Buttons, activity: dict[str, Any], *, service_url: str) -> int:
    token = buttons.framework.token(serviceurl=service_url)
    body = activity | {"serviceUrl": service_url}
    answer = await buttons.http.post("/api/messages", json=body, headers={"Authorization": token})
    return answer.status_code


@pytest.mark.parametrize("type_", ["message", "conversationUpdate", "installationUpdate", "event"])
async def test_every_kind_of_activity_tells_where_its_conversation_lives(
    run: Run, buttons: Buttons, after: Connector, type_: str
) -> None:
    told = {**click(run, buttons), "type": type_, "name": None, "value": None, "text": "hi", "action": "add"}
    assert await send(buttons, told, service_url=after.service_url) == 200
    assert await address(buttons.pool) == after.service_url
    assert await address(buttons.pool, RELEASES) != after.service_url


async def test_an_address_that_is_not_allowed_is_not_kept(
    run: Run, buttons: Buttons, before: Connector
) -> None:
    assert await send(buttons, click(run, buttons), service_url="https://evil.example/teams/") == 403
    assert await address(buttons.pool) == before.service_url


async def test_an_activity_without_a_valid_token_moves_nothing(
    run: Run, buttons: Buttons, before: Connector
) -> None:
    answer = await buttons.http.post("/api/messages", json=click(run, buttons))
    assert answer.status_code == 401
    assert await address(buttons.pool) == before.service_url


async def test_a_tenant_does_not_move_the_conversation_of_another(
    run: Run, buttons: Buttons, before: Connector, after: Connector
) -> None:
    await buttons.pool.execute("INSERT INTO teams_tenant VALUES ('t2', 'Another')")
    await buttons.pool.execute("UPDATE conversation SET team = NULL, kind = 'group', tenant = 't2'")
    told = {**click(run, buttons), "type": "event", "name": None, "value": None}
    assert await send(buttons, told, service_url=after.service_url) == 200
    assert await address(buttons.pool) == before.service_url
