"""What Teams tells of a team: which event it is, whose it is, and that it is never half done."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs
from temporalio.client import Client

from api.gateway import Gateway
from muster.seed import seed
from muster.store import accounts, teams
from muster.store.pool import Pool, open_pool
from muster.temporal.attempts import Rejected, TemporalUnavailable
from muster.temporal.client import connect
from tests.api.conftest import APP_ID, SERVICE_URL, BotFramework
from tests.api.outage import line_to
from tests.api.team_bot import (
    CHANNEL,
    CHAT,
    GROUP,
    OTHER_TENANT,
    TEAM,
    Bot,
    Connector,
    RecordingGateway,
    activity,
    bot_settings,
    event,
    installation,
    roster,
    said,
    serving_bot,
    with_channel_data,
)
from tests.support.company import ADA_AAD, OPS, TENANT, company
from tests.support.company import TEAM as KNOWN_TEAM
from tests.support.settings import database_at, settings_for
from workflows.ids import TeamSetupId
from workflows.person import Person
from workflows.team_setup.messages import TeamEvent
from workflows.team_setup.workflow_type import TEAM_EVENTS

pytestmark = pytest.mark.anyio

ADA = Person(aad_object_id=ADA_AAD, teams_id="29:ada", name="Ada Ops")
AT = datetime(2026, 11, 28, 10, 0, 0, 123000, tzinfo=UTC)
BOT_ID = f"28:{APP_ID}"


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
    """The bot of a tenant in which no team is known."""
    settings = bot_settings(database_url, tmp_path)
    await accounts.write_configured(pool, settings.accounts.values(), settings.teams)
    async with serving_bot(settings, pool, gateway, framework, framework_pool, connector) as bot:
        yield bot


async def keys(pool: Pool) -> list[str]:
    return [row["key"] for row in await pool.fetch("SELECT key FROM team ORDER BY key")]


# Installed and removed


@pytest.mark.pooler_too
async def test_an_installation_makes_the_teams_row_and_tells_its_set_up(
    bot: Bot, gateway: RecordingGateway
) -> None:
    whole = installation()
    await bot.hears(whole)
    ((start, signal, told),) = gateway.signals
    assert (start.tenant, start.team, start.key, start.name) == (TENANT, TEAM, "payments", "Payments")
    assert start.deadlines.link == 1800
    assert (signal, told) == (
        "installed",
        TeamEvent(event="installed", activity=whole["id"], at=AT, person=ADA, channel=CHANNEL),
    )
    team = await teams.find(bot.pool, TEAM)
    assert team is not None
    assert (team.key, team.service_url, team.account) == ("payments", SERVICE_URL, None)
    assert await bot.pool.fetchval("SELECT aad_group_id FROM team") == GROUP
    assert bot.connector.requests == []


@pytest.mark.parametrize("order", [[0, 1], [1, 0], [0, 0, 1, 1], [0], [1]])
async def test_the_twin_events_are_one_signals_name_in_any_order_and_number(
    bot: Bot, gateway: RecordingGateway, order: list[int]
) -> None:
    twins = [installation(), roster()]
    for which in order:
        await bot.hears(twins[which])
    assert [signal for _, signal, _ in gateway.signals] == ["installed"] * len(order)
    assert {start.key for start, _, _ in gateway.signals} == {"payments"}
    assert await keys(bot.pool) == ["payments"]


INSTALLED_OR_REMOVED = {
    "add": (installation("add"), "installed"),
    "in capitals": (installation("Add"), "installed"),
    "remove": (installation("remove"), "removed"),
    "upgrade": (installation("add-upgrade"), None),
    "upgrade, old version": (installation("remove-upgrade"), None),
    "no action": (installation() | {"action": None}, None),
    "unknown action": (installation("adopt"), None),
    "bot came": (roster(), "installed"),
    "bot came with others": (roster(members=("29:bo", BOT_ID.upper(), "29:cy")), "installed"),
    "others came": (roster(members=("29:bo", "29:cy")), None),
    "nobody came": (roster(members=()), None),
    "bot went": (roster(removed=True), "removed"),
    "others went": (roster(removed=True, members=("29:bo",)), None),
    "bot came, no type": (with_channel_data(roster(), eventType=None), "installed"),
    "bot went, no type": (with_channel_data(roster(removed=True), eventType=None), "removed"),
    "bot went from a channel": (
        with_channel_data(roster(removed=True), eventType="channelMemberRemoved"),
        None,
    ),
    "bot came into a channel": (with_channel_data(roster(), eventType="channelMemberAdded"), None),
}


@pytest.mark.parametrize("case", INSTALLED_OR_REMOVED)
async def test_who_came_and_went(bot: Bot, gateway: RecordingGateway, case: str) -> None:
    whole, expected = INSTALLED_OR_REMOVED[case]
    await bot.hears(whole)
    assert [signal for _, signal, _ in gateway.signals] == ([expected] if expected else [])
    assert await keys(bot.pool) == (["payments"] if expected else [])
    assert bot.connector.requests == [], "nobody is looked up"


@pytest.mark.parametrize(
    ("whole", "channel"),
    [
        (installation(), CHANNEL),
        (with_channel_data(installation(), settings=None), CHANNEL),
        (with_channel_data(installation(), settings={"selectedChannel": 5}), CHANNEL),
        (with_channel_data(roster(), settings={"selectedChannel": {"id": CHANNEL}}), CHANNEL),
        (roster(), None),
        (installation("remove"), None),
    ],
)
async def test_the_chosen_channel_is_told(
    bot: Bot, gateway: RecordingGateway, whole: dict[str, Any], channel: str | None
) -> None:
    await bot.hears(whole)
    assert [told.channel for _, _, told in gateway.signals] == [channel]


async def test_an_installation_by_nobody_names_nobody(bot: Bot, gateway: RecordingGateway) -> None:
    await bot.hears(installation() | {"from": {"id": "29:policy"}})
    assert [told.person for _, _, told in gateway.signals] == [None]
    assert await bot.pool.fetchval("SELECT count(*) FROM person") == 0


async def test_an_event_without_a_time_happened_now(bot: Bot, gateway: RecordingGateway) -> None:
    before = datetime.now(UTC)
    await bot.hears(installation() | {"timestamp": None})
    assert before <= gateway.signals[0][2].at <= datetime.now(UTC)


async def test_times_are_compared_whatever_zone_they_are_told_in(bot: Bot, gateway: RecordingGateway) -> None:
    for timestamp in ("2026-11-28T12:00:00.123+02:00", "2026-11-28T10:00:00.123"):
        await bot.hears(installation() | {"timestamp": timestamp})
    assert [told.at for _, _, told in gateway.signals] == [AT, AT]


# Other events


@pytest.mark.parametrize("name", sorted(set(TEAM_EVENTS) - {"installed", "removed"}))
@pytest.mark.parametrize("spelled", [str, str.lower, str.upper])
async def test_an_event_travels_under_teams_own_name_however_it_is_spelled(
    bot: Bot, gateway: RecordingGateway, name: str, spelled: Any
) -> None:
    """Of a team that nobody told of, too: its set-up starts."""
    await bot.hears(event(spelled(name), channel={"id": "19:about@thread.tacv2", "name": "ops"}))
    ((start, signal, told),) = gateway.signals
    assert (start.key, signal, told.event) == ("payments", name, name)
    assert told.channel == "19:about@thread.tacv2"
    assert told.name == ("Payments" if name == "teamRenamed" else "ops")


@pytest.mark.parametrize(
    "event_type", ["installed", "removed", "teamMemberAdded", "channelShared", "x", None]
)
async def test_an_event_that_is_none_of_them_changes_nothing(
    bot: Bot, gateway: RecordingGateway, event_type: str | None
) -> None:
    await bot.hears(with_channel_data(event("x"), eventType=event_type))
    assert (gateway.signals, await keys(bot.pool)) == ([], [])


@pytest.mark.parametrize("event_type", ["channelShared", "teamMerged"])
async def test_an_unknown_event_is_logged(bot: Bot, event_type: str) -> None:
    with capture_logs() as logs:
        await bot.hears(event(event_type))
    assert [one["event_type"] for one in logs if one["event"] == "an event of a team is unknown"] == [
        event_type
    ]


@pytest.mark.parametrize(
    "whole",
    [
        roster(members=["29:bo"]),
        roster(removed=True, members=["29:bo"]),
        installation("add-upgrade"),
        installation("remove-upgrade"),
    ],
)
async def test_people_who_come_and_go_and_newer_versions_of_the_app_are_no_news(
    bot: Bot, gateway: RecordingGateway, whole: dict[str, Any]
) -> None:
    with capture_logs() as logs:
        await bot.hears(whole)
    assert (gateway.signals, bot.connector.requests) == ([], [])
    assert [one for one in logs if "unknown" in one["event"]] == []


def renaming(event_type: str, name: str, at: datetime, **data: Any) -> dict[str, Any]:
    return event(event_type, **data) | {"timestamp": f"{at:%Y-%m-%dT%H:%M:%S}Z"}


async def channel(pool: Pool) -> tuple[str, str]:
    """Name and key of the known channel."""
    found = await pool.fetchrow("SELECT name, key FROM conversation WHERE id = $1", OPS)
    assert found is not None
    return found["name"], found["key"]


async def test_names_follow_at_once_and_keys_stay(
    bot: Bot, gateway: RecordingGateway, database_url: str
) -> None:
    """Whatever the order in which the events come."""
    await seed(settings_for(database_url, "127.0.0.1:1"), company(service_url=SERVICE_URL))
    _, key = await channel(bot.pool)
    for name, second in (("calls", 1), ("night calls", 3), ("day calls", 2), ("night calls", 3)):
        at = AT + timedelta(seconds=second)
        team = {"id": KNOWN_TEAM, "name": f"Team of {name}"}
        await bot.hears(renaming("channelRenamed", name, at, team=team, channel={"id": OPS, "name": name}))
        await bot.hears(renaming("teamRenamed", name, at, team=team))
    assert await channel(bot.pool) == ("night calls", key)
    known = await teams.find(bot.pool, KNOWN_TEAM)
    assert known is not None
    assert (known.name, known.key) == ("Team of night calls", "payments")
    assert {start.key for start, _, _ in gateway.signals} == {"payments"}


async def test_a_channel_of_another_team_is_not_renamed(bot: Bot, database_url: str) -> None:
    await seed(settings_for(database_url, "127.0.0.1:1"), company(service_url=SERVICE_URL))
    before = await channel(bot.pool)
    await bot.hears(event("channelRenamed", channel={"id": OPS, "name": "theirs"}))
    assert await channel(bot.pool) == before


@pytest.mark.parametrize("whole", [installation(), roster(), event("teamRenamed")])
@pytest.mark.parametrize("team", [None, {}, {"id": ""}, {"id": 5}, {"name": "Payments"}, "19:x", []])
async def test_what_names_no_team_is_about_none(
    bot: Bot, gateway: RecordingGateway, whole: dict[str, Any], team: Any
) -> None:
    """An installation for one person or into a chat: its conversation is no team."""
    await bot.hears(with_channel_data(whole, team=team))
    assert (gateway.signals, await keys(bot.pool)) == ([], [])
    assert await bot.pool.fetchval("SELECT name FROM person") == "Ada Ops"


@pytest.mark.parametrize(
    "odd", [{"aadGroupId": 5}, {"name": {}}, {"name": "\x00"}, {"aadGroupId": "x", "name": None}]
)
async def test_what_is_odd_beside_the_teams_id_is_dropped(
    bot: Bot, gateway: RecordingGateway, odd: dict[str, Any]
) -> None:
    bot.connector.names[TEAM] = "Payments"
    await bot.hears(with_channel_data(installation(), team={"id": TEAM, "name": "Payments"} | odd))
    assert [start.key for start, _, _ in gateway.signals] == ["payments"]


# Names


async def test_a_team_that_no_activity_names_is_asked_for_its_name(
    bot: Bot, gateway: RecordingGateway
) -> None:
    bot.connector.names[TEAM] = "Zahlungen & Co"
    nameless = with_channel_data(installation(), team={"id": TEAM})
    for _ in range(2):
        await bot.hears(nameless)
    assert [(start.key, start.name) for start, _, _ in gateway.signals] == [
        ("zahlungen-co", "Zahlungen & Co")
    ] * 2
    (request,) = bot.connector.requests
    assert request.url.raw_path.decode() == "/emea/v3/teams/19%3Anew-team%40thread.tacv2"


async def test_a_team_that_nobody_names_gets_a_key_all_the_same(bot: Bot, gateway: RecordingGateway) -> None:
    await bot.hears(with_channel_data(installation(), team={"id": TEAM}))
    assert [(start.key, start.name) for start, _, _ in gateway.signals] == [("team-1", "")]


async def test_a_connector_that_hangs_is_not_waited_for(bot: Bot, gateway: RecordingGateway) -> None:
    bot.connector.names[TEAM] = "Payments"
    bot.connector.answering.clear()
    async with asyncio.timeout(6):
        await bot.hears(with_channel_data(installation(), team={"id": TEAM}))
    bot.connector.answering.set()
    assert [start.key for start, _, _ in gateway.signals] == ["team-1"]


async def test_an_installer_whom_the_event_does_not_name_is_asked_for_once(
    bot: Bot, gateway: RecordingGateway
) -> None:
    bot.connector.names["29:ada"] = "Ada Ops"
    nameless = {"from": {"id": "29:ada", "aadObjectId": ADA_AAD}}
    for whole in (installation(), roster(), event("teamArchived")):
        await bot.hears(whole | nameless)
    assert [told.person and told.person.name for _, _, told in gateway.signals] == ["Ada Ops", "Ada Ops", ""]
    (request,) = bot.connector.requests
    assert request.url.raw_path.decode() == (
        "/emea/v3/conversations/19%3Anew-team%40thread.tacv2/members/29%3Aada"
    )
    assert await bot.pool.fetchval("SELECT name FROM person") == "Ada Ops"


async def test_an_installer_whom_nobody_names_is_told_of_all_the_same(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await bot.hears(installation() | {"from": {"id": "29:ada", "aadObjectId": ADA_AAD}})
    ((_, _, told),) = gateway.signals
    assert told.person == Person(aad_object_id=ADA_AAD, teams_id="29:ada", name="")


@pytest.mark.pooler_too
async def test_two_teams_of_one_name_have_two_keys(bot: Bot, gateway: RecordingGateway) -> None:
    await bot.hears(installation())
    await bot.hears(
        with_channel_data(installation(), team={"id": "19:second@thread.tacv2", "name": "Payments"})
    )
    assert [start.key for start, _, _ in gateway.signals] == ["payments", "payments-2"]


async def test_a_team_of_another_tenant_is_left_alone(bot: Bot, gateway: RecordingGateway) -> None:
    await accounts.upsert_tenant(bot.pool, id=OTHER_TENANT, name="Another")
    await bot.pool.execute(
        "INSERT INTO team (id, tenant, key, name) VALUES ($1, $2, 'theirs', 'Theirs')", TEAM, OTHER_TENANT
    )
    await bot.hears(installation())
    await bot.says(said("help"))
    assert gateway.signals == []
    assert await bot.pool.fetchval("SELECT name || ' ' || coalesce(service_url, 'nowhere') FROM team") == (
        "Theirs nowhere"
    )


# What is not there


async def test_what_temporal_cannot_take_is_delivered_again(bot: Bot, gateway: RecordingGateway) -> None:
    gateway.failure = TemporalUnavailable("down")
    whole = installation()
    answer = await bot.post(whole)
    assert (answer.status_code, gateway.signals) == (503, [])
    gateway.failure = None
    await bot.hears(whole)
    assert [start.key for start, _, _ in gateway.signals] == ["payments"]
    assert await keys(bot.pool) == ["payments"]


async def test_what_temporal_refuses_is_not_delivered_again(bot: Bot, gateway: RecordingGateway) -> None:
    gateway.failure = Rejected("too large")
    await bot.hears(installation())


async def test_an_event_that_postgres_cannot_take_is_delivered_again(
    database_url: str,
    tmp_path: Path,
    gateway: RecordingGateway,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
    connector: Connector,
    pool: Pool,
) -> None:
    settings = bot_settings(database_url, tmp_path)
    await accounts.write_configured(pool, settings.accounts.values(), settings.teams)
    async with line_to(database_url) as line:
        through = await open_pool(database_at(at_line(database_url, line.address)), size=2)
        async with serving_bot(settings, through, gateway, framework, framework_pool, connector) as bot:
            whole, command = installation(), said("help", private=True)
            await line.cut()
            assert [(await bot.post(one)).status_code for one in (whole, command)] == [503, 503]
            assert (gateway.signals, connector.requests) == ([], [])
            await line.mend()
            await bot.hears(whole)
            assert "I understand" in await bot.says(command)
        through.terminate()
    assert [start.key for start, _, _ in gateway.signals] == ["payments"]


def at_line(database_url: str, address: str) -> str:
    host = httpx.URL(database_url)
    return database_url.replace(f"{host.host}:{host.port}", address)


# Through Temporal itself


async def test_a_set_up_starts_under_its_teams_key_and_hears_both_twins(
    client: Client,
    database_url: str,
    pool: Pool,
    tmp_path: Path,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
    connector: Connector,
) -> None:
    settings = bot_settings(database_url, tmp_path)
    await accounts.write_configured(pool, settings.accounts.values(), settings.teams)
    name = f"Team {datetime.now(UTC).timestamp()}"
    gateway = Gateway(client, task_queue="nobody")
    named = {"id": TEAM, "name": name}
    async with serving_bot(settings, pool, gateway, framework, framework_pool, connector) as bot:
        for whole in (installation(), roster(), event("teamRenamed")):
            await bot.hears(with_channel_data(whole, team=named))
    team = await teams.find(pool, TEAM)
    assert team is not None
    history = await client.get_workflow_handle(str(TeamSetupId(team.key))).fetch_history()
    heard = [
        (attributes.signal_name, TeamEvent.model_validate_json(attributes.input.payloads[0].data).at)
        for one in history.events
        if one.HasField("workflow_execution_signaled_event_attributes")
        and (attributes := one.workflow_execution_signaled_event_attributes)
    ]
    assert heard == [("installed", AT), ("installed", AT), ("teamRenamed", AT)]


async def test_an_event_is_delivered_again_while_temporal_is_away(
    temporal: Any,
    database_url: str,
    pool: Pool,
    tmp_path: Path,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
    connector: Connector,
) -> None:
    settings = bot_settings(database_url, tmp_path)
    await accounts.write_configured(pool, settings.accounts.values(), settings.teams)
    named = with_channel_data(installation(), team={"id": TEAM, "name": f"T {datetime.now(UTC).timestamp()}"})
    async with line_to(temporal.address) as line:
        through = await connect(settings_for(database_url, line.address), repeats=False)
        gateway = Gateway(through, task_queue="nobody")
        async with serving_bot(settings, pool, gateway, framework, framework_pool, connector) as bot:
            await line.cut()
            assert (await bot.post(named)).status_code == 503
            await line.mend()
            await bot.hears(named)


# Commands of teams that nobody told of


async def test_a_command_from_a_team_that_nobody_told_of_starts_its_set_up(
    bot: Bot, gateway: RecordingGateway
) -> None:
    bot.connector.names[TEAM] = "Payments"
    whole = said("<at>Muster</at> status")
    assert "Payments" in await bot.says(whole)
    ((start, signal, told),) = gateway.signals
    assert (start.key, signal) == ("payments", "installed")
    assert told == TeamEvent(event="installed", activity=whole["id"], at=AT, person=ADA, channel=CHANNEL)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("account = 'acme'", False),
        ("step = 'authorizing'", False),
        ("membership_at = now()", False),
        ("removed_at = now(), membership_at = $1 - interval '1 minute'", True),
        ("removed_at = now(), membership_at = $1 + interval '1 minute'", False),
    ],
)
async def test_a_command_from_a_team_that_is_known_tells_nothing_new(
    bot: Bot, gateway: RecordingGateway, change: str, told: bool
) -> None:
    """One from a team that was removed before it was written does: the app is there again."""
    await bot.hears(installation())
    gateway.signals.clear()
    arguments = [AT] if "$1" in change else []
    await bot.pool.execute(f"UPDATE team SET {change.replace('$1', '$1::timestamptz')}", *arguments)
    await bot.says(said("help"))
    assert [signal for _, signal, _ in gateway.signals] == (["installed"] if told else [])


async def test_a_command_that_cannot_start_its_set_up_comes_again(
    bot: Bot, gateway: RecordingGateway
) -> None:
    gateway.failure = TemporalUnavailable("down")
    whole = said("help")
    assert (await bot.post(whole)).status_code == 503
    assert bot.connector.texts == []
    gateway.failure = None
    assert "I understand" in await bot.says(whole)


# What every activity tells


async def test_an_activity_refreshes_who_its_person_is_and_where_they_are(bot: Bot) -> None:
    await bot.hears(installation())
    moved = "https://smba.trafficmanager.net/amer/"
    renamed = {"id": "29:newer-ada", "name": "Ada O.", "aadObjectId": ADA_AAD}
    await bot.says(said("help", private=True, serviceUrl=moved) | {"from": renamed})
    row = await bot.pool.fetchrow("SELECT teams_id, name, private_conversation, service_url FROM person")
    assert tuple(row or ()) == ("29:newer-ada", "Ada O.", CHAT, moved)
    await bot.says(said("help", serviceUrl=moved) | {"from": {"id": "29:newer-ada", "aadObjectId": ADA_AAD}})
    row = await bot.pool.fetchrow("SELECT teams_id, name, private_conversation, service_url FROM person")
    assert tuple(row or ()) == ("29:newer-ada", "Ada O.", CHAT, moved), "what is not told stays"
    assert await bot.pool.fetchval("SELECT service_url FROM team") == moved


async def test_nothing_is_written_where_nothing_changed(bot: Bot, database_url: str) -> None:
    await seed(settings_for(database_url, "127.0.0.1:1"), company(service_url=SERVICE_URL))
    place = {"id": "19:ops@thread.tacv2;messageid=1", "conversationType": "channel", "tenantId": TENANT}
    data = {"tenant": {"id": TENANT}, "team": {"id": KNOWN_TEAM}}
    whole = activity("event", name="x", conversation=place, channelData=data)
    chat = activity(
        "event", name="x", conversation={"id": CHAT, "conversationType": "personal"}, channelData=data
    )
    for one in (whole, chat):
        await bot.hears(one)
    before = await versions(bot.pool)
    for one in (whole, chat, whole | {"serviceUrl": SERVICE_URL.rstrip("/")}):
        await bot.hears(one | {"id": "f:again"})
    assert await versions(bot.pool) == before


async def versions(pool: Pool) -> list[Any]:
    """Which transactions wrote or locked each row."""
    return [
        tuple(row)
        for table in ("person", "team", "conversation")
        for row in await pool.fetch(f"SELECT xmin, xmax, ctid FROM {table} ORDER BY ctid")
    ]


async def test_a_database_that_is_busy_costs_an_activity_its_news_alone(bot: Bot) -> None:
    await bot.pool.execute("ALTER TABLE person RENAME TO person_elsewhere")
    began = datetime.now(UTC)
    await bot.hears(event("x"))
    assert datetime.now(UTC) - began < timedelta(seconds=5)
