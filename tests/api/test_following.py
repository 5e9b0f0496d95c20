"""**Follow here** through the whole edge: where it is followed, by whom, and what others get instead."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest

from muster.cards.incident.following import (
    FOLLOWED_ALREADY,
    FOLLOWED_HERE,
    FOLLOWS,
    NOT_IN_CHAT,
    NOT_IN_TEAM,
    NOT_SHOWN,
    OWN_MEMBERS,
    SUSPENDED,
    TEAMS_DID_NOT_ANSWER,
)
from muster.cards.links.sentences import sentence_of
from muster.cards.search import DID_NOT_ANSWER
from muster.cards.sentences import INCOMPLETE_BUTTON, NOT_OUR_CARD, UNREACHABLE
from muster.settings import Settings
from muster.store import chats, links
from muster.store.chats import Chat
from muster.store.pool import Pool, transaction
from muster.temporal.attempts import TemporalUnavailable
from tests.api.conftest import APP_ID, SERVICE_URL, BotFramework
from tests.api.connecting import SERVICE, authorized, connected
from tests.api.linked_people import link
from tests.api.searching import CHAT_OF_TWO, GROUP_CHAT, Searchable, conversation_of, listed
from tests.api.team_bot import (
    CHANNEL,
    GROUP,
    OTHER_TENANT,
    TEAM,
    Bot,
    Connector,
    RecordingGateway,
    activity,
    bot_settings,
    serving_bot,
)
from tests.schemas.cards import check_card
from tests.support.company import ADA_AAD, BO_AAD, TENANT
from workflows.account_link.messages import LinkAnswer
from workflows.channel_incident.messages import Start
from workflows.following import Following

pytestmark = pytest.mark.anyio

INCIDENT = "Q0042"
BY_BO: dict[str, Any] = {"from": {"id": "29:bo", "name": "Bo Call", "aadObjectId": BO_AAD}}
PRIVATE = "a:ada-and-the-bot"
MEETING = "19:meeting_abc@thread.v2"


@pytest.fixture
def gateway() -> RecordingGateway:
    return RecordingGateway()


@pytest.fixture
def pagerduty() -> Searchable:
    return Searchable(incidents=[listed(42, "Checkout latency"), listed(43, "Over", status="resolved")])


@pytest.fixture
def connector() -> Connector:
    """The bot is in a group chat, in a meeting's chat, and in its private chat with Ada."""
    return Connector(chats={GROUP_CHAT, MEETING, PRIVATE})


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return bot_settings(database_url, tmp_path)


@pytest.fixture
async def bot(
    settings: Settings,
    pool: Pool,
    gateway: RecordingGateway,
    pagerduty: Searchable,
    connector: Connector,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
) -> AsyncIterator[Bot]:
    """The bot in a team of acme, where Ada is linked; PagerDuty has incident 42."""
    await authorized(pool, settings)
    async with serving_bot(settings, pool, gateway, framework, framework_pool, connector, pagerduty) as bot:
        yield bot


def pressed(
    place: str = "chat", *, incident: str = INCIDENT, account: str = "acme", **changes: Any
) -> dict[str, Any]:
    """Ada presses **Follow here** on a card that somebody shared there."""
    data = {"s": 1, "a": account, "i": incident}
    channel_data: dict[str, Any] = {"tenant": {"id": TENANT}}
    if place == "channel":
        channel_data |= {"team": {"id": TEAM}, "channel": {"id": CHANNEL}}
    value = {"action": {"type": "Action.Execute", "verb": "follow", "data": data}, "trigger": "manual"}
    whole = activity(
        "invoke",
        name="adaptiveCard/action",
        replyToId="1700000000777",
        conversation=conversation_of(place),
        channelData=channel_data,
        value=value,
    )
    return whole | changes


def in_chat(id: str, kind: str = "groupChat", **more: Any) -> dict[str, Any]:
    place = {"id": id, "conversationType": kind, "tenantId": TENANT, **more}
    return pressed(conversation=place)


