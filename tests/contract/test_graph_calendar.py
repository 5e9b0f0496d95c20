"""Our client of Graph's calendars, against the simulators and the published description."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from muster.attendees import Attendee
from muster.clients.graph.accounts import Account, AccountsClient
from muster.clients.graph.calendar import (
    LONGEST_SUBJECT,
    MOST_PEOPLE,
    CalendarClient,
    CalendarEntry,
    WantedEntry,
)
from muster.clients.graph.errors import KEY_USED, NO_MAILBOX
from sandbox.company import Person
from tests.contract.graph import NewCalls, described_calls
from tests.sandbox.meetings import KEY, company_of_organizers, events_of
from tests.sandbox.office import Office, running_office
from workflows.errors import (
    Conflict,
    ConsentMissing,
    Forbidden,
    NotFound,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
    RequestInvalid,
)

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 30, 11, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office"), company=company_of_organizers()) as office:
        yield office


@pytest.fixture
def office(processes: Office) -> Office:
    processes.reset()
    return processes


@dataclass
class Graph:
    """Our clients, and Acme's people by name."""

    office: Office
    new_calls: NewCalls

    def __post_init__(self) -> None:
        self.forget_tokens()

    @property
    def tenant(self) -> str:
        return self.office.microsoft.tenant

    def forget_tokens(self) -> None:
        calls = self.new_calls()
        self.calendar, self.accounts = CalendarClient(calls), AccountsClient(calls)

    def id(self, name: str) -> str:
        return self.office.person(name).aad_object_id

    def wanted(self, *names: str, **changes: Any) -> WantedEntry:
        people = tuple(invited(self.office.person(name)) for name in names)
        entry = WantedEntry(KEY, "Incident #42", "<p>Checkout</p>", START, START + timedelta(hours=1), people)
        return entry._replace(**changes)

    async def create(self, name: str, *people: str, **changes: Any) -> CalendarEntry:
        return await self.calendar.create(self.tenant, self.id(name), self.wanted(*people, **changes))

    def in_calendar(self, name: str) -> dict[str, Any]:
        """The only entry of this person's calendar, as Graph shows it."""
        answer = self.office.call("GET", events_of(self.office.person(name)))
        (found,) = answer.json()["value"]
        entry: dict[str, Any] = found
        return entry


def invited(person: Person) -> Attendee:
    return Attendee(person.email, person.name)


@pytest.fixture
async def graph(office: Office) -> AsyncIterator[Graph]:
    async with described_calls(office) as new_calls:
        yield Graph(office, new_calls)


async def test_an_entry_is_made_read_changed_and_deleted(graph: Graph) -> None:
    made = await graph.create("Ada", "Bo")
    assert made.is_online
    assert made.joining is not None
    assert made.joining.url.startswith("https://teams.microsoft.com/l/meetup-join/")
    assert made.joining.dial_in is not None
    assert made.joining.dial_in.number == "+1 206 555 0100"
    assert await graph.calendar.read(graph.tenant, graph.id("Ada"), made.id) == made
    people = [invited(graph.office.person(name)) for name in ("Cy", "Di")]
    await graph.calendar.change(
        graph.tenant, graph.id("Ada"), made.id, people=people, subject="✓ Incident #42"
    )
    shown = graph.in_calendar("Ada")
    assert shown["subject"] == "✓ Incident #42"
    assert [one["emailAddress"]["name"] for one in shown["attendees"]] == ["Cy Net", "Di Pager"]
    assert shown["start"]["dateTime"] == "2026-11-30T10:00:00.0000000", "it is sent in UTC"
    assert (shown["showAs"], shown["isReminderOn"], shown["responseRequested"]) == ("free", False, False)
    for _ in range(2):
        await graph.calendar.delete(graph.tenant, graph.id("Ada"), made.id)
    with pytest.raises(NotFound) as gone:
        await graph.calendar.read(graph.tenant, graph.id("Ada"), made.id)
    assert gone.value.code == "ErrorItemNotFound"


