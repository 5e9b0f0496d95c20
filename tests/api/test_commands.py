"""Commands through the whole edge: what is done, once, and what whoever wrote them is told, and where."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from api.bot import sightings
from api.bot.commands import handler
from muster.cards import commands as texts
from muster.cards.sentences import UNREACHABLE
from muster.cards.setup.sentences import sentence_of
from muster.cards.setup.status import NO_TEAMS
from muster.permissions import REQUIRED
from muster.security.sealing import KeyRing
from muster.store import accounts, link_offers, people, teams
from muster.store.link_offers import Ending, Offer, Spending
from muster.store.pool import Pool
from muster.temporal.attempts import Rejected, TemporalUnavailable
from tests.api.conftest import SERVICE_URL, BotFramework
from tests.api.team_bot import (
    CHANNEL,
    CHAT,
    MENTION,
    OTHER_TENANT,
    TEAM,
    Bot,
    Connector,
    RecordingGateway,
    bot_settings,
    said,
    serving_bot,
)
from tests.support.company import ADA_AAD, BO_AAD, TENANT
from tests.support.settings import KEYS
from workflows.person import Person
from workflows.team_setup.messages import KeyShown, Reply, SetupAnswer

pytestmark = pytest.mark.anyio

OTHER_TEAM = "19:other-team@thread.tacv2"
HOUR = timedelta(hours=1)
RING = KeyRing.parse(KEYS)


@pytest.fixture
def gateway() -> RecordingGateway:
    return RecordingGateway()


@pytest.fixture
def connector() -> Connector:
    return Connector()


@pytest.fixture
async def bot(
    database_url: str,
    pool: Pool,
    tmp_path: Path,
    gateway: RecordingGateway,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
    connector: Connector,
) -> AsyncIterator[Bot]:
    """The bot in a team that waits to be authorized, installed by Ada; another tenant has a team too."""
    settings = bot_settings(database_url, tmp_path)
    await accounts.write_configured(pool, settings.accounts.values(), settings.teams)
    await accounts.upsert_tenant(pool, id=OTHER_TENANT, name="Another")
    for id, tenant, name in ((TEAM, TENANT, "Payments"), (OTHER_TEAM, OTHER_TENANT, "Secrets")):
        await teams.first_seen(
            pool, id=id, tenant=tenant, name=name, aad_group_id=None, service_url=SERVICE_URL
        )
        await teams.note_step(pool, id, "authorizing")
        await teams.note_installer(pool, id, installer=ADA_AAD, chosen_channel=CHANNEL)
    await people.seen(pool, tenant=TENANT, aad_object_id=ADA_AAD, teams_id="29:ada", name="Ada Ops")
    async with serving_bot(settings, pool, gateway, framework, framework_pool, connector) as bot:
        yield bot


async def offer(pool: Pool, *, team: str = TEAM, tenant: str = TENANT, **changes: Any) -> tuple[Offer, str]:
    """An offer of a link, and its KEY."""
    given: dict[str, Any] = {"kind": "authorize", "account": "acme", "request": "1", "life": HOUR} | changes
    made = await link_offers.make(pool, RING, tenant=tenant, team=team, **given)
    key = await link_offers.open_key(pool, RING, made.id)
    assert key is not None
    return made, key


async def connect(pool: Pool, step: str = "consenting", team: str = TEAM, account: str = "acme") -> None:
    await pool.execute(
        "UPDATE team SET account = $2, step = $3, authorized_by = 'PADMIN1', authorized_name = 'Bo *Admin*',"
        " authorized_role = 'owner', authorized_at = '2026-11-28T10:00:00Z' WHERE id = $1",
        *(team, account, step),
    )


def private(text: str, **changes: Any) -> dict[str, Any]:
    return said(text, private=True, **changes)


def by(who: str) -> dict[str, Any]:
    return {"from": {"id": f"29:{who}", "name": "Somebody", "aadObjectId": who}}


# What is written, and where it is answered


@pytest.mark.pooler_too
async def test_a_command_in_a_channel_is_answered_in_its_thread(bot: Bot) -> None:
    text = await bot.says(said("<at>Muster</at>&nbsp;HELP", entities=[MENTION]))
    assert all(f"**{name}**" in text for name in texts.SUMMARIES)
    assert bot.connector.threads == [f"{CHANNEL};messageid=1700000000001"]


async def test_a_message_that_names_no_thread_begins_one(bot: Bot) -> None:
    place = {"id": CHANNEL, "conversationType": "channel", "tenantId": TENANT}
    await bot.says(said("help", conversation=place, id="1700000000009"))
    assert bot.connector.threads == [f"{CHANNEL};messageid=1700000000009"]


async def test_a_command_in_private_is_answered_there(bot: Bot) -> None:
    await bot.says(private("help"))
    assert bot.connector.threads == [CHAT]


async def test_a_card_that_somebody_shares_is_no_command_and_what_they_write_with_it_is(bot: Bot) -> None:
    card = {"attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": {}}]}
    assert await bot.tells(private("", **card)) == []
    assert await bot.says(private("help", **card)) == texts.help_text()


@pytest.mark.parametrize("text", ["", " ", "<at>Muster</at>"])
async def test_a_message_that_says_nothing_gets_help(bot: Bot, text: str) -> None:
    assert await bot.says(private(text)) == texts.help_text()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("staus", "status"),
        ("autorize 7K2MQ9XWTB4D", "authorize"),
        ("Hello, help!", "help"),
        ("please appconnect", "appconnect"),
        ("conect PSVC001", "connect"),
        ("disconect Checkout", "disconnect"),
        ("please disconnect Checkout", "disconnect"),
        ("lst", "list"),
        ("weather", None),
        ("x" * 20_000, None),
        ("x " * 10_000, None),
        ("👍", None),
    ],
)
@pytest.mark.parametrize("is_private", [True, False])
async def test_anything_else_gets_help_and_what_was_meant(
    bot: Bot, text: str, meant: str | None, is_private: bool
) -> None:
    answer = await bot.says(said(text, private=is_private))
    assert texts.help_text() in answer
    assert (f"Did you mean **{meant}**?" in answer) == (meant is not None)
    assert ("Did you mean" in answer) == (meant is not None)
    assert len(answer) < 2_000


async def test_what_somebody_wrote_is_quoted_and_marks_nothing_up(bot: Bot) -> None:
    answer = await bot.says(private("[x](https://evil.example) now"))
    assert "](https://evil" not in answer
    assert "<" not in (await bot.says(private("a&lt;b&gt;c")))


async def test_a_form_of_a_card_is_answered(bot: Bot) -> None:
    whole = private("", value={"choice": "authorize"}) | {"text": None}
    assert await bot.says(whole) == texts.NO_FORMS


# Once


async def test_a_command_that_comes_again_is_not_done_again(bot: Bot, gateway: RecordingGateway) -> None:
    _, key = await offer(bot.pool)
    whole = private(f"authorize {key}")
    await bot.says(whole)
    for again in (whole, whole | {"timestamp": "2026-11-28T10:00:30Z"}):
        await bot.hears(again)
    assert (len(gateway.asked), len(bot.connector.texts)) == (1, 1)
    await bot.says(whole | {"id": "another"})
    assert len(gateway.asked) == 2
    assert len({one.pressed.key for one in gateway.asked}) == 2


@pytest.mark.pooler_too
async def test_a_command_that_comes_twice_at_once_is_done_once(bot: Bot, gateway: RecordingGateway) -> None:
    _, key = await offer(bot.pool)
    whole = private(f"authorize {key}")
    await asyncio.gather(*(bot.hears(whole) for _ in range(5)))
    assert (len(gateway.asked), len(bot.connector.texts)) == (1, 1)


async def test_an_answer_that_cannot_be_sent_is_not_done_again(
    bot: Bot, gateway: RecordingGateway, connector: Connector
) -> None:
    _, key = await offer(bot.pool)
    connector.status = 403
    whole = private(f"authorize {key}")
    for _ in range(2):
        await bot.hears(whole)
    assert len(gateway.asked) == 1


async def test_a_connector_that_hangs_holds_no_command_until_it_comes_again(
    bot: Bot, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The longest that one may take is less than the 15 s after which Teams delivers again."""
    longest = handler._TAKEN_WITHIN + handler._ANSWERED_WITHIN + handler._SENT_WITHIN + sightings.WITHIN
    assert longest <= 15
    monkeypatch.setattr(handler, "_SENT_WITHIN", 0.2)
    connector.answering.clear()
    async with asyncio.timeout(5):
        await bot.hears(private("help"))
    connector.answering.set()


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (TemporalUnavailable("down"), UNREACHABLE),
        (TimeoutError(), UNREACHABLE),
        (Rejected("no"), texts.NOT_DONE),
        (RuntimeError("a bug"), texts.NOT_DONE),
    ],
)
async def test_a_command_that_cannot_be_done_says_so(
    bot: Bot, gateway: RecordingGateway, failure: Exception, text: str
) -> None:
    _, key = await offer(bot.pool)
    gateway.failure = failure
    assert await bot.says(private(f"authorize {key}")) == text


