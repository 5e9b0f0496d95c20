"""A shared card through the whole edge: drawn anew from the projection, or as it is."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.bot.places import Crowded, Places
from api.bot.shared_cards import RefreshHandler, SharedCards
from muster.cards.incident.picture import Picture, newer
from muster.cards.sentences import NO_NEWER_PICTURE
from muster.security.sealing import KeyRing
from muster.settings import Settings
from muster.store import projections
from muster.store.pool import Pool
from tests.api.conftest import BotFramework
from tests.api.connecting import authorized
from tests.api.searching import CREATED, GROUP_CHAT, Searchable, answer_to, listed, refreshed, searched
from tests.api.team_bot import CHANNEL, Bot, Connector, RecordingGateway, bot_settings, serving_bot
from tests.support.company import BO_AAD, TENANT
from tests.support.views import a_view
from workflows.channel_incident.view import View

pytestmark = pytest.mark.anyio

SINCE = CREATED + timedelta(minutes=42)
"""When incident 42 changed last, as PagerDuty told the search."""
LATER = SINCE + timedelta(minutes=5)
OTHER = "33333333-3333-3333-3333-333333333333"


@pytest.fixture
def gateway() -> RecordingGateway:
    return RecordingGateway()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return bot_settings(database_url, tmp_path)


@pytest.fixture
async def bot(
    settings: Settings,
    pool: Pool,
    gateway: RecordingGateway,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
) -> AsyncIterator[Bot]:
    """The bot in a team of acme, where Ada is linked; PagerDuty has incident 42."""
    await authorized(pool, settings)
    pagerduty = Searchable(incidents=[listed(42, "Checkout latency")])
    async with serving_bot(settings, pool, gateway, framework, framework_pool, Connector(), pagerduty) as bot:
        yield bot


@pytest.fixture
async def shared(bot: Bot) -> dict[str, Any]:
    """The card of incident 42 that Ada has found, and shares."""
    extension = await answer_to(bot, searched("42"))
    (attachment,) = extension["attachments"]
    card: dict[str, Any] = attachment["content"]
    await bot.sightings.finish()
    return card


async def shows(pool: Pool, view: View | None, *, conversation: str = CHANNEL, account: str = "acme") -> None:
    """A card of the incident in a conversation shows this."""
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation, view, shown_at)"
        " VALUES ($1, 'Q0042', $2, $3, now()) ON CONFLICT (account, incident_id, conversation)"
        " DO UPDATE SET view = $3",
        *(account, conversation, view.model_dump_json() if view else None),
    )


async def has_row(pool: Pool, chat: str, *, tenant: str = TENANT) -> None:
    """Somebody follows an incident in the chat."""
    await pool.execute(
        "INSERT INTO conversation (id, kind, tenant, account, key, name, service_url)"
        " VALUES ($1, 'group', $2, 'acme', 'chat-1', '', 'http://127.0.0.1:1')",
        *(chat, tenant),
    )


def now_resolved(**changes: Any) -> View:
    """Ada has resolved it since."""
    since = {
        "status": "resolved",
        "resolved_at": LATER,
        "resolved_by": "Ada Ops",
        "as_of": LATER,
        "verbs": (),
    }
    return a_view(**{"incident_id": "Q0042", "title": "Checkout latency", **since, **changes})


async def newest_card(bot: Bot, whole: Mapping[str, Any]) -> dict[str, Any]:
    """The card that a look brings."""
    answer = await bot.post(dict(whole))
    body = answer.json()
    assert (answer.status_code, body["statusCode"], body["type"]) == (
        200,
        200,
        "application/vnd.microsoft.card.adaptive",
    )
    card: dict[str, Any] = body["value"]
    return card


async def not_drawn(bot: Bot, whole: Mapping[str, Any], status: int = 400) -> None:
    """A look brings an error, of which Teams shows nothing."""
    answer = await bot.post(dict(whole))
    value = {"code": "NotRefreshed", "message": NO_NEWER_PICTURE}
    error = {"statusCode": status, "type": "application/vnd.microsoft.error", "value": value}
    assert (answer.status_code, answer.json()) == (200, error), "never 401: Teams would ask to sign in"


async def test_a_refresh_draws_what_the_incidents_cards_show_now(bot: Bot, shared: dict[str, Any]) -> None:
    await shows(bot.pool, now_resolved())
    card = await newest_card(bot, refreshed(shared))
    assert "Resolved by Ada Ops" in json.dumps(card)
    assert "Resolved" not in json.dumps(shared)
    assert {one["verb"] for one in card["body"][-1]["actions"] if "verb" in one} == {"follow"}
    assert card["refresh"]["action"]["verb"] == "refresh"
    assert await newest_card(bot, refreshed(card)) == card, "there is no other news"


async def test_the_newest_of_several_cards_counts(bot: Bot, shared: dict[str, Any]) -> None:
    await shows(bot.pool, now_resolved())
    await bot.pool.execute(
        "INSERT INTO conversation (id, kind, tenant, account, team, key, name, service_url)"
        " SELECT '19:another@thread.tacv2', kind, tenant, account, team, 'another', 'another', service_url"
        " FROM conversation WHERE id = $1",
        CHANNEL,
    )
    newest = now_resolved(resolved_by="Bo Call", as_of=LATER + timedelta(seconds=1))
    await shows(bot.pool, newest, conversation="19:another@thread.tacv2")
    assert "Resolved by Bo Call" in json.dumps(await newest_card(bot, refreshed(shared)))


@pytest.mark.parametrize("place", ["chat", "two"])
async def test_a_chat_in_which_nothing_is_followed_sees_it_too(
    bot: Bot, shared: dict[str, Any], place: str
) -> None:
    """It has no row. Teams asks only from where the bot is, and the picture says that Muster drew it."""
    await shows(bot.pool, now_resolved())
    assert "Resolved by Ada Ops" in json.dumps(await newest_card(bot, refreshed(shared, place=place)))


async def test_somebody_unlinked_sees_it_too_and_is_asked_for_nothing(
    bot: Bot, shared: dict[str, Any]
) -> None:
    """It is the message of whoever shared it, in front of everybody in the conversation."""
    await shows(bot.pool, now_resolved())
    by_bo: dict[str, Any] = {"from": {"id": "29:bo", "name": "Bo Call", "aadObjectId": BO_AAD}}
    assert "Resolved by Ada Ops" in json.dumps(await newest_card(bot, refreshed(shared, **by_bo)))


async def test_a_refresh_costs_one_query_reaches_no_workflow_and_writes_nothing(
    bot: Bot, shared: dict[str, Any], gateway: RecordingGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shows(bot.pool, now_resolved())
    queries: list[str] = []
    for name in ("fetch", "fetchrow", "fetchval", "execute"):
        monkeypatch.setattr("muster.store.queries.Query." + name, counted(name, queries))
    await newest_card(bot, refreshed(shared))
    await bot.sightings.finish()
    assert queries == ["fetchval"]
    assert (gateway.signals, gateway.asked, gateway.asked_for_links) == ([], [], [])


def counted(name: str, queries: list[str]) -> Any:
    from muster.store.queries import Query

    original = getattr(Query, name)

    async def counting(*given: Any, **named: Any) -> Any:
        queries.append(name)
        return await original(*given, **named)

    return counting


# As it is


async def unchanged(bot: Bot, shared: dict[str, Any], **where: Any) -> None:
    """The answer to a look is the card that is there."""
    assert await newest_card(bot, refreshed(shared, **where)) == shared


async def test_of_an_incident_that_no_card_shows_it_stays(bot: Bot, shared: dict[str, Any]) -> None:
    await unchanged(bot, shared)
    await shows(bot.pool, None)
    await unchanged(bot, shared)


async def test_of_another_accounts_incident_with_the_same_id_it_stays(
    bot: Bot, shared: dict[str, Any]
) -> None:
    await shows(bot.pool, now_resolved(account="umbrella"), account="umbrella")
    await unchanged(bot, shared)


async def test_in_a_channel_that_the_bot_has_left_it_stays(bot: Bot, shared: dict[str, Any]) -> None:
    await shows(bot.pool, now_resolved())
    await bot.pool.execute("UPDATE conversation SET suspended_at = now(), suspended_by = 'removed'")
    await unchanged(bot, shared)


async def test_in_a_chat_that_the_bot_has_left_it_stays(bot: Bot, shared: dict[str, Any]) -> None:
    await shows(bot.pool, now_resolved())
    await has_row(bot.pool, GROUP_CHAT)
    assert await newest_card(bot, refreshed(shared, place="chat")) != shared
    await bot.pool.execute("UPDATE conversation SET suspended_at = now() WHERE id = $1", GROUP_CHAT)
    await unchanged(bot, shared, place="chat")


async def test_in_a_chat_that_is_another_tenants_it_stays(bot: Bot, shared: dict[str, Any]) -> None:
    await shows(bot.pool, now_resolved())
    await bot.pool.execute("INSERT INTO teams_tenant VALUES ($1, 'Another') ON CONFLICT DO NOTHING", OTHER)
    await has_row(bot.pool, GROUP_CHAT, tenant=OTHER)
    await unchanged(bot, shared, place="chat")


async def test_it_never_goes_back_to_an_older_state(bot: Bot, shared: dict[str, Any]) -> None:
    """The card of a channel that was left shows what it showed then."""
    await shows(bot.pool, now_resolved(as_of=SINCE - timedelta(seconds=1)))
    await unchanged(bot, shared)


async def test_while_the_database_is_away_it_stays(
    bot: Bot, shared: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    await shows(bot.pool, now_resolved())
    monkeypatch.setattr(projections, "find_newest", away)
    await unchanged(bot, shared)


@pytest.mark.parametrize("why", ["no place", "no keys of Microsoft", "a bug"])
async def test_a_refresh_that_cannot_be_served_tells_its_reader_nothing(
    bot: Bot, shared: dict[str, Any], monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    async def crowded(*_: object) -> None:
        raise Crowded

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    match why:
        case "no place":
            monkeypatch.setattr(Places, "_take", crowded)
        case "a bug":
            monkeypatch.setattr(RefreshHandler, "answer", broken)
        case _:
            monkeypatch.setattr("api.bot.token.BotTokenVerifier.claims", unanswered)
    await not_drawn(bot, refreshed(shared), status=500)


async def unanswered(*_: object) -> None:
    """No key comes in time."""
    await asyncio.Event().wait()


async def test_what_was_signed_by_a_key_that_left_the_ring_stays_as_it_is(
    bot: Bot, shared: dict[str, Any]
) -> None:
    cards = SharedCards(KeyRing.parse(f"k9:{'Q' * 43}="))
    picture = Picture(tenant=TENANT, changed_at=SINCE, view=now_resolved())
    await not_drawn(bot, refreshed(cards.card(picture)))


# Forged, and of others


def with_data(whole: dict[str, Any], data: Any) -> dict[str, Any]:
    action = whole["value"]["action"] | {"data": data}
    return whole | {"value": whole["value"] | {"action": action}}


@pytest.mark.parametrize(
    "data",
    [
        None,
        "x",
        {},
        {"s": 1},
        {"s": 1, "p": 5},
        {"s": 1, "p": "x"},
        {"s": 1, "p": "{}.x"},
        {"s": 1, "p": "ü."},
    ],
    ids=repr,
)
async def test_data_that_are_none_of_ours_are_refused(bot: Bot, shared: dict[str, Any], data: Any) -> None:
    await shows(bot.pool, now_resolved())
    await not_drawn(bot, with_data(refreshed(shared), data))


async def test_a_picture_that_somebody_changed_is_refused(bot: Bot, shared: dict[str, Any]) -> None:
    """Nobody reads an incident by its id alone, which every address of PagerDuty holds."""
    await shows(bot.pool, now_resolved())
    signed = shared["refresh"]["action"]["data"]["p"]
    for forged in (signed.replace("Q0042", "Q0043"), signed[:-1], signed + "x", signed.partition("}.")[0]):
        await not_drawn(bot, with_data(refreshed(shared), {"s": 1, "p": forged}))


async def test_a_picture_of_another_tenant_is_refused(
    bot: Bot, settings: Settings, shared: dict[str, Any]
) -> None:
    cards = SharedCards(KeyRing.parse(settings.keys.get_secret_value()))
    picture = cards.picture_in(shared["refresh"]["action"]["data"]["p"])
    assert picture is not None
    assert picture.tenant == TENANT
    theirs = cards.card(picture.model_copy(update={"tenant": OTHER}))
    await not_drawn(bot, refreshed(theirs))


async def test_somebody_of_another_tenant_is_refused_as_ever(bot: Bot, shared: dict[str, Any]) -> None:
    theirs = refreshed(shared, channelData={"tenant": {"id": OTHER}})
    assert (await bot.post(theirs)).status_code == 403


# What counts as newer


def picture(**changes: Any) -> Picture:
    view = a_view(as_of=SINCE + timedelta(minutes=1), **changes)
    return Picture(tenant=TENANT, changed_at=SINCE, view=view)


def test_a_card_is_newer_where_its_newest_fact_is() -> None:
    for at, expected in ((SINCE, False), (SINCE + timedelta(milliseconds=1), True)):
        assert (newer(picture(), a_view(as_of=at)) is not None) is expected


def test_as_of_does_not_go_back() -> None:
    found = newer(picture(), a_view(as_of=SINCE + timedelta(seconds=1)))
    assert found is not None
    assert (found.view.as_of, found.changed_at) == (
        SINCE + timedelta(minutes=1),
        SINCE + timedelta(seconds=1),
    )


def test_a_picture_holds_no_comment_no_field_and_no_button() -> None:
    everything = View.model_validate_json(
        (Path(__file__).parents[1] / "golden/cases/acknowledged-everything.view.json").read_text()
    )
    found = newer(picture(), everything.model_copy(update={"as_of": datetime.now(UTC)}))
    assert found is not None
    assert found.view.model_dump(include={"latest_note", "latest_status_update", "description", "verbs"}) == {
        "latest_note": None,
        "latest_status_update": None,
        "description": "",
        "verbs": (),
    }
    assert (found.view.fields, found.view.bridge, found.view.alerts, found.view.roles) == ((), None, None, ())
