"""``teams.show_notice``: private at least once, public at most once; link and KEY in the message alone."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.teams.notices import NoticeActivities
from activities.teams.sends import Sends
from muster.clients.teams.connector import ConnectorClient
from muster.private_sends import PrivateSends
from muster.security.signed_links import SignedLinks, link_url
from muster.settings import Settings
from muster.store import link_offers, notices
from muster.store.pool import Pool
from tests.activities.setup import AT, RING, SUBJECT, Setup
from tests.support.refused_sends import KeptRefusedSends
from tests.support.settings import settings_for
from tests.support.teams_service import TeamsService
from workflows.team_setup.activities import ShowNotice

pytestmark = pytest.mark.anyio

LATER = AT + timedelta(seconds=5)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url, "127.0.0.1:1")


@pytest.fixture
async def setup(
    connector: ConnectorClient,
    private: PrivateSends,
    pool: Pool,
    sends: Sends,
    refused_sends: KeptRefusedSends,
    settings: Settings,
    teams_side: TeamsService,
) -> Setup:
    activities = NoticeActivities(connector, private, pool, sends, refused_sends, RING, settings)
    setup = Setup(teams_side, pool, activities)
    await setup.lives_at(teams_side.service_url)
    return setup


async def failure(setup: Setup, request: ShowNotice, **more: Any) -> str | None:
    with pytest.raises(ApplicationError) as failed:
        await setup.show(request, **more)
    return failed.value.type


def newest(message: dict[str, Any]) -> dict[str, Any]:
    activity: dict[str, Any] = message["versions"][-1]["activity"]
    return activity


@pytest.mark.pooler_too
async def test_the_installer_is_written_to_alone_in_a_chat_that_is_opened_once(
    setup: Setup, teams_side: TeamsService
) -> None:
    assert (await setup.show(setup.private("expired"))).certain
    assert (await setup.show(setup.private("authorized", by="Grace"))).certain
    (message,) = await teams_side.messages(await setup.chat())
    assert len(message["versions"]) == 2
    assert message["versions"][0]["activity"]["text"] == "The link has expired · Payments"
    assert await teams_side.messages() == [], "nobody else sees it"
    assert len(teams_side.calls("POST", "/v3/conversations")) == 1


async def test_the_same_showing_again_sends_nothing(setup: Setup, teams_side: TeamsService) -> None:
    await setup.show(setup.private("expired"))
    await setup.show(setup.private("expired"), asked_at=LATER)
    assert len(teams_side.calls("POST", "/activities")) == 1
    assert [one.method for one in teams_side.asked].count("PUT") == 0


async def test_a_pressed_message_is_found_by_its_row(setup: Setup, pool: Pool) -> None:
    request = setup.private("expired")
    await setup.show(request)
    message = await setup.message(request)
    assert message is not None
    found = await notices.find(pool, conversation=message.conversation, activity_id=message.activity_id)
    assert found == (SUBJECT, "installer/1", setup.person.aad_object_id)


async def test_the_link_is_drawn_from_the_row_where_it_is_sent(
    setup: Setup, teams_side: TeamsService, settings: Settings
) -> None:
    offer = await setup.offer()
    await setup.show(setup.private(offer=offer.id))
    (message,) = await teams_side.messages(await setup.chat())
    link = link_url(settings.public_url, SignedLinks(RING).token(offer.id))
    text = json.dumps(newest(message))
    assert link in text
    key = await link_offers.open_key(setup.pool, RING, offer.id)
    assert key is not None
    assert key not in text


async def test_the_key_stands_on_the_expanded_card(setup: Setup, teams_side: TeamsService) -> None:
    offer = await setup.offer()
    await setup.show(setup.private(offer=offer.id))
    await setup.show(setup.private(offer=offer.id, expanded=True))
    (message,) = await teams_side.messages(await setup.chat())
    key = await link_offers.open_key(setup.pool, RING, offer.id)
    assert f"authorize {key}" in json.dumps(newest(message))


async def test_no_row_holds_a_link_or_a_key(setup: Setup) -> None:
    offer = await setup.offer()
    await setup.show(setup.private(offer=offer.id, expanded=True))
    key = await link_offers.open_key(setup.pool, RING, offer.id) or ""
    token = SignedLinks(RING).token(offer.id)
    rows = [dict(row) for row in await setup.pool.fetch("SELECT * FROM notice")]
    assert key not in str(rows)
    assert token not in str(rows)


async def test_a_private_message_whose_answer_was_lost_is_sent_once_more_and_both_can_be_pressed(
    setup: Setup, teams_side: TeamsService
) -> None:
    await teams_side.fault("create", "lose_answer")
    assert await failure(setup, setup.private("expired")) == "OutcomeUnknown"
    assert (await setup.show(setup.private("expired"), asked_at=LATER)).certain
    first, second = await teams_side.messages(await setup.chat())
    assert [button["data"] for button in buttons(first)] == [button["data"] for button in buttons(second)]
    assert buttons(first)[0]["data"] == {"team": setup.team, "notice": "installer/1"}
    message = await setup.message(setup.private("expired"))
    assert message is not None
    assert message.activity_id == second["id"]


def buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    card = newest(message)["attachments"][0]["content"]
    return [a for e in card["body"] if e["type"] == "ActionSet" for a in e["actions"]]


async def test_a_call_that_comes_late_does_not_send_beside_a_later_one(
    setup: Setup, teams_side: TeamsService
) -> None:
    await teams_side.fault("create", "lose_answer")
    await failure(setup, setup.private("expired"), asked_at=LATER)
    assert await failure(setup, setup.private("expired"), asked_at=AT) == "Conflict"
    assert len(await teams_side.messages(await setup.chat())) == 1


async def test_a_greeting_whose_answer_was_lost_is_not_sent_again(
    setup: Setup, teams_side: TeamsService
) -> None:
    await teams_side.fault("create", "lose_answer")
    assert await failure(setup, setup.welcome()) == "OutcomeUnknown"
    assert not (await setup.show(setup.welcome(), asked_at=LATER)).certain
    assert len(await teams_side.messages(setup.team)) == 1


async def test_a_greeting_that_was_certainly_not_sent_is_sent_later(
    setup: Setup, teams_side: TeamsService
) -> None:
    await teams_side.fault("create", "status", status=403, body={"error": {"code": "ServiceError"}})
    assert await failure(setup, setup.welcome()) == "RefusedForNow"
    assert (await setup.show(setup.welcome(), asked_at=LATER)).certain
    assert len(await teams_side.messages(setup.team)) == 1


async def test_a_greeting_that_is_under_way_is_not_sent_beside_itself(
    setup: Setup, teams_side: TeamsService, connector: ConnectorClient, settings: Settings
) -> None:
    """Temporal has taken the worker for dead, and another one is asked for the same."""
    other = Sends()
    private = PrivateSends(connector, setup.pool)
    activities = NoticeActivities(connector, private, setup.pool, other, KeptRefusedSends(), RING, settings)
    held = teams_side.holds(1)
    first = asyncio.create_task(setup.show(setup.welcome()))
    await teams_side.until(lambda: bool(teams_side.asked))
    second = await setup.show(setup.welcome(), asked_at=LATER, by=activities)
    held.set()
    assert (await first).certain
    assert not second.certain
    assert len(await teams_side.messages(setup.team)) == 1


async def test_a_message_that_began_is_recorded_although_its_activity_is_gone(
    setup: Setup, teams_side: TeamsService, sends: Sends
) -> None:
    await teams_side.fault("create", "slow", seconds=0.5)
    showing = asyncio.create_task(setup.show(setup.welcome()))
    await teams_side.until(lambda: bool(teams_side.asked))
    showing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await showing
    sends.stop(within=timedelta(seconds=20))
    await sends.finish()
    assert await setup.message(setup.welcome()) is not None


async def test_a_message_that_was_deleted_is_forgotten_and_posted_anew(
    setup: Setup, teams_side: TeamsService
) -> None:
    await setup.show(setup.private("expired"))
    await teams_side.fault("edit", "gone")
    assert await failure(setup, setup.private("removed")) == "CardGone"
    assert await setup.message(setup.private("removed")) is None
    await setup.show(setup.private("expired"), asked_at=LATER)
    assert len(teams_side.calls("POST", "/activities")) == 2


async def test_somebody_who_has_blocked_the_bot_cannot_be_written_to(
    setup: Setup, teams_side: TeamsService
) -> None:
    blocked = {"error": {"code": "ConversationBlockedByUser"}}
    await teams_side.fault("create", "status", status=403, body=blocked)
    assert await failure(setup, setup.private("expired")) == "BotRemoved"
    await setup.show(setup.private("expired"))


async def test_a_team_of_which_nobody_told_where_it_lives_is_not_written_to(setup: Setup) -> None:
    await setup.pool.execute("UPDATE team SET service_url = NULL WHERE id = $1", setup.team)
    assert await failure(setup, setup.welcome()) == "RequestInvalid"


async def test_a_person_is_written_to_where_they_have_written(setup: Setup, teams_side: TeamsService) -> None:
    """The team's address is not theirs."""
    await setup.pool.execute("UPDATE team SET service_url = 'https://elsewhere.example/'")
    await setup.pool.execute("UPDATE person SET service_url = $1", teams_side.service_url)
    assert (await setup.show(setup.private("expired"))).certain