async def test_the_same_entry_sent_again_is_the_one_that_is_there(graph: Graph) -> None:
    made = await graph.create("Ada", "Bo")
    assert await graph.create("Ada", "Bo") == made
    with pytest.raises(Conflict) as taken:
        await graph.create("Ada", "Bo", subject="Another")
    assert taken.value.code == KEY_USED
    assert await graph.calendar.find(graph.tenant, graph.id("Ada"), KEY) == made
    assert await graph.calendar.find(graph.tenant, graph.id("Ada"), "another key") is None
    assert (await graph.create("Bo", "Bo")).id != made.id


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"do": "lose_answer"}, ProviderUnavailable),
        ({"do": "status_after", "status": 504}, ProviderUnavailable),
        ({"do": "status", "status": 503}, ProviderUnavailable),
        ({"do": "status", "status": 429, "retry_after": 3}, RateLimited),
    ],
)
async def test_a_failed_creation_is_sent_again_and_makes_one_entry(
    graph: Graph, fault: dict[str, Any], error: type[OutsideError]
) -> None:
    graph.office.fault("event", **fault)
    with pytest.raises(error) as failed:
        await graph.create("Ada", "Bo")
    assert failed.value.retry_after == fault.get("retry_after")
    made = await graph.create("Ada", "Bo")
    assert graph.in_calendar("Ada")["id"] == made.id


async def test_an_entry_without_a_meeting_says_so(graph: Graph) -> None:
    for name in ("Lee", "Pia"):
        made = await graph.create(name)
        assert (made.is_online, made.joining) == (False, None)
    assert (await graph.create("Ned")).joining is not None
    graph.office.fault("event", "join_later", seconds=600)
    late = await graph.create("Ada")
    assert (late.is_online, late.joining) == (True, None)


async def test_an_entry_holds_the_most_people_and_the_longest_subject(graph: Graph) -> None:
    people = tuple(Attendee(f"crowd{number}@acme.example", "Crowd") for number in range(MOST_PEOPLE + 1))
    await graph.create("Ada", people=people[:-1], subject="x" * LONGEST_SUBJECT)
    for wrong in ({"people": people}, {"subject": "x" * (LONGEST_SUBJECT + 1)}):
        with pytest.raises(RequestInvalid):
            await graph.create("Bo", **wrong)


async def test_who_has_no_calendar_is_told_from_nobody(graph: Graph) -> None:
    for person in (graph.office.person("Max"), graph.office.guest):
        with pytest.raises(NotFound) as failed:
            await graph.calendar.create(graph.tenant, person.aad_object_id, graph.wanted())
        assert failed.value.code == NO_MAILBOX
    with pytest.raises(NotFound) as failed:
        await graph.calendar.create(graph.tenant, "00000000-0000-4000-9000-00000000dead", graph.wanted())
    assert failed.value.code == "ErrorInvalidUser"


async def test_a_missing_permission_is_told_from_a_closed_mailbox(graph: Graph) -> None:
    denied = {"error": {"code": "ErrorAccessDenied", "message": "Access to OData is disabled: [RAOP]"}}
    graph.office.fault("event", "status", status=403, body=denied)
    with pytest.raises(Forbidden):
        await graph.create("Ada")
    graph.office.revoke("Calendars.ReadWrite")
    graph.forget_tokens()
    with pytest.raises(ConsentMissing) as failed:
        await graph.create("Ada")
    assert failed.value.code == "Calendars.ReadWrite"


async def test_an_account_tells_whether_it_is_enabled_and_a_guests(graph: Graph) -> None:
    async def account(person: Person) -> Account:
        return await graph.accounts.read(graph.tenant, person.aad_object_id)

    cy = graph.office.person("Cy")
    assert await account(cy) == Account(is_enabled=True, is_guest=False)
    assert await account(graph.office.guest) == Account(is_enabled=True, is_guest=True)
    graph.office.microsoft.sandbox("POST", f"people/{cy.email}", {"enabled": False})
    assert not (await account(cy)).is_enabled
    graph.office.microsoft.sandbox("POST", f"people/{cy.email}", {"deleted": True})
    with pytest.raises(NotFound):
        await account(cy)
    graph.office.revoke("User.Read.All")
    graph.forget_tokens()
    with pytest.raises(ConsentMissing) as failed:
        await account(graph.office.person("Ada"))
    assert failed.value.code == "User.Read.All"
