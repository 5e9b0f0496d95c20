"""**Link Accounts** and *Send a new link*: whose message it is, what is asked for, what is told."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from api.bot.buttons import BUTTONS
from muster.cards.commands import NO_PERSON
from muster.cards.links.sentences import (
    NOT_FOR_YOU,
    NOT_SERVED,
    TEAM_NOT_AUTHORIZED,
    WORKING,
    linked_sentence,
    sentence_of,
)
from muster.cards.sentences import UNREACHABLE, WORKS_NO_MORE
from muster.cards.setup.sentences import INCOMPLETE_BUTTON, NOT_OUR_MESSAGE
from muster.store.pool import Pool
from muster.temporal.attempts import Rejected, TemporalUnavailable
from tests.api.conftest import APP_ID, BotFramework
from tests.api.linked_people import EMAIL, SECOND_TEAM, THEIR_TEAM, company, connect, link
from tests.api.team_bot import (
    CHANNEL,
    CHAT,
    CONFIGURATION,
    OTHER_TENANT,
    TEAM,
    Bot,
    Connector,
    RecordingGateway,
    bot_settings,
    button,
    serving_bot,
)
from tests.support.company import ADA_AAD, BO_AAD, TENANT
from workflows.account_link.messages import LinkAnswer
from workflows.account_link.workflow_type import LINK_BUTTONS
from workflows.verbs.registry import VERBS

pytestmark = pytest.mark.anyio

REPLIES = get_args(LinkAnswer.model_fields["reply"].annotation)
WELCOME, OWN, CHOICE = "1700000000001", "1700000000002", "1700000000003"
HINT = {"team": TEAM, "notice": "welcome/1"}
IN_CHANNEL = {"conversation": {"id": f"{TEAM};messageid={WELCOME}", "conversationType": "channel"}}
BY_BO = {"from": {"id": "29:bo", "name": "Bo Call", "aadObjectId": BO_AAD}}
ADAS_LINK, BOS_LINK = (f"link/{TENANT}/{person}/acme" for person in (ADA_AAD, BO_AAD))
BOTH = f'tenants = ["{TENANT}", "{OTHER_TENANT}"]'
SECOND = f"""
[[teams]]
tenant = "{OTHER_TENANT}"
app_id = "{APP_ID}"
app_secret = "not used here"
"""
TWO_TENANTS = CONFIGURATION.replace('client_id = "client"', f'client_id = "client"\n{BOTH}') + SECOND
THEIRS = {"channelData": {"tenant": {"id": OTHER_TENANT}}}


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
    """The bot, whose team belongs to acme and was welcomed in General."""
    settings = bot_settings(database_url, tmp_path, TWO_TENANTS)
    await company(pool, settings)
    await connect(pool)
    await notice(pool, "setup/payments", "welcome/1", TEAM, TEAM, WELCOME)
    async with serving_bot(settings, pool, gateway, framework, framework_pool, Connector()) as bot:
        yield bot


async def notice(
    pool: Pool,
    subject: str,
    name: str,
    recipient: str,
    conversation: str | None = None,
    message: str | None = None,
) -> None:
    """A message, whose row knows it or not yet."""
    await pool.execute(
        "INSERT INTO notice (subject, name, recipient, tenant, conversation, activity_id, intent_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, now())",
        *(subject, name, recipient, TENANT, conversation, message),
    )


def welcome(**changes: Any) -> dict[str, Any]:
    """A press of **Link Accounts** on the welcome in General."""
    return button("link_accounts", WELCOME, **HINT) | IN_CHANNEL | changes


def renew(**data: Any) -> dict[str, Any]:
    """A press of *Send a new link* on Ada's own message, in her chat."""
    return button("renew_link", OWN, **({"notice": "link/1", "account": "acme"} | data))


# On the welcome


async def test_whoever_clicks_on_the_welcome_is_offered_a_link_of_their_own(
    bot: Bot, gateway: RecordingGateway
) -> None:
    whole = welcome()
    assert await bot.clicks(whole) == sentence_of(LinkAnswer(reply="sent"))
    assert await bot.clicks(welcome(**BY_BO)) == sentence_of(LinkAnswer(reply="sent"))
    first, second = gateway.asked_for_links
    assert (first.start.tenant, first.start.account, first.update) == (TENANT, "acme", "offer")
    assert (first.start.person.aad_object_id, first.start.deadlines.link) == (ADA_AAD, 1800)
    assert (first.offer.why, first.offer.conversation) == ("asked", None)
    assert (first.offer.correlation, first.offer.key) == (whole["id"], first.update_id)
    assert second.start.person.aad_object_id == BO_AAD
    assert bot.connector.requests == [], "nobody else reads the answer"


