"""``teams.send_message``: a program's message is sent at most once, and its row says what became of it."""

import asyncio
import secrets
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.teams.messages import MessageActivities
from activities.teams.sends import Sends
from muster.clients.teams.connector import ConnectorClient
from muster.private_sends import PrivateSends
from muster.store import chats, message_places, operations, people
from muster.store.operations import Asked
from muster.store.pool import Pool, open_pool, transaction
from tests.activities.card import Card, Show
from tests.api.outage import line_to
from tests.support.pagerduty_account import ADA_USER, BO_USER, COMPANY
from tests.support.refused_sends import KeptRefusedSends
from tests.support.settings import database_at
from tests.support.teams_service import TeamsService
from workflows.operation.activities import SendMessage
from workflows.operation.state import Ended, OperationKey, Place

pytestmark = pytest.mark.anyio

TEXT = "Deploy 7 is **out**:\n\n  - [notes](https://evil.example)\n<b>done</b>"
SHOWN = f"Ada Ops through PagerDuty workflows:\n{TEXT}"
WHERE: dict[str, Any] = {"account": "acme", "incident_id": "Q1"}


class Messages:
    """Sends messages of a program, and reads what Teams and the rows have of them."""

    def __init__(self, activities: MessageActivities, pool: Pool, teams_side: TeamsService) -> None:
        self.activities = activities
        self.pool = pool
        self.teams_side = teams_side

    async def place(self, name: str = "payments-ops") -> Place:
        found = await message_places.channel(self.pool, **WHERE, name=name)
        assert found is not None
        return found

    async def asked(self, place: Place | None = None, **changes: Any) -> SendMessage:
        """A message whose operation has begun."""
        key = secrets.token_hex(8)
        await operations.begin(self.pool, Asked("acme", key, "message", "t1", None, "hash"))
        given: dict[str, Any] = {
            "operation": OperationKey(account="acme", key=key),
            "place": place or await self.place(),
            "text": f"{TEXT}\u202e",
            "by": "Ada Ops",
            "through": "PagerDuty workflows",
            "longest_send": 30,
            "correlation": "f:1",
        }
        return SendMessage(**given | changes)

    async def send(self, request: SendMessage) -> Ended:
        ended: Ended = await ActivityEnvironment().run(self.activities.send_message, request)
        return ended

    async def row(self, request: SendMessage) -> Ended | None:
        found = await operations.find(self.pool, request.operation)
        assert found is not None
        return found.ended

    async def said(self, conversation: str | None = None) -> list[str]:
        messages = await self.teams_side.messages(conversation)
        return [m["versions"][-1]["activity"]["text"] for m in messages]


@pytest.fixture
def messages(
    connector: ConnectorClient,
    private: PrivateSends,
    pool: Pool,
    sends: Sends,
    refused_sends: KeptRefusedSends,
    teams_side: TeamsService,
) -> Messages:
    activities = MessageActivities(connector, private, pool, sends, refused_sends)
    return Messages(activities, pool, teams_side)


# Where it goes


@pytest.mark.pooler_too
async def test_a_message_is_shown_letter_by_letter_with_who_speaks(messages: Messages) -> None:
    request = await messages.asked()
    ended = await messages.send(request)
    (message,) = await messages.teams_side.messages()
    sent = message["versions"][0]["activity"]
    assert (sent["text"], sent["textFormat"]) == (SHOWN, "plain")
    assert message["reply_to"] is None
    assert messages.teams_side.asked[-1].headers["X-Correlation-Id"] == "f:1"
    assert (ended.outcome, ended.says) == ("done", "Payments/#ops")
    assert ended.url.startswith("https://teams.microsoft.com/l/message/")
    assert f"parentMessageId={message['id']}" in ended.url
    assert await messages.row(request) == ended


async def test_where_the_incidents_card_is_it_is_said_in_its_thread(
    messages: Messages, card: Card, show: Show
) -> None:
    shown = await show(card.at(1))
    ended = await messages.send(await messages.asked())
    _, message = await messages.teams_side.messages()
    assert message["reply_to"] == shown.activity_id
    assert f"parentMessageId={shown.activity_id}" in ended.url


async def test_where_somebody_deleted_the_card_the_message_stands_alone(
    messages: Messages, card: Card, show: Show
) -> None:
    shown = await show(card.at(1))
    request = await messages.asked()
    await messages.teams_side.fault("reply", "gone")
    ended = await messages.send(request)
    assert ended.outcome == "done"
    *_, message = await messages.teams_side.messages()
    assert message["reply_to"] is None
    assert message["id"] != shown.activity_id


async def test_a_chat_is_told_in_a_message_of_its_own(messages: Messages) -> None:
    ada, bo = (COMPANY.pagerduty_users[one].aad_object_id for one in (ADA_USER, BO_USER))
    chat = await messages.teams_side.chats.open(ada, bo, topic="Incident #42", app=True)
    async with transaction(messages.pool) as connection:
        await chats.find_or_make(
            connection,
            id=chat,
            tenant=COMPANY.tenant_id,
            account="acme",
            number=42,
            name="Incident #42",
            service_url=messages.teams_side.service_url,
            at=datetime.now(UTC),
        )
    place = await message_places.chat(messages.pool, **WHERE, name="chat-42")
    assert place is not None
    ended = await messages.send(await messages.asked(place))
    assert await messages.said(chat) == [SHOWN]
    assert ended.says == "chat “Incident #42”"
    assert "context=" in ended.url