def heard(gateway: RecordingGateway) -> list[tuple[Start, str, Any]]:
    """What runs of cards were told."""
    signals: Sequence[tuple[Any, str, Any]] = gateway.signals
    return [(start, signal, message) for start, signal, message in signals if isinstance(start, Start)]


async def rows(pool: Pool) -> list[dict[str, Any]]:
    found = await pool.fetch(
        "SELECT account, incident_id, conversation, followed_name, follow_number, preset FROM incident_card"
    )
    return [dict(row) for row in found]


async def chat(pool: Pool, id: str = GROUP_CHAT) -> Chat:
    found = await chats.find(pool, id=id, tenant=TENANT)
    assert found is not None
    return found


async def posted(pool: Pool, conversation: str, message: str = "1700000000999") -> None:
    """The run has posted the live card there."""
    await pool.execute(
        "UPDATE incident_card SET activity_id = $2, intent_at = now(), view = $3 WHERE conversation = $1",
        *(conversation, message, json.dumps({"status": "triggered", "service": {"id": SERVICE}})),
    )


async def live_link(bot: Bot, whole: Mapping[str, Any]) -> str:
    """The address of the live card, on the picture that is answered."""
    answer = await bot.post(dict(whole))
    body = answer.json()
    assert (answer.status_code, body["type"]) == (200, "application/vnd.microsoft.card.adaptive")
    card = body["value"]
    check_card(card)
    assert FOLLOWED_ALREADY in json.dumps(card)
    (address,) = [one["url"] for one in card["body"][-1]["actions"] if one["title"] == "Open the live card"]
    assert "follow" not in [one.get("verb") for one in card["body"][-1]["actions"]]
    return str(address)


# It is followed


async def test_a_chat_becomes_a_conversation_with_a_card_and_its_run_is_told(
    bot: Bot, gateway: RecordingGateway, pagerduty: Searchable
) -> None:
    whole = in_chat(GROUP_CHAT, name="Checkout is slow")
    assert await bot.clicks(whole) == FOLLOWS
    found = await chat(bot.pool)
    assert (found.key, found.kind, found.name, found.account) == (
        "chat-42",
        "group",
        "Checkout is slow",
        "acme",
    )
    assert found.service_url == SERVICE_URL
    ((start, signal, told),) = heard(gateway)
    assert (start.account, start.incident_id, start.conversation_key) == ("acme", INCIDENT, "chat-42")
    assert start.conversation.label == "chat “Checkout is slow”"
    assert start.following == Following(number=1, by="Ada Ops")
    assert (signal, told.by, told.following, told.is_open) == ("follow", "Ada Ops", start.following, True)
    assert told.correlation == whole["id"]
    assert start.preset.preset == "highlights_only"
    assert [request.headers["authorization"] for request in pagerduty.requests] == ["Bearer pdus+_access"]


async def test_a_channel_of_a_team_gets_the_card_although_nothing_is_connected(
    bot: Bot, gateway: RecordingGateway
) -> None:
    assert await bot.clicks(pressed("channel")) == FOLLOWS
    ((start, _, _),) = heard(gateway)
    assert (start.conversation.id, start.conversation_key) == (CHANNEL, "payments-ops")
    assert start.preset.preset == "highlights_only"


@pytest.mark.parametrize(
    ("id", "type_", "kind", "label"),
    [
        (MEETING, "groupChat", "group", "unnamed chat"),
        (PRIVATE, "personal", "personal", "Ada Ops"),
    ],
    ids=["a meeting's chat", "the private chat with the bot"],
)
async def test_other_chats_with_the_bot_are_chats(
    bot: Bot, gateway: RecordingGateway, id: str, type_: str, kind: str, label: str
) -> None:
    assert await bot.clicks(in_chat(id, type_)) == FOLLOWS
    assert (await chat(bot.pool, id)).kind == kind
    ((start, _, _),) = heard(gateway)
    assert (start.conversation.id, start.conversation.label) == (id, label)


async def test_one_that_is_over_is_followed_without_its_events(bot: Bot, gateway: RecordingGateway) -> None:
    assert await bot.clicks(pressed(incident="Q0043")) == FOLLOWS
    ((start, _, told),) = heard(gateway)
    assert (start.incident_id, told.is_open) == ("Q0043", False)