# authorize


@pytest.mark.parametrize(
    "written",
    ["{}", "<{}>", "{} ", "`{}`", "the key {} please", "**{}**.", "&lt;{}&gt;", "&nbsp;{}"],
)
async def test_a_key_asks_its_teams_set_up_for_the_card(
    bot: Bot, gateway: RecordingGateway, written: str
) -> None:
    made, key = await offer(bot.pool)
    whole = private("authorize " + written.format(key), **by(BO_AAD))
    answer = await bot.says(whole)
    assert answer == texts.plain_sentence(sentence_of(SetupAnswer(reply="sent_privately")))
    (asked,) = gateway.asked
    assert (asked.start.key, asked.update, asked.update_id) == ("payments", "authorize", asked.pressed.key)
    assert asked.start.deadlines.link == 1800
    assert asked.pressed.person == Person(aad_object_id=BO_AAD, teams_id=f"29:{BO_AAD}", name="Somebody")
    assert (asked.pressed.offer, asked.pressed.message) == (made.id, None)
    assert asked.pressed.correlation == whole["id"]
    assert key not in asked.pressed.model_dump_json()


async def test_a_key_in_groups_and_in_small_letters_is_the_key(bot: Bot, gateway: RecordingGateway) -> None:
    made, key = await offer(bot.pool)
    for written in (key.lower(), f"{key[:4]}-{key[4:8]}-{key[8:]}", f"{key[:4]} {key[4:8]} {key[8:]}"):
        await bot.says(private(f"authorize {written}"))
    assert [asked.pressed.offer for asked in gateway.asked] == [made.id] * 3


