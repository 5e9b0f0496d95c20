"""Our client of Graph's group chats, against the simulators and the published description."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from muster.clients.graph.chats import ChatsClient, DirectoryPerson, Invited
from sandbox.company import Person
from sandbox.teams.graph.apps import catalog_id_of
from tests.contract.graph import NewCalls, described_calls
from tests.sandbox.office import Office, running_office
from workflows.errors import (
    ConsentMissing,
    NotFound,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
    RequestInvalid,
)

pytestmark = pytest.mark.anyio

CROWD = 230
TOPIC = "Incident #42 Checkout is slow"


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office"), crowd=CROWD) as office:
        yield office


@pytest.fixture
def office(processes: Office) -> Office:
    processes.reset()
    return processes


@dataclass
class Graph:
    """Our client, and what it has asked for."""

    office: Office
    new_calls: NewCalls
    client: ChatsClient = field(init=False)

    def __post_init__(self) -> None:
        self.forgets_tokens()

    @property
    def tenant(self) -> str:
        return self.office.microsoft.tenant

    def forgets_tokens(self) -> None:
        """Begin anew: what a kept token may do, it may do while it lives."""
        self.client = ChatsClient(self.new_calls())

    async def made(self, *names: str) -> str:
        """A chat of these people."""
        return (
            await self.client.create(self.tenant, TOPIC, [invited(self.office.person(n)) for n in names])
        ).id


@pytest.fixture
async def graph(office: Office) -> AsyncIterator[Graph]:
    async with described_calls(office) as new_calls:
        yield Graph(office, new_calls)


def invited(person: Person) -> Invited:
    return Invited(person.aad_object_id, "owner" if person.guest_from is None else "guest")


async def test_a_chat_is_made_read_back_and_changed(graph: Graph, office: Office) -> None:
    made = await graph.client.create(
        graph.tenant, TOPIC, [invited(office.person("Bo")), invited(office.person("Di"))]
    )
    assert made.url.startswith("https://teams.microsoft.com/l/chat/")
    await graph.client.add(graph.tenant, made.id, invited(office.guest))
    await graph.client.add(graph.tenant, made.id, invited(office.person("Ada")))
    await graph.client.add(graph.tenant, made.id, invited(office.person("Ada")))
    members = await graph.client.members(graph.tenant, made.id)
    people = [office.person("Bo"), office.person("Di"), office.guest, office.person("Ada")]
    assert [one.aad_object_id for one in members] == [one.aad_object_id for one in people]
    for _ in range(2):
        await graph.client.remove(graph.tenant, made.id, members[2].id)
    await graph.client.rename(graph.tenant, made.id, f"✓ {TOPIC}")
    assert office.names(made.id) == ["Bo", "Di", "Ada"]
    (found,) = await graph.client.newest(graph.tenant, office.person("Bo").aad_object_id)
    assert (found.id, found.url, found.topic) == (made.id, made.url, f"✓ {TOPIC}")


async def test_the_app_comes_into_the_chat_however_often_it_is_asked_for(
    graph: Graph, office: Office
) -> None:
    chat = await graph.made("Bo", "Di")
    for _ in range(2):
        await graph.client.install(graph.tenant, chat, catalog_id_of(office.teams.company))
    with pytest.raises(NotFound):
        await graph.client.install(graph.tenant, chat, office.teams.company.bot_app_id)


async def test_all_members_of_a_large_chat_are_read(graph: Graph, office: Office) -> None:
    chat = await graph.made("Bo", "Di")
    crowd = [f"crowd{number}@acme.example" for number in range(1, CROWD + 1)]
    added = office.teams.post("/_sandbox/chat", {"chat": chat, "event": "membersAdded", "people": crowd})
    assert added.status_code == 200
    assert len(await graph.client.members(graph.tenant, chat)) == CROWD + 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"do": "lose_answer"}, OutcomeUnknown),
        ({"do": "status", "status": 503}, OutcomeUnknown),
        ({"do": "status", "status": 429, "retry_after": 3}, RateLimited),
        (
            {"do": "status", "status": 400, "body": {"error": {"code": "BadRequest", "message": ""}}},
            RequestInvalid,
        ),
    ],
)
async def test_a_creation_that_failed_says_whether_a_chat_may_be_there(
    graph: Graph, office: Office, fault: dict[str, Any], error: type[OutsideError]
) -> None:
    office.fault("chat", **fault)
    with pytest.raises(error) as failed:
        await graph.made("Bo", "Di")
    assert failed.value.retry_after == fault.get("retry_after")


@pytest.mark.parametrize("do", ["lose_answer", "status_after"])
async def test_what_may_be_repeated_is_unavailable_when_its_answer_is_lost(
    graph: Graph, office: Office, do: str
) -> None:
    chat = await graph.made("Bo", "Di")
    office.fault("member", do, **({} if do == "lose_answer" else {"status": 503}))
    with pytest.raises(ProviderUnavailable):
        await graph.client.add(graph.tenant, chat, invited(office.person("Ada")))
    await graph.client.add(graph.tenant, chat, invited(office.person("Ada")))
    assert office.names(chat) == ["Bo", "Di", "Ada"]


async def test_a_chat_that_takes_nobody_more_says_so(graph: Graph, office: Office) -> None:
    chat = await graph.made("Bo", "Di")
    office.fault("member", "block_members")
    with pytest.raises(RequestInvalid) as failed:
        await graph.client.add(graph.tenant, chat, invited(office.person("Ada")))
    assert failed.value.code == "RosterAddMemberBlocked"


async def test_a_permission_that_is_missing_is_named_and_found_when_it_is_granted(
    graph: Graph, office: Office
) -> None:
    office.revoke("Chat.Create")
    graph.forgets_tokens()
    with pytest.raises(ConsentMissing) as failed:
        await graph.made("Bo", "Di")
    assert failed.value.code == "Chat.Create"
    office.microsoft.sandbox("POST", "consent/grant")
    assert office.names(await graph.made("Bo", "Di")) == ["Bo", "Di"], "by a new token"


async def test_people_are_found_by_their_address(graph: Graph, office: Office) -> None:
    ada, guest = office.person("Ada"), office.guest

    async def found(address: str) -> object:
        return await graph.client.find_person(graph.tenant, address)

    assert await found(ada.email) == DirectoryPerson(ada.aad_object_id, "owner", ada.email)
    by_filter = await found(guest.email)
    assert by_filter == DirectoryPerson(guest.aad_object_id, "guest", guest.email)
    assert await found("o'neill@acme.example") is None
    office.revoke("User.Read.All")
    graph.forgets_tokens()
    with pytest.raises(ConsentMissing) as refused:
        await found(guest.email)
    assert refused.value.code == "User.Read.All"
    office.revoke("User.ReadBasic.All")
    graph.forgets_tokens()
    with pytest.raises(ConsentMissing) as refused:
        await found(ada.email)
    assert refused.value.code == "User.ReadBasic.All"


async def test_a_person_is_read_by_their_object_id_with_the_role_that_they_come_with(
    graph: Graph, office: Office
) -> None:
    ada, guest = office.person("Ada"), office.guest
    found = [await graph.client.person(graph.tenant, one.aad_object_id) for one in (ada, guest)]
    assert found == [
        DirectoryPerson(ada.aad_object_id, "owner", ada.email),
        DirectoryPerson(guest.aad_object_id, "guest", guest.email),
    ]
    with pytest.raises(NotFound):
        await graph.client.person(graph.tenant, "00000000-0000-4000-9000-00000000dead")
    with pytest.raises(RequestInvalid):
        await graph.client.person(graph.tenant, "a/b@acme.example")
    office.revoke("User.ReadBasic.All", "User.Read.All")
    graph.forgets_tokens()
    with pytest.raises(ConsentMissing) as failed:
        await graph.client.person(graph.tenant, ada.aad_object_id)
    assert failed.value.code == "User.ReadBasic.All"