async def test_what_a_connection_of_the_channel_brings_is_nobodys_to_stop(
    bot: Bot, gateway: RecordingGateway, pagerduty: Searchable
) -> None:
    await connected(bot.pool)
    assert await bot.clicks(pressed("channel")) == FOLLOWS
    ((start, _, told),) = heard(gateway)
    assert (start.following, told.following) == (None, None)


@pytest.mark.pooler_too
async def test_ten_people_at_once_bring_one_card_and_get_ten_answers(
    bot: Bot, gateway: RecordingGateway
) -> None:
    for number in range(9):
        await link(bot.pool, f"11111111-0000-4000-8000-00000000000{number}", user=f"PUSER1{number}")
    people: list[dict[str, Any]] = [
        {
            "from": {
                "id": f"29:{n}",
                "name": f"Person {n}",
                "aadObjectId": f"11111111-0000-4000-8000-00000000000{n}",
            }
        }
        for n in range(9)
    ]
    answers = await asyncio.gather(bot.clicks(pressed()), *(bot.clicks(pressed(**one)) for one in people))
    assert answers == [FOLLOWS] * 10
    (row,) = await rows(bot.pool)
    assert row["follow_number"] == 1
    assert len({str(start) for start, _, _ in gateway.signals}) == 1, "one run, whoever told it"
    assert {told.following.by for _, _, told in heard(gateway)} == {row["followed_name"]}


# It is followed there already


