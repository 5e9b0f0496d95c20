"""What set-ups hear of suspended channels: that something came from there, and that an answer was refused."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from muster.store import accounts, suspensions
from muster.store.pool import Pool, transaction
from muster.temporal.attempts import TemporalUnavailable
from tests.api.conftest import BotFramework
from tests.api.team_bot import (
    TEAM,
    Bot,
    Connector,
    RecordingGateway,
    activity,
    bot_settings,
    event,
    said,
    serving_bot,
)
from tests.support.company import TENANT
from workflows.team_setup.changes import Change
from workflows.team_setup.messages import ChannelHeard, SendRefused

pytestmark = pytest.mark.anyio

OPS = "19:suspended@thread.tacv2"
AT = datetime(2026, 11, 28, 10, tzinfo=UTC)
SOON, BEFORE = AT + timedelta(seconds=1), AT - timedelta(seconds=1)


class RefusingConnector(Connector):
    """Refuses what goes into a channel for all to read."""

    code: str | None = None

    async def answer(self, request: httpx.Request) -> httpx.Response:
        answer = await super().answer(request)
        if self.code is None or request.method == "GET" or OPS not in request.url.path:
            return answer
        status = 404 if self.code == "ConversationNotFound" else 403
        return httpx.Response(status, json={"error": {"code": self.code, "message": "…"}})


@pytest.fixture
def gateway() -> RecordingGateway:
    return RecordingGateway()


@pytest.fixture
def connector() -> RefusingConnector:
    return RefusingConnector()


@pytest.fixture
async def bot(
    pool: Pool,
    gateway: RecordingGateway,
    connector: RefusingConnector,
    database_url: str,
    tmp_path: Path,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
) -> AsyncIterator[Bot]:
    """A team that belongs to an account, with a channel beside General."""
    settings = bot_settings(database_url, tmp_path)
    await accounts.write_configured(pool, settings.accounts.values(), settings.teams)
    async with serving_bot(settings, pool, gateway, framework, framework_pool, connector) as bot:
        await bot.hears(event("teamRenamed"))
        await pool.execute("UPDATE team SET step = 'complete', membership_at = $1", BEFORE)
        await pool.execute(
            "INSERT INTO conversation (id, kind, tenant, team, key, name, service_url) "
            "SELECT $1, 'channel', tenant, id, 'payments-ops', 'ops', 'https://smba.trafficmanager.net' "
            "FROM team",
            OPS,
        )
        gateway.signals.clear()
        yield bot


async def is_away(pool: Pool, reason: Any, channel: str | None) -> None:
    change = Change(reason=reason, channel=channel, at=AT, is_over=False, because="refused")
    async with transaction(pool) as connection:
        await suspensions.follow(connection, team=TEAM, tenant=TENANT, changes=(change,), request="away")


def written(at: datetime, *, channel: str = OPS) -> dict[str, Any]:
    conversation = {"id": channel, "conversationType": "channel", "isGroup": True, "tenantId": TENANT}
    return said("help", conversation=conversation, timestamp=at.isoformat())


def pressed(at: datetime) -> dict[str, Any]:
    """A button of a card that nobody knows: it counts all the same where it comes from."""
    conversation = {"id": OPS, "conversationType": "channel", "isGroup": True, "tenantId": TENANT}
    action = {"action": {"type": "Action.Execute", "verb": "acknowledge", "data": {}}}
    return activity(
        "invoke",
        name="adaptiveCard/action",
        value=action,
        conversation=conversation,
        replyToId="1",
        timestamp=at.isoformat(),
    )


async def heard(bot: Bot, gateway: RecordingGateway) -> list[ChannelHeard]:
    await bot.sightings.finish()
    return [message for _, name, message in gateway.signals if name == "channel_heard"]


@pytest.mark.parametrize("what", [written, pressed])
@pytest.mark.parametrize("reason", ["refused", "deleted"])
async def test_a_message_or_a_click_from_a_channel_says_that_the_bot_is_in_it(
    bot: Bot, gateway: RecordingGateway, pool: Pool, what: Any, reason: str
) -> None:
    await is_away(pool, reason, OPS)
    await bot.post(what(BEFORE))
    assert await heard(bot, gateway) == [], "it came before the channel was away"
    came = what(SOON)
    await bot.post(came)
    assert await heard(bot, gateway) == [ChannelHeard(channel=OPS, at=SOON, correlation=came["id"])]


async def test_what_comes_from_a_team_that_was_taken_for_left_says_so(
    bot: Bot, gateway: RecordingGateway, pool: Pool
) -> None:
    await is_away(pool, "removed", None)
    await pool.execute("UPDATE team SET removed_at = now()")
    await bot.post(pressed(SOON))
    assert [one.channel for one in await heard(bot, gateway)] == [OPS]


@pytest.mark.parametrize("verb", ["refresh", "follow"])
async def test_a_search_and_a_shared_card_say_nothing_of_their_channel(
    bot: Bot, gateway: RecordingGateway, pool: Pool, verb: str
) -> None:
    """People search and share in channels that the bot is not in."""
    await is_away(pool, "refused", OPS)
    await bot.post(pressed(SOON) | {"name": "composeExtension/query", "value": {"commandId": "findIncident"}})
    shared = {"type": "Action.Execute", "verb": verb, "data": {"s": 1, "p": "x", "a": "acme", "i": "Q1"}}
    await bot.post(pressed(SOON) | {"value": {"action": shared}})
    assert await heard(bot, gateway) == []


async def test_nothing_is_said_of_channels_that_are_not_suspended_or_archived(
    bot: Bot, gateway: RecordingGateway, pool: Pool
) -> None:
    await bot.post(written(SOON))
    await is_away(pool, "archived", None)
    await bot.post(written(SOON))
    assert await heard(bot, gateway) == []


async def test_events_of_a_team_and_other_channels_say_nothing_of_a_channel(
    bot: Bot, gateway: RecordingGateway, pool: Pool
) -> None:
    await is_away(pool, "refused", OPS)
    await bot.post(written(SOON, channel=TEAM))
    general = event("teamRenamed", name="Payments")
    await bot.post(general | {"timestamp": SOON.isoformat()})
    assert await heard(bot, gateway) == []


async def test_what_temporal_cannot_take_is_told_by_the_next_message(
    bot: Bot, gateway: RecordingGateway, pool: Pool
) -> None:
    await is_away(pool, "refused", OPS)
    gateway.failure = TemporalUnavailable("no connection")
    await bot.post(written(SOON))
    await bot.sightings.finish()
    gateway.failure = None
    later = SOON + timedelta(seconds=1)
    await bot.post(written(later))
    assert [one.at for one in await heard(bot, gateway)] == [later]


@pytest.mark.parametrize(
    ("code", "is_certain"),
    [
        ("BotNotInConversationRoster", True),
        ("MessageWritesBlocked", True),
        ("ConversationNotFound", False),
        ("BotDisabledByAdmin", None),
    ],
)
async def test_an_answer_that_is_refused_in_a_channel_is_reported_as_a_card_is(
    bot: Bot, gateway: RecordingGateway, connector: RefusingConnector, code: str, is_certain: bool | None
) -> None:
    connector.code = code
    before = datetime.now(UTC)
    await bot.post(written(SOON))
    found = [(start.team, message) for start, name, message in gateway.signals if name == "send_refused"]
    assert all(message.at >= before for _, message in found)
    found = [(team, message.model_copy(update={"at": before})) for team, message in found]
    message = SendRefused(channel=OPS, at=before, is_certain=bool(is_certain))
    assert found == ([] if is_certain is None else [(TEAM, message)])