@pytest.mark.parametrize("reply", get_args(Reply))
async def test_every_answer_of_the_set_up_is_said(bot: Bot, gateway: RecordingGateway, reply: Reply) -> None:
    _, key = await offer(bot.pool)
    gateway.reply = SetupAnswer(reply=reply, to="um_brella")
    answer = await bot.says(private(f"authorize {key}"))
    assert answer == texts.plain_sentence(sentence_of(gateway.reply))


async def test_an_answer_that_does_not_come_is_said(bot: Bot, gateway: RecordingGateway) -> None:
    _, key = await offer(bot.pool)
    gateway.reply = None
    assert "working on it" in await bot.says(private(f"authorize {key}"))


@pytest.mark.parametrize("kind", ["channel", "groupChat", None])
async def test_a_key_in_a_channel_is_refused_and_dies(
    bot: Bot, gateway: RecordingGateway, kind: str | None
) -> None:
    made, key = await offer(bot.pool)
    whole = said(f"<at>Muster</at> authorize {key}")
    if kind == "groupChat":
        whole |= {"conversation": {"id": "19:group@thread.v2", "conversationType": kind}}
        whole |= {"channelData": {"tenant": {"id": TENANT}}}
    if kind is None:
        whole["conversation"] = {"id": CHANNEL}
    assert await bot.says(whole) == texts.NOT_HERE
    shown = await link_offers.find(bot.pool, made.id)
    assert shown is not None
    assert (shown.state, gateway.asked) == ("shown", [])
    assert await bot.says(private(f"authorize {key}")) == texts.KEY_SHOWN


