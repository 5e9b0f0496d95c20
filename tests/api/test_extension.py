"""The search extension through the whole edge: who finds what, and what they get instead."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from muster.cards.links.sentences import NOBODY_SERVED, NOT_SERVED, choose_sentence, sentence_of
from muster.cards.search import (
    DID_NOT_ANSWER,
    LINK_LABEL,
    LINK_REJECTED,
    NOTHING_FOUND,
    TOO_MANY,
    UNKNOWN_COMMAND,
)
from muster.cards.sentences import CROWDED, UNREACHABLE
from muster.payloads.rest import details_of_incident
from muster.security.signed_links import SignedLinks
from muster.settings import Settings
from muster.store.pool import Pool
from muster.temporal.attempts import TemporalUnavailable
from tests.api.conftest import BotFramework
from tests.api.connecting import authorized
from tests.api.linked_people import RING, connect, link
from tests.api.searching import (
    CHAT_OF_TWO,
    OfferingGateway,
    Searchable,
    answer_to,
    found,
    listed,
    searched,
    told,
)
from tests.api.team_bot import TEAM, Bot, Connector, bot_settings, serving_bot
from tests.support.bodies import reference
from tests.support.company import ADA_AAD, BO_AAD, TENANT
from tests.support.waiting import eventually
from workflows.account_link.messages import LinkAnswer
from workflows.incident.events import Details

pytestmark = pytest.mark.anyio

BY_BO: dict[str, Any] = {"from": {"id": "29:bo", "name": "Bo Call", "aadObjectId": BO_AAD}}
PLACES = ["channel", "chat", "two"]


@pytest.fixture
def gateway(pool: Pool) -> OfferingGateway:
    return OfferingGateway(pool)


@pytest.fixture
def pagerduty() -> Searchable:
    return Searchable()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return bot_settings(database_url, tmp_path)


@pytest.fixture
async def bot(
    settings: Settings,
    pool: Pool,
    gateway: OfferingGateway,
    pagerduty: Searchable,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
) -> AsyncIterator[Bot]:
    """The bot in a team of acme, where Ada is linked."""
    await authorized(pool, settings)
    async with serving_bot(settings, pool, gateway, framework, framework_pool, Connector(), pagerduty) as bot:
        yield bot


def paths(pagerduty: Searchable) -> list[str]:
    return [request.url.path for request in pagerduty.requests]


async def open_url(bot: Bot, whole: dict[str, Any]) -> str:
    """The address behind the one thing that the search box offers."""
    extension = await answer_to(bot, whole)
    assert extension["type"] == "auth", extension
    (action,) = extension["suggestedActions"]["actions"]
    assert action["title"] == LINK_LABEL
    return str(action["value"])


# What is found


@pytest.mark.parametrize("place", PLACES)
async def test_a_number_finds_its_incident_by_one_call(bot: Bot, pagerduty: Searchable, place: str) -> None:
    pagerduty.incidents = [listed(7), listed(42, "Cart is slow"), listed(43, "Not 42")]
    for typed in ("42", " #42 "):
        pagerduty.requests.clear()
        assert await found(bot, typed, place=place) == ["#42 Cart is slow"]
        assert paths(pagerduty) == ["/incidents/42"]


async def test_a_number_that_is_no_incidents_may_stand_in_a_title(bot: Bot, pagerduty: Searchable) -> None:
    pagerduty.incidents = [listed(1, "HTTP 500 from the cart"), listed(2)]
    assert await found(bot, "500") == ["#1 HTTP 500 from the cart"]
    assert len(pagerduty.requests) == 3


@pytest.mark.parametrize(
    "typed", ["latency", "LATENCY checkout", "ledger", "bo", "bo ledg", "#3"], ids=lambda typed: typed
)
async def test_words_of_title_service_and_assignee_find_an_incident(
    bot: Bot, pagerduty: Searchable, typed: str
) -> None:
    nobody = {"assignments": [], "service": reference("service", "PSVC009", "Search")}
    pagerduty.incidents = [
        listed(3, "Checkout Latency", service=reference("service", "PSVC002", "Ledger")),
        listed(1, "Disk is full", **nobody),
    ]
    pagerduty.requests.clear()
    assert await found(bot, typed) == ["#3 Checkout Latency"]


async def test_all_that_is_typed_is_to_be_found(bot: Bot, pagerduty: Searchable) -> None:
    pagerduty.incidents = [listed(1, "Checkout latency")]
    assert await told(bot, "latency elsewhere") == NOTHING_FOUND


@pytest.mark.parametrize("typed", [None, "", "checkout"], ids=["initial run", "nothing", "a word"])
async def test_open_ones_come_first_and_of_each_the_newest(
    bot: Bot, pagerduty: Searchable, typed: str | None
) -> None:
    pagerduty.incidents = [
        listed(1, "Checkout a"),
        listed(2, "Checkout b", status="resolved"),
        listed(3, "Checkout c", status="acknowledged"),
        listed(4, "Checkout d", status="resolved"),
    ]
    assert await found(bot, typed) == ["#3 Checkout c", "#1 Checkout a", "#4 Checkout d", "#2 Checkout b"]


async def test_there_are_ten_at_most_and_no_second_page(bot: Bot, pagerduty: Searchable) -> None:
    pagerduty.incidents = [listed(number) for number in range(1, 31)]
    assert await found(bot, None) == [f"#{number} Checkout latency" for number in range(30, 20, -1)]
    pagerduty.requests.clear()
    assert await found(bot, None, skip=10) == []
    assert pagerduty.requests == []


async def test_of_two_hundred_that_are_listed_ten_are_read_whole(
    bot: Bot, pagerduty: Searchable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading takes the event loop that answers clicks."""
    read: list[int] = []

    def reading(incident: dict[str, Any]) -> Details:
        read.append(incident["incident_number"])
        return details_of_incident(incident)

    monkeypatch.setattr("muster.linked_people.incident_search.details_of_incident", reading)
    pagerduty.incidents = [
        *(listed(number, "Disk is full") for number in range(101, 201)),
        *(listed(number, status="resolved") for number in range(1, 101)),
        listed(250),
    ]
    assert len(await found(bot, "latency")) == 10
    assert read == [250, *range(100, 91, -1)]


