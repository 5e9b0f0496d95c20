"""Every row has one implementation: a row without one would be found by the first incident that needs it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client

from activities import composition
from activities.composition import Dependencies
from activities.registration import implements, registered
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


def names(activities: Sequence[Callable[..., Any]]) -> list[str]:
    """The rows' names under which these are registered."""
    return [str(activity._Definition.must_from_callable(one).name) for one in activities]


def test_what_implements_a_row_is_registered_under_its_name() -> None:
    assert names(registered(Both())) == ["tests.one", "tests.two"]
    assert names(registered(Both(), object(), Both())) == ["tests.one", "tests.two"] * 2


class Greedy:
    """Asks for what no worker has."""

    def __init__(self, weather: str) -> None:
        self.weather = weather

    @implements(ONE)
    async def one(self, argument: Done) -> Done:
        return argument


class Confused:
    """Asks for a dependency as another type."""

    def __init__(self, pool: str) -> None:
        self.pool = pool

    @implements(ONE)
    async def one(self, argument: Done) -> Done:
        return argument


@pytest.mark.parametrize(("asking", "name"), [(Greedy, "weather"), (Confused, "pool")])
def test_what_is_no_dependency_is_refused_by_name(
    asking: type, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing: Any = dict.fromkeys(field.name for field in fields(Dependencies))
    monkeypatch.setattr(composition, "implementations", lambda: iter([asking]))
    with pytest.raises(TypeError, match=f"{asking.__name__} asks for {name}, which is no dependency"):
        composition.activities_of(Dependencies(**nothing))


def test_every_dependency_is_asked_for() -> None:
    assert composition.unused() == set()


@pytest.mark.pooler_too
async def test_the_worker_registers_one_implementation_of_every_row(
    client: Client, temporal: EmbeddedTemporal, database_url: str
) -> None:
    async with running_worker(settings_for(database_url, temporal.address), client) as worker:
        implemented = names(list(worker.config()["activities"]))
    assert Counter(implemented) == Counter(row.name for row in activity_rows().values())
    assert len(implemented) >= 9
