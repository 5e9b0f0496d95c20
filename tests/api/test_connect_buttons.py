"""**Connect Service**: whose click it is, what is asked for, what is answered, and what is no click."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.bot.buttons import BUTTONS
from muster.cards.commands import NO_PERSON
from muster.cards.connections.bringing_in import bring_in_buttons
from muster.cards.connections.offer import ConnectionOffer, offer_card
from muster.cards.connections.sentences import (
    NOT_IN_A_CHAT,
    PRIVATE_CHANNEL,
    SHARED_CHANNEL,
    not_configured_sentence,
    sentence_of,
    unlinked_sentence,
)
from muster.cards.links import sentences as links
from muster.cards.sentences import UNREACHABLE, WORKS_NO_MORE
from muster.cards.setup.sentences import INCOMPLETE_BUTTON, NOT_OUR_MESSAGE
from muster.store.pool import Pool
from muster.temporal.attempts import Rejected, TemporalUnavailable
from tests.api.conftest import BotFramework
from tests.api.connecting import BY_BO, BY_NOBODY, KEY, LABEL, REPLIES, SERVICE, authorized
from tests.api.linked_people import SECOND_TEAM, THEIR_TEAM, connect, link
from tests.api.team_bot import (
    CHANNEL,
    CHAT,
    TEAM,
    Bot,
    Connector,
    RecordingGateway,
    bot_settings,
    button,
    serving_bot,
    with_channel_data,
)
from tests.support.company import ADA_AAD, BO_AAD, TENANT
from workflows.account_link.messages import LinkAnswer
from workflows.account_link.workflow_type import LINK_BUTTONS
from workflows.connect_channel.messages import ConnectAnswer
from workflows.connect_channel.state import Offer, Reply
from workflows.connect_channel.view import ConnectionView
from workflows.connect_channel.workflow_type import CONNECT_SERVICE
from workflows.verbs.registry import VERBS

pytestmark = pytest.mark.anyio

CARD, LATER_CHANNEL = "1700000000007", "19:later@thread.tacv2"
DATA = {"account": "acme", "service": SERVICE}


@pytest.fixture
def gateway() -> RecordingGateway:
    return RecordingGateway()


@pytest.fixture
async def bot(
    database_url: str,
    pool: Pool,
    tmp_path: Path,
    gateway: RecordingGateway,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
) -> AsyncIterator[Bot]:
    """The bot in a team of acme, where Ada is linked."""
    settings = bot_settings(database_url, tmp_path)
    await authorized(pool, settings)
    async with serving_bot(settings, pool, gateway, framework, framework_pool, Connector()) as bot:
        yield bot


def click(
    channel: str = CHANNEL,
    *,
    team: str = TEAM,
    verb: str = CONNECT_SERVICE,
    data: Any = DATA,
    **changes: Any,
) -> dict[str, Any]:
    """Ada clicks the button of the card in a channel."""
    place = {
        "id": f"{channel};messageid=1700000000001",
        "conversationType": "channel",
        "tenantId": TENANT,
    }
    whole = button(verb, CARD) | {"conversation": place}
    whole["value"]["action"]["data"] = data
    return with_channel_data(whole, team={"id": team}, channel={"id": channel}) | changes


async def refusal(bot: Bot, gateway: RecordingGateway, whole: dict[str, Any]) -> str:
    told = await bot.clicks(whole)
    assert gateway.asked_to_connect == []
    return told


def replied(reply: Reply) -> str:
    return sentence_of(ConnectAnswer(reply=reply), "connect", again="press")


# What is asked for


def test_the_button_carries_what_the_handler_reads() -> None:
    card = offer_card(ConnectionOffer("acme", SERVICE, "Checkout"))
    (action,) = dict[str, Any](card["body"][-1])["actions"]
    assert (action["verb"], action["data"]) == (CONNECT_SERVICE, DATA)


async def test_the_workflow_is_asked_as_whoever_pressed_and_the_card_goes_on_as_the_connections(
    bot: Bot, gateway: RecordingGateway
) -> None:
    whole, before = click(), datetime.now(UTC)
    assert await bot.clicks(whole) == sentence_of(gateway.connect_reply, "connect", again="press")
    (one,) = gateway.asked_to_connect
    start, asked = one.start, one.asked
    assert (start.tenant, start.account, start.service) == (TENANT, "acme", SERVICE)
    assert (start.conversation, start.key, start.channel_name) == (CHANNEL, KEY, LABEL)
    assert (one.update, one.update_id) == ("connect", asked.key)
    assert (asked.person.aad_object_id, asked.message, asked.correlation) == (ADA_AAD, CARD, whole["id"])
    assert asked.link == await bot.pool.fetchval("SELECT id FROM user_link")
    assert before - timedelta(seconds=1) <= asked.received_at <= datetime.now(UTC)


async def test_open_incidents_are_brought_in_by_a_button_of_the_same_kind(
    bot: Bot, gateway: RecordingGateway
) -> None:
    gateway.connect_reply = ConnectAnswer(reply="brought_in", service_name="Checkout", by="Ada Ops", count=2)
    view = ConnectionView(
        name="welcome/1",
        showing="welcome",
        account="acme",
        service=SERVICE,
        service_name="Checkout",
        offer=Offer(count=2),
    )
    (action,) = map(dict[str, Any], bring_in_buttons(view))
    told = await bot.clicks(click(verb=action["verb"], data=action["data"]))
    assert told == "2 open incidents of Checkout were brought in by Ada Ops."
    (one,) = gateway.asked_to_connect
    assert (one.update, one.start.service, one.asked.person.aad_object_id) == ("bring_in", SERVICE, ADA_AAD)
    await bot.clicks(click())
    assert gateway.asked_to_connect[1].asked.key != one.asked.key


async def test_who_is_not_linked_brings_nothing_in(bot: Bot, gateway: RecordingGateway) -> None:
    told = await refusal(bot, gateway, click(verb="bring_in", **BY_BO))
    assert "Then press Bring in open incidents again." in told


async def test_a_click_that_comes_again_is_the_same_and_others_are_others(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await link(bot.pool, BO_AAD, user="PUSER02")
    whole = click()
    other_service = click(data=DATA | {"service": "PSVC002"})
    for one in (whole, whole, click(), click(**BY_BO), other_service):
        await bot.clicks(one)
    keys = [one.asked.key for one in gateway.asked_to_connect]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4
    by = [one.asked.person.aad_object_id for one in gateway.asked_to_connect]
    assert by == [ADA_AAD, ADA_AAD, ADA_AAD, BO_AAD, ADA_AAD]


async def test_a_channel_that_came_after_the_set_up_gets_its_row(bot: Bot, gateway: RecordingGateway) -> None:
    bot.connector.channels = [{"id": TEAM}, {"id": LATER_CHANNEL, "name": "Späte Wache"}]
    await bot.clicks(click(LATER_CHANNEL))
    (one,) = gateway.asked_to_connect
    assert (one.start.conversation, one.start.channel_name) == (LATER_CHANNEL, "Payments/#Späte Wache")
    assert one.start.key == "payments-spate-wache"
    await bot.clicks(click(TEAM))
    assert gateway.asked_to_connect[-1].start.channel_name == "Payments/#General"


@pytest.mark.parametrize("status", [200, 404, 403, 500])
async def test_a_channel_of_which_no_row_and_no_list_knows_is_not_connected(
    bot: Bot, gateway: RecordingGateway, status: int
) -> None:
    bot.connector.channels_status = status
    told = await refusal(bot, gateway, click(LATER_CHANNEL))
    is_gone = status in (200, 404)
    assert told == (replied("channel_gone") if is_gone else UNREACHABLE)
    assert await bot.pool.fetchval("SELECT count(*) FROM conversation WHERE id = $1", LATER_CHANNEL) == 0


async def test_a_connector_that_is_slow_takes_nothing(bot: Bot, gateway: RecordingGateway) -> None:
    bot.connector.answering.clear()
    assert await refusal(bot, gateway, click(LATER_CHANNEL)) == UNREACHABLE
    bot.connector.answering.set()


# What is answered


@pytest.mark.parametrize("reply", REPLIES)
async def test_every_answer_of_the_workflow_is_said(
    bot: Bot, gateway: RecordingGateway, reply: Reply
) -> None:
    gateway.connect_reply = ConnectAnswer(reply=reply, service_name="Checkout", by="Bo Call")
    assert await bot.clicks(click()) == sentence_of(gateway.connect_reply, "connect", again="press")


async def test_an_answer_that_is_not_there_in_time_is_said(bot: Bot, gateway: RecordingGateway) -> None:
    gateway.connect_reply = None
    assert await bot.clicks(click()) == sentence_of(None, "connect", again="press")


@pytest.mark.parametrize(
    ("failure", "told"), [(TemporalUnavailable("down"), UNREACHABLE), (Rejected("no"), WORKS_NO_MORE)]
)
async def test_what_was_not_taken_is_said(
    bot: Bot, gateway: RecordingGateway, failure: Exception, told: str
) -> None:
    gateway.failure = failure
    assert await bot.clicks(click()) == told


async def test_who_is_not_linked_gets_a_link_and_then_clicks_again(
    bot: Bot, gateway: RecordingGateway
) -> None:
    whole = click(**BY_BO)
    sent = links.sentence_of(LinkAnswer(reply="sent"))
    told = await refusal(bot, gateway, whole)
    assert told == unlinked_sentence("acme", sent, "connect", again="press")
    assert "press Connect Service again" in told
    (asked,) = gateway.asked_for_links
    assert (asked.start.person.aad_object_id, asked.start.account) == (BO_AAD, "acme")
    assert (asked.offer.correlation, asked.offer.conversation) == (whole["id"], None)


# What is no click on an offer


@pytest.mark.parametrize("state", ["unauthorized", "forgotten", "of another account"])
async def test_a_team_that_does_not_belong_to_the_account(
    bot: Bot, gateway: RecordingGateway, state: str
) -> None:
    if state == "forgotten":
        await bot.pool.execute("UPDATE team SET forgotten_at = now() WHERE id = $1", TEAM)
    else:
        await connect(bot.pool, "umbrella" if state == "of another account" else None)
    assert await refusal(bot, gateway, click()) == replied("team_not_authorized")


async def test_an_account_that_is_not_configured_any_more(bot: Bot, gateway: RecordingGateway) -> None:
    await bot.pool.execute(
        "INSERT INTO pagerduty_account (key, subdomain, region) VALUES ('old', 'old', 'us')"
    )
    await connect(bot.pool, "old")
    told = await refusal(bot, gateway, click(data=DATA | {"account": "old"}))
    assert told == not_configured_sentence("old")


@pytest.mark.parametrize(("type_", "expected"), [("private", PRIVATE_CHANNEL), ("shared", SHARED_CHANNEL)])
async def test_a_channel_with_members_of_its_own(
    bot: Bot, gateway: RecordingGateway, type_: str, expected: str
) -> None:
    whole = with_channel_data(click(), channel={"id": CHANNEL, "type": type_})
    assert await refusal(bot, gateway, whole) == expected


async def test_a_chat_is_no_channel(bot: Bot, gateway: RecordingGateway) -> None:
    whole = button(CONNECT_SERVICE, CARD, **DATA)
    assert whole["conversation"]["id"] == CHAT
    assert await refusal(bot, gateway, whole) == NOT_IN_A_CHAT


@pytest.mark.parametrize("team", [THEIR_TEAM, SECOND_TEAM, "19:unknown@thread.tacv2"])
async def test_a_team_that_is_not_the_channels(bot: Bot, gateway: RecordingGateway, team: str) -> None:
    await connect(bot.pool, team=SECOND_TEAM)
    assert await refusal(bot, gateway, click(team=team)) == replied("channel_gone")


async def test_whom_teams_does_not_name(bot: Bot, gateway: RecordingGateway) -> None:
    assert await refusal(bot, gateway, click(**BY_NOBODY)) == NO_PERSON


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"account": "acme"},
        {"service": SERVICE},
        DATA | {"service": "PSVC/001"},
        DATA | {"service": "P" * 65},
        DATA | {"service": ["PSVC001"]},
        DATA | {"account": "acme.pagerduty.com"},
        DATA | {"account": 7},
    ],
)
async def test_a_button_that_names_no_service_of_an_account(
    bot: Bot, gateway: RecordingGateway, data: Any
) -> None:
    assert await refusal(bot, gateway, click(data=data)) == INCOMPLETE_BUTTON


async def test_a_button_on_no_message(bot: Bot, gateway: RecordingGateway) -> None:
    whole = click()
    del whole["replyToId"]
    assert await refusal(bot, gateway, whole) == INCOMPLETE_BUTTON


async def begun(pool: Pool, subject: str) -> None:
    """A workflow has sent the pressed message."""
    await pool.execute(
        "INSERT INTO notice (subject, name, recipient, tenant, conversation, activity_id)"
        " VALUES ($1, 'welcome/1', $2, $3, $2, $4)",
        *(subject, CHANNEL, TENANT, CARD),
    )


@pytest.mark.parametrize("subject", ["setup/payments", "connect/payments-ops/PSVC002", "link/x/y/acme"])
async def test_another_message_of_musters_is_not_written_over(
    bot: Bot, gateway: RecordingGateway, subject: str
) -> None:
    await begun(bot.pool, subject)
    assert await refusal(bot, gateway, click()) == NOT_OUR_MESSAGE


async def test_an_incidents_card_is_not_written_over(bot: Bot, gateway: RecordingGateway) -> None:
    await bot.pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation, activity_id)"
        " VALUES ('acme', 'Q1', $1, $2)",
        *(CHANNEL, CARD),
    )
    assert await refusal(bot, gateway, click()) == NOT_OUR_MESSAGE


async def test_an_announcement_is_not_written_over(bot: Bot, gateway: RecordingGateway) -> None:
    await bot.pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation, activity_id, replies)"
        " VALUES ('acme', 'Q1', $1, '1700000000001', $2)",
        *(CHANNEL, ["1700000000005", CARD, "1700000000009"]),
    )
    assert await refusal(bot, gateway, click()) == NOT_OUR_MESSAGE


async def test_the_card_of_an_earlier_connection_stays_that_ones(bot: Bot, gateway: RecordingGateway) -> None:
    await begun(bot.pool, f"connect/{KEY}/{SERVICE}")
    await bot.clicks(click())
    assert [one.asked.message for one in gateway.asked_to_connect] == [None]


def test_no_other_button_has_its_verb() -> None:
    assert CONNECT_SERVICE not in VERBS.keys() | BUTTONS.keys() | LINK_BUTTONS.keys()
