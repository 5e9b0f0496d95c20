"""``teams.delete_message``: an orphan that somebody clicked goes, and the card stays."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.teams.cards import CardActivities
from muster.clients.teams.connector import ConnectorClient
from muster.store.pool import Pool
from tests.support.teams_service import TeamsService
from workflows.channel_incident.activities import DeleteMessage
from workflows.channel_incident.messages import CardKey
from workflows.contract import Done

pytestmark = pytest.mark.anyio

Delete = Callable[[DeleteMessage], Awaitable[Done]]


@pytest.fixture
def delete(card_activities: CardActivities) -> Delete:
    async def run(request: DeleteMessage) -> Done:
        return await ActivityEnvironment().run(card_activities.delete_message, request)

    return run


@pytest.fixture
async def card(teams_side: TeamsService, pool: Pool) -> CardKey:
    """The row of a card, which knows one orphan by its marker."""
    key = CardKey(account="acme", incident_id="Q1", conversation=teams_side.channel)
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation, orphan_markers)"
        " VALUES ($1, $2, $3, '{lost}')",
        *(key.account, key.incident_id, key.conversation),
    )
    return key


@pytest.fixture
async def live(card: CardKey, connector: ConnectorClient, teams_side: TeamsService, pool: Pool) -> str:
    """The message that is the card."""
    message = await post(connector, teams_side, "the card")
    await pool.execute("UPDATE incident_card SET activity_id = $1, marker = 'm1'", message)
    return message


@pytest.fixture
async def orphan(card: CardKey, connector: ConnectorClient, teams_side: TeamsService) -> str:
    return await post(connector, teams_side, "the orphan")


async def post(connector: ConnectorClient, teams_side: TeamsService, text: str) -> str:
    return await connector.send(
        teams_side.service_url,
        teams_side.company.tenant_id,
        teams_side.channel,
        {"type": "message", "text": text},
    )


def deleting(teams_side: TeamsService, activity_id: str, *, marker: str = "lost") -> DeleteMessage:
    return DeleteMessage(
        card=CardKey(account="acme", incident_id="Q1", conversation=teams_side.channel),
        tenant=teams_side.company.tenant_id,
        activity_id=activity_id,
        marker=marker,
        correlation="f:1",
    )


async def left(teams_side: TeamsService) -> list[str]:
    return [one["id"] for one in await teams_side.messages() if one["deleted_at"] is None]


@pytest.mark.pooler_too
async def test_the_message_goes_and_the_card_stays(
    delete: Delete, teams_side: TeamsService, live: str, orphan: str
) -> None:
    assert await delete(deleting(teams_side, orphan)) == Done()
    assert await left(teams_side) == [live]


@pytest.mark.parametrize("marker", ["m1", "m2", "made up"], ids=["live", "being posted", "nobody's"])
async def test_a_message_whose_marker_no_row_knows_for_an_orphans_stays(
    delete: Delete, teams_side: TeamsService, live: str, orphan: str, pool: Pool, marker: str
) -> None:
    await pool.execute("UPDATE incident_card SET intent_marker = 'm2'")
    assert await delete(deleting(teams_side, orphan, marker=marker)) == Done()
    assert await left(teams_side) == [live, orphan]
    assert teams_side.calls("DELETE", orphan) == []


async def test_the_marker_of_an_orphan_deletes_one_message(
    delete: Delete, teams_side: TeamsService, live: str, orphan: str, connector: ConnectorClient
) -> None:
    """Whoever has seen the orphan's data names another message with them."""
    other = await post(connector, teams_side, "the answer to a command")
    await delete(deleting(teams_side, orphan))
    await delete(deleting(teams_side, other))
    assert await left(teams_side) == [live, other]


@pytest.mark.parametrize("known_as", ["activity_id = $1", "replies = ARRAY[$1::text]"])
@pytest.mark.parametrize("incident", ["Q1", "Q2"])
async def test_a_message_that_a_row_knows_stays_whatever_its_data_say(
    delete: Delete, teams_side: TeamsService, orphan: str, pool: Pool, known_as: str, incident: str
) -> None:
    """The card or an announcement, of this incident or another in the conversation."""
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ('acme', 'Q2', $1)",
        teams_side.channel,
    )
    await pool.execute(f"UPDATE incident_card SET {known_as} WHERE incident_id = $2", orphan, incident)
    assert await delete(deleting(teams_side, orphan)) == Done()
    assert await left(teams_side) == [orphan]