async def test_what_a_message_shows_is_restored(setup: Setup) -> None:
    await setup.show(setup.private("expired", content="c1"))
    await setup.show(setup.welcome())
    private, welcome = await notices.of_subject(setup.pool, SUBJECT)
    assert (private.name, private.showing, private.content, private.is_posted) == (
        "installer/1",
        "expired",
        "c1",
        True,
    )
    assert private.person == setup.person
    assert (welcome.name, welcome.person) == ("welcome/1", None)


async def test_a_greeting_that_was_not_sent_is_not_restored_and_one_that_was_deleted_is(
    setup: Setup, teams_side: TeamsService
) -> None:
    """The one is still to be sent, the other not again."""
    await teams_side.fault("create", "status", status=403, body={"error": {"code": "ServiceError"}})
    assert await failure(setup, setup.welcome()) == "RefusedForNow"
    assert await notices.of_subject(setup.pool, SUBJECT) == ()
    await setup.show(setup.welcome(), asked_at=LATER)
    await teams_side.fault("edit", "gone")
    assert await failure(setup, setup.welcome(content="another name")) == "CardGone"
    (deleted,) = await notices.of_subject(setup.pool, SUBJECT)
    assert (deleted.name, deleted.is_posted) == ("welcome/1", False)


async def test_a_private_message_that_was_deleted_is_not_restored(
    setup: Setup, teams_side: TeamsService
) -> None:
    await setup.show(setup.private("expired"))
    await teams_side.fault("edit", "gone")
    assert await failure(setup, setup.private("removed")) == "CardGone"
    assert await notices.of_subject(setup.pool, SUBJECT) == ()