async def test_a_person_is_told_alone(messages: Messages) -> None:
    place = await message_places.person(
        messages.pool, account="acme", name=BO_USER, tenants=[COMPANY.tenant_id]
    )
    assert place is not None
    ended = await messages.send(await messages.asked(place))
    bo = COMPANY.pagerduty_users[BO_USER].aad_object_id
    chat = (await people.private_place(messages.pool, place.tenant, bo, asked_in=None)).conversation
    assert await messages.said(chat) == [SHOWN]
    assert await messages.said() == [], "nobody else sees it"
    assert (ended.outcome, ended.says, ended.url) == ("done", place.name, "")


# At most once


async def test_a_message_is_sent_once_however_often_it_is_asked_for(messages: Messages) -> None:
    request = await messages.asked()
    ends = await asyncio.gather(*(messages.send(request) for _ in range(3)))
    assert len(set(ends)) == 1
    assert len(await messages.said()) == 1


@pytest.mark.parametrize("do", ["lose_answer", "status_after"])
async def test_after_a_lost_answer_it_is_not_sent_again(messages: Messages, do: str) -> None:
    request = await messages.asked()
    await messages.teams_side.fault("create", do, **({} if do == "lose_answer" else {"status": 503}))
    for _ in range(2):
        assert (await messages.send(request)).outcome == "unknown"
    assert await messages.row(request) == Ended(
        outcome="unknown", reason="OutcomeUnknown", says="Payments/#ops"
    )
    assert len(await messages.said()) == 1


async def test_where_an_earlier_attempt_may_still_send_it_is_asked_later(messages: Messages) -> None:
    """As after the death of a worker: nobody knows yet whether it is one that is starved."""
    request = await messages.asked()
    await operations.intend(messages.pool, request.operation)
    with pytest.raises(ApplicationError) as failure:
        await messages.send(request)
    assert (failure.value.type, failure.value.non_retryable) == ("Conflict", False)
    assert await messages.row(request) is None
    later = request.model_copy(update={"longest_send": 0})
    assert (await messages.send(later)).outcome == "unknown"
    assert await messages.said() == []


async def test_what_the_api_took_back_is_not_sent(messages: Messages) -> None:
    request = await messages.asked()
    await operations.withdraw(messages.pool, request.operation)
    assert (await messages.send(request)).reason == "withdrawn"
    assert await messages.said() == []


async def test_a_send_whose_activity_is_gone_is_recorded(messages: Messages, sends: Sends) -> None:
    request = await messages.asked()
    gate = messages.teams_side.holds(len(messages.teams_side.asked) + 1)
    sending = asyncio.create_task(messages.send(request))
    await messages.teams_side.until(lambda: bool(messages.teams_side.calls("POST", "/activities")))
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    gate.set()
    await sends.until_free(("operation", request.operation))
    ended = await messages.row(request)
    assert ended is not None
    assert ended.outcome == "done"


async def test_a_message_that_is_sent_while_the_database_goes_away_is_recorded_later(
    messages: Messages, database_url: str, sends: Sends, connector: ConnectorClient
) -> None:
    async with line_to(database_url) as line:
        through = database_url.replace(database_url.rpartition("@")[2].partition("/")[0], line.address)
        async with await open_pool(database_at(through)) as pool:
            cut_off = MessageActivities(
                connector, PrivateSends(connector, pool), pool, sends, KeptRefusedSends()
            )
            request = await messages.asked()
            gate = messages.teams_side.holds(len(messages.teams_side.asked) + 1)
            sending = asyncio.ensure_future(ActivityEnvironment().run(cut_off.send_message, request))
            await messages.teams_side.until(lambda: bool(messages.teams_side.calls("POST", "/activities")))
            await line.cut()
            gate.set()
            assert (await sending).outcome == "done"
            assert await messages.row(request) is None
            await line.mend()
            await sends.until_free(("record", request.operation))
    ended = await messages.row(request)
    assert ended is not None
    assert ended.outcome == "done"


# What Teams refuses


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (429, "TooManyRequests", "RateLimited"),
        (403, "BotNotInConversationRoster", "BotRemoved"),
        (403, "NotEnoughPermissions", "Forbidden"),
        (413, "RequestEntityTooLarge", "RequestInvalid"),
    ],
)
async def test_what_teams_refuses_has_failed(
    messages: Messages, refused_sends: KeptRefusedSends, status: int, code: str, reason: str
) -> None:
    request = await messages.asked()
    await messages.teams_side.fault("create", "status", status=status, body={"error": {"code": code}})
    assert await messages.send(request) == Ended(outcome="failed", reason=reason, says="Payments/#ops")
    assert (await messages.send(request)).reason == reason, "and is not tried again"
    assert await messages.said() == []
    reported = [(request.place.conversation, code)] if reason == "BotRemoved" else []
    assert refused_sends.reported == reported


async def test_a_conversation_that_was_forgotten_meanwhile_is_not_found(messages: Messages) -> None:
    place = (await messages.place()).model_copy(update={"conversation": "19:gone@thread.tacv2"})
    ended = await messages.send(await messages.asked(place))
    assert (ended.outcome, ended.reason) == ("failed", "NotFound")