@pytest.mark.parametrize(
    "written",
    [
        "authorize {}",
        "authorize:{}",
        "autorize {}",
        "{}",
        "help {}",
        "status, and the key is {}.",
        "what is `{}`?",
        "<a href='https://x.example'>{}</a>",
    ],
)
@pytest.mark.parametrize("groups", [False, True])
async def test_a_key_that_a_channel_reads_dies_whatever_is_asked_for(
    bot: Bot, gateway: RecordingGateway, written: str, groups: bool
) -> None:
    made, key = await offer(bot.pool)
    shown = f"{key[:4]}-{key[4:8]}-{key[8:]}" if groups else key
    whole = said(f"<at>Muster</at> {written.format(shown)}")
    answer = await bot.says(whole)
    assert await state_of(bot.pool, made) == "shown"
    ((start, signal, told),) = gateway.signals
    assert (start.key, signal, told) == (
        "payments",
        "key_shown",
        KeyShown(offer=made.id, correlation=whole["id"]),
    )
    assert not any(piece.casefold() in answer.casefold() for piece in (key, key[:4]))


@pytest.mark.parametrize("failure", [TemporalUnavailable("down"), Rejected("no"), TimeoutError()])
async def test_a_key_dies_and_the_sentence_is_said_where_its_set_up_cannot_be_told(
    bot: Bot, gateway: RecordingGateway, failure: Exception
) -> None:
    made, key = await offer(bot.pool)
    gateway.failure = failure
    assert await bot.says(said(f"authorize {key}")) == texts.NOT_HERE
    assert await state_of(bot.pool, made) == "shown"


async def test_a_key_of_another_tenant_lives_on(bot: Bot, gateway: RecordingGateway) -> None:
    made, key = await offer(bot.pool, team=OTHER_TEAM, tenant=OTHER_TENANT)
    assert await bot.says(said(f"authorize {key}")) == texts.NOT_HERE
    assert (await state_of(bot.pool, made), gateway.signals) == ("open", [])


@pytest.mark.parametrize("written", ["{}", "authorise/{}", "authorise{}", "x={}", "x.{}"])
@pytest.mark.parametrize("groups", ["", "-", " "])
@pytest.mark.parametrize("is_private", [True, False])
async def test_no_answer_quotes_a_key(bot: Bot, written: str, groups: str, is_private: bool) -> None:
    _, key = await offer(bot.pool)
    shown = groups.join((key[:4], key[4:8], key[8:]))
    answer = await bot.says(said(written.format(shown), private=is_private))
    assert texts.help_text() in answer
    assert not any(piece.casefold() in answer.casefold() for piece in (key, key[:4], key[8:]))


async def test_what_is_no_key_is_quoted(bot: Bot) -> None:
    assert "“weather”" in await bot.says(said("weather"))


async def state_of(pool: Pool, made: Offer) -> str:
    found = await link_offers.find(pool, made.id)
    assert found is not None
    return found.state


@pytest.mark.parametrize("argument", ["", "7K2MQ9XWTB4D", "x" * 5_000])
async def test_in_a_channel_nobody_learns_what_is_a_key(bot: Bot, argument: str) -> None:
    assert await bot.says(said(f"authorize {argument}")) == texts.NOT_HERE


async def test_a_key_of_another_tenant_names_nothing_of_it(bot: Bot, gateway: RecordingGateway) -> None:
    _, key = await offer(bot.pool, team=OTHER_TEAM, tenant=OTHER_TENANT)
    answer = await bot.says(private(f"authorize {key}"))
    assert answer == texts.KEY_FOREIGN
    assert "Secrets" not in answer
    assert gateway.asked == []


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        ("replaced", texts.KEY_REPLACED),
        ("removed", texts.KEY_OF_REMOVED_TEAM),
        ("shown", texts.KEY_SHOWN),
    ],
)
async def test_a_key_that_was_ended_says_why(
    bot: Bot, gateway: RecordingGateway, ending: Ending, text: str
) -> None:
    made, key = await offer(bot.pool)
    await link_offers.end(bot.pool, made.id, ending)
    assert await bot.says(private(f"authorize {key}")) == text
    assert gateway.asked == []


