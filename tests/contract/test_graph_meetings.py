"""Our client of Graph's online meetings, against the simulators and the published description."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from muster.clients.graph.errors import NO_POLICY
from muster.clients.graph.meetings import Meeting, MeetingsClient, Participant, WantedMeeting
from tests.contract.graph import NewCalls, described_calls
from tests.sandbox.meetings import KEY, company_of_organizers, grant_policy
from tests.sandbox.office import Office, running_office
from workflows.errors import (
    ConsentMissing,
    Forbidden,
    NotFound,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
)

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 30, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office"), company=company_of_organizers()) as office:
        yield office


@dataclass
class Graph:
    """Our client."""

    office: Office
    new_calls: NewCalls

    def __post_init__(self) -> None:
        self.forget_tokens()

    def forget_tokens(self) -> None:
        self.client = MeetingsClient(self.new_calls())

    async def create_or_get(self, name: str, *names: str, **changes: Any) -> Meeting:
        return await self.of(self.office.person(name).aad_object_id, *names, **changes)

    async def of(self, organizer: str, *names: str, **changes: Any) -> Meeting:
        people = (self.office.person(one) for one in names)
        participants = tuple(Participant(one.aad_object_id, one.email) for one in people)
        wanted = WantedMeeting(KEY, "Incident #42", START, START + timedelta(hours=1), participants)
        tenant = self.office.microsoft.tenant
        return await self.client.create_or_get(tenant, organizer, wanted._replace(**changes))


@pytest.fixture
async def graph(processes: Office) -> AsyncIterator[Graph]:
    processes.reset()
    async with described_calls(processes) as new_calls:
        yield Graph(processes, new_calls)


async def test_a_meeting_is_made_once_for_an_organizer_and_a_key(graph: Graph) -> None:
    grant_policy(graph.office)
    made = await graph.create_or_get("Ada", "Bo")
    assert made.joining.url.startswith("https://teams.microsoft.com/l/meetup-join/")
    assert made.joining.dial_in is not None
    assert made.joining.dial_in.number == "+12065550100"
    assert await graph.create_or_get("Ada", subject="Another") == made
    assert (await graph.create_or_get("Ada", key="another")).id != made.id
    assert (await graph.create_or_get("Bo")).id != made.id
    assert (await graph.create_or_get("Ned")).joining.dial_in is None


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"do": "lose_answer"}, ProviderUnavailable),
        ({"do": "status_after", "status": 504}, ProviderUnavailable),
        ({"do": "status", "status": 429, "retry_after": 3}, RateLimited),
    ],
)
async def test_a_failed_call_is_sent_again_and_makes_one_meeting(
    graph: Graph, fault: dict[str, Any], error: type[OutsideError]
) -> None:
    grant_policy(graph.office)
    graph.office.fault("meeting", **fault)
    with pytest.raises(error):
        await graph.create_or_get("Ada", "Bo")
    assert await graph.create_or_get("Ada", "Bo") == await graph.create_or_get("Ada", "Bo")


async def test_a_missing_policy_is_told_from_a_missing_permission(graph: Graph) -> None:
    with pytest.raises(Forbidden) as failed:
        await graph.create_or_get("Ada")
    assert failed.value.code == NO_POLICY
    grant_policy(graph.office, after=60)
    with pytest.raises(Forbidden) as failed:
        await graph.create_or_get("Ada")
    assert failed.value.code == NO_POLICY, "it does not count yet"
    graph.office.revoke("OnlineMeetings.ReadWrite.All")
    graph.forget_tokens()
    with pytest.raises(ConsentMissing) as missing:
        await graph.create_or_get("Ada")
    assert missing.value.code == "OnlineMeetings.ReadWrite.All"


async def test_whom_teams_does_not_know_is_not_found_and_a_guest_is_forbidden(graph: Graph) -> None:
    grant_policy(graph.office)
    for organizer in (graph.office.person("Lee").aad_object_id, "00000000-0000-4000-9000-00000000dead"):
        with pytest.raises(NotFound):
            await graph.of(organizer)
    with pytest.raises(Forbidden) as failed:
        await graph.of(graph.office.guest.aad_object_id)
    assert failed.value.code == "Forbidden"
