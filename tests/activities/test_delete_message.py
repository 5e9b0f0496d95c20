"""``teams.delete_message``: an orphan that somebody clicked goes, and the card stays."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.teams.cards import CardActivities
from muster.clients.teams.connector import ConnectorClient
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
async def card(connector: ConnectorClient, teams_side: TeamsService) -> str:
    return await post(connector, teams_side, "the card")


@pytest.fixture
async def orphan(connector: ConnectorClient, teams_side: TeamsService) -> str:
    return await post(connector, teams_side, "the orphan")


async def post(connector: ConnectorClient, teams_side: TeamsService, text: str) -> str:
    return await connector.send(
        teams_side.service_url,
        teams_side.company.tenant_id,
        teams_side.channel,
        {"type": "message", "text": text},
    )


def deleting(teams_side: TeamsService, activity_id: str, **changes: Any) -> DeleteMessage:
    given: dict[str, Any] = {
        "card": CardKey(account="acme", incident_id="Q1", conversation=teams_side.channel),
        "service_url": teams_side.service_url,
        "tenant": teams_side.company.tenant_id,
        "activity_id": activity_id,
        "correlation": "f:1",
        **changes,
    }
    return DeleteMessage(**given)


async def left(teams_side: TeamsService) -> list[str]:
    return [one["id"] for one in await teams_side.messages() if one["deleted_at"] is None]


async def test_the_message_goes_and_the_card_stays(
    delete: Delete, teams_side: TeamsService, card: str, orphan: str
) -> None:
    assert await delete(deleting(teams_side, orphan)) == Done()
    assert await left(teams_side) == [card]


async def test_what_caused_it_goes_with_it_to_the_connector(
    delete: Delete, teams_side: TeamsService, orphan: str
) -> None:
    await delete(deleting(teams_side, orphan))
    (asked,) = teams_side.calls("DELETE", f"/activities/{orphan}")
    assert asked.headers["X-Correlation-Id"] == "f:1"


async def test_a_message_that_is_gone_already_is_fine(
    delete: Delete, teams_side: TeamsService, orphan: str
) -> None:
    await delete(deleting(teams_side, orphan))
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


async def test_an_address_that_is_not_allowed_gets_no_token(
    delete: Delete, teams_side: TeamsService, orphan: str
) -> None:
    elsewhere = deleting(teams_side, orphan, service_url="https://evil.example/teams/")
    with pytest.raises(ApplicationError) as failed:
        await delete(elsewhere)
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
