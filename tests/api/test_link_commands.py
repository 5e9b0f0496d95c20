"""``linkUser``, ``unlinkUser`` and what ``status`` says of links, through the whole edge."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from muster.cards import commands as texts
from muster.cards.legacy import LEGACY
from muster.cards.links.sentences import (
    NOBODY_SERVED,
    NOT_SERVED,
    WORKING,
    choose_sentence,
    day,
    linked_sentence,
    sentence_of,
    unknown_account_sentence,
)
from muster.cards.links.status import MORE_IN_PRIVATE
from muster.cards.links.unlinking import NOT_LINKED, LinkedTo, choose_text, unlinked_text
from muster.cards.privacy import PRIVACY
from muster.cards.sentences import UNREACHABLE
from muster.store import link_offers
from muster.store.pool import Pool, transaction
from muster.temporal.attempts import Rejected, TemporalUnavailable
from tests.api.conftest import BotFramework
from tests.api.linked_people import (
    EMAIL,
    SECOND_TEAM,
    THEIR_TEAM,
    company,
    connect,
    link,
    linked,
)
from tests.api.team_bot import (
    CHAT,
    OTHER_TENANT,
    Bot,
    Connector,
    RecordingGateway,
    Told,
    bot_settings,
    is_targeted,
    said,
    serving_bot,
)
from tests.support.company import ADA_AAD, BO_AAD, TENANT
from tests.support.waiting import eventually
from workflows.account_link.messages import LinkAnswer
from workflows.person import Person

pytestmark = pytest.mark.anyio

REPLIES = get_args(LinkAnswer.model_fields["reply"].annotation)
ADA = Person(aad_object_id=ADA_AAD, teams_id="29:ada", name="Ada Ops")
GROUP_CHAT = {"conversation": {"id": "19:g@thread.v2", "conversationType": "groupChat", "tenantId": TENANT}}
BY_BO = {"from": {"id": f"29:{BO_AAD}", "name": "Bo Call", "aadObjectId": BO_AAD}}


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
    """The bot in two teams of the tenant, neither of an account; another tenant has a team too."""
    settings = bot_settings(database_url, tmp_path)
    await company(pool, settings)
    async with serving_bot(settings, pool, gateway, framework, framework_pool, Connector()) as bot:
        yield bot


def private(text: str, **changes: Any) -> dict[str, Any]:
    return said(text, private=True, **changes)


def in_group(text: str) -> dict[str, Any]:
    return said(text, private=True) | GROUP_CHAT


def plain(sentence: str) -> str:
    return texts.plain_sentence(sentence)


async def offer(pool: Pool, person: str = ADA_AAD) -> int:
    """An open offer of a link to acme."""
    made = await link_offers.make_personal(
        pool, tenant=TENANT, person=person, account="acme", request="1", life=timedelta(hours=1)
    )
    return made.id


async def state_of(pool: Pool, id: int) -> str:
    found = await link_offers.find(pool, id)
    assert found is not None
    return found.state


# linkUser


@pytest.mark.parametrize("written", ["linkUser", "LINKUSER", "<at>Muster</at>&nbsp;linkuser"])
async def test_link_user_asks_for_a_link_to_the_only_account(
    bot: Bot, gateway: RecordingGateway, written: str
) -> None:
    await connect(bot.pool)
    whole = private(written)
    assert await bot.says(whole) == plain(sentence_of(LinkAnswer(reply="sent")))
    (asked,) = gateway.asked_for_links
    assert (asked.start.tenant, asked.start.person, asked.start.account) == (TENANT, ADA, "acme")
    assert (asked.start.deadlines.link, asked.update) == (1800, "offer")
    assert (asked.offer.why, asked.offer.conversation, asked.offer.met) == ("asked", None, None)
    assert asked.offer.correlation == whole["id"]
    assert asked.update_id == asked.offer.key


async def test_a_link_is_offered_once_however_often_its_command_comes(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await connect(bot.pool)
    whole = private("linkUser")
    await asyncio.gather(*(bot.hears(whole) for _ in range(3)))
    await bot.hears(whole)
    assert (len(gateway.asked_for_links), len(bot.connector.texts)) == (1, 1)
    await bot.says(private("linkUser"))
    assert len({asked.offer.key for asked in gateway.asked_for_links}) == 2


async def test_in_a_channel_the_account_is_its_teams(bot: Bot, gateway: RecordingGateway) -> None:
    await connect(bot.pool, "umbrella")
    await connect(bot.pool, "acme", SECOND_TEAM)
    await bot.says(said("linkUser"))
    await bot.says(said("linkUser acme"))
    assert [asked.start.account for asked in gateway.asked_for_links] == ["umbrella", "acme"]
    assert [asked.offer.conversation for asked in gateway.asked_for_links] == [None, None]


async def test_where_several_accounts_can_be_meant_one_chooses(bot: Bot, gateway: RecordingGateway) -> None:
    await connect(bot.pool, "umbrella")
    await connect(bot.pool, "acme", SECOND_TEAM)
    card = await bot.shows(private("linkUser"))
    buttons = card["body"][-1]["actions"]
    assert [(button["verb"], button["data"]) for button in buttons] == [
        ("link_accounts", {"account": "acme"}),
        ("link_accounts", {"account": "umbrella"}),
    ]
    assert await bot.says(in_group("linkUser")) == plain(choose_sentence(["acme", "umbrella"]))
    assert gateway.asked_for_links == []


async def test_a_team_without_an_account_lets_one_choose_among_those_of_the_others(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await connect(bot.pool, "umbrella", SECOND_TEAM)
    await bot.says(said("linkUser"))
    assert [asked.start.account for asked in gateway.asked_for_links] == ["umbrella"]


@pytest.mark.parametrize(
    "argument", ["acme", "ACME", "me to acme, please", "https://acme.pagerduty.com", "`acme`"]
)
async def test_an_account_that_is_named_is_the_one(
    bot: Bot, gateway: RecordingGateway, argument: str
) -> None:
    await connect(bot.pool, "umbrella")
    await connect(bot.pool, "acme", SECOND_TEAM)
    await bot.says(private(f"linkUser {argument}"))
    assert [asked.start.account for asked in gateway.asked_for_links] == ["acme"]


@pytest.mark.parametrize("argument", ["umbrella", "Bo Call", "x" * 5_000, "7K2MQ9XWTB4D"])
async def test_an_account_that_nobody_can_be_linked_to_is_not_quoted(
    bot: Bot, gateway: RecordingGateway, argument: str
) -> None:
    await connect(bot.pool)
    answer = await bot.says(private(f"linkUser {argument}"))
    assert answer == plain(unknown_account_sentence(["acme"]))
    assert gateway.asked_for_links == []


async def test_before_any_team_is_authorized_link_user_says_who_comes_first(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await connect(bot.pool, "acme", THEIR_TEAM)
    for whole in (private("linkUser"), said("linkUser"), private("linkUser acme")):
        assert await bot.says(whole) == plain(NOBODY_SERVED)
    await connect(bot.pool)
    await bot.pool.execute("UPDATE team SET removed_at = now()")
    assert await bot.says(private("linkUser")) == plain(NOBODY_SERVED)
    assert gateway.asked_for_links == []


async def test_an_account_that_is_not_configured_any_more_links_nobody(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await bot.pool.execute("INSERT INTO pagerduty_account VALUES ('gone', 'gone', 'us')")
    await connect(bot.pool, "gone")
    assert await bot.says(private("linkUser")) == plain(NOBODY_SERVED)
    await connect(bot.pool, "acme", SECOND_TEAM)
    assert await bot.says(said("linkUser")) == plain(NOT_SERVED)
    assert gateway.asked_for_links == []


@pytest.mark.parametrize("is_private", [True, False])
async def test_who_is_linked_hears_as_whom_and_gets_no_message(
    bot: Bot, gateway: RecordingGateway, is_private: bool
) -> None:
    await connect(bot.pool)
    await link(bot.pool)
    answer = await bot.says(said("linkUser", private=is_private))
    today = datetime.now(UTC)
    assert answer == plain(linked_sentence(account="acme", name="Ada *Pager*", since=today))
    assert "unlinkUser" in answer
    assert EMAIL not in answer
    assert gateway.asked_for_links == []


async def test_somebody_elses_link_links_nobody(bot: Bot, gateway: RecordingGateway) -> None:
    await connect(bot.pool)
    await connect(bot.pool, "umbrella", SECOND_TEAM)
    await link(bot.pool, BO_AAD)
    await link(bot.pool, ADA_AAD, "umbrella")
    await link(bot.pool, ADA_AAD, tenant=OTHER_TENANT)
    await bot.says(private("linkUser acme"))
    assert [asked.start.account for asked in gateway.asked_for_links] == ["acme"]


@pytest.mark.parametrize("reply", REPLIES)
async def test_every_answer_of_the_offer_is_said(bot: Bot, gateway: RecordingGateway, reply: Any) -> None:
    await connect(bot.pool)
    gateway.link_reply = LinkAnswer(reply=reply, name="Ada *Pager*")
    answer = await bot.says(private("linkUser"))
    assert answer == plain(sentence_of(gateway.link_reply))


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (None, plain(WORKING)),
        (TemporalUnavailable("down"), UNREACHABLE),
        (Rejected("no"), texts.NOT_DONE),
    ],
)
async def test_a_link_that_cannot_be_asked_for_is_said(
    bot: Bot, gateway: RecordingGateway, failure: Exception | None, text: str
) -> None:
    await connect(bot.pool)
    gateway.link_reply, gateway.failure = None, failure
    assert await bot.says(private("linkUser")) == text


@pytest.mark.parametrize("command", ["linkUser", "unlinkUser"])
async def test_somebody_whom_teams_does_not_name_has_no_link(
    bot: Bot, gateway: RecordingGateway, command: str
) -> None:
    await connect(bot.pool)
    assert await bot.says(private(command) | {"from": {"id": "29:x"}}) == texts.NO_PERSON
    assert "**You**" not in await bot.says(private("status") | {"from": {"id": "29:x"}})
    assert gateway.asked_for_links == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("link", "linkUser"),
        ("unlink", "unlinkUser"),
        ("please linkuser", "linkUser"),
        ("linkusr", "linkUser"),
    ],
)
async def test_a_command_is_suggested_as_people_write_it(bot: Bot, written: str, meant: str) -> None:
    assert f"Did you mean **{meant}**?" in await bot.says(private(written))


# unlinkUser


@pytest.mark.parametrize("is_private", [True, False])
@pytest.mark.parametrize("written", ["unlinkUser", "UNLINKUSER acme"])
async def test_unlink_user_deletes_the_link_and_ends_what_is_offered(
    bot: Bot, gateway: RecordingGateway, is_private: bool, written: str
) -> None:
    await link(bot.pool)
    offered, bos = await offer(bot.pool), await offer(bot.pool, BO_AAD)
    answer = await bot.says(said(written, private=is_private))
    assert answer == unlinked_text(LinkedTo("acme", "Ada *Pager*"))
    assert r"**Ada \*Pager\***" in answer
    assert EMAIL not in answer
    assert await linked(bot.pool) == set()
    assert (await state_of(bot.pool, offered), await state_of(bot.pool, bos)) == ("replaced", "open")
    assert gateway.asked_for_links == []


async def test_a_link_that_is_ended_twice_is_ended_once(bot: Bot) -> None:
    await link(bot.pool)
    whole = private("unlinkUser")
    await bot.says(whole)
    await link(bot.pool, user="PUSER09")
    await bot.hears(whole)
    assert await linked(bot.pool) == {(ADA_AAD, "acme")}, "made anew after the first delivery"
    assert len(bot.connector.texts) == 1


async def test_two_commands_at_once_end_a_link_once(bot: Bot) -> None:
    await link(bot.pool)
    await asyncio.gather(*(bot.hears(private("unlinkUser")) for _ in range(3)))
    assert sorted(bot.connector.texts) == sorted(
        [NOT_LINKED, NOT_LINKED, unlinked_text(LinkedTo("acme", "Ada *Pager*"))]
    )


async def test_who_is_not_linked_hears_so_and_keeps_what_is_offered(bot: Bot) -> None:
    offered = await offer(bot.pool)
    assert await bot.says(private("unlinkUser")) == NOT_LINKED
    assert await state_of(bot.pool, offered) == "open"


@pytest.mark.parametrize(
    "written",
    ["unlinkUser Bo Call", "unlinkUser <at>Bo Call</at>", f"unlinkUser {BO_AAD}", "unlinkUser 29:bo"],
)
async def test_nobody_ends_somebody_elses_link(bot: Bot, written: str) -> None:
    await link(bot.pool, BO_AAD, user="PUSER02", name="Bo")
    assert await bot.says(private(written)) == NOT_LINKED
    await link(bot.pool)
    assert await bot.says(private(written)) == choose_text([LinkedTo("acme", "Ada *Pager*")])
    assert await linked(bot.pool) == {(ADA_AAD, "acme"), (BO_AAD, "acme")}


async def test_a_person_of_another_tenant_with_the_same_id_ends_their_own(bot: Bot) -> None:
    await link(bot.pool)
    await link(bot.pool, tenant=OTHER_TENANT)
    await bot.says(private("unlinkUser"))
    assert (await linked(bot.pool), await linked(bot.pool, OTHER_TENANT)) == (set(), {(ADA_AAD, "acme")})


async def test_of_several_links_one_is_named(bot: Bot) -> None:
    await link(bot.pool)
    await link(bot.pool, account="umbrella", user="PU", name="Ada U")
    choice = choose_text([LinkedTo("acme", "Ada *Pager*"), LinkedTo("umbrella", "Ada U")])
    assert await bot.says(private("unlinkUser")) == choice
    assert await bot.says(said("unlinkUser nobody")) == choice
    assert await bot.says(private("unlinkUser umbrella")) == unlinked_text(LinkedTo("umbrella", "Ada U"))
    assert await linked(bot.pool) == {(ADA_AAD, "acme")}


async def test_unlinking_waits_for_who_links_at_the_same_moment(bot: Bot) -> None:
    await link(bot.pool)
    async with transaction(bot.pool) as connection:
        await connection.execute("SELECT FROM user_link FOR UPDATE")
        unlinking = asyncio.ensure_future(bot.says(private("unlinkUser")))
        await eventually(lambda: bot.pool.fetchval("SELECT true FROM pg_locks WHERE NOT granted LIMIT 1"))
        assert not unlinking.done()
    assert "not linked" in await unlinking
    assert await linked(bot.pool) == set()


# status


async def test_status_says_that_one_is_not_linked(bot: Bot) -> None:
    assert "**You**" not in await bot.says(private("status")), "nobody can be linked yet"
    await connect(bot.pool)
    assert "acme: not linked. Send **linkUser acme**" in await bot.says(private("status"))
    assert "acme: not linked. Send **linkUser acme**" in await bot.says_alone(said("status"))


async def test_status_says_as_whom_one_acts_and_how_long(bot: Bot) -> None:
    await connect(bot.pool)
    await link(bot.pool)
    await link(bot.pool, BO_AAD, user="PUSER02", name="Bo Pager")
    now = datetime.now(UTC)
    for answer in (await bot.says(private("status")), await bot.says_alone(said("status"))):
        assert rf"acme: you are **Ada \*Pager\***, linked since {day(now)}" in answer
        assert f"last on {day(now - timedelta(days=1))}" in answer
        assert f"ends on {day(now + timedelta(days=325))}" in answer
        assert not any(piece in answer for piece in (EMAIL, "Bo", "⚠"))


async def test_status_in_a_channel_is_of_its_teams_account_and_in_private_of_all(bot: Bot) -> None:
    await connect(bot.pool)
    await connect(bot.pool, "umbrella", SECOND_TEAM)
    await link(bot.pool, account="umbrella", user="PU", name="Ada U")
    channel, chat = await bot.says_alone(said("status")), await bot.says(private("status"))
    assert "acme: not linked" in channel
    assert "umbrella" not in channel
    assert "acme: not linked" in chat
    assert "umbrella: you are **Ada U**" in chat


@pytest.mark.parametrize(
    ("refreshed_days", "authorized_days", "said_of_it"),
    [(23, 40, "Unless that works again"), (31, 40, "has run out"), (1, 366, "has run out")],
)
async def test_status_says_when_a_link_is_not_kept_alive(
    bot: Bot, refreshed_days: int, authorized_days: int, said_of_it: str
) -> None:
    await connect(bot.pool)
    await link(
        bot.pool,
        refreshed_ago=timedelta(days=refreshed_days),
        authorized_ago=timedelta(days=authorized_days),
    )
    answer = await bot.says(private("status"))
    assert "⚠" in answer
    assert said_of_it in answer


async def test_who_shares_a_pagerduty_user_hears_with_whom_in_private_alone(bot: Bot) -> None:
    await connect(bot.pool)
    await link(bot.pool)
    await link(bot.pool, BO_AAD)
    answer = await bot.says(private("status"))
    assert "Linked to the same user: **Bo Call**." in answer
    assert "more than one person" not in answer
    channel = await bot.says_alone(said("status"))
    assert "Bo Call" not in channel
    assert MORE_IN_PRIVATE in channel


async def test_an_admin_hears_which_users_several_people_share(bot: Bot) -> None:
    await connect(bot.pool)
    await connect(bot.pool, "umbrella", SECOND_TEAM)
    await link(bot.pool, user="PADMIN1", name="Ada")
    for person in (BO_AAD, "c0d00000-0000-4000-8000-000000000009"):
        await link(bot.pool, person, user="PSHARED", name="On *Call*")
        await link(bot.pool, person, "umbrella", user="PSHARED", name="Theirs")
    answer = await bot.says(private("status"))
    assert r"- **On \*Call\*** (acme): **Bo Call**, **c0d00000-0000-4000-8000-000000000009**" in answer
    assert "Theirs" not in answer, "they are no Admin of umbrella"
    channel = await bot.says_alone(said("status"))
    assert "Bo Call" not in channel
    assert MORE_IN_PRIVATE in channel
    await connect(bot.pool, authorized_by="PANOTHER")
    assert "Bo Call" not in await bot.says(private("status"))


@pytest.mark.parametrize(
    ("role", "hears"),
    [
        *(("owner", True), ("admin", True)),
        *((role, False) for role in ("user", "limited_user", "observer", "read_only_user", None)),
    ],
)
async def test_who_was_an_admin_when_they_linked_hears_which_users_several_people_share(
    bot: Bot, role: str | None, hears: bool
) -> None:
    await connect(bot.pool, authorized_by="PANOTHER")
    await connect(bot.pool, "umbrella", SECOND_TEAM, authorized_by=None)
    await link(bot.pool, user="PADMIN1", name="Ada", role=role)
    for person in (BO_AAD, "c0d00000-0000-4000-8000-000000000009"):
        await link(bot.pool, person, user="PSHARED", name="On *Call*", role="admin")
        await link(bot.pool, person, "umbrella", user="PSHARED", name="Theirs")
    answer = await bot.says(private("status"))
    assert ("(acme): **Bo Call**, **c0d00000-0000-4000-8000-000000000009**" in answer) is hears
    assert "Theirs" not in answer, "they are no Admin of umbrella"


# Who reads what in a channel or group chat

THREAD = said("")["conversation"]["id"]


async def answered(bot: Bot, whole: dict[str, Any], status: int) -> list[Told]:
    """The answer where Teams answers targeted messages with this status."""
    bot.connector.targeted_status = status
    await bot.pool.execute("UPDATE teams_tenant SET targeted_refused_at = NULL")
    return await bot.tells(whole)


def place_of(whole: dict[str, Any]) -> str:
    return str(whole["conversation"]["id"]).partition(";")[0]


@pytest.mark.parametrize("status", [200, 400, 403, 404, 405, 501])
@pytest.mark.parametrize("in_a", [said, in_group], ids=["channel", "group chat"])
async def test_what_comes_of_a_link_is_seen_by_its_person_alone(
    bot: Bot, gateway: RecordingGateway, in_a: Callable[[str], dict[str, Any]], status: int
) -> None:
    sent, nobody = plain(sentence_of(gateway.link_reply)), plain(NOBODY_SERVED)

    async def is_told(written: str, text: str) -> None:
        whole = in_a(written)
        to = "29:ada" if status == 200 else None
        assert await answered(bot, whole, status) == [Told(text, CHAT if to is None else place_of(whole), to)]

    await is_told("linkUser", nobody)
    await is_told("unlinkUser", NOT_LINKED)
    await connect(bot.pool)
    await is_told("linkUser", sent)
    assert gateway.asked_for_links[-1].offer.conversation is None, "the offer goes to the private chat"
    await is_told("linkUser nobody", plain(unknown_account_sentence(["acme"])))
    gateway.failure = TemporalUnavailable("down")
    await is_told("linkUser", UNREACHABLE)
    gateway.failure = Rejected("no")
    await is_told("linkUser", texts.NOT_DONE)
    await link(bot.pool)
    since = datetime.now(UTC)
    await is_told("linkUser", plain(linked_sentence(account="acme", name="Ada *Pager*", since=since)))
    await is_told("unlinkUser", unlinked_text(LinkedTo("acme", "Ada *Pager*")))
    await is_told("authorize 7K2MQ9XWTB4D", texts.NOT_HERE)


@pytest.mark.parametrize("status", [200, 400, 403, 404, 405, 501])
async def test_of_status_everybody_reads_how_the_team_stands_and_its_person_alone_their_own(
    bot: Bot, status: int
) -> None:
    await connect(bot.pool)
    await link(bot.pool)
    everybody, alone = sorted(
        await answered(bot, said("status"), status), key=lambda told: "You" in told.text
    )
    assert (everybody.place, everybody.to) == (THREAD, None)
    assert "Payments" in everybody.text
    assert not any(piece in everybody.text for piece in ("You", "Pager*", "linked"))
    assert (alone.place, alone.to) == ((place_of(said("")), "29:ada") if status == 200 else (CHAT, None))
    assert alone.text.startswith("**You** in PagerDuty:")
    assert r"**Ada \*Pager\***" in alone.text


async def test_a_tenant_that_refuses_is_not_asked_again_by_the_next_command(bot: Bot) -> None:
    bot.connector.targeted_status = 403
    for _ in range(2):
        (told,) = await bot.tells(said("unlinkUser"))
        assert told == Told(NOT_LINKED, CHAT, None)
    assert len([request for request in bot.connector.requests if is_targeted(request)]) == 1
    is_known = "SELECT targeted_refused_at IS NOT NULL FROM teams_tenant WHERE id = $1"
    assert await bot.pool.fetchval(is_known, TENANT)


async def test_what_everybody_may_know_is_said_in_the_thread(bot: Bot) -> None:
    for written in ("help", "help privacy", "help legacy", "open", "configure", "weather"):
        (told,) = await bot.tells(said(written))
        assert (told.place, told.to) == (THREAD, None)


async def test_whom_teams_does_not_name_is_answered_in_the_thread(bot: Bot) -> None:
    await connect(bot.pool)
    for written in ("linkUser", "unlinkUser"):
        told = await bot.tells(said(written) | {"from": {"id": "29:x"}})
        assert told == [Told(texts.NO_PERSON, THREAD, None)]


# help privacy


@pytest.mark.parametrize("written", ["help privacy", "HELP Privacy.", "help: privacy please"])
async def test_help_privacy_says_what_is_kept(bot: Bot, written: str) -> None:
    assert await bot.says(said(written)) == PRIVACY


async def test_help_with_anything_else_is_help(bot: Bot) -> None:
    for written in ("help", "help me", "help with privacy", "help not legacy"):
        assert await bot.says(private(written)) == texts.help_text()
    assert {"linkUser", "unlinkUser"} <= texts.SUMMARIES.keys()
    assert "help privacy" in texts.help_text()


# help legacy


@pytest.mark.parametrize("written", ["help legacy", "HELP Legacy!", "help: *legacy* app"])
async def test_help_legacy_says_how_to_come_from_the_other_apps(bot: Bot, written: str) -> None:
    assert await bot.says(said(written)) == LEGACY
    assert await bot.says(private(written, id="1700000000009")) == LEGACY
    assert "help legacy" in texts.help_text()
