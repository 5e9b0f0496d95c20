"""The life of a team on real rows, a real Temporal and the simulator: who is let go, and what is reported."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.signals import WorkflowSignals
from activities.team_life import TeamLifeActivities
from activities.teams.names import NameActivities
from activities.teams.refused_sends import RefusedSends
from muster.clients.teams.connector import ConnectorClient
from muster.store import teams
from muster.store.pool import Pool
from tests.activities.card import Card
from tests.support.settings import settings_for
from tests.support.teams_service import TeamsService
from workflows.errors import BotRemoved, ConversationUnavailable
from workflows.ids import ChannelIncidentId
from workflows.team_setup.activities import ChannelsChanged, FindChannel, FollowTeam, Found
from workflows.team_setup.changes import Change
from workflows.team_setup.messages import SendRefused

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 29, 10, tzinfo=UTC)


@workflow.defn(name="Detachable")
class Detachable:
    """Ends when it is let go."""

    def __init__(self) -> None:
        self.detached = False

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self.detached)
        return "detached"

    @workflow.signal
    def detach(self) -> None:
        self.detached = True


@pytest.fixture
async def queue(client: Client) -> AsyncIterator[str]:
    name = f"q-{uuid.uuid4().hex[:8]}"
    async with Worker(
        client, task_queue=name, workflows=[Detachable], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        yield name


async def follow(client: Client, pool: Pool, card: Card, **more: Any) -> ChannelsChanged:
    team = await teams.of_channel(pool, card.key.conversation)
    assert team is not None
    activities = TeamLifeActivities(
        pool,
        WorkflowSignals(client, task_queue="nobody"),
        settings_for("postgresql://unused/unused", "127.0.0.1:1"),
    )
    change = Change(
        reason="archived", channel=None, because="teamArchived", **{"at": AT, "is_over": False, **more}
    )
    request = FollowTeam(tenant=team.tenant, team=team.id, request="r/1", changes=(change,))
    changed: ChannelsChanged = await ActivityEnvironment().run(activities.follow_team, request)
    return changed


async def test_running_cards_of_a_suspended_channel_are_let_go_and_no_run_is_started(
    client: Client, pool: Pool, card: Card, queue: str
) -> None:
    key = await pool.fetchval("SELECT key FROM conversation WHERE id = $1", card.key.conversation)
    id = str(ChannelIncidentId(card.key.account, card.key.incident_id, key))
    handle = await client.start_workflow(Detachable.run, id=id, task_queue=queue)
    changed = await follow(client, pool, card)
    assert await handle.result() == "detached"
    assert changed.suspended
    assert await follow(client, pool, card) == changed, "no run is there any more, and that is fine"


async def found(connector: ConnectorClient, pool: Pool, team: str, tenant: str, channel: str) -> Found:
    request = FindChannel(tenant=tenant, team=team, channel=channel)
    answer: Found = await ActivityEnvironment().run(NameActivities(connector, pool).find_channel, request)
    return answer


async def test_it_is_found_out_whether_a_channel_or_its_team_is_gone(
    connector: ConnectorClient, pool: Pool, teams_side: TeamsService, card: Card
) -> None:
    team = await teams.of_channel(pool, card.key.conversation)
    assert team is not None
    await teams.follow(pool, id=team.id, tenant=team.tenant, service_url=teams_side.service_url)
    where = (connector, pool, team.id, team.tenant)
    assert await found(*where, card.key.conversation) == Found(has_app=True, is_there=True)
    assert await found(*where, "19:gone@thread.tacv2") == Found(has_app=True, is_there=False)
    refusal = {"error": {"code": "BotNotInConversationRoster", "message": "…"}}
    await teams_side.fault("team", "status", status=403, body=refusal, times=2)
    assert await found(*where, card.key.conversation) == Found(has_app=False, is_there=False)


class KeptSignals(WorkflowSignals):
    """Keeps what would go to Temporal."""

    def __init__(self) -> None:
        self.signals: list[tuple[str, str, Any]] = []

    async def signal(self, row: Any, start: Any, signal: Any, message: Any) -> None:
        assert row.signals[signal.name] is signal
        self.signals.append((row.workflow_id(start), signal.name, message))


@pytest.mark.parametrize(
    ("refused", "is_certain"),
    [
        (BotRemoved("…", code="BotNotInConversationRoster"), True),
        (BotRemoved("…", code="MessageWritesBlocked"), True),
        (ConversationUnavailable("…", code="ConversationNotFound"), False),
        (ConversationUnavailable("…", code="BotDisabledByAdmin"), None),
        (BotRemoved("…", code="ForbiddenOperationException"), None),
        (BotRemoved("…"), None),
    ],
    ids=lambda value: getattr(value, "code", None) or str(value),
)
async def test_a_refused_send_is_reported_to_the_set_up_of_the_channels_team(
    pool: Pool, card: Card, refused: BotRemoved, is_certain: bool | None
) -> None:
    signals = KeptSignals()
    refused_sends = RefusedSends(pool, signals, settings_for("postgresql://unused/unused", "127.0.0.1:1"))
    at = datetime.now(UTC)
    await refused_sends.report("19:a-chat@thread.v2", refused, at)
    assert signals.signals == []
    await refused_sends.report(card.key.conversation, refused, at)
    message = SendRefused(channel=card.key.conversation, at=at, is_certain=bool(is_certain))
    expected = [] if is_certain is None else [("setup/payments", "send_refused", message)]
    assert signals.signals == expected
