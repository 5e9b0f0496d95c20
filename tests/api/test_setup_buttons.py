"""Buttons of a set-up's cards: whose card it is, what its set-up is asked, what whoever pressed is told."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

from api.gateway import Gateway
from muster.cards.commands import NO_PERSON
from muster.cards.sentences import UNKNOWN_BUTTON, UNREACHABLE, WORKS_NO_MORE
from muster.cards.setup.sentences import INCOMPLETE_BUTTON, NOT_OUR_MESSAGE, WORKING, sentence_of
from muster.store import accounts, teams
from muster.store.pool import Pool
from muster.temporal.attempts import Rejected, TemporalUnavailable
from tests.api.conftest import SERVICE_URL, BotFramework
from tests.api.team_bot import (
    CHANNEL,
    CHAT,
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
from worker import workflow_runner
from workflows.team_setup.messages import Pressed, Reply, SetupAnswer, Start
from workflows.team_setup.workflow_type import BUTTONS, RENEW, TEAM_SETUP
from workflows.verbs.registry import VERBS

pytestmark = pytest.mark.anyio

MESSAGE = "1700000000001"
HINT = {"team": TEAM, "notice": "installer/1"}


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
    """The bot, after the installer's card of its team was sent to Ada."""
    settings = bot_settings(database_url, tmp_path)
    await known(pool)
    async with serving_bot(settings, pool, gateway, framework, framework_pool, Connector()) as bot:
        yield bot


async def known(pool: Pool, name: str = "Payments") -> None:
    for tenant in (TENANT, OTHER_TENANT):
        await accounts.upsert_tenant(pool, id=tenant, name="Acme")
    for id, tenant, called in ((TEAM, TENANT, name), ("19:theirs", OTHER_TENANT, "Theirs")):
        await teams.first_seen(
            pool, id=id, tenant=tenant, name=called, aad_group_id=None, service_url=SERVICE_URL
        )


async def notice(pool: Pool, subject: str = "setup/payments", name: str = "installer/1") -> None:
    """A notice whose message its row knows."""
    await begun(pool, subject, name)
    await pool.execute("UPDATE notice SET conversation = $1, activity_id = $2", CHAT, MESSAGE)


async def begun(
    pool: Pool, subject: str = "setup/payments", name: str = "installer/1", recipient: str = ADA_AAD
) -> None:
    """A notice whose post is under way."""
    await pool.execute(
        "INSERT INTO notice (subject, name, recipient, tenant, intent_marker, intent_at)"
        " VALUES ($1, $2, $3, $4, 'marker', now())",
        *(subject, name, recipient, TENANT),
    )


@pytest.mark.parametrize("verb", BUTTONS)
async def test_a_button_asks_the_set_up_whose_card_it_is_on(
    bot: Bot, gateway: RecordingGateway, verb: str
) -> None:
    await notice(bot.pool, name="installer/7")
    whole = button(verb, MESSAGE, **HINT | {"team": "19:another", "account": "ACME"})
    told = await bot.clicks(whole)
    assert told == sentence_of(SetupAnswer(reply="sent_privately"))
    (asked,) = gateway.asked
    assert (asked.start.key, asked.start.deadlines.link, asked.update) == ("payments", 1800, verb)
    pressed = asked.pressed
    assert (pressed.message, pressed.notice, pressed.account) == (MESSAGE, "installer/7", "acme")
    assert (pressed.person.aad_object_id, pressed.correlation) == (ADA_AAD, whole["id"])
    assert asked.update_id.startswith(pressed.key)


@pytest.mark.pooler_too
async def test_a_card_whose_row_is_late_is_known_by_what_its_button_says(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await begun(bot.pool)
    await bot.clicks(button("renew", MESSAGE, **HINT))
    (asked,) = gateway.asked
    assert (asked.start.key, asked.pressed.notice, asked.pressed.account) == ("payments", "installer/1", None)


async def test_a_card_for_all_is_known_by_what_its_button_says(bot: Bot, gateway: RecordingGateway) -> None:
    await begun(bot.pool, name="howto", recipient=CHANNEL)
    public = {"conversation": {"id": f"{CHANNEL};messageid=1", "conversationType": "channel"}}
    await bot.clicks(button("renew", MESSAGE, **HINT | {"notice": "howto"}) | public)
    (asked,) = gateway.asked
    assert (asked.start.key, asked.pressed.notice) == ("payments", "howto")


@pytest.mark.parametrize(
    ("subject", "name", "recipient", "changes"),
    [
        ("setup/payments", "installer/1", BO_AAD, {}),
        ("setup/payments", "installer/2", ADA_AAD, {}),
        ("setup/theirs", "installer/1", ADA_AAD, {}),
        ("setup/payments", "installer/1", CHANNEL, {}),
        ("setup/payments", "installer/1", ADA_AAD, {"conversation": {"id": CHANNEL}}),
        ("setup/payments", "installer/1", CHANNEL, {"conversation": {"id": "19:elsewhere"}}),
    ],
)
async def test_a_button_that_names_somebody_elses_notice_is_not_acted_on(
    bot: Bot,
    gateway: RecordingGateway,
    subject: str,
    name: str,
    recipient: str,
    changes: dict[str, Any],
) -> None:
    await begun(bot.pool, subject, name, recipient)
    assert await bot.clicks(button("renew", MESSAGE, **HINT) | changes) == NOT_OUR_MESSAGE
    assert gateway.asked == []


@pytest.mark.parametrize(
    ("subject", "team"),
    [
        (None, "19:nobodys"),
        (None, "19:theirs"),
        ("setup/theirs", TEAM),
        ("setup/nobody", TEAM),
        ("link/x", TEAM),
    ],
)
async def test_a_card_that_is_none_of_the_tenants_is_not_acted_on(
    bot: Bot, gateway: RecordingGateway, subject: str | None, team: str
) -> None:
    if subject is not None:
        await notice(bot.pool, subject)
    else:
        await begun(bot.pool, "setup/theirs")
    assert await bot.clicks(button("renew", MESSAGE, **HINT | {"team": team})) == NOT_OUR_MESSAGE
    assert gateway.asked == []


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"team": TEAM},
        {"notice": "installer/1"},
        HINT | {"team": 5},
        HINT | {"team": "19:x y"},
        HINT | {"notice": ""},
        HINT | {"notice": "x" * 5_000},
        HINT | {"notice": "a\nb"},
        HINT | {"notice": {}},
        HINT | {"account": "a b"},
        HINT | {"account": 5},
    ],
)
async def test_a_button_that_lacks_something_is_not_acted_on(
    bot: Bot, gateway: RecordingGateway, data: dict[str, Any]
) -> None:
    assert await bot.clicks(button("choose_account", MESSAGE, **data)) == INCOMPLETE_BUTTON
    assert gateway.asked == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"id": None}, INCOMPLETE_BUTTON),
        ({"replyToId": None}, INCOMPLETE_BUTTON),
        ({"from": {"id": "29:x"}}, NO_PERSON),
    ],
)
async def test_a_click_that_lacks_something_is_not_acted_on(
    bot: Bot, gateway: RecordingGateway, changes: dict[str, Any], told: str
) -> None:
    assert await bot.clicks(button("renew", MESSAGE, **HINT) | changes) == told
    assert gateway.asked == []


