"""The simulators that the tests use, one for each module of tests that asks for it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.sandbox.office import Office, running_office
from tests.sandbox.teams_process import TeamsProcess, running_teams
from tests.support.pagerduty_account import SimulatedAccount, running_account


@pytest.fixture(scope="module")
def teams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamsProcess]:
    with running_teams(tmp_path_factory.mktemp("teams")) as running:
        yield running


@pytest.fixture(scope="module")
async def started_account() -> AsyncIterator[SimulatedAccount]:
    async with running_account() as account:
        yield account


@pytest.fixture
async def account(started_account: SimulatedAccount) -> SimulatedAccount:
    await started_account.reset()
    return started_account


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Both simulators; a module whose company has other people has its own."""
    with running_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture
def office(processes: Office) -> Office:
    processes.reset()
    return processes
