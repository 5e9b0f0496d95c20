"""The Teams simulator as a process, one for each module of tests that asks for it."""

from collections.abc import Iterator

import pytest
from teams_process import TeamsProcess, running_teams


@pytest.fixture(scope="module")
def teams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamsProcess]:
    with running_teams(tmp_path_factory.mktemp("teams")) as running:
        yield running