@pytest.mark.parametrize(
    "verb", ["authorize", "authorized", "consent_returned", "appconnect", "installed", "x"]
)
async def test_what_is_no_button_cannot_be_asked_for(bot: Bot, gateway: RecordingGateway, verb: str) -> None:
    assert await bot.clicks(button(verb, MESSAGE, **HINT)) == UNKNOWN_BUTTON
    assert gateway.asked == []


def test_no_button_has_two_meanings() -> None:
    assert not BUTTONS.keys() & VERBS.keys()


@pytest.mark.parametrize("reply", get_args(Reply))
async def test_every_answer_of_the_set_up_is_a_sentence(
    bot: Bot, gateway: RecordingGateway, reply: Reply
) -> None:
    await begun(bot.pool)
    gateway.reply = SetupAnswer(reply=reply, to="acme")
    told = await bot.clicks(button("renew", MESSAGE, **HINT))
    assert told == sentence_of(gateway.reply)
    assert len(told) > 10


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
    await begun(bot.pool)
    gateway.reply, gateway.failure = None, failure
    assert await bot.clicks(button("renew", MESSAGE, **HINT)) == told


async def test_a_click_is_one_however_often_it_comes_and_another_is_another(
    bot: Bot, gateway: RecordingGateway
) -> None:
    for name, recipient in (("installer/1", ADA_AAD), ("installer/2", ADA_AAD), ("installer/1", BO_AAD)):
        await begun(bot.pool, name=name, recipient=recipient)
    same = button("choose_account", MESSAGE, **HINT, account="acme")
    another_person = same | {"from": {"id": "29:bo", "aadObjectId": BO_AAD}}
    clicks = [
        same,
        same | {"id": "f:again"},
        another_person,
        button("choose_account", MESSAGE, **HINT, account="umbrella"),
        button("choose_account", "1700000000002", **HINT, account="acme"),
        button("renew", MESSAGE, **HINT, account="acme"),
        button("choose_account", MESSAGE, **HINT | {"notice": "installer/2"}, account="acme"),
    ]
    for click in clicks:
        await bot.clicks(click)
    keys = [asked.pressed.key for asked in gateway.asked]
    assert keys[0] == keys[1]
    assert len(set(keys)) == len(clicks) - 1
    assert len({asked.update_id for asked in gateway.asked}) == len(clicks)


@workflow.defn(name=TEAM_SETUP.name)
class AnswersOnce:
    """A set-up that answers each click by how many it has handled."""

    def __init__(self) -> None:
        self._handled: list[str] = []

    @workflow.run
    async def run(self, start: Start) -> str:
        await workflow.wait_condition(lambda: len(self._handled) == 2)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return start.team

    @workflow.update(name=RENEW.name)
    async def renew(self, pressed: Pressed) -> SetupAnswer:
        if pressed.key not in self._handled:
            self._handled.append(pressed.key)
        return SetupAnswer(reply="already_connected", to=f"{len(self._handled)}")


async def test_a_click_reaches_its_set_up_through_temporal(
    client: Client,
    database_url: str,
    pool: Pool,
    tmp_path: Path,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
) -> None:
    settings, queue = bot_settings(database_url, tmp_path), f"q-{uuid.uuid4().hex[:8]}"
    await known(pool, f"Team {uuid.uuid4().hex[:8]}")
    team = await teams.find(pool, TEAM)
    assert team is not None
    setup = Worker(
        client,
        task_queue=queue,
        workflows=[AnswersOnce],
        workflow_runner=workflow_runner(sandboxed=False),
        graceful_shutdown_timeout=timedelta(0),
    )
    gateway = Gateway(client, task_queue=queue)
    click = button("renew", MESSAGE, **HINT)
    await begun(pool, f"setup/{team.key}")
    async with (
        setup,
        serving_bot(settings, pool, gateway, framework, framework_pool, Connector()) as bot,
    ):
        told = [await bot.clicks(click | {"id": id}) for id in ("f:1", "f:1", "f:2")]
        assert told == [sentence_of(SetupAnswer(reply="already_connected", to="1"))] * 3
        await bot.clicks(button("renew", "1700000000002", **HINT))
        handle = client.get_workflow_handle(f"setup/{team.key}")
        assert await handle.result() == TEAM