async def test_what_pagerduty_is_asked_is_two_lists_of_the_newest(bot: Bot, pagerduty: Searchable) -> None:
    await told(bot, "latency")
    asked = sorted(
        (sorted(request.url.params.multi_items()) for request in pagerduty.requests), key=len, reverse=True
    )
    assert asked == [
        [
            ("date_range", "all"),
            ("limit", "100"),
            ("sort_by", "created_at:desc"),
            ("statuses[]", "acknowledged"),
            ("statuses[]", "triggered"),
        ],
        [("limit", "100"), ("sort_by", "created_at:desc"), ("statuses[]", "resolved")],
    ]


async def test_an_incident_that_cannot_be_read_is_left_out(bot: Bot, pagerduty: Searchable) -> None:
    pagerduty.incidents = [listed(1), listed(2, id="no id"), listed(3)]
    assert await found(bot, None) == ["#3 Checkout latency", "#1 Checkout latency"]


async def test_what_stands_beside_a_title_is_no_markup(bot: Bot, pagerduty: Searchable) -> None:
    hostile = "<b>Ledger</b> & \u202eco"
    pagerduty.incidents = [listed(1, "<i>Cart</i>", service=reference("service", "PSVC002", hostile))]
    extension = await answer_to(bot, searched(None))
    assert extension["attachments"][0]["preview"]["content"] == {
        "title": "#1 <i>Cart</i>",
        "text": "🔴 Triggered · P1 · &lt;b&gt;Ledger&lt;/b&gt; &amp; co · Bo Call",
    }


# As whom, and where


async def test_two_people_with_different_rights_find_different_incidents(
    bot: Bot, pagerduty: Searchable
) -> None:
    await link(bot.pool, BO_AAD, user="PUSER02", access_token="pdus+_of-bo")
    pagerduty.incidents = [listed(1, "For all"), listed(2, "Of a private team")]
    pagerduty.hidden = {"pdus+_of-bo": {2}}
    assert await found(bot, None) == ["#2 Of a private team", "#1 For all"]
    assert await found(bot, None, **BY_BO) == ["#1 For all"]
    assert await found(bot, "2") == ["#2 Of a private team"]
    assert await told(bot, "2", **BY_BO) == NOTHING_FOUND


