"""Products of the chaos tests: in a company with a crowd; with runs that are long very soon; empty."""

from collections.abc import AsyncIterator, Generator, Iterator
from functools import partial
from pathlib import Path

import pytest

from sandbox.company import Channel, Connection, Person, Team, build_company, read_company, write_company
from sandbox.company import Company as SandboxCompany
from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.supervision.launch import Launched
from tests.chaos.chat import chat_to_follow_in
from tests.chaos.company import MANY_SERVICES, QUIET_SERVICE, SOON, Company, QuietPlace, at_work, channel_of
from tests.chaos.first_connection import (
    A_SERVICE,
    FirstConnection,
    channels_of,
    first_connection,
    with_channels,
)
from tests.chaos.invariants import in_sync
from tests.chaos.newcomer import Newcomer, with_more_teams
from tests.chaos.newcomer import newcomer as new_team
from tests.chaos.responder import Responder, responders_of, with_responders
from tests.chaos.responder import responder as new_responder
from tests.chaos.room import Room, made_for
from tests.support.product import ends_of_logs, running
from tests.support.waiting import eventually

CROWD = 300
"""People who are linked and in every team, beside those of the sandbox."""
HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here kills, starves or cuts off whole products: ``make soak`` runs it."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.soak)


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    folder = tmp_path_factory.mktemp("chaos")
    write_company(folder / "data" / "company.json", with_responders(_wide(_crowded(build_company()))))
    with running(folder) as stack:
        yield stack


@pytest.fixture
async def company(stack: Launched) -> AsyncIterator[Company]:
    """A channel that is back brings in all that is open: enough of it, and Teams' limits hold up the next."""
    async with at_work(stack) as company:
        yield company
        await company.clear_faults()
        await company.resolves_what_is_open()


@pytest.fixture(scope="module")
async def room_of_the_module(stack: Launched) -> AsyncIterator[Room]:
    """The chat of an incident that nobody in the module knows of: whatever goes wrong, its run lives by."""
    async with at_work(stack) as company:
        incident = await company.incident(service=MANY_SERVICES[-1])
        await incident.shown_and_recorded()
        room = await made_for(incident)
        yield room
        await in_sync(incident)
        assert await room.violations() == []


@pytest.fixture
async def room_beside(room_of_the_module: Room) -> AsyncIterator[None]:
    """It goes on after the test."""
    yield
    await room_of_the_module.goes_on()


@pytest.fixture(params=["in a channel", "in a chat"])
async def place(company: Company, request: pytest.FixtureRequest) -> QuietPlace:
    if request.param == "in a chat":
        return await chat_to_follow_in(company)
    return QuietPlace(channel_of(QUIET_SERVICE), partial(company.incident, service=QUIET_SERVICE))


@pytest.fixture(scope="package")
def responders(stack: Launched) -> Iterator[Person]:
    """The people whom nobody has linked yet."""
    return iter(responders_of(_company_of(stack)))


@pytest.fixture
async def responder(
    company: Company, stack: Launched, responders: Iterator[Person]
) -> AsyncIterator[Responder]:
    async with new_responder(company, next(responders), _company_of(stack).tenant_id) as responder:
        yield responder


@pytest.fixture(scope="package")
def impatient_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """Its server suggests to continue as new after a few events."""
    option = f"limit.historyCount.suggestContinueAsNew={SOON}"
    with running(tmp_path_factory.mktemp("impatient"), "--temporal-dynamic", option) as stack:
        yield stack


@pytest.fixture
async def impatient(impatient_stack: Launched) -> AsyncIterator[Company]:
    async with at_work(impatient_stack) as company:
        yield company


@pytest.fixture(scope="package")
def empty_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """Nothing is installed, connected or consented to; teams come aboard one after the other."""
    folder = tmp_path_factory.mktemp("empty")
    company = with_channels(with_more_teams(build_company(connected=False)))
    write_company(folder / "data" / "company.json", company)
    with running(folder, "--empty") as stack:
        yield stack