async def test_a_key_that_has_expired_or_is_spent_says_so(bot: Bot, gateway: RecordingGateway) -> None:
    _, late = await offer(bot.pool, life=timedelta(0))
    made, used = await offer(bot.pool, request="2")
    spending = Spending(account="acme", user="PADMIN1", name="Bo", role="owner")
    await link_offers.spend(bot.pool, made.id, spending, b"flow")
    await bot.pool.execute("UPDATE link_offer SET ended_at = NULL, ended_as = NULL")
    assert await bot.says(private(f"authorize {late}")) == texts.KEY_EXPIRED
    assert await bot.says(private(f"authorize {used}")) == texts.KEY_SPENT
    assert gateway.asked == []


async def test_a_fifth_wrong_key_has_to_wait_and_so_has_what_follows(
    bot: Bot, gateway: RecordingGateway
) -> None:
    made, key = await offer(bot.pool)
    wrong = [await bot.says(private("authorize 7K2MQ9XWTB4D")) for _ in range(6)]
    assert wrong == [texts.KEY_WRONG] * 4 + [texts.KEY_WAIT] * 2
    assert await bot.says(private(f"authorize {key}")) == texts.KEY_WAIT
    assert gateway.asked == []
    assert await bot.says(private(f"authorize {key}", **by(BO_AAD))) != texts.KEY_WAIT, "they wait alone"
    await bot.pool.execute("UPDATE wrong_key SET written_at = written_at - interval '15 minutes'")
    await bot.says(private(f"authorize {key}"))
    assert [asked.pressed.offer for asked in gateway.asked] == [made.id] * 2


async def test_good_keys_and_those_that_were_good_count_as_no_wrong_ones(
    bot: Bot, gateway: RecordingGateway
) -> None:
    made, key = await offer(bot.pool)
    for _ in range(7):
        await bot.says(private(f"authorize {key}"))
    await link_offers.end(bot.pool, made.id, "replaced")
    for _ in range(7):
        assert await bot.says(private(f"authorize {key}")) == texts.KEY_REPLACED
    assert await bot.says(private("authorize")) == texts.NO_KEY
    assert await bot.pool.fetchval("SELECT count(*) FROM wrong_key") == 0


@pytest.mark.pooler_too
async def test_wrong_keys_at_once_are_counted_one_by_one(bot: Bot) -> None:
    _, foreign = await offer(bot.pool, team=OTHER_TEAM, tenant=OTHER_TENANT)
    await asyncio.gather(*(bot.hears(private(f"authorize {foreign}")) for _ in range(12)))
    assert sorted(bot.connector.texts) == sorted([texts.KEY_FOREIGN] * 4 + [texts.KEY_WAIT] * 8)


async def test_somebody_whom_teams_does_not_name_cannot_authorize(
    bot: Bot, gateway: RecordingGateway
) -> None:
    _, key = await offer(bot.pool)
    assert await bot.says(private(f"authorize {key}") | {"from": {"id": "29:x"}}) == texts.NO_PERSON
    assert gateway.asked == []


# appconnect


async def test_appconnect_in_a_channel_is_for_its_team(bot: Bot, gateway: RecordingGateway) -> None:
    assert await bot.says(said("appconnect")) == texts.NOT_AUTHORIZED
    await connect(bot.pool)
    await bot.says(said("appconnect", **by(BO_AAD)))
    (asked,) = gateway.asked
    assert (asked.start.key, asked.update, asked.pressed.offer) == ("payments", "appconnect", None)
    assert asked.pressed.person.aad_object_id == BO_AAD


