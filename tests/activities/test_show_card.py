"""``teams.show_card``: what is committed before and after a send, and what each failure leaves behind."""

import asyncio
import json
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.teams.cards import CardActivities
from muster.clients.teams.connector import ConnectorClient
from muster.store.cards import CardUnknown
from tests.activities.card import Card, Show, failure, one_worker, through
from tests.api.outage import line_to
from tests.support.refused_sends import KeptRefusedSends
from tests.support.teams_service import TeamsService
from workflows.channel_incident.activities import ShowCard, Shown

pytestmark = pytest.mark.anyio


@pytest.mark.pooler_too
async def test_a_card_is_posted_and_recorded(show: Show, card: Card, teams_side: TeamsService) -> None:
    shown = await show(card.at(1))
    (message,) = await teams_side.messages()
    assert shown == Shown(activity_id=message["id"], orphans=0)
    (version,) = message["versions"]
    assert version["activity"]["summary"].startswith("Checkout is slow")
    assert '"m": "m1"' in json.dumps(version["activity"])
    row = await card.row()
    assert (row.activity_id, row.marker, row.revision, row.nonce) == (message["id"], "m1", 1, "nonce-1")
    assert not row.unknown


async def test_a_card_is_edited_in_place(show: Show, card: Card, teams_side: TeamsService) -> None:
    posted = await show(card.at(1))
    edited = await show(card.at(2, edits=posted.activity_id, status="acknowledged"))
    assert edited == posted
    (message,) = await teams_side.messages()
    assert len(message["versions"]) == 2
    assert "Acknowledged" in json.dumps(message["versions"][1])
    assert ((await card.row()).revision, (await card.row()).content) == (2, "content-2")


async def test_a_new_message_has_a_text_for_locked_phones_and_an_edit_has_none(
    show: Show, card: Card, teams_side: TeamsService
) -> None:
    posted = await show(card.at(1))
    await show(card.at(2, edits=posted.activity_id, status="acknowledged"))
    (message,) = await teams_side.messages()
    first, edit = (version["activity"] for version in message["versions"])
    assert (first["text"], first["textFormat"]) == ("Checkout is slow · Triggered", "plain")
    assert "text" not in edit


async def test_a_repost_has_a_text_again(show: Show, card: Card, teams_side: TeamsService) -> None:
    posted = await show(card.at(1))
    await teams_side.fault("edit", "gone")
    await failure(show, card.at(2, edits=posted.activity_id))
    await show(card.at(2, marker="m2", status="acknowledged"))
    *_, latest = await teams_side.messages()
    assert latest["versions"][0]["activity"]["text"] == "Checkout is slow · Acknowledged"


async def test_what_caused_a_send_goes_with_it_to_the_connector(
    show: Show, card: Card, teams_side: TeamsService
) -> None:
    await show(card.at(1))
    (asked,) = teams_side.calls("POST", "/activities")
    assert asked.headers["X-Correlation-Id"] == "01EVENT1"


async def test_a_lost_answer_is_not_repeated_and_leaves_an_orphan(
    show: Show, card: Card, teams_side: TeamsService
) -> None:
    await teams_side.fault("create", "lose_answer")
    assert (await failure(show, card.at(1)))[:2] == ("OutcomeUnknown", False)
    assert (await card.row()).unknown
    shown = await show(card.at(1, marker="m2"))
    assert shown.orphans == 1
    assert len(await teams_side.messages()) == 2
    row = await card.row()
    assert (row.activity_id, row.marker, row.orphans) == (shown.activity_id, "m2", 1)
    assert await card.orphan_markers() == ["m1"]


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_server_error_may_have_posted(
    show: Show, card: Card, teams_side: TeamsService, status: int
) -> None:
    await teams_side.fault("create", "status_after", status=status)
    assert (await failure(show, card.at(1)))[0] == "OutcomeUnknown"
    assert (await card.row()).unknown


