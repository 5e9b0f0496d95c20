"""One PagerDuty account for each test process; whatever PagerDuty's client saw of it is checked."""

from collections.abc import Iterator

import pytest

from tests.contract.account import Account, running_account
from tests.schemas.pagerduty import rest_api


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with running_account(tmp_path_factory.mktemp("pagerduty")) as account:
        yield account


@pytest.fixture
def account(running: Account) -> Iterator[Account]:
    """The account as it is after its start; at the end every answer must have been as described."""
    running.sandbox("POST", "/reset")
    running.exchanges.clear()
    with running.opened:
        yield running
    assert running.exchanges
    for exchange in running.exchanges:
        rest_api().check_answer(exchange)