async def test_appconnect_in_private_is_for_a_team_that_waits_for_it(
    bot: Bot, gateway: RecordingGateway
) -> None:
    assert await bot.says(private("appconnect")) == texts.NOTHING_TO_CONNECT
    assert gateway.asked == []
    for name, step in (("Aardvark", "complete"), ("Zebra", "consenting")):
        await teams.first_seen(
            bot.pool, id=f"19:{name}", tenant=TENANT, name=name, aad_group_id=None, service_url=SERVICE_URL
        )
        await connect(bot.pool, step, f"19:{name}")
    await bot.says(private("appconnect"))
    await teams.note_step(bot.pool, "19:Zebra", "complete")
    await bot.says(private("appconnect"))
    assert [asked.start.key for asked in gateway.asked] == ["zebra", "aardvark"]


# open, configure, status


async def test_open_links_the_teams_account_and_all_of_the_tenant_elsewhere(bot: Bot) -> None:
    acme, umbrella = "https://acme.pagerduty.com", "https://umbrella.eu.pagerduty.com"
    for whole in (private("open"), said("open")):
        answer = await bot.says(whole)
        assert acme in answer
        assert umbrella in answer
    await connect(bot.pool, account="umbrella")
    answer = await bot.says(said("open"))
    assert f"]({umbrella})" in answer
    assert acme not in answer


async def test_configure_says_what_can_be_done(bot: Bot) -> None:
    assert await bot.says(private("configure")) == texts.CONFIGURE
    assert all(f"**{name}**" in texts.CONFIGURE for name in ("connect", "disconnect", "list"))


async def test_status_before_the_authorization_says_who_can_go_on(bot: Bot) -> None:
    answer = await bot.says(said("status"))
    assert answer.startswith("**Payments**: waits for a PagerDuty Admin")
    assert "Installed by **Ada Ops**" in answer
    assert "Account Owner or Global Admin" in answer
    assert "ermission" not in answer


async def test_status_while_an_account_is_chosen_names_the_accounts(bot: Bot) -> None:
    await teams.note_step(bot.pool, TEAM, "choosing")
    answer = await bot.says(said("status"))
    assert "An account has to be chosen (acme, umbrella). **Ada Ops** can do it" in answer


async def test_status_after_the_authorization_says_by_whom_and_which_permissions_are_missing(
    bot: Bot,
) -> None:
    await connect(bot.pool)
    unread = await bot.says_to_all(said("status"))
    assert (
        r"Authorized for acme by **Bo \*Admin\*** (Account Owner) on 28 November 2026, 10:00 UTC." in unread
    )
    assert "Nobody has looked yet" in unread
    await accounts.note_roles(bot.pool, TENANT, REQUIRED[1:])
    partial = await bot.says_to_all(said("status"))
    assert f"missing: **{REQUIRED[0]}**." in partial
    assert REQUIRED[1] not in partial
    assert "Privileged Role or Global Administrator" in partial
    await accounts.note_roles(bot.pool, TENANT, [*REQUIRED, "Chat.Read.All"])
    assert "permissions are granted." in await bot.says_to_all(said("status"))


async def test_status_of_a_team_without_the_app_says_so(bot: Bot) -> None:
    await bot.pool.execute("UPDATE team SET removed_at = now(), membership_at = now() + interval '1 hour'")
    assert "not in this team any more" in await bot.says_to_all(said("status"))
    assert await bot.says(private("status")) == NO_TEAMS


async def test_status_in_private_lists_the_tenants_own_teams(bot: Bot) -> None:
    await connect(bot.pool)
    for number in range(40):
        await teams.first_seen(
            bot.pool,
            id=f"19:{number}",
            tenant=TENANT,
            name=f"Q {number:02} *x*",
            aad_group_id=None,
            service_url=SERVICE_URL,
        )
    answer = await bot.says(private("status"))
    assert "- **Payments**: connected to PagerDuty (acme)" in answer
    assert r"- **Q 00 \*x\***: waits for a PagerDuty Admin" in answer
    assert "… and 11 more" in answer
    assert "Secrets" not in answer
    assert len(answer.encode()) < 20_000
