"""The life of a team on real rows, a real Temporal and the simulator: who is let go, and what is reported."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
from muster import chat_life
from muster.card_runs import CardRuns
from muster.chat_life import ChatLife
from muster.clients.teams.connector import ConnectorClient
from muster.store import chats, teams
from muster.store.pool import Pool, transaction
from tests.activities.card import Card
from tests.support.settings import settings_for
from tests.support.teams_service import TeamsService
from workflows.channel_incident.messages import Timing
from workflows.errors import BotRemoved, ConversationUnavailable, RefusedForNow
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
    card_runs = CardRuns(WorkflowSignals(client, task_queue="nobody"), Timing())
    activities = TeamLifeActivities(pool, card_runs)
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

    async def signal_running(self, workflow_id: str, signal: Any) -> bool:
        self.signals.append((workflow_id, signal.name, None))
        return True


def reporting(pool: Pool, signals: WorkflowSignals, connector: ConnectorClient) -> RefusedSends:
    settings = settings_for("postgresql://unused/unused", "127.0.0.1:1")
    return RefusedSends(pool, signals, settings, ChatLife(pool, CardRuns(signals, Timing()), connector))


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
    pool: Pool, connector: ConnectorClient, card: Card, refused: BotRemoved, is_certain: bool | None
) -> None:
    signals = KeptSignals()
    refused_sends = reporting(pool, signals, connector)
    at = datetime.now(UTC)
    await refused_sends.report("19:a-chat-without-a-row@thread.v2", refused, at)
    assert signals.signals == []
    await refused_sends.report(card.key.conversation, refused, at)
    message = SendRefused(channel=card.key.conversation, at=at, is_certain=bool(is_certain))
    expected = [] if is_certain is None else [("setup/payments", "send_refused", message)]
    assert signals.signals == expected


@dataclass
class InChat:
    """A chat of the simulator's, in which the bot is and the incident Q1 is followed."""

    id: str
    pool: Pool
    signals: KeptSignals
    refused_sends: RefusedSends

    async def is_refused(self, code: str) -> None:
        """A send into the chat was answered so."""
        await self.refused_sends.report(self.id, BotRemoved("…", code=code), datetime.now(UTC))

    async def sends(self, code: str) -> None:
        """An activity sends into the chat, and is answered so."""
        async with self.refused_sends.reporting(self.id):
            raise BotRemoved("…", code=code)

    async def is_suspended(self) -> bool:
        found = await chats.find(self.pool, id=self.id, tenant=None)
        assert found is not None
        return found.is_suspended


@pytest.fixture
async def in_chat(pool: Pool, connector: ConnectorClient, teams_side: TeamsService) -> InChat:
    ada, bo, cy = (person.email for person in teams_side.company.people[:3])
    opened = await teams_side.http.post("/_sandbox/chats", json={"person": ada, "people": [bo, cy]})
    id = str(opened.raise_for_status().json()["chat"])
    await teams_side.http.post("/_sandbox/install", json={"person": ada, "chat": id, "only": "none"})
    async with transaction(pool) as connection:
        await chats.find_or_make(
            connection,
            id=id,
            tenant=teams_side.company.tenant_id,
            account="acme",
            number=42,
            name="",
            service_url=teams_side.service_url,
            at=datetime.now(UTC),
        )
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ('acme', 'Q1', $1)", id
    )
    signals = KeptSignals()
    return InChat(id, pool, signals, reporting(pool, signals, connector))


async def leaves_silently(teams_side: TeamsService, chat: str) -> None:
    """The bot is removed, and Teams does not tell."""
    by = teams_side.company.people[0].email
    body = {"person": by, "chat": chat, "only": "none"}
    (await teams_side.http.post("/_sandbox/uninstall", json=body)).raise_for_status()


@pytest.mark.parametrize("code", ["BotNotInConversationRoster", "ConversationNotFound"])
async def test_a_chat_that_refuses_a_send_and_its_roster_is_left(
    in_chat: InChat, teams_side: TeamsService, code: str
) -> None:
    await in_chat.is_refused(code)
    assert (await in_chat.is_suspended(), in_chat.signals.signals) == (False, []), "the bot is in it"
    await leaves_silently(teams_side, in_chat.id)
    for _ in range(2):
        await in_chat.is_refused(code)
    assert await in_chat.is_suspended()
    assert in_chat.signals.signals == [("incident/acme/Q1/chat-42", "detach", None)] * 2, (
        "a run that was not told is told by its next send"
    )


async def test_a_roster_that_is_not_told_suspends_nothing_and_holds_up_nobody(
    in_chat: InChat, teams_side: TeamsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await leaves_silently(teams_side, in_chat.id)
    await teams_side.fault("members", "status", status=503)
    await in_chat.is_refused("BotNotInConversationRoster")
    monkeypatch.setattr(chat_life, "_REFUSED_WITHIN", 0.2)
    await teams_side.fault("members", "slow", seconds=1)
    await in_chat.is_refused("BotNotInConversationRoster")
    assert (await in_chat.is_suspended(), in_chat.signals.signals) == (False, [])


async def test_a_chat_to_which_the_bot_was_added_meanwhile_stays(
    in_chat: InChat, teams_side: TeamsService
) -> None:
    """An event that came after the refusal is newer than what the roster said."""
    await leaves_silently(teams_side, in_chat.id)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await chats.follow(
        in_chat.pool,
        id=in_chat.id,
        tenant=teams_side.company.tenant_id,
        is_away=False,
        at=tomorrow,
        request="f:1",
    )
    await in_chat.is_refused("BotNotInConversationRoster")
    assert not await in_chat.is_suspended()


async def test_runs_are_told_what_the_row_says_in_the_end(
    in_chat: InChat, teams_side: TeamsService, connector: ConnectorClient
) -> None:
    """The bot is added again while its removal is told: the last word is that it is there."""
    tenant, at = teams_side.company.tenant_id, datetime.now(UTC)

    class OvertakenSignals(KeptSignals):
        async def signal_running(self, workflow_id: str, signal: Any) -> bool:
            later = at + timedelta(seconds=1)
            await chats.follow(
                in_chat.pool, id=in_chat.id, tenant=tenant, is_away=False, at=later, request="f:2"
            )
            return await super().signal_running(workflow_id, signal)

    signals = OvertakenSignals()
    life = ChatLife(in_chat.pool, CardRuns(signals, Timing()), connector)
    await life.follow(in_chat.id, tenant, is_away=True, at=at, request="f:1")
    assert [name for _, name, _ in signals.signals] == ["detach", "attach"]


async def test_a_chat_into_which_the_bot_was_just_brought_may_not_know_it_yet(
    in_chat: InChat, teams_side: TeamsService
) -> None:
    await leaves_silently(teams_side, in_chat.id)
    await in_chat.pool.execute(
        "INSERT INTO incident_room (account, incident_id, tenant, stage, chat, installed_at) "
        "VALUES ('acme', 'Q1', $1, 'made', $2, now())",
        teams_side.company.tenant_id,
        in_chat.id,
    )
    with pytest.raises(RefusedForNow) as refused:
        await in_chat.sends("BotNotInConversationRoster")
    assert refused.value.retry_after == 1
    assert (await in_chat.is_suspended(), in_chat.signals.signals) == (False, [])
    await in_chat.pool.execute("UPDATE incident_room SET installed_at = now() - interval '61 seconds'")
    with pytest.raises(BotRemoved):
        await in_chat.sends("BotNotInConversationRoster")
    assert await in_chat.is_suspended()