async def test_where_it_is_followed_already_whoever_asks_gets_the_live_cards_link(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await bot.clicks(pressed())
    await posted(bot.pool, GROUP_CHAT)
    address = urlsplit(await live_link(bot, pressed()))
    assert (address.scheme, address.netloc) == ("https", "teams.microsoft.com")
    assert unquote(address.path) == f"/l/message/{GROUP_CHAT}/1700000000999"
    assert parse_qs(address.query) == {"context": ['{"contextType":"chat"}']}
    assert len({str(start) for start, _, _ in gateway.signals}) == 2, "what is stored is to be restored"


async def test_one_that_was_reopened_while_nothing_needed_its_events_is_followed_on(
    bot: Bot, gateway: RecordingGateway, pagerduty: Searchable
) -> None:
    """Its card says Resolved, no run goes on, and the account is subscribed to no more."""
    await bot.clicks(pressed(incident="Q0043"))
    await posted(bot.pool, GROUP_CHAT)
    await bot.pool.execute("UPDATE incident_card SET view = jsonb_set(view, '{status}', '\"resolved\"')")
    gateway.signals.clear()
    await live_link(bot, pressed(incident="Q0043"))
    assert gateway.signals == [], "it is over: nothing is to come"
    pagerduty.incidents = [listed(43, "Over", status="triggered")]
    await live_link(bot, pressed(incident="Q0043"))
    ((start, signal, told),) = heard(gateway)
    assert (start.incident_id, start.stored, start.following) == ("Q0043", True, told.following)
    assert (signal, told.is_open) == ("follow", True), "it is read again, and its account subscribed to"


async def test_a_live_card_whose_run_cannot_be_told_is_not_called_live(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await bot.clicks(pressed())
    await posted(bot.pool, GROUP_CHAT)
    gateway.failure = TemporalUnavailable("gone")
    assert await bot.clicks(pressed()) == UNREACHABLE


async def test_the_link_into_a_channel_names_its_tenant_team_and_thread(bot: Bot) -> None:
    await bot.pool.execute("UPDATE team SET aad_group_id = $1 WHERE id = $2", GROUP, TEAM)
    await bot.clicks(pressed("channel"))
    await posted(bot.pool, CHANNEL)
    address = urlsplit(await live_link(bot, pressed("channel")))
    assert unquote(address.path) == f"/l/message/{CHANNEL}/1700000000999"
    assert parse_qs(address.query) == {
        "tenantId": [TENANT],
        "groupId": [GROUP],
        "parentMessageId": ["1700000000999"],
    }


async def test_no_link_leads_into_the_private_chat_with_the_bot(bot: Bot) -> None:
    await bot.clicks(in_chat(PRIVATE, "personal"))
    await posted(bot.pool, PRIVATE)
    assert await bot.clicks(in_chat(PRIVATE, "personal")) == FOLLOWED_HERE


async def test_a_run_that_was_not_told_is_told_by_the_next_click(bot: Bot, gateway: RecordingGateway) -> None:
    gateway.failure = TemporalUnavailable("gone")
    assert await bot.clicks(pressed()) == UNREACHABLE
    gateway.failure = None
    assert await bot.clicks(pressed()) == FOLLOWS
    assert len(gateway.signals) == 1


async def test_what_was_stopped_is_followed_anew(bot: Bot, gateway: RecordingGateway) -> None:
    await bot.clicks(pressed())
    await posted(bot.pool, GROUP_CHAT)
    await bot.pool.execute(
        "UPDATE incident_card SET stopped_at = now(), stopped_by = 'x', stopped_name = 'Cy'"
    )
    await link(bot.pool, BO_AAD, user="PUSER02")
    assert await bot.clicks(pressed(**BY_BO)) == FOLLOWS
    start, _, told = heard(gateway)[-1]
    assert (start.following, start.stored) == (Following(number=2, by="Bo Call"), True)
    assert told.following == start.following


# Where the bot is not


@pytest.mark.parametrize(
    ("id", "kind"), [("19:elsewhere@thread.v2", "groupChat"), (CHAT_OF_TWO, "personal")], ids=["group", "two"]
)
async def test_a_chat_without_the_bot_is_told_how_to_add_it_and_nothing_is_written(
    bot: Bot, gateway: RecordingGateway, id: str, kind: str
) -> None:
    assert await bot.clicks(in_chat(id, kind)) == NOT_IN_CHAT
    assert (gateway.signals, await rows(bot.pool)) == ([], [])
    assert await chats.find(bot.pool, id=id, tenant=TENANT) is None


async def test_a_team_without_the_bot_is_told_how_to_add_it(bot: Bot, gateway: RecordingGateway) -> None:
    data = {"tenant": {"id": TENANT}, "team": {"id": "19:nobodys@thread.tacv2"}, "channel": {"id": CHANNEL}}
    assert await bot.clicks(pressed("channel", channelData=data)) == NOT_IN_TEAM
    assert gateway.signals == []


async def test_a_channel_that_teams_does_not_list_to_the_bot_is_as_one_without_it(
    bot: Bot, connector: Connector
) -> None:
    place = {"id": "19:unknown@thread.tacv2", "conversationType": "channel", "tenantId": TENANT}
    assert await bot.clicks(pressed("channel", conversation=place)) == NOT_IN_TEAM
    connector.channels = [{"id": "19:unknown@thread.tacv2", "name": "new"}]
    assert await bot.clicks(pressed("channel", conversation=place)) == FOLLOWS


@pytest.mark.parametrize("kind", ["private", "Shared"])
async def test_a_channel_with_members_of_its_own_is_refused(bot: Bot, kind: str) -> None:
    data = {
        "tenant": {"id": TENANT},
        "team": {"id": TEAM},
        "channel": {"id": CHANNEL, "membershipType": kind},
    }
    assert await bot.clicks(pressed("channel", channelData=data)) == OWN_MEMBERS


async def test_a_suspended_channel_is_refused(bot: Bot, gateway: RecordingGateway) -> None:
    await bot.pool.execute("UPDATE conversation SET suspended_at = now() WHERE id = $1", CHANNEL)
    assert await bot.clicks(pressed("channel")) == SUSPENDED
    assert (gateway.signals, await rows(bot.pool)) == ([], [])


async def is_left(pool: Pool) -> None:
    """The bot has left the group chat, as its row knows."""
    await pool.execute(
        "UPDATE conversation SET suspended_at = now(), suspended_by = 'r', membership_at = '2026-11-01'"
        " WHERE id = $1",
        GROUP_CHAT,
    )


async def test_a_chat_that_the_bot_left_is_told_how_to_add_it_and_goes_on_where_it_is_back(
    bot: Bot, gateway: RecordingGateway, connector: Connector
) -> None:
    await bot.clicks(pressed())
    await posted(bot.pool, GROUP_CHAT)
    await is_left(bot.pool)
    connector.chats.clear()
    assert await bot.clicks(pressed()) == NOT_IN_CHAT
    connector.chats.add(GROUP_CHAT)
    await live_link(bot, pressed())
    assert not (await chat(bot.pool)).is_suspended
    assert [signal for _, signal, _ in gateway.signals] == ["follow", "attach", "follow"], "its cards go on"


async def test_a_chat_that_the_bot_leaves_meanwhile_is_told_how_to_add_it(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def left(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr("muster.store.following.follow", left)
    assert await bot.clicks(pressed()) == NOT_IN_CHAT
    assert await bot.clicks(pressed("channel")) == SUSPENDED


async def test_a_chat_whose_runs_could_not_be_told_of_its_return_goes_on_by_the_next_click(
    bot: Bot, gateway: RecordingGateway
) -> None:
    await bot.clicks(pressed())
    await posted(bot.pool, GROUP_CHAT)
    await is_left(bot.pool)
    gateway.failure = TemporalUnavailable("away")
    assert await bot.clicks(pressed()) == UNREACHABLE
    assert not (await chat(bot.pool)).is_suspended
    gateway.failure = None
    for _ in range(2):
        await live_link(bot, pressed())
    assert [signal for _, signal, _ in gateway.signals].count("attach") == 1


async def test_a_removal_that_teams_tells_after_a_later_click_leaves_the_new_chat_as_it_is(bot: Bot) -> None:
    await bot.clicks(pressed(timestamp="2026-11-29T10:00:01Z"))
    removal = {"membersRemoved": [{"id": f"28:{APP_ID}"}], "channelData": {"tenant": {"id": TENANT}}}
    for second, is_suspended in ((0, False), (2, True)):
        at = f"2026-11-29T10:00:0{second}Z"
        told = activity("conversationUpdate", conversation=conversation_of("chat"), timestamp=at, **removal)
        await bot.hears(told)
        assert (await chat(bot.pool)).is_suspended is is_suspended


async def test_a_connector_that_does_not_answer_is_told_of(bot: Bot, connector: Connector) -> None:
    connector.roster_status = 503
    assert await bot.clicks(pressed()) == TEAMS_DID_NOT_ANSWER


# Who may not


async def test_whoever_is_not_linked_is_offered_a_link_and_learns_nothing(
    bot: Bot, gateway: RecordingGateway, pagerduty: Searchable
) -> None:
    text = await bot.clicks(pressed(**BY_BO))
    told = sentence_of(LinkAnswer(reply="sent"))
    assert text == (
        "Your Teams account is not linked to PagerDuty (acme), so nothing is followed. "
        f"{told} Then press Follow here again."
    )
    (asked,) = gateway.asked_for_links
    assert (asked.start.person.aad_object_id, asked.start.account) == (BO_AAD, "acme")
    assert (gateway.signals, pagerduty.requests, await rows(bot.pool)) == ([], [], [])


@pytest.mark.parametrize("status", [404, 403], ids=str)
async def test_an_incident_that_pagerduty_does_not_show_them_is_not_followed(
    bot: Bot, gateway: RecordingGateway, pagerduty: Searchable, status: int
) -> None:
    pagerduty.status = status
    assert await bot.clicks(pressed()) == NOT_SHOWN
    assert (gateway.signals, await rows(bot.pool)) == ([], [])
    assert await chats.find(bot.pool, id=GROUP_CHAT, tenant=TENANT) is None


async def test_what_they_may_not_see_writes_no_channel_and_revives_no_chat(
    bot: Bot, gateway: RecordingGateway, pagerduty: Searchable, connector: Connector
) -> None:
    await bot.clicks(pressed())
    await is_left(bot.pool)
    gateway.signals.clear()
    pagerduty.incidents = []
    connector.channels = [{"id": "19:unknown@thread.tacv2", "name": "new"}]
    place = {"id": "19:unknown@thread.tacv2", "conversationType": "channel", "tenantId": TENANT}
    for whole in (pressed(), pressed("channel", conversation=place)):
        assert await bot.clicks(whole) == NOT_SHOWN
    assert (await chat(bot.pool)).is_suspended
    assert await bot.pool.fetchval("SELECT count(*) FROM conversation WHERE id = $1", place["id"]) == 0
    assert gateway.signals == []


async def test_the_same_card_pressed_by_two_with_different_rights(bot: Bot, pagerduty: Searchable) -> None:
    await link(bot.pool, BO_AAD, user="PUSER02", access_token="pdus+_bos")
    pagerduty.hidden["pdus+_bos"] = {42}
    assert await bot.clicks(pressed(**BY_BO)) == NOT_SHOWN
    assert await bot.clicks(pressed()) == FOLLOWS
    await posted(bot.pool, GROUP_CHAT)
    assert await bot.clicks(pressed(**BY_BO)) == NOT_SHOWN, "the live card's link is not for them either"


@pytest.mark.parametrize("status", [429, 500])
async def test_a_pagerduty_that_does_not_tell(bot: Bot, pagerduty: Searchable, status: int) -> None:
    pagerduty.status = status
    assert await bot.clicks(pressed()) == DID_NOT_ANSWER


async def test_a_slow_pagerduty_is_answered_for_in_time(bot: Bot, pagerduty: Searchable) -> None:
    pagerduty.answering.clear()
    began = asyncio.get_running_loop().time()
    assert await bot.clicks(pressed()) == DID_NOT_ANSWER
    assert asyncio.get_running_loop().time() - began < 3
    pagerduty.answering.set()


@pytest.mark.parametrize("account", ["umbrella", "nobody"])
async def test_an_account_that_nobody_of_the_tenant_has_a_link_to_says_nothing_of_itself(
    bot: Bot, gateway: RecordingGateway, pagerduty: Searchable, account: str
) -> None:
    """One that is configured and serves no team of theirs, and one that is not there."""
    assert await bot.clicks(pressed(account=account)) == NOT_SHOWN
    assert (gateway.signals, gateway.asked_for_links, pagerduty.requests) == ([], [], [])


@pytest.mark.parametrize(
    "data",
    [
        {"s": 1},
        {"s": 1, "a": "acme"},
        {"s": 1, "a": 1, "i": INCIDENT},
        {"s": 1, "a": "acme", "i": "../users"},
    ],
    ids=str,
)
async def test_a_button_that_names_no_incident_is_refused(bot: Bot, data: dict[str, Any]) -> None:
    value = {"action": {"type": "Action.Execute", "verb": "follow", "data": data}, "trigger": "manual"}
    assert await bot.clicks(pressed(value=value)) == INCOMPLETE_BUTTON


async def test_another_tenant_is_refused(bot: Bot) -> None:
    place = {"id": GROUP_CHAT, "conversationType": "groupChat", "tenantId": OTHER_TENANT}
    whole = pressed(conversation=place, channelData={"tenant": {"id": OTHER_TENANT}})
    assert (await bot.post(whole)).status_code == 403


async def test_the_conversation_of_another_tenant_is_not_taken(bot: Bot, gateway: RecordingGateway) -> None:
    async with transaction(bot.pool) as connection:
        await chats.find_or_make(
            connection,
            id=GROUP_CHAT,
            tenant=OTHER_TENANT,
            account="acme",
            number=1,
            name="",
            service_url=SERVICE_URL,
            at=datetime.now(UTC),
        )
    assert await bot.clicks(pressed()) == NOT_OUR_CARD
    assert (gateway.signals, await rows(bot.pool)) == ([], [])


async def test_a_link_that_ended_meanwhile_is_offered_anew(
    bot: Bot, gateway: RecordingGateway, pagerduty: Searchable
) -> None:
    await bot.pool.execute("UPDATE user_link SET expires_at = now() - interval '1 hour'")
    text = await bot.clicks(pressed())
    assert "is not linked to PagerDuty (acme)" in text
    assert [signal for _, signal, _ in gateway.signals] == ["offer"], "that it ended is told too"
    assert await links.of_person(bot.pool, tenant=TENANT, aad_object_id=ADA_AAD) == ()