async def test_a_limit_says_when_to_come_back_and_leaves_no_orphan(
    show: Show, card: Card, teams_side: TeamsService
) -> None:
    await teams_side.fault("create", "status", status=429, retry_after=7)
    assert await failure(show, card.at(1)) == ("RateLimited", True, ("Fault", 7.0))
    assert not (await card.row()).unknown
    assert (await show(card.at(1, marker="m2"))).orphans == 0


async def test_a_post_that_is_refused_at_random_leaves_nothing_behind(
    show: Show, card: Card, teams_side: TeamsService
) -> None:
    body = {"error": {"code": "BadArgument", "message": "Failed to decrypt conversation id"}}
    await teams_side.fault("create", "status", status=403, body=body)
    assert await failure(show, card.at(1)) == ("RefusedForNow", True, ("BadArgument", None))
    assert not (await card.row()).unknown
    assert (await show(card.at(1, marker="m2"))).orphans == 0


async def test_a_connector_that_cannot_be_reached_leaves_no_orphan(
    show: Show, card: Card, teams_side: TeamsService
) -> None:
    await card.moves("http://127.0.0.1:1/teams/")
    assert (await failure(show, card.at(1)))[:2] == ("ProviderUnavailable", True)
    await card.moves(teams_side.service_url)
    assert (await show(card.at(1, marker="m2"))).orphans == 0


async def test_an_address_that_is_not_allowed_gets_no_token(show: Show, card: Card) -> None:
    await card.moves("https://evil.example/teams/")
    assert (await failure(show, card.at(1)))[:2] == ("RequestInvalid", False)


async def test_each_send_goes_where_the_conversation_lives_then(
    show: Show, card: Card, teams_side: TeamsService
) -> None:
    await card.moves("http://127.0.0.1:1/teams/")
    assert (await failure(show, card.at(1)))[0] == "ProviderUnavailable"
    await card.moves(teams_side.service_url)
    posted = await show(card.at(1))
    await card.moves("http://127.0.0.1:1/teams/")
    edit = card.at(2, edits=posted.activity_id)
    assert (await failure(show, edit))[0] == "ProviderUnavailable"
    await card.moves(teams_side.service_url)
    assert await show(edit) == posted
    assert (await card.row()).revision == 2


DELETED = {"do": "status", "status": 403, "body": {"error": {"code": "ServiceError", "message": "Unknown"}}}
"""What Teams answers to an edit of a message that a person deleted."""


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"do": "gone"}, "CardGone"),
        (DELETED, "CardGone"),
        ({"do": "removed"}, "BotRemoved"),
        ({"do": "status", "status": 403}, "RefusedForNow"),
        ({"do": "lose_answer"}, "OutcomeUnknown"),
    ],
)
async def test_an_edit_that_fails_keeps_its_message_unless_that_is_gone(
    show: Show, card: Card, teams_side: TeamsService, fault: dict[str, Any], expected: str
) -> None:
    posted = await show(card.at(1))
    await teams_side.fault("edit", **fault)
    assert (await failure(show, card.at(2, edits=posted.activity_id)))[0] == expected
    row = await card.row()
    assert (row.activity_id, row.revision, row.unknown) == (
        None if expected == "CardGone" else posted.activity_id,
        1,
        False,
    )


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"do": "removed"}, "BotNotInConversationRoster"),
        ({"do": "gone"}, None),
        ({"do": "lose_answer"}, None),
    ],
)
async def test_a_send_that_is_refused_for_its_conversation_is_reported(
    show: Show,
    card: Card,
    teams_side: TeamsService,
    refused_sends: KeptRefusedSends,
    fault: dict[str, Any],
    code: str | None,
) -> None:
    posted = await show(card.at(1))
    await teams_side.fault("edit", **fault)
    await failure(show, card.at(2, edits=posted.activity_id))
    assert refused_sends.reported == ([] if code is None else [(card.key.conversation, code)])


async def test_a_post_that_its_worker_recorded_and_could_not_report_is_edited(
    show: Show, card: Card, teams_side: TeamsService
) -> None:
    posted = await show(card.at(1))
    again = await show(card.at(2, marker="m2"))
    assert again == posted.model_copy(update={"found": True})
    (message,) = await teams_side.messages()
    assert len(message["versions"]) == 2