async def test_in_a_channel_the_account_of_its_team_is_searched_alone(
    bot: Bot, pagerduty: Searchable
) -> None:
    await link(bot.pool, account="umbrella", access_token="pdus+_umbrella")
    pagerduty.incidents = [listed(1)]
    extension = await answer_to(bot, searched(None))
    assert len(extension["attachments"]) == 1
    assert "acme" not in extension["attachments"][0]["preview"]["content"]["text"]
    assert {request.headers["authorization"] for request in pagerduty.requests} == {"Bearer pdus+_access"}


@pytest.mark.parametrize("place", ["chat", "two"])
async def test_elsewhere_every_account_is_searched_and_each_result_names_its_own(
    bot: Bot, pagerduty: Searchable, place: str
) -> None:
    await link(bot.pool, account="umbrella", access_token="pdus+_umbrella")
    pagerduty.incidents = [listed(1), listed(2, status="resolved")]
    pagerduty.hidden = {"pdus+_umbrella": {2}}
    extension = await answer_to(bot, searched(None, place=place))
    texts = [one["preview"]["content"]["text"] for one in extension["attachments"]]
    assert sorted(text.rpartition(" · ")[2] for text in texts[:2]) == ["acme", "umbrella"]
    assert (len(texts), texts[2].rpartition(" · ")[2]) == (3, "acme"), "open ones first, of all accounts"


async def test_an_account_that_does_not_answer_takes_nothing_from_the_others(
    bot: Bot, pagerduty: Searchable
) -> None:
    await link(bot.pool, account="umbrella", access_token="pdus+_umbrella")
    pagerduty.incidents = [listed(1)]
    pagerduty.failing = {"pdus+_umbrella"}
    assert await lines(bot) == [
        ("#1 Checkout latency", "🔴 Triggered · P1 · Checkout · Bo Call · acme"),
        ("umbrella was not searched", DID_NOT_ANSWER),
    ]
    assert await told(bot, "elsewhere", place="chat") == DID_NOT_ANSWER, "it may be there"


async def test_with_the_line_of_an_account_that_does_not_answer_there_are_ten(
    bot: Bot, pagerduty: Searchable
) -> None:
    await link(bot.pool, account="umbrella", access_token="pdus+_umbrella")
    pagerduty.incidents = [listed(number) for number in range(1, 15)]
    pagerduty.failing = {"pdus+_umbrella"}
    found = await lines(bot)
    assert len(found) == 10
    assert found[-1] == ("umbrella was not searched", DID_NOT_ANSWER)


async def test_of_an_account_whose_link_ended_a_line_says_how_to_link_it_again(
    bot: Bot, pagerduty: Searchable
) -> None:
    await link(bot.pool, account="umbrella", access_token="pdus+_umbrella")
    await bot.pool.execute(
        "UPDATE user_link SET expires_at = now() - interval '1 hour' WHERE account = 'umbrella'"
    )
    pagerduty.incidents = [listed(1)]
    (_, (title, text)) = await lines(bot)
    assert title == "umbrella was not searched"
    assert text == "Your link to it has ended. Send linkUser umbrella to Muster in a private chat."


async def lines(bot: Bot) -> list[tuple[str, str]]:
    """What stands in the list of a search in a chat."""
    extension = await answer_to(bot, searched(None, place="chat"))
    previews = [one["preview"]["content"] for one in extension["attachments"]]
    return [(one["title"], one["text"]) for one in previews]


async def test_a_team_that_is_not_authorized_counts_as_elsewhere(bot: Bot, pagerduty: Searchable) -> None:
    pagerduty.incidents = [listed(1)]
    await bot.pool.execute("UPDATE team SET account = NULL, authorized_by = NULL WHERE id = $1", TEAM)
    assert await found(bot, None) == ["#1 Checkout latency"]


# Nothing


