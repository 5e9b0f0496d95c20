"""Which tests run in one process, when several run at once (pytest-xdist)."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_SHARING = {
    "tests/chaos/test_first_connection": "an empty product",
    "tests/chaos/test_setup_kills": "an empty product",
    "tests/chaos/": "a product with a crowd",
    "tests/e2e/": "a product and a browser",
}
"""Beginnings of the names of tests that share whole products, which take seconds to start and compute as long
as they run; the first that fits counts."""


def slow_ones_first(items: list[pytest.Item]) -> None:
    """Sort files with slow tests to the beginning and unit tests to the end.

    So no process waits for another at the end.
    """

    def place(item: pytest.Item) -> int:
        if item.get_closest_marker("slow") is not None:
            return 0
        return 2 if item.nodeid.startswith("tests/unit/") else 1

    items.sort(key=place)


class BySharedServers(LoadScopeScheduling):
    """Gives a process a file at a time, or all tests that share a product: each is started once.

    The order is ours: xdist's own is by numbers of tests, and the slow ones are few.
    """

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        shared = (what for beginning, what in _SHARING.items() if nodeid.startswith(beginning))
        return next(shared, nodeid.partition("::")[0])