@pytest.mark.parametrize("incident", ["Q1", "Q2"])
async def test_nothing_is_deleted_while_the_row_of_a_post_is_a_moment_late(
    delete: Delete, teams_side: TeamsService, orphan: str, pool: Pool, incident: str
) -> None:
    """The message may be the one that was just posted, of this incident or another in the conversation."""
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ('acme', 'Q2', $1)",
        teams_side.channel,
    )
    posting = "UPDATE incident_card SET intent_marker = 'm2', post_began_at = $2 WHERE incident_id = $1"
    await pool.execute(posting, incident, datetime.now(UTC))
    with pytest.raises(ApplicationError, match="a post into the conversation is under way") as failed:
        await delete(deleting(teams_side, orphan))
    assert (failed.value.type, failed.value.non_retryable) == ("ProviderUnavailable", False)
    assert await left(teams_side) == [orphan]
    await pool.execute(posting, incident, datetime.now(UTC) - timedelta(minutes=4))
    await delete(deleting(teams_side, orphan))
    assert await left(teams_side) == [], "nobody waits for an intent whose worker is long gone"


async def test_what_caused_it_goes_with_it_to_the_connector(
    delete: Delete, teams_side: TeamsService, orphan: str
) -> None:
    await delete(deleting(teams_side, orphan))
    (asked,) = teams_side.calls("DELETE", f"/activities/{orphan}")
    assert asked.headers["X-Correlation-Id"] == "f:1"


async def test_a_message_that_is_gone_already_is_fine(
    delete: Delete, teams_side: TeamsService, orphan: str, connector: ConnectorClient
) -> None:
    place = (teams_side.service_url, teams_side.company.tenant_id, teams_side.channel)
    await connector.delete(*place, orphan)
    assert await delete(deleting(teams_side, orphan)) == Done()
    assert len(teams_side.calls("DELETE", f"/activities/{orphan}")) == 2
    assert await left(teams_side) == []


@pytest.mark.parametrize(
    ("fault", "expected", "retryable"),
    [
        ({"do": "status", "status": 429, "retry_after": 7}, "RateLimited", True),
        ({"do": "status", "status": 503}, "ProviderUnavailable", True),
        ({"do": "lose_answer"}, "ProviderUnavailable", True),
        ({"do": "removed"}, "BotRemoved", False),
        ({"do": "status", "status": 400}, "RefusedForNow", True),
        ({"do": "status", "status": 413}, "RequestInvalid", False),
    ],
)
async def test_a_refusal_is_told_by_its_kind(
    delete: Delete,
    teams_side: TeamsService,
    orphan: str,
    fault: dict[str, Any],
    expected: str,
    retryable: bool,
) -> None:
    """A delete may be repeated, so a lost answer is no unknown outcome."""
    await teams_side.fault("delete", **fault)
    with pytest.raises(ApplicationError) as failed:
        await delete(deleting(teams_side, orphan))
    assert (failed.value.type, not failed.value.non_retryable) == (expected, retryable)


async def test_an_orphan_that_could_not_be_deleted_is_deleted_at_its_next_click(
    delete: Delete, teams_side: TeamsService, orphan: str
) -> None:
    await teams_side.fault("delete", "status", status=503)
    with pytest.raises(ApplicationError):
        await delete(deleting(teams_side, orphan))
    assert await left(teams_side) == [orphan]
    await delete(deleting(teams_side, orphan))
    assert await left(teams_side) == []


async def test_an_address_that_is_not_allowed_gets_no_token(
    delete: Delete, teams_side: TeamsService, orphan: str, pool: Pool
) -> None:
    await pool.execute("UPDATE conversation SET service_url = 'https://evil.example/teams/'")
    with pytest.raises(ApplicationError) as failed:
        await delete(deleting(teams_side, orphan))
    assert (failed.value.type, failed.value.non_retryable) == ("RequestInvalid", True)
    assert teams_side.calls("DELETE", orphan) == []


async def test_a_slow_delete_beats(
    card_activities: CardActivities, teams_side: TeamsService, orphan: str
) -> None:
    environment, beats = ActivityEnvironment(), []
    environment.on_heartbeat = lambda *details: beats.append(details)
    await teams_side.fault("delete", "slow", seconds=1.3)
    await environment.run(card_activities.delete_message, deleting(teams_side, orphan))
    assert beats
