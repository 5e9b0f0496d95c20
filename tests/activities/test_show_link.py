"""``teams.show_link``: to one person alone, at least once; the link stands in the message alone."""

import json
from datetime import timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.teams.link_notices import LinkNoticeActivities
from activities.teams.sends import Sends
from muster.private_sends import PrivateSends
from muster.security.signed_links import SignedLinks, link_url
from muster.settings import Settings
from muster.store import notices
from muster.store.pool import Pool
from tests.activities.account_link import AT, RING, Link
from tests.support.settings import settings_for
from tests.support.teams_service import TeamsService
from workflows.account_link.activities import ShowLink

pytestmark = pytest.mark.anyio

LATER = AT + timedelta(seconds=5)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url, "127.0.0.1:1")


@pytest.fixture
def link(
    private: PrivateSends, pool: Pool, sends: Sends, settings: Settings, teams_side: TeamsService
) -> Link:
    return Link(teams_side, pool, LinkNoticeActivities(pool, private, sends, RING, settings))


async def failure(link: Link, request: ShowLink, **more: Any) -> str | None:
    with pytest.raises(ApplicationError) as failed:
        await link.show(request, **more)
    return failed.value.type


def newest(message: dict[str, Any]) -> dict[str, Any]:
    activity: dict[str, Any] = message["versions"][-1]["activity"]
    return activity


async def test_whoever_asks_is_written_to_in_their_private_chat_which_is_opened_once(
    link: Link, teams_side: TeamsService
) -> None:
    assert not (await link.show(link.request())).targeted
    assert not (await link.show(link.request("replaced"))).targeted
    (message,) = await teams_side.messages(await link.chat())
    assert len(message["versions"]) == 2
    assert message["versions"][0]["activity"]["text"] == "The link has expired · acme"
    assert await teams_side.messages() == [], "nobody else sees it"
    assert len(teams_side.calls("POST", "/v3/conversations")) == 1


async def test_whoever_clicked_in_a_channel_is_written_to_there_alone_and_the_message_is_edited_there(
    link: Link, teams_side: TeamsService
) -> None:
    offer = await link.offer()
    asked = link.request("open", asked_in=teams_side.channel, offer=offer.id)
    assert (await link.show(asked)).targeted
    assert (await link.show(link.request("expired", asked_in=teams_side.channel))).targeted
    (message,) = await teams_side.messages()
    assert (message["to"], len(message["versions"])) == (link.person.aad_object_id, 2)
    known = await link.message()
    assert known is not None
    assert (known.conversation, known.targeted) == (teams_side.channel, True)
    assert await link.chat() is None


async def test_where_teams_refuses_that_the_private_chat_is_taken(
    link: Link, teams_side: TeamsService
) -> None:
    await teams_side.refuse_targeted(405)
    assert not (await link.show(link.request(asked_in=teams_side.channel))).targeted
    (message,) = await teams_side.messages(await link.chat())
    known = await link.message()
    assert known is not None
    assert (known.activity_id, known.targeted) == (message["id"], False)


async def test_where_the_private_chat_is_closed_too_nothing_was_sent(
    link: Link, teams_side: TeamsService
) -> None:
    await teams_side.refuse_targeted(405)
    closed = {"error": {"code": "ConversationBlockedByUser"}}
    await teams_side.fault("open", "status", status=403, body=closed)
    assert await failure(link, link.request(asked_in=teams_side.channel)) == "BotRemoved"
    assert await link.message() is None
    assert not (await link.show(link.request(asked_in=teams_side.channel))).targeted


async def test_the_link_is_drawn_from_the_row_where_it_is_sent_and_no_row_holds_it(
    link: Link, teams_side: TeamsService, settings: Settings
) -> None:
    offer = await link.offer()
    await link.show(link.request("open", offer=offer.id))
    (message,) = await teams_side.messages(await link.chat())
    token = SignedLinks(RING).token(offer.id)
    assert link_url(settings.public_url, token) in json.dumps(newest(message))
    assert token not in str([dict(row) for row in await link.pool.fetch("SELECT * FROM notice")])


async def test_an_offer_that_is_over_shows_no_link(
    link: Link, teams_side: TeamsService, settings: Settings
) -> None:
    offer = await link.offer()
    await link.show(link.request("expired", offer=offer.id))
    (message,) = await teams_side.messages(await link.chat())
    assert SignedLinks(RING).token(offer.id) not in json.dumps(newest(message))


async def test_the_same_showing_again_sends_nothing(link: Link, teams_side: TeamsService) -> None:
    await link.show(link.request())
    await link.show(link.request(), asked_at=LATER)
    assert len(teams_side.calls("POST", "/activities")) == 1
    assert [one.method for one in teams_side.asked].count("PUT") == 0


async def test_a_message_whose_answer_was_lost_is_sent_once_more_and_both_buttons_name_it(
    link: Link, teams_side: TeamsService
) -> None:
    await teams_side.fault("create", "lose_answer")
    assert await failure(link, link.request()) == "OutcomeUnknown"
    await link.show(link.request(), asked_at=LATER)
    first, second = await teams_side.messages(await link.chat())
    assert buttons(first) == buttons(second) == [{"notice": "link/1", "account": "acme"}]
    known = await link.message()
    assert known is not None
    assert known.activity_id == second["id"]


def buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    """What its buttons carry."""
    card = newest(message)["attachments"][0]["content"]
    return [a["data"] for e in card["body"] if e["type"] == "ActionSet" for a in e["actions"]]


async def test_a_call_that_comes_late_does_not_send_beside_a_later_one(
    link: Link, teams_side: TeamsService
) -> None:
    await teams_side.fault("create", "lose_answer")
    await failure(link, link.request(), asked_at=LATER)
    assert await failure(link, link.request(), asked_at=AT) == "Conflict"
    assert len(await teams_side.messages(await link.chat())) == 1


async def test_a_message_that_was_deleted_is_forgotten(link: Link, teams_side: TeamsService) -> None:
    await link.show(link.request())
    await teams_side.fault("edit", "gone")
    assert await failure(link, link.request("replaced")) == "CardGone"
    assert await link.message() is None


async def test_a_pressed_message_is_found_by_its_row_and_restored(
    link: Link, teams_side: TeamsService
) -> None:
    await link.show(link.request(asked_in=teams_side.channel))
    known = await link.message()
    assert known is not None
    found = await notices.find(link.pool, conversation=known.conversation, activity_id=known.activity_id)
    assert found == (link.subject, "link/1", link.person.aad_object_id)
    (stored,) = await notices.of_subject(link.pool, link.subject)
    assert (stored.name, stored.showing, stored.is_posted, stored.targeted) == (
        "link/1",
        "expired",
        True,
        True,
    )
    assert stored.person == link.person