async def test_a_click_that_comes_again_is_the_same_and_a_later_one_is_another(
    bot: Bot, gateway: RecordingGateway
) -> None:
    whole = welcome()
    for one in (whole, whole, welcome()):
        await bot.clicks(one)
    keys = [asked.offer.key for asked in gateway.asked_for_links]
    assert keys[0] == keys[1] != keys[2]


async def test_who_is_linked_hears_as_whom_and_gets_no_message(bot: Bot, gateway: RecordingGateway) -> None:
    await link(bot.pool)
    told = await bot.clicks(welcome())
    assert told == linked_sentence(account="acme", name="Ada *Pager*", since=datetime.now(UTC))
    assert "unlinkUser" in told
    assert EMAIL not in told
    assert gateway.asked_for_links == []


async def test_a_welcome_whose_row_is_late_is_known_by_what_its_button_says(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await bot.pool.execute("UPDATE notice SET conversation = NULL, activity_id = NULL")
    await bot.clicks(welcome())
    assert [asked.start.account for asked in gateway.asked_for_links] == ["acme"]


async def test_an_old_welcome_is_for_the_account_that_the_team_has_now(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await connect(bot.pool, "umbrella")
    await bot.clicks(button("link_accounts", WELCOME, **HINT, account="acme") | IN_CHANNEL)
    assert [asked.start.account for asked in gateway.asked_for_links] == ["umbrella"]
    await connect(bot.pool, None)
    assert await bot.clicks(welcome()) == TEAM_NOT_AUTHORIZED
    await connect(bot.pool)
    await bot.pool.execute("UPDATE team SET removed_at = now()")
    assert await bot.clicks(welcome()) == NOT_SERVED
    assert len(gateway.asked_for_links) == 1


async def test_an_account_that_another_team_has_still_links_people_by_an_old_welcome(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await bot.pool.execute("UPDATE team SET removed_at = now() WHERE id = $1", TEAM)
    await connect(bot.pool, "acme", SECOND_TEAM)
    await bot.clicks(welcome())
    assert [asked.start.account for asked in gateway.asked_for_links] == ["acme"]


@pytest.mark.parametrize(
    "changes",
    [
        THEIRS,
        {"replyToId": "1700000000099", **THEIRS},
        {"replyToId": "1700000000099", "conversation": {"id": CHANNEL, "conversationType": "channel"}},
        {"replyToId": "1700000000099", "conversation": {"id": CHAT, "conversationType": "personal"}},
    ],
)
async def test_a_welcome_of_another_place_or_tenant_offers_nothing(
    bot: Bot, gateway: RecordingGateway, changes: dict[str, Any]
) -> None:
    await connect(bot.pool, "acme", THEIR_TEAM)
    assert await bot.clicks(welcome(**changes)) == NOT_OUR_MESSAGE
    assert gateway.asked_for_links == []


# On the choice of an account


async def test_a_chosen_account_is_offered_to_whoever_clicks(bot: Bot, gateway: RecordingGateway) -> None:
    await connect(bot.pool, "umbrella", SECOND_TEAM)
    await bot.clicks(button("link_accounts", CHOICE, account="UMBRELLA"))
    (asked,) = gateway.asked_for_links
    assert (asked.start.account, asked.start.person.aad_object_id) == ("umbrella", ADA_AAD)
    assert (asked.update, asked.offer.conversation) == ("offer", None)


async def test_whose_year_ends_is_offered_a_link_though_they_are_linked(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await link(bot.pool)
    await bot.pool.execute("UPDATE user_link SET told_of_year_at = now()")
    await bot.clicks(welcome())
    assert [asked.start.account for asked in gateway.asked_for_links] == ["acme"]


@pytest.mark.parametrize(("account", "changes"), [("umbrella", {}), ("acme", THEIRS), ("nobodys", {})])
async def test_an_account_that_serves_no_team_of_the_tenant_is_not_offered(
    bot: Bot, gateway: RecordingGateway, account: str, changes: dict[str, Any]
) -> None:
    whole = button("link_accounts", CHOICE, account=account) | changes
    assert await bot.clicks(whole) == NOT_SERVED
    assert gateway.asked_for_links == []


# On a message that is one person's alone


async def test_a_new_link_is_asked_for_on_the_own_message(bot: Bot, gateway: RecordingGateway) -> None:
    await notice(bot.pool, ADAS_LINK, "link/3", ADA_AAD, CHAT, OWN)
    await link(bot.pool)
    whole = renew(account="umbrella")
    assert await bot.clicks(whole) == sentence_of(LinkAnswer(reply="sent"))
    (asked,) = gateway.asked_for_links
    assert (asked.start.account, asked.update) == ("acme", "renew"), "as its row says; the year may end"
    assert (asked.offer.conversation, asked.offer.correlation) == (None, whole["id"])


async def test_a_message_that_one_person_sees_in_a_channel_is_renewed_there(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await notice(bot.pool, ADAS_LINK, "link/3", ADA_AAD, TEAM, OWN)
    await bot.clicks(renew() | IN_CHANNEL)
    (asked,) = gateway.asked_for_links
    assert asked.offer.conversation == TEAM


async def test_a_message_that_expires_again_is_renewed_again(bot: Bot, gateway: RecordingGateway) -> None:
    await notice(bot.pool, ADAS_LINK, "link/1", ADA_AAD, CHAT, OWN)
    for _ in range(2):
        await bot.clicks(renew())
    assert len({asked.offer.key for asked in gateway.asked_for_links}) == 2


async def test_an_own_message_whose_row_is_late_is_known_by_what_its_button_says(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await notice(bot.pool, ADAS_LINK, "link/1", ADA_AAD)
    await bot.clicks(renew())
    assert [asked.start.account for asked in gateway.asked_for_links] == ["acme"]


async def test_nobody_clicks_on_somebody_elses_message(bot: Bot, gateway: RecordingGateway) -> None:
    await notice(bot.pool, BOS_LINK, "link/1", BO_AAD, CHAT, OWN)
    assert await bot.clicks(renew()) == NOT_FOR_YOU
    await bot.pool.execute("UPDATE notice SET conversation = NULL, activity_id = NULL")
    assert await bot.clicks(renew()) == NOT_OUR_MESSAGE, "begun for somebody else"
    assert gateway.asked_for_links == []


@pytest.mark.parametrize(
    ("subject", "changes"),
    [
        (ADAS_LINK, THEIRS),
        ("setup/payments", {}),
        (f"link/{OTHER_TENANT}/{ADA_AAD}/acme", {}),
        ("link/x", {}),
    ],
)
async def test_a_message_that_is_no_link_of_the_tenant_is_not_acted_on(
    bot: Bot, gateway: RecordingGateway, subject: str, changes: dict[str, Any]
) -> None:
    await notice(bot.pool, subject, "link/1", ADA_AAD, CHAT, OWN)
    assert await bot.clicks(renew() | changes) == NOT_OUR_MESSAGE
    assert gateway.asked_for_links == []


# All of them


@pytest.mark.parametrize(
    "whole",
    [
        button("link_accounts", WELCOME),
        button("link_accounts", WELCOME, team=TEAM),
        button("link_accounts", WELCOME, notice="welcome/1"),
        button("link_accounts", WELCOME, team="19:x y", notice="welcome/1"),
        button("link_accounts", WELCOME, account=5),
        button("link_accounts", WELCOME, account="a b"),
        button("renew_link", OWN),
        button("renew_link", OWN, notice="link/1"),
        button("renew_link", OWN, account="acme"),
        button("renew_link", OWN, account="acme", notice={}),
        welcome(id=None),
        welcome(replyToId=None),
    ],
)
async def test_a_click_that_lacks_something_is_not_acted_on(
    bot: Bot, gateway: RecordingGateway, whole: dict[str, Any]
) -> None:
    assert await bot.clicks(whole) == INCOMPLETE_BUTTON
    assert gateway.asked_for_links == []


async def test_whom_teams_does_not_name_is_offered_nothing(bot: Bot, gateway: RecordingGateway) -> None:
    assert await bot.clicks(welcome(**{"from": {"id": "29:x"}})) == NO_PERSON
    assert gateway.asked_for_links == []


async def test_every_answer_of_the_offer_is_a_sentence(bot: Bot, gateway: RecordingGateway) -> None:
    told = set()
    for reply in REPLIES:
        for place in ("private", "here"):
            gateway.link_reply = LinkAnswer(reply=reply, place=place, name="Ada")
            told.add(await bot.clicks(welcome()))
            assert sentence_of(gateway.link_reply) in told
    assert len(told) == len(REPLIES) + 2, "a message that waits or was sent is somewhere"


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (None, WORKING),
        (TemporalUnavailable("down"), UNREACHABLE),
        (TimeoutError(), UNREACHABLE),
        (Rejected("no"), WORKS_NO_MORE),
    ],
)
async def test_what_does_not_come_to_an_answer_is_said(
    bot: Bot, gateway: RecordingGateway, failure: Exception | None, told: str
) -> None:
    gateway.link_reply, gateway.failure = None, failure
    assert await bot.clicks(welcome()) == told


def test_no_button_has_two_meanings() -> None:
    assert not LINK_BUTTONS.keys() & (VERBS.keys() | BUTTONS.keys())