async def test_nothing_is_found(bot: Bot) -> None:
    assert await told(bot, "no such thing") == NOTHING_FOUND == "Nothing found."


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_pagerduty_that_does_not_answer_is_said(bot: Bot, pagerduty: Searchable, status: int) -> None:
    pagerduty.status = status
    for typed in ("latency", "42"):
        assert await told(bot, typed) == DID_NOT_ANSWER == "PagerDuty did not answer; try again."


async def test_a_slow_pagerduty_is_not_waited_for_longer_than_teams_waits(
    bot: Bot, pagerduty: Searchable
) -> None:
    pagerduty.answering.clear()
    began = time.monotonic()
    assert await told(bot, "latency") == DID_NOT_ANSWER
    assert time.monotonic() - began < 3
    pagerduty.answering.set()


@pytest.mark.parametrize("status", [401, 403])
async def test_a_link_that_pagerduty_does_not_accept_is_said(
    bot: Bot, pagerduty: Searchable, status: int
) -> None:
    pagerduty.status = status
    pagerduty.refresh_status = 503
    await bot.pool.execute("UPDATE user_link SET refresh_token = NULL")
    assert await told(bot, "latency") == LINK_REJECTED


@pytest.mark.parametrize(
    "value",
    [None, [], {}, {"commandId": "another"}, {"commandId": ["findIncident"]}],
    ids=["none", "list", "empty", "another", "no text"],
)
async def test_another_command_is_not_known(bot: Bot, pagerduty: Searchable, value: Any) -> None:
    extension = await answer_to(bot, searched("x") | {"value": value})
    assert (extension["type"], extension["text"]) == ("message", UNKNOWN_COMMAND)
    assert pagerduty.requests == []


@pytest.mark.parametrize(
    "parameters", [None, {}, ["x", 5], [{"name": ["query"]}], [{"name": "query", "value": 5}]]
)
async def test_odd_parameters_are_as_nothing_typed(bot: Bot, pagerduty: Searchable, parameters: Any) -> None:
    pagerduty.incidents = [listed(1)]
    value = {"commandId": "findIncident", "parameters": parameters, "queryOptions": "x"}
    extension = await answer_to(bot, searched("x") | {"value": value})
    assert len(extension["attachments"]) == 1


async def test_what_is_typed_may_be_of_any_length(bot: Bot, pagerduty: Searchable) -> None:
    assert await told(bot, "x" * 100_000) == NOTHING_FOUND
    assert await told(bot, "9" * 100_000) == NOTHING_FOUND


