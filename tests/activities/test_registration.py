"""Every row has one implementation: a row without one would be found by the first incident that needs it."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client

from activities.registration import activities_of, implements, registered
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.support.settings import settings_for
from worker import running_worker
from workflows import options
from workflows.contract import Activity, Done
from workflows.discovery import activity_rows

pytestmark = pytest.mark.anyio

ONE = Activity("tests.one", Done, Done, options.STORE)
TWO = Activity("tests.two", Done, Done, options.STORE)


class Both:
    """Implements two rows, and has a method that is no activity."""

    @implements(ONE)
    async def one(self, argument: Done) -> Done:
        return argument

    @implements(TWO)
    async def two(self, argument: Done) -> Done:
        return argument

    async def three(self, argument: Done) -> Done:
        return argument


ACCESS = {"accounts": None, "app_tokens": None, "keys": None}


def names(activities: Sequence[Callable[..., Any]]) -> list[str]:
    """The rows' names under which these are registered."""
    return [str(activity._Definition.must_from_callable(one).name) for one in activities]


def test_what_implements_a_row_is_registered_under_its_name() -> None:
    assert names(registered(Both())) == ["tests.one", "tests.two"]
    assert names(registered(Both(), object(), Both())) == ["tests.one", "tests.two"] * 2


def test_a_dependency_that_nobody_gives_is_named() -> None:
    with pytest.raises(TypeError, match="CardActivities wants connector, which nobody gives"):
        activities_of(pool=None, details_pool=None, clicks_pool=None, pagerduty=None, **ACCESS)


async def test_the_worker_registers_one_implementation_of_every_row(
    client: Client, temporal: EmbeddedTemporal, database_url: str
) -> None:
    async with running_worker(settings_for(database_url, temporal.address), client) as worker:
        implemented = names(list(worker.config()["activities"]))
    assert Counter(implemented) == Counter(row.name for row in activity_rows().values())
    assert len(implemented) >= 9
