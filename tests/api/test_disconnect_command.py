"""``disconnect`` and ``list`` through the whole edge: which service is meant, who is asked, what is told."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from muster.cards.commands import NO_PERSON, plain_sentence
from muster.cards.connections.listing import LIST_IN_A_CHAT, NOTHING_CONNECTED
from muster.cards.connections.sentences import (
    NOT_IN_A_CHAT,
    NOT_NAMED,
    PRIVATE_CHANNEL,
    SEVERAL_CONNECTED,
    SHARED_CHANNEL,
    not_configured_sentence,
    sentence_of,
    unlinked_sentence,
)
from muster.cards.links import sentences as links
from muster.cards.sentences import UNREACHABLE
from muster.store import connections
from muster.store.pool import Pool
from muster.temporal.attempts import TemporalUnavailable
from tests.api.conftest import BotFramework
from tests.api.connecting import (
    BY_BO,
    BY_NOBODY,
    KEY,
    LABEL,
    PAGE,
    REPLIES,
    SERVICE,
    authorized,
    connected,
    disconnected,
    in_channel_of_type,
    in_group,
)
from tests.api.linked_people import connect
from tests.api.team_bot import (
    CHANNEL,
    TEAM,
    Bot,
    Connector,
    RecordingGateway,
    bot_settings,
    said,
    serving_bot,
)
from tests.support.company import ADA_AAD, TENANT
from workflows.account_link.messages import LinkAnswer
from workflows.connect_channel.messages import ConnectAnswer
from workflows.connect_channel.state import Reply

pytestmark = pytest.mark.anyio

OTHERS = {"PSVC002": "api.acme.com", "PSVC003": "Ledger", "PSVC004": "PSVC003", "PSVC005": "ledger  Two"}
DONE = ConnectAnswer(reply="disconnected", service_name="Checkout *API*")


@pytest.fixture
def gateway() -> RecordingGateway:
    gateway = RecordingGateway()
    gateway.connect_reply = DONE
    return gateway


@pytest.fixture
async def bot(
    database_url: str,
    pool: Pool,
    tmp_path: Path,
    gateway: RecordingGateway,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
) -> AsyncIterator[Bot]:
    """The bot in a team of acme, where Ada is linked and Bo has connected a service."""
    settings = bot_settings(database_url, tmp_path)
    await authorized(pool, settings)
    await connected(pool)
    async with serving_bot(settings, pool, gateway, framework, framework_pool, Connector()) as bot:
        yield bot


async def with_others(pool: Pool) -> None:
    for service, name in OTHERS.items():
        await connected(pool, service, name, request=service)


async def refusal(bot: Bot, gateway: RecordingGateway, whole: dict[str, Any]) -> str:
    """What whoever wrote the command is told, while nobody is asked for anything."""
    told = await bot.says(whole)
    assert gateway.asked_to_connect == []
    return told


def refused(reply: Reply) -> str:
    return plain_sentence(sentence_of(ConnectAnswer(reply=reply), "disconnect", again="command"))


# disconnect


@pytest.mark.parametrize(
    "written",
    [
        f"disconnect {PAGE}",
        f"disconnect {SERVICE}",
        "disconnect psvc001",
        "disconnect Checkout *API*",
        "DISCONNECT checkout  *api*",
        'disconnect "Checkout *API*"',
        "disconnect: Checkout&nbsp;*API*.",
    ],
)
async def test_the_workflow_is_asked_as_whoever_wrote_it(
    bot: Bot, gateway: RecordingGateway, written: str
) -> None:
    whole = said(written)
    assert await bot.says_alone(whole) == plain_sentence(sentence_of(DONE, "disconnect", again="command"))
    (one,) = gateway.asked_to_connect
    start, asked = one.start, one.asked
    assert (start.tenant, start.account, start.service, start.service_name) == (
        TENANT, "acme", SERVICE, "Checkout *API*"
    )  # fmt: skip
    assert (start.conversation, start.key, start.channel_name) == (CHANNEL, KEY, LABEL)
    assert (one.update, one.update_id) == ("disconnect", asked.key)
    assert (asked.person.aad_object_id, asked.message, asked.correlation) == (ADA_AAD, None, whole["id"])
    assert asked.link == await bot.pool.fetchval("SELECT id FROM user_link")


@pytest.mark.parametrize(
    ("written", "service"),
    [
        ('disconnect <a href="http://api.acme.com/">api.acme.com</a>', "PSVC002"),
        ("disconnect api.acme.com", "PSVC002"),
        ("disconnect LEDGER", "PSVC003"),
        ("disconnect Ledger two", "PSVC005"),
        ("disconnect https://acme.pagerduty.com/services/PSVC004/settings", "PSVC004"),
        ("disconnect PSVC005", "PSVC005"),
    ],
)
async def test_a_name_counts_as_a_whole_and_an_address_as_its_id(
    bot: Bot, gateway: RecordingGateway, written: str, service: str
) -> None:
    await with_others(bot.pool)
    await bot.hears(said(written))
    assert [one.start.service for one in gateway.asked_to_connect] == [service]


@pytest.mark.parametrize(
    "written",
    [
        "disconnect PSVC003",  # the id of one, and the name of another
        "disconnect PSVC001 PSVC002",
        "disconnect https://acme.pagerduty.com/services/PSVC001 https://acme.pagerduty.com/services/PSVC002",
    ],
)
async def test_what_may_mean_several_is_asked_back(bot: Bot, gateway: RecordingGateway, written: str) -> None:
    await with_others(bot.pool)
    assert await refusal(bot, gateway, said(written)) == plain_sentence(SEVERAL_CONNECTED)


async def test_two_services_of_one_name_are_told_apart_by_their_ids(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await connected(bot.pool, "PSVC009", "checkout *api*", request="click-9")
    told = await refusal(bot, gateway, said("disconnect Checkout *API*"))
    assert told == plain_sentence(SEVERAL_CONNECTED)
    await bot.hears(said("disconnect PSVC009"))
    assert [one.start.service for one in gateway.asked_to_connect] == ["PSVC009"]


@pytest.mark.parametrize(
    "written",
    ["disconnect Check", "disconnect PSVC777", "disconnect https://globex.pagerduty.com/services/PSVC001"],
)
async def test_what_is_not_connected_here(bot: Bot, gateway: RecordingGateway, written: str) -> None:
    assert await refusal(bot, gateway, said(written)) == refused("not_connected")


async def test_what_was_disconnected_is_not_connected(bot: Bot, gateway: RecordingGateway) -> None:
    row = await connections.live(bot.pool, account="acme", service=SERVICE, conversation=CHANNEL)
    assert row is not None
    await disconnected(bot.pool, row)
    assert await refusal(bot, gateway, said(f"disconnect {SERVICE}")) == refused("not_connected")


@pytest.mark.parametrize("written", ["disconnect", "disconnect  …", "disconnect ''"])
async def test_no_argument(bot: Bot, gateway: RecordingGateway, written: str) -> None:
    assert await refusal(bot, gateway, said(written)) == plain_sentence(NOT_NAMED)


@pytest.mark.parametrize("reply", REPLIES)
async def test_every_answer_of_the_workflow_is_said(
    bot: Bot, gateway: RecordingGateway, reply: Reply
) -> None:
    gateway.connect_reply = ConnectAnswer(reply=reply, service_name="Checkout")
    told = await bot.says_alone(said(f"disconnect {SERVICE}"))
    expected = sentence_of(gateway.connect_reply, "disconnect", again="command")
    assert told == plain_sentence(expected)


async def test_an_answer_that_is_not_there_in_time_is_said(bot: Bot, gateway: RecordingGateway) -> None:
    gateway.connect_reply = None
    told = await bot.says_alone(said(f"disconnect {SERVICE}"))
    assert told == plain_sentence(sentence_of(None, "disconnect", again="command"))


async def test_temporal_that_is_out_of_reach_is_said(bot: Bot, gateway: RecordingGateway) -> None:
    gateway.failure = TemporalUnavailable("down")
    assert await bot.says_alone(said(f"disconnect {SERVICE}")) == UNREACHABLE


async def test_a_command_that_is_delivered_again_asks_once(bot: Bot, gateway: RecordingGateway) -> None:
    whole = said(f"disconnect {SERVICE}")
    for one in (whole, whole, said(f"disconnect {SERVICE}")):
        await bot.hears(one)
    assert len({one.asked.key for one in gateway.asked_to_connect}) == 2 == len(gateway.asked_to_connect)


async def test_who_is_not_linked_gets_a_link_and_then_sends_the_same_command_again(
    bot: Bot, gateway: RecordingGateway
) -> None:
    told = await refusal(bot, gateway, said(f"disconnect {SERVICE}", **BY_BO))
    sent = links.sentence_of(LinkAnswer(reply="sent"))
    assert told == plain_sentence(unlinked_sentence("acme", sent, "disconnect", again="command"))
    assert [one.start.account for one in gateway.asked_for_links] == ["acme"]


async def test_what_a_team_had_connected_before_it_left_its_account_is_disconnected_in_that_account(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await connect(bot.pool, "umbrella")
    await bot.hears(said(f"disconnect {SERVICE}"))
    assert [one.start.account for one in gateway.asked_to_connect] == ["acme"]


async def test_an_account_that_is_not_configured_any_more(bot: Bot, gateway: RecordingGateway) -> None:
    await bot.pool.execute(
        "INSERT INTO pagerduty_account (key, subdomain, region) VALUES ('old', 'old', 'us')"
    )
    await bot.pool.execute("UPDATE connection SET account = 'old'")
    told = await refusal(bot, gateway, said("disconnect Checkout *API*"))
    assert told == plain_sentence(not_configured_sentence("old"))


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        (said(f"disconnect {SERVICE}", private=True), NOT_IN_A_CHAT),
        (in_group(f"disconnect {SERVICE}"), NOT_IN_A_CHAT),
        (in_channel_of_type(f"disconnect {SERVICE}", "private"), PRIVATE_CHANNEL),
        (in_channel_of_type(f"disconnect {SERVICE}", "shared"), SHARED_CHANNEL),
        (said(f"disconnect {SERVICE}", **BY_NOBODY), NO_PERSON),
    ],
)
async def test_where_and_by_whom_nothing_is_disconnected(
    bot: Bot, gateway: RecordingGateway, whole: dict[str, Any], expected: str
) -> None:
    assert await refusal(bot, gateway, whole) == plain_sentence(expected)


# list


async def test_everybody_reads_what_is_connected_by_whom_and_since_when(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await connections.upsert(
        bot.pool, account="acme", service="PSVC008", service_name="<b>Search</b>", conversation=CHANNEL
    )
    await bot.pool.execute(
        "UPDATE connection SET connected_at = '2026-10-01T00:00:00Z' WHERE service = 'PSVC008'"
    )
    text = await bot.says_to_all(said("list", **BY_BO))
    assert text.splitlines() == [
        "Connected to this channel:",
        "- **&lt;b&gt;Search&lt;/b&gt;**, connected since 1 October 2026",
        "- **Checkout \\*API\\***, connected by Bo \\*Call\\* since 3 November 2026",
    ]
    assert "PSVC" not in text
    assert (gateway.asked_to_connect, gateway.asked_for_links) == ([], [])


async def test_what_ended_and_what_other_channels_have_is_not_listed(bot: Bot) -> None:
    other: dict[str, Any] = {"conversation": {"id": TEAM, "conversationType": "channel", "tenantId": TENANT}}
    assert await bot.says_to_all(said("list", **other)) == NOTHING_CONNECTED
    row = await connections.live(bot.pool, account="acme", service=SERVICE, conversation=CHANNEL)
    assert row is not None
    await disconnected(bot.pool, row)
    assert await bot.says_to_all(said("list")) == NOTHING_CONNECTED


async def test_it_needs_no_link_no_authorization_and_nobodys_name(bot: Bot) -> None:
    await connect(bot.pool, None)
    assert "Checkout" in await bot.says(said("list", **BY_NOBODY))


@pytest.mark.parametrize(("type_", "expected"), [("private", PRIVATE_CHANNEL), ("shared", SHARED_CHANNEL)])
async def test_in_a_channel_with_members_of_its_own_it_offers_nothing_that_is_refused_there(
    bot: Bot, type_: str, expected: str
) -> None:
    assert await bot.says_to_all(in_channel_of_type("list", type_)) == plain_sentence(expected)


@pytest.mark.parametrize("whole", [said("list", private=True), in_group("list")])
async def test_in_a_chat_it_says_where_it_works(bot: Bot, whole: dict[str, Any]) -> None:
    assert await bot.says(whole) == LIST_IN_A_CHAT