async def test_a_card_whose_message_is_gone_is_posted_anew(
    show: Show, card: Card, teams_side: TeamsService
) -> None:
    posted = await show(card.at(1))
    await teams_side.fault("edit", "gone")
    assert (await failure(show, card.at(2, edits=posted.activity_id)))[0] == "CardGone"
    again = await show(card.at(2, marker="m2"))
    assert again.orphans == 0
    live = [message for message in await teams_side.messages() if message["deleted_at"] is None]
    assert [message["id"] for message in live] == [again.activity_id]


async def test_a_card_nobody_registered_is_not_sent(show: Show, card: Card, teams_side: TeamsService) -> None:
    with pytest.raises(CardUnknown):
        await show(card.at(1, card=card.key.model_copy(update={"incident_id": "Q2"})))
    assert teams_side.asked == []


async def test_without_a_database_nothing_is_sent(
    card: Card, teams_side: TeamsService, connector: ConnectorClient, database_url: str
) -> None:
    async with (
        line_to(database_url) as line,
        one_worker(connector, through(database_url, line.address)) as worker,
    ):
        await line.cut()
        with pytest.raises(ApplicationError, match="the database is out of reach") as failed:
            await worker.show(card.at(1))
    assert failed.value.type == "ProviderUnavailable"
    assert teams_side.asked == []


async def test_a_database_that_goes_away_during_the_send_does_not_make_it_a_failure(
    card: Card, teams_side: TeamsService, connector: ConnectorClient, database_url: str
) -> None:
    """The message is there; the next send mends the row."""
    await teams_side.fault("create", "slow", seconds=0.3)
    async with (
        line_to(database_url) as line,
        one_worker(connector, through(database_url, line.address)) as worker,
    ):
        sending = asyncio.create_task(worker.show(card.at(1)))
        await teams_side.until(lambda: bool(teams_side.asked))
        await line.cut()
        shown = await sending
        (message,) = await teams_side.messages()
        assert shown == Shown(activity_id=message["id"], orphans=0, recorded=False)
        assert (await card.row()).unknown

        await line.mend()
        again = card.at(1, edits=shown.activity_id)
        assert await worker.show(again) == Shown(activity_id=message["id"], orphans=0)
    assert (await card.row()).activity_id == message["id"]
    assert not (await card.row()).unknown


async def test_an_edit_that_cannot_be_recorded_has_failed_and_is_made_again(
    show: Show, card: Card, teams_side: TeamsService, connector: ConnectorClient, database_url: str
) -> None:
    """One that is made twice is one message."""
    posted = await show(card.at(1))
    edit = card.at(2, edits=posted.activity_id, status="acknowledged")
    await teams_side.fault("edit", "slow", seconds=0.3)
    async with (
        line_to(database_url) as line,
        one_worker(connector, through(database_url, line.address)) as worker,
    ):
        editing = asyncio.ensure_future(worker.show(edit))
        await teams_side.until(lambda: bool(teams_side.calls("PUT", f"/activities/{posted.activity_id}")))
        await line.cut()
        with pytest.raises(ApplicationError, match="the database is out of reach"):
            await editing
    (message,) = await teams_side.messages()
    assert "Acknowledged" in json.dumps(message["versions"][-1])
    assert (await card.row()).revision == 1
    assert await show(edit) == posted
    assert (await card.row()).revision == 2


async def test_a_slow_send_beats_and_a_quick_one_does_not(
    card_activities: CardActivities, card: Card, teams_side: TeamsService
) -> None:
    async def beats(request: ShowCard) -> int:
        environment, heard = ActivityEnvironment(), []
        environment.on_heartbeat = lambda *details: heard.append(details)
        await environment.run(card_activities.show_card, request)
        return len(heard)

    assert await beats(card.at(1)) == 0
    row = await card.row()
    await teams_side.fault("edit", "slow", seconds=1.3)
    assert await beats(card.at(2, edits=row.activity_id)) >= 1