@pytest.fixture(scope="package")
def new_teams(empty_stack: Launched) -> Iterator[Team]:
    """The teams that nobody has heard of."""
    return iter(_company_of(empty_stack).teams)


@pytest.fixture
async def newcomer(empty_stack: Launched, new_teams: Iterator[Team]) -> AsyncIterator[Newcomer]:
    async with at_work(empty_stack) as company, new_team(company, next(new_teams)) as newcomer:
        yield newcomer


@pytest.fixture(scope="package")
def quiet_channels(empty_stack: Launched) -> Iterator[Channel]:
    """The channels in which nothing was said yet."""
    return iter(channels_of(_company_of(empty_stack)))


@pytest.fixture
async def first(empty_stack: Launched, quiet_channels: Iterator[Channel]) -> AsyncIterator[FirstConnection]:
    async with (
        at_work(empty_stack) as company,
        first_connection(company, quiet_channels, empty_stack) as first,
    ):
        yield first


@pytest.fixture(scope="module")
async def room_of_another_team(
    empty_stack: Launched, quiet_channels: Iterator[Channel]
) -> AsyncIterator[Room]:
    """The chat of an incident of a team that is aboard already."""
    async with (
        at_work(empty_stack) as company,
        first_connection(company, quiet_channels, empty_stack) as first,
    ):
        place = first.place()
        await place.connect()
        await eventually(place.is_over)
        await company.microsoft.grant()
        incident = await company.incident(service=A_SERVICE)
        await incident.shown_and_recorded()
        room = await made_for(incident)
        yield room
        await company.microsoft.grant()
        await in_sync(incident)
        assert await room.violations() == []


@pytest.fixture
async def room_beside_a_setup(room_of_another_team: Room) -> AsyncIterator[None]:
    """It goes on after the test, which takes its tenant's consent back and gives it again."""
    yield
    await room_of_another_team.goes_on()


def _company_of(stack: Launched) -> SandboxCompany:
    return read_company(DataFolder(stack.output.parent / "data").company)


def _crowded(company: SandboxCompany) -> SandboxCompany:
    """The sandbox's company with the crowd, all linked and in every team."""
    crowd = tuple(_one_of_many(company.people[1], number) for number in range(CROWD))
    members = tuple(person.aad_object_id for person in crowd)
    teams = tuple(team.model_copy(update={"members": team.members + members}) for team in company.teams)
    return company.model_copy(update={"people": company.people + crowd, "teams": teams})


def _wide(company: SandboxCompany) -> SandboxCompany:
    """The company with many services more, each in a channel of its own: Teams limits the writes of each."""
    ours = (QUIET_SERVICE, *MANY_SERVICES)
    channels = {service: Channel(id=channel_of(service), name=service) for service in ours}
    services = tuple(
        company.services[0].model_copy(update={"id": service, "name": service}) for service in channels
    )
    connections = tuple(
        Connection(service=service, channel=channel.id) for service, channel in channels.items()
    )
    first, *others = company.teams
    team = first.model_copy(update={"channels": (*first.channels, *channels.values())})
    return company.model_copy(
        update={
            "services": company.services + services,
            "connections": company.connections + connections,
            "teams": (team, *others),
        }
    )


def _one_of_many(model: Person, number: int) -> Person:
    return model.model_copy(
        update={
            "name": f"Person {number:03}",
            "email": f"person{number:03}@acme.example",
            "aad_object_id": f"00000000-0000-4000-8000-{number:012}",
            "teams_id": f"29:1person{number:03}",
            "pagerduty_user": f"PCROWD{number:03}",
            "access_token": f"{model.access_token}{number:03}",
        }
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows the end of every part's log."""
    report = yield
    if report.failed:
        for stack in filter(
            None, map(getattr(item, "funcargs", {}).get, ("stack", "impatient_stack", "empty_stack"))
        ):
            report.sections += ends_of_logs(stack)
    return report
