"""``teams.reply``: an announcement is said beside its card, at most once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.teams.cards import CardActivities
from activities.teams.replies import ReplyActivities
from activities.teams.sends import Sends
from muster.clients.teams.connector import ConnectorClient
from muster.store import cards
from muster.store.pool import Pool, open_pool
from tests.api.outage import line_to
from tests.support.announcements import an_announcement
from tests.support.refused_sends import KeptRefusedSends
from tests.support.settings import database_at
from tests.support.teams_service import TeamsService
from workflows.channel_incident.activities import Replied, Reply, ShowCard
from workflows.channel_incident.messages import CardKey
from workflows.channel_incident.view import CardIdentity, View

pytestmark = pytest.mark.anyio

AT = datetime(2026, 1, 1, 10, 5, tzinfo=UTC)
VIEW = View(
    account="acme",
    incident_id="Q1",
    number=42,
    revision=3,
    as_of=AT,
    title="Checkout is slow",
    status="resolved",
)

Say = Callable[[Reply], Awaitable[Replied]]


@pytest.fixture
async def reply(card_activities: CardActivities, teams_side: TeamsService, pool: Pool) -> Reply:
    """An announcement of a card that is there."""
    key = CardKey(account="acme", incident_id="Q1", conversation=teams_side.channel)
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ('acme', 'Q1', $1)",
        key.conversation,
    )
    shown = await ActivityEnvironment().run(
        card_activities.show_card,
        ShowCard(
            card=key,
            activity_id=None,
            view=VIEW,
            identity=CardIdentity(marker="m1", nonce="n1"),
            content="c1",
            correlation="01E",
            tenant=teams_side.company.tenant_id,
        ),
    )
    return Reply(
        card=key,
        activity_id=shown.activity_id,
        announcement=an_announcement("resolved", at=AT, by="Bo Call"),
        view=VIEW,
        correlation="02E",
        tenant=teams_side.company.tenant_id,
    )


@pytest.fixture
def say(reply_activities: ReplyActivities) -> Say:
    async def run(request: Reply) -> Replied:
        return await ActivityEnvironment().run(reply_activities.reply, request)

    return run


async def said(teams_side: TeamsService) -> list[str]:
    """The replies in the thread."""
    messages = await teams_side.messages()
    root = messages[0]["id"]
    return [m["versions"][-1]["activity"]["text"] for m in messages if m["reply_to"] == root]


@pytest.mark.pooler_too
async def test_an_announcement_is_said_in_the_thread(
    say: Say, reply: Reply, teams_side: TeamsService
) -> None:
    assert await say(reply) == Replied(said=True)
    assert await said(teams_side) == ["🟢 Resolved by Bo Call"]
    assert teams_side.asked[-1].headers["X-Correlation-Id"] == "02E"


async def test_in_a_chat_it_is_a_message_of_its_own(
    say: Say, reply: Reply, teams_side: TeamsService, pool: Pool
) -> None:
    await pool.execute(
        "UPDATE conversation SET kind = 'group', team = NULL WHERE id = $1", reply.card.conversation
    )
    assert await say(reply) == Replied(said=True)
    assert await say(reply) == Replied(said=False)
    assert await said(teams_side) == []
    _, message = await teams_side.messages()
    assert message["versions"][-1]["activity"]["text"] == "🟢 #42 · Resolved by Bo Call"
    assert message["reply_to"] is None
    assert await pool.fetchval("SELECT replies FROM incident_card") == [message["id"]]


async def test_an_announcement_is_said_once_under_whatever_event_it_is_told(
    say: Say, reply: Reply, teams_side: TeamsService
) -> None:
    await say(reply)
    assert await say(reply.model_copy(update={"correlation": "03E"})) == Replied(said=False)
    assert len(await said(teams_side)) == 1


@pytest.mark.pooler_too
async def test_many_at_once_say_it_once(say: Say, reply: Reply, teams_side: TeamsService) -> None:
    replied = await asyncio.gather(*(say(reply) for _ in range(5)))
    assert sorted(one.said for one in replied) == [False] * 4 + [True]
    assert len(await said(teams_side)) == 1


async def test_another_second_is_another_transition(say: Say, reply: Reply, teams_side: TeamsService) -> None:
    await say(reply)
    later = an_announcement("resolved", at=AT.replace(second=1))
    assert (await say(reply.model_copy(update={"announcement": later}))).said
    assert len(await said(teams_side)) == 2


async def test_the_message_of_an_announcement_is_kept(
    say: Say, reply: Reply, teams_side: TeamsService, pool: Pool
) -> None:
    """So that nobody takes it for an orphan."""
    await say(reply)
    (said_as,) = [one["id"] for one in await teams_side.messages() if one["id"] != reply.activity_id]
    assert await pool.fetchval("SELECT replies FROM incident_card") == [said_as]


async def test_a_database_that_goes_away_during_the_send_does_not_make_it_a_failure(
    reply: Reply, teams_side: TeamsService, connector: ConnectorClient, sends: Sends, database_url: str
) -> None:
    await teams_side.fault("reply", "slow", seconds=0.3)
    async with line_to(database_url) as line:
        server = database_url.rpartition("@")[2].partition("/")[0]
        async with await open_pool(database_at(database_url.replace(server, line.address))) as pool:
            activities = ReplyActivities(connector, pool, sends, KeptRefusedSends())
            teams_side.asked.clear()
            saying = asyncio.ensure_future(ActivityEnvironment().run(activities.reply, reply))
            await teams_side.until(lambda: bool(teams_side.asked))
            await line.cut()
            assert await saying == Replied(said=True)
    assert len(await said(teams_side)) == 1


@pytest.mark.parametrize("do", [{"do": "lose_answer"}, {"do": "status_after", "status": 502}])
async def test_an_unknown_outcome_is_not_repeated(
    say: Say, reply: Reply, teams_side: TeamsService, do: dict[str, str]
) -> None:
    await teams_side.fault("reply", **do)
    with pytest.raises(ApplicationError) as failed:
        await say(reply)
    assert (failed.value.type, failed.value.non_retryable) == ("OutcomeUnknown", True)
    assert await say(reply) == Replied(said=False)
    assert len(await said(teams_side)) == 1


async def test_what_certainly_was_not_said_may_be_said_later(
    say: Say, reply: Reply, teams_side: TeamsService, pool: Pool
) -> None:
    await teams_side.fault("reply", "status", status=429, retry_after=3)
    with pytest.raises(ApplicationError) as failed:
        await say(reply)
    assert failed.value.type == "RateLimited"
    assert (await cards.restore(pool, reply.card)).notified == ()
    assert (await say(reply)).said
    assert len(await said(teams_side)) == 1


async def begin_and_give_up(
    reply_activities: ReplyActivities, reply: Reply, teams_side: TeamsService
) -> None:
    """Temporal gives the reply up once the connector has been asked for it."""
    saying = asyncio.ensure_future(ActivityEnvironment().run(reply_activities.reply, reply))
    await teams_side.until(lambda: len(teams_side.asked) == 2)
    saying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saying


async def test_a_reply_that_began_is_said_although_its_activity_is_gone(
    say: Say, reply_activities: ReplyActivities, reply: Reply, teams_side: TeamsService
) -> None:
    await teams_side.fault("reply", "slow", seconds=0.5)
    await begin_and_give_up(reply_activities, reply, teams_side)
    assert await say(reply) == Replied(said=False)
    assert await said(teams_side) == ["🟢 Resolved by Bo Call"], "the next call waited for it"


async def test_a_reply_that_is_refused_after_its_activity_is_gone_may_be_said_later(
    say: Say, reply_activities: ReplyActivities, reply: Reply, teams_side: TeamsService
) -> None:
    await teams_side.fault("reply", "status", status=429, retry_after=3)
    await begin_and_give_up(reply_activities, reply, teams_side)
    assert await say(reply) == Replied(said=True)
    assert len(await said(teams_side)) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "ActivityNotFoundInConversation"), (404, "ConversationNotFound"), (403, "ServiceError")],
)
async def test_a_reply_that_finds_no_card_leaves_the_row_as_it_was(
    say: Say, reply: Reply, teams_side: TeamsService, pool: Pool, status: int, code: str
) -> None:
    """Only an edit tells whether the card is gone; until then it is the card, and nothing was said."""
    before = await cards.restore(pool, reply.card)
    await teams_side.fault("reply", "status", status=status, body={"error": {"code": code}})
    with pytest.raises(ApplicationError) as failed:
        await say(reply)
    assert failed.value.type == "CardGone"
    assert await cards.restore(pool, reply.card) == before
    assert (await say(reply)).said


@pytest.mark.parametrize(
    ("fault", "code"), [("removed", "BotNotInConversationRoster"), ("lose_answer", None)]
)
async def test_a_reply_that_is_refused_for_its_conversation_is_reported(
    say: Say,
    reply: Reply,
    teams_side: TeamsService,
    refused_sends: KeptRefusedSends,
    fault: str,
    code: str | None,
) -> None:
    await teams_side.fault("reply", fault)
    with pytest.raises(ApplicationError):
        await say(reply)
    assert refused_sends.reported == ([] if code is None else [(reply.card.conversation, code)])
