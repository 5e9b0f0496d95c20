"""Which tests run in one process, when several run at once (pytest-xdist)."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_SHARING = ("tests/chaos/", "tests/e2e/")
"""Folders whose tests share whole products, which take seconds to start and compute as long as they run."""


class BySharedServers(LoadScopeScheduling):
    """Gives a process a file at a time, or a folder whose tests share products: each is started once.

    The order is that of the collection. xdist's own, by numbers of tests, would start the few that take
    longest at the end, when nothing is left for the other processes.
    """

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in _SHARING if nodeid.startswith(folder)), nodeid.partition("::")[0])