async def test_a_message_that_another_has_replaced_is_not_restored_and_its_number_stays_taken(
    setup: Setup,
) -> None:
    await setup.show(setup.private("expired"))
    await setup.show(setup.private("replaced"), asked_at=LATER)
    assert await notices.of_subject(setup.pool, SUBJECT) == ()
    assert await notices.numbers(setup.pool, SUBJECT) == {"installer": 1}


async def test_the_number_of_a_greeting_that_was_not_sent_is_free(
    setup: Setup, teams_side: TeamsService
) -> None:
    await teams_side.fault("create", "status", status=403, body={"error": {"code": "ServiceError"}})
    assert await failure(setup, setup.welcome()) == "RefusedForNow"
    assert await notices.numbers(setup.pool, SUBJECT) == {}
    await setup.show(setup.welcome(), asked_at=LATER)
    assert await notices.numbers(setup.pool, SUBJECT) == {"welcome": 1}


async def test_a_welcome_that_is_refused_in_general_is_reported(
    setup: Setup, teams_side: TeamsService, refused_sends: KeptRefusedSends
) -> None:
    await teams_side.fault("create", "removed")
    welcome = setup.welcome()
    assert await failure(setup, welcome) == "BotRemoved"
    assert refused_sends.reported == [(welcome.recipient, "BotNotInConversationRoster")]
