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


class BySharedServers(LoadScopeScheduling):
    """Gives a process a file at a time, or all tests that share a product: each is started once.

    The order is that of the collection. xdist's own, by numbers of tests, would start the few that take
    longest at the end, when nothing is left for the other processes.
    """

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        shared = (what for beginning, what in _SHARING.items() if nodeid.startswith(beginning))
        return next(shared, nodeid.partition("::")[0])
