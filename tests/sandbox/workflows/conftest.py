"""An account whose workflows and custom actions call an API of the tests."""

from collections.abc import AsyncIterator

import pytest

from tests.sandbox.workflows.workflow_calls import running_workflows
from tests.support.called_api import CalledApi
from tests.support.pagerduty_account import SimulatedAccount


@pytest.fixture(scope="module")
async def started() -> AsyncIterator[tuple[SimulatedAccount, CalledApi]]:
    async with running_workflows() as both:
        yield both


@pytest.fixture
async def account(started: tuple[SimulatedAccount, CalledApi]) -> SimulatedAccount:
    account, api = started
    await account.reset()
    api.forget()
    return account


@pytest.fixture
def api(started: tuple[SimulatedAccount, CalledApi]) -> CalledApi:
    return started[1]