async def test_a_database_that_is_away_is_said_in_the_extensions_form(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("muster.store.links.of_person", _away)
    assert await told(bot, "latency") == UNREACHABLE


async def _away(*_: object, **__: object) -> None:
    raise ConnectionRefusedError


async def test_a_crowd_is_said_in_the_extensions_form(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are forty places for a conversation; whoever has one keeps it until the others were answered."""
    answered = asyncio.Event()

    async def waiting(*_: object, **__: object) -> None:
        with suppress(asyncio.CancelledError):  # its own time may be over first
            await answered.wait()
        await answered.wait()
        raise ConnectionRefusedError

    monkeypatch.setattr("muster.store.links.of_person", waiting)
    searches = [asyncio.create_task(answer_to(bot, searched("latency"))) for _ in range(50)]

    async def are_answered() -> bool:
        return sum(search.done() for search in searches) == 10

    await eventually(are_answered)
    answered.set()
    said = [one["text"] for one in await asyncio.gather(*searches)]
    assert (said.count(CROWDED), said.count(UNREACHABLE)) == (10, 40)


async def test_pagerduty_is_asked_for_so_many_searches_of_a_person_at_once_and_no_more(
    bot: Bot, pagerduty: Searchable
) -> None:
    pagerduty.answering.clear()
    answers = await asyncio.gather(*(told(bot, "42") for _ in range(12)))
    assert (answers.count(DID_NOT_ANSWER), answers.count(TOO_MANY)) == (4, 8)
    assert paths(pagerduty) == ["/incidents/42"] * 4
    pagerduty.answering.set()
    pagerduty.incidents = [listed(42)]
    assert await found(bot, "42") == ["#42 Checkout latency"]


# Whoever is not linked


@pytest.mark.parametrize("place", PLACES)
async def test_somebody_unlinked_is_offered_their_own_link_and_finds_nothing(
    bot: Bot, settings: Settings, gateway: OfferingGateway, pagerduty: Searchable, place: str
) -> None:
    pagerduty.incidents = [listed(1)]
    address = await open_url(bot, searched("latency", place=place, **BY_BO))
    (asked,) = gateway.asked_for_links
    assert (asked.start.tenant, asked.start.person.aad_object_id, asked.start.account) == (
        TENANT,
        BO_AAD,
        "acme",
    )
    (row,) = await bot.pool.fetch("SELECT id, person FROM link_offer WHERE kind = 'link_accounts'")
    assert address == f"{settings.public_url}/l/{SignedLinks(RING).token(row['id'])}"
    assert row["person"] == BO_AAD
    assert pagerduty.requests == []


async def test_who_types_on_gets_the_same_link_and_asks_for_no_other(
    bot: Bot, gateway: OfferingGateway
) -> None:
    addresses = {await open_url(bot, searched(text, **BY_BO)) for text in (None, "l", "la", "lat")}
    assert len(addresses) == 1
    assert len(gateway.asked_for_links) == 1


async def test_a_link_that_is_over_is_replaced_by_another(bot: Bot, gateway: OfferingGateway) -> None:
    first = await open_url(bot, searched(None, **BY_BO))
    await bot.pool.execute("UPDATE link_offer SET expires_at = now() - interval '1 second'")
    assert await open_url(bot, searched(None, **BY_BO)) != first
    assert len(gateway.asked_for_links) == 2


async def test_an_offer_whose_row_comes_late_is_told_of_where_it_will_be(
    bot: Bot, gateway: OfferingGateway
) -> None:
    gateway.offers = False
    began = time.monotonic()
    assert await told(bot, None, **BY_BO) == sentence_of(LinkAnswer(reply="sent"))
    assert time.monotonic() - began < 3


async def test_without_temporal_no_link_is_offered(bot: Bot, gateway: OfferingGateway) -> None:
    gateway.failure = TemporalUnavailable("away")
    assert await told(bot, None, **BY_BO) == UNREACHABLE


async def test_whose_link_was_removed_meanwhile_is_offered_another(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr("muster.store.links.linked_user", gone)
    assert "/l/" in await open_url(bot, searched(None))


async def test_where_several_accounts_can_be_meant_the_choice_is_theirs(bot: Bot) -> None:
    await connect(bot.pool, "umbrella", team="19:second@thread.tacv2")
    assert await told(bot, None, place="chat", **BY_BO) == choose_sentence(("acme", "umbrella"))
    assert "/l/" in await open_url(bot, searched(None, **BY_BO)), "a team has one"


async def test_where_no_team_belongs_to_an_account_nobody_can_be_linked(bot: Bot) -> None:
    await bot.pool.execute("UPDATE team SET account = NULL")
    assert await told(bot, None, place="chat", **BY_BO) == NOBODY_SERVED


async def test_teams_that_does_not_say_who_it_is_finds_nothing(bot: Bot, pagerduty: Searchable) -> None:
    assert "who you are" in await told(bot, None, **{"from": {"id": "29:ada", "name": "Ada Ops"}})
    assert pagerduty.requests == []


# What a search tells beside its purpose


async def test_a_private_chat_of_two_is_not_taken_for_the_bots(bot: Bot) -> None:
    await answer_to(bot, searched(None, place="two"))
    await bot.sightings.finish()
    row = await bot.pool.fetchrow(
        "SELECT teams_id, private_conversation FROM person WHERE aad_object_id = $1", ADA_AAD
    )
    assert row is not None
    assert (row["teams_id"], row["private_conversation"]) == ("29:ada", None)
    assert CHAT_OF_TWO not in {one["id"] for one in await bot.pool.fetch("SELECT id FROM conversation")}


def test_sentences_of_links_are_plain() -> None:
    for text in (LINK_REJECTED, DID_NOT_ANSWER, NOTHING_FOUND, NOT_SERVED):
        assert "**" not in text
