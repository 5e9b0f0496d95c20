"""``connect`` through the whole edge: a card for the channel, or for its person alone why there is none."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from muster.cards.commands import NO_PERSON, NOT_AUTHORIZED, plain_sentence
from muster.cards.connections.offer import LABEL, TITLE
from muster.cards.connections.sentences import (
    NOT_IN_A_CHAT,
    PRIVATE_CHANNEL,
    SEVERAL,
    SHARED_CHANNEL,
    another_account_sentence,
    another_region_sentence,
    no_argument_sentence,
    not_a_service_sentence,
    not_configured_sentence,
    sentence_of,
    unlinked_sentence,
)
from muster.cards.links import sentences as links
from muster.cards.text import escape
from muster.linked_people.rights_reader import RightsReader
from muster.settings import Settings
from muster.store.pool import Pool
from tests.api.conftest import APP_ID, BotFramework
from tests.api.connecting import (
    BY_BO,
    BY_NOBODY,
    PAGE,
    SERVICE,
    authorized,
    connected,
    disconnected,
    in_channel_of_type,
    in_group,
    rows,
)
from tests.api.linked_people import connect
from tests.api.rights import NAME, USER, PagerDuty
from tests.api.rights import TEAM as PTEAM
from tests.api.team_bot import (
    CHANNEL,
    CHAT,
    OTHER_TENANT,
    TEAM,
    Bot,
    Connector,
    RecordingGateway,
    bot_settings,
    said,
    serving_bot,
)
from tests.support.company import TENANT
from workflows.account_link.messages import LinkAnswer
from workflows.connect_channel.activities import RightsRead
from workflows.connect_channel.messages import ConnectAnswer
from workflows.connect_channel.state import Reply, Unread
from workflows.rights import ServiceTeam

pytestmark = pytest.mark.anyio

ACME = "https://acme.pagerduty.com"
EU_PAGE = "https://acme.eu.pagerduty.com/service-directory/PSVC001"
UMBRELLAS_PAGE = "https://umbrella.eu.pagerduty.com/services/PSVC001"
ACCOUNT = """
[[pagerduty]]
subdomain = "{key}"
region = "{region}"
client_id = "client"
client_secret = "not used here"
web_url = "{web_url}"
tenants = ["{tenant}"]
"""
TENANT_TABLE = """
[[teams]]
tenant = "{tenant}"
app_id = "{app_id}"
app_secret = "not used here"
"""
SEVERAL_ACCOUNTS = "".join(
    (
        TENANT_TABLE.format(tenant=TENANT, app_id=APP_ID),
        TENANT_TABLE.format(tenant=OTHER_TENANT, app_id="0a5cf8a4-0000-4000-8000-0000000000bb"),
        ACCOUNT.format(key="acme", region="us", web_url="", tenant=TENANT),
        ACCOUNT.format(key="umbrella", region="eu", web_url="", tenant=TENANT),
        ACCOUNT.format(key="moved", region="us", web_url="https://pages.moved.example/pd", tenant=TENANT),
        ACCOUNT.format(
            key="theirs", region="us", web_url="https://pages.theirs.example/pd", tenant=OTHER_TENANT
        ),
    )
)


@pytest.fixture
def gateway() -> RecordingGateway:
    return RecordingGateway()


@pytest.fixture
def pagerduty() -> PagerDuty:
    return PagerDuty()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return bot_settings(database_url, tmp_path)


@pytest.fixture
async def bot(
    settings: Settings,
    pool: Pool,
    gateway: RecordingGateway,
    pagerduty: PagerDuty,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
) -> AsyncIterator[Bot]:
    """The bot in a team of acme, where Ada is linked."""
    await authorized(pool, settings)
    async with serving_bot(settings, pool, gateway, framework, framework_pool, Connector(), pagerduty) as bot:
        yield bot


async def refusal(bot: Bot, gateway: RecordingGateway, whole: dict[str, Any]) -> str:
    """What whoever wrote the command is told, alone, while nothing is started and nothing kept."""
    before = await rows(bot.pool)
    (told,) = await bot.tells(whole)
    alone = told.to == whole["from"]["id"] or whole["conversation"]["conversationType"] == "personal"
    assert alone or "aadObjectId" not in whole["from"], "nobody else reads it"
    assert (gateway.asked_to_connect, await rows(bot.pool)) == ([], before)
    return told.text


def refused(reply: Reply, **more: Any) -> str:
    answer = ConnectAnswer.model_validate({"reply": reply, **more})
    return plain_sentence(sentence_of(answer, "connect", again="command"))


# The card


@pytest.mark.parametrize(
    "written",
    [
        f"connect {PAGE}",
        f"CONNECT {SERVICE}",
        f'<at>Muster</at>&nbsp;connect <a href="{PAGE}">{PAGE}</a>',
        "connect https://acme.pagerduty.com/services/PSVC001?tab=2",
    ],
)
async def test_everybody_gets_a_card_that_starts_and_keeps_nothing(
    bot: Bot, gateway: RecordingGateway, pagerduty: PagerDuty, written: str
) -> None:
    card = await bot.shows(said(written))
    (request,) = bot.connector.requests
    assert request.url.path.split("/")[-2] == f"{CHANNEL};messageid=1700000000001", "in the thread"
    assert "isTargetedActivity" not in str(request.url), "for all who read there"
    assert card["fallbackText"] == TITLE
    (action,) = card["body"][-1]["actions"]
    assert (action["title"], action["type"], action["verb"]) == (
        LABEL, "Action.Execute", "connect_service"
    )  # fmt: skip
    assert action["data"] == {"account": "acme", "service": SERVICE}
    assert "Checkout *API*" in str(card)
    assert "Payments" in str(card)
    assert "this channel" in str(card)
    assert pagerduty.asked == [f"/users/{USER}", f"/services/{SERVICE}"]
    assert (gateway.asked_to_connect, gateway.signals, await rows(bot.pool)) == ([], [], 0)


async def test_pagerduty_is_asked_as_whoever_wrote_the_command(bot: Bot, pagerduty: PagerDuty) -> None:
    await bot.shows(said(f"connect {SERVICE}"))
    assert {request.headers["authorization"] for request in pagerduty.requests} == {"Bearer pdus+_access"}


async def test_what_was_disconnected_is_offered_again(bot: Bot) -> None:
    await disconnected(bot.pool, await connected(bot.pool))
    assert LABEL in str(await bot.shows(said(f"connect {SERVICE}")))


@pytest.mark.parametrize("role", ["owner", "admin", "user"])
async def test_a_role_that_may_connect_anything_gets_the_card(
    bot: Bot, pagerduty: PagerDuty, role: str
) -> None:
    pagerduty.role = role
    assert LABEL in str(await bot.shows(said(f"connect {SERVICE}")))


async def test_a_manager_of_the_services_team_gets_the_card(bot: Bot, pagerduty: PagerDuty) -> None:
    pagerduty.role, pagerduty.members = "observer", [(USER, "Ada Pager", "manager")]
    assert LABEL in str(await bot.shows(said(f"connect {SERVICE}")))


# Who may not


async def test_whose_role_is_too_low_hears_who_can(
    bot: Bot, gateway: RecordingGateway, pagerduty: PagerDuty
) -> None:
    pagerduty.role = "observer"
    pagerduty.members = [
        (USER, "Ada Pager", "responder"),
        ("PUSER08", "Bo <b>Call</b>", "manager"),
        ("PUSER09", "Cy", "manager"),
    ]
    told = await refusal(bot, gateway, said(f"connect {SERVICE}"))
    team = ServiceTeam(id=PTEAM, name="Payments", role="responder", managers=("Bo <b>Call</b>", "Cy"))
    assert told == refused("role_too_low", service_name=NAME, teams=(team,))
    assert "Bo &lt;b&gt;Call&lt;/b&gt;, Cy" in told


@pytest.mark.parametrize("role", ["read_only_user", "read_only_limited_user", "unheard_of"])
async def test_a_base_role_that_connects_nothing(
    bot: Bot, gateway: RecordingGateway, pagerduty: PagerDuty, role: str
) -> None:
    pagerduty.role, pagerduty.members = role, [(USER, "Ada Pager", "manager")]
    told = await refusal(bot, gateway, said(f"connect {SERVICE}"))
    assert told.startswith(f"Your role in PagerDuty does not let you connect {escape(NAME, 80)}")


async def test_what_is_unknown_deleted_or_not_to_be_seen_is_one_sentence(
    bot: Bot, gateway: RecordingGateway, pagerduty: PagerDuty
) -> None:
    pagerduty.shows_service = False
    unseen = await refusal(bot, gateway, said(f"connect {SERVICE}"))
    pagerduty.role = "observer"
    assert await refusal(bot, gateway, said(f"connect {PAGE}")) == unseen == refused("unknown_service")


async def test_a_disabled_service_is_not_offered(
    bot: Bot, gateway: RecordingGateway, pagerduty: PagerDuty
) -> None:
    pagerduty.is_disabled = True
    told = await refusal(bot, gateway, said(f"connect {SERVICE}"))
    assert told == refused("service_disabled", service_name=NAME)


async def test_who_is_not_linked_gets_a_link_and_then_sends_the_same_command_again(
    bot: Bot, gateway: RecordingGateway, pagerduty: PagerDuty
) -> None:
    whole = said(f"connect {SERVICE}", **BY_BO)
    told = await refusal(bot, gateway, whole)
    assert told == unlinked()
    assert "send the same command again" in told
    (asked,) = gateway.asked_for_links
    assert (asked.start.account, asked.start.person.name, asked.update) == ("acme", "Bo Call", "offer")
    assert (asked.offer.correlation, asked.offer.conversation) == (whole["id"], None)
    assert pagerduty.requests == []


def unlinked() -> str:
    sent = links.sentence_of(LinkAnswer(reply="sent"))
    return plain_sentence(unlinked_sentence("acme", sent, "connect", again="command"))


async def test_a_link_that_pagerduty_does_not_refresh_has_ended_and_another_is_offered(
    bot: Bot, gateway: RecordingGateway, pagerduty: PagerDuty
) -> None:
    await bot.pool.execute("UPDATE user_link SET expires_at = now() - interval '1 day'")
    assert await refusal(bot, gateway, said(f"connect {SERVICE}")) == unlinked()
    assert [(one.offer.why, one.start.account) for one in gateway.asked_for_links] == [("asked", "acme")]


@pytest.mark.parametrize(("status", "reply"), [(401, "link_ended"), (403, "forbidden"), (404, "user_gone")])
async def test_a_token_that_pagerduty_takes_for_nothing(
    bot: Bot, gateway: RecordingGateway, pagerduty: PagerDuty, status: int, reply: Reply
) -> None:
    pagerduty.status = status
    told = await refusal(bot, gateway, said(f"connect {SERVICE}"))
    assert told == (unlinked() if reply == "link_ended" else refused(reply))


@pytest.mark.parametrize("unread", get_args(Unread))
async def test_every_reason_for_which_nothing_was_read_is_said(
    bot: Bot, gateway: RecordingGateway, monkeypatch: pytest.MonkeyPatch, unread: Unread
) -> None:
    async def read(*_: Any, **__: Any) -> RightsRead:
        return RightsRead(unread=unread)

    monkeypatch.setattr(RightsReader, "read", read)
    told = await refusal(bot, gateway, said(f"connect {SERVICE}"))
    is_offered = unread in ("link_removed", "link_ended")
    assert told == (unlinked() if is_offered else refused(unread))
    assert len(gateway.asked_for_links) == is_offered


# PagerDuty


@pytest.mark.parametrize(
    ("status", "reply"),
    [
        (500, "pagerduty_unavailable"),
        (503, "pagerduty_unavailable"),
        (429, "pagerduty_unavailable"),
        (400, "pagerduty_refused"),
        (402, "pagerduty_refused"),
    ],
)
async def test_pagerduty_that_does_not_tell_is_said(
    bot: Bot, gateway: RecordingGateway, pagerduty: PagerDuty, status: int, reply: Reply
) -> None:
    pagerduty.status = status
    assert await refusal(bot, gateway, said(f"connect {SERVICE}")) == refused(reply)


async def test_pagerduty_that_is_slow_is_said_in_time(
    bot: Bot, gateway: RecordingGateway, pagerduty: PagerDuty
) -> None:
    pagerduty.answering.clear()
    began = time.monotonic()
    assert await refusal(bot, gateway, said(f"connect {SERVICE}")) == refused("pagerduty_unavailable")
    assert time.monotonic() - began < 6


# What is named


async def test_what_is_connected_says_by_whom_and_since_when_and_pagerduty_is_not_asked(
    bot: Bot, gateway: RecordingGateway, pagerduty: PagerDuty
) -> None:
    await connected(bot.pool)
    for whole in (said(f"connect {PAGE}"), said("connect psvc001", **BY_BO)):
        told = await refusal(bot, gateway, whole)
        assert "by Bo \\*Call\\*, since 3 November 2026" in told
        assert "Checkout \\*API\\*" in told
    assert (pagerduty.requests, gateway.asked_for_links) == ([], [])


async def test_what_another_channel_has_is_offered_here(bot: Bot) -> None:
    row = await connected(bot.pool)
    other: dict[str, Any] = {
        "conversation": {"id": f"{TEAM};messageid=1", "conversationType": "channel", "tenantId": TENANT}
    }
    assert LABEL in str(await bot.shows(said(f"connect {SERVICE}", **other)))
    assert row.ended_at is None


@pytest.mark.parametrize("written", ["connect", "connect  ", "connect ...", "connect <br>"])
async def test_no_argument(bot: Bot, gateway: RecordingGateway, written: str) -> None:
    told = await refusal(bot, gateway, said(written))
    assert told == plain_sentence(no_argument_sentence(ACME))
    assert "connect https://acme.pagerduty.com/service-directory/" in told


@pytest.mark.parametrize(
    "written", [f"connect {SERVICE} PSVC002", f"connect {PAGE} https://acme.pagerduty.com/services/PSVC002"]
)
async def test_several_services(bot: Bot, gateway: RecordingGateway, written: str) -> None:
    assert await refusal(bot, gateway, said(written)) == plain_sentence(SEVERAL)


@pytest.mark.parametrize(
    "written",
    [
        "connect Checkout",
        "connect https://acme.pagerduty.com/incidents/Q1INCIDENT0001",
        "connect https://acme.pagerduty.com/service-directory",
        "connect https://example.com/service-directory/PSVC001",
    ],
)
async def test_what_is_no_service(bot: Bot, gateway: RecordingGateway, written: str) -> None:
    told = await refusal(bot, gateway, said(written))
    assert told == plain_sentence(not_a_service_sentence(ACME))


async def test_the_other_region_of_the_same_name_is_said_both_ways(
    bot: Bot, gateway: RecordingGateway
) -> None:
    told = await refusal(bot, gateway, said(f"connect {EU_PAGE}"))
    expected = another_region_sentence("acme.eu.pagerduty.com", "acme", region="us", web_url=ACME)
    assert told == plain_sentence(expected)
    assert "EU service region" in told
    await connect(bot.pool, "umbrella")
    told = await refusal(bot, gateway, said("connect https://umbrella.pagerduty.com/services/PSVC001"))
    expected = another_region_sentence(
        "umbrella.pagerduty.com", "umbrella", region="eu", web_url="https://umbrella.eu.pagerduty.com"
    )
    assert told == plain_sentence(expected)
    assert "US service region" in told


@pytest.mark.parametrize(
    ("page", "named", "is_configured"),
    [
        (UMBRELLAS_PAGE, "umbrella", True),
        ("https://pages.moved.example/pd/service-directory/PSVC001", "moved", True),
        ("https://globex.pagerduty.com/services/PSVC001", "globex.pagerduty.com", False),
        ("https://theirs.pagerduty.com/services/PSVC001", "theirs.pagerduty.com", False),
    ],
)
async def test_another_accounts_page_says_which_and_whether_it_is_one_of_the_tenants(
    database_url: str,
    tmp_path: Path,
    pool: Pool,
    gateway: RecordingGateway,
    pagerduty: PagerDuty,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
    page: str,
    named: str,
    is_configured: bool,
) -> None:
    folder = tmp_path / "several"
    folder.mkdir()
    settings = bot_settings(database_url, folder, SEVERAL_ACCOUNTS)
    await authorized(pool, settings)
    async with serving_bot(settings, pool, gateway, framework, framework_pool, Connector(), pagerduty) as bot:
        told = await refusal(bot, gateway, said(f"connect {page}"))
        expected = another_account_sentence(named, "acme", is_configured=is_configured)
        assert told == plain_sentence(expected)
        theirs = await refusal(bot, gateway, said("connect https://pages.theirs.example/pd/services/PSVC001"))
        assert "theirs" not in theirs, "another tenant's account is nobody's business"


# Where


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        (said(f"connect {PAGE}", private=True), NOT_IN_A_CHAT),
        (in_group(f"connect {PAGE}"), NOT_IN_A_CHAT),
        (in_channel_of_type(f"connect {PAGE}", "private"), PRIVATE_CHANNEL),
        (in_channel_of_type(f"connect {PAGE}", "Private"), PRIVATE_CHANNEL),
        (in_channel_of_type(f"connect {PAGE}", "shared"), SHARED_CHANNEL),
        (in_channel_of_type(f"connect {PAGE}", "shared", field="membershipType"), SHARED_CHANNEL),
    ],
)
async def test_what_is_no_standard_channel(
    bot: Bot, gateway: RecordingGateway, pagerduty: PagerDuty, whole: dict[str, Any], expected: str
) -> None:
    assert await refusal(bot, gateway, whole) == plain_sentence(expected)
    assert pagerduty.requests == []


async def test_a_standard_channel_that_says_so_is_one(bot: Bot) -> None:
    assert LABEL in str(await bot.shows(in_channel_of_type(f"connect {PAGE}", "standard")))


async def test_a_team_that_is_not_authorized_yet_or_any_more(bot: Bot, gateway: RecordingGateway) -> None:
    await bot.pool.execute("UPDATE team SET forgotten_at = now() WHERE id = $1", TEAM)
    assert await refusal(bot, gateway, said(f"connect {PAGE}")) == plain_sentence(NOT_AUTHORIZED)
    await connect(bot.pool, None)
    assert await refusal(bot, gateway, said(f"connect {PAGE}")) == plain_sentence(NOT_AUTHORIZED)


async def test_an_account_that_is_not_configured_any_more(
    bot: Bot, gateway: RecordingGateway, pagerduty: PagerDuty
) -> None:
    await bot.pool.execute(
        "INSERT INTO pagerduty_account (key, subdomain, region) VALUES ('old', 'old', 'us')"
    )
    await connect(bot.pool, "old")
    told = await refusal(bot, gateway, said(f"connect {PAGE}"))
    assert told == plain_sentence(not_configured_sentence("old"))
    assert pagerduty.requests == []


async def test_whom_teams_does_not_name(bot: Bot, gateway: RecordingGateway) -> None:
    assert await refusal(bot, gateway, said(f"connect {PAGE}", **BY_NOBODY)) == NO_PERSON


async def test_a_refusal_in_the_channel_reaches_its_person_where_teams_targets_nobody(
    bot: Bot, gateway: RecordingGateway
) -> None:
    bot.connector.targeted_status = 403
    (told,) = await bot.tells(said("connect Checkout"))
    assert (told.place, told.to) == (CHAT, None)
