"""The embedded Temporal answers, with the settings that make it fast, and keeps its store."""

import subprocess
from pathlib import Path

from sandbox.up.servers import EmbeddedTemporal
from sandbox.up.servers.temporal_binary import find_temporal, server_version


def namespace(server: EmbeddedTemporal, action: str) -> int:
    """Exit code of the command line's ``operator namespace`` action on the namespace "kept"."""
    command = [str(find_temporal()), "operator", "namespace", action, "kept", "--address", server.address]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_the_store_outlives_the_server(tmp_path: Path) -> None:
    server = EmbeddedTemporal(log=tmp_path / "log", database=tmp_path / "store" / "temporal.db")
    with server:
        assert namespace(server, "describe") != 0
        assert namespace(server, "create") == 0
    assert not server.answers()
    with server:
        assert namespace(server, "describe") == 0


def test_dynamic_configuration_is_added_to_the_defaults(tmp_path: Path) -> None:
    server = EmbeddedTemporal(
        log=tmp_path / "log", dynamic={"history.maxInFlightUpdates": "7", "a.b": "true"}
    )
    command = " ".join(server.command())
    assert "history.transferProcessorMaxPollRPS=2000" in command
    assert "history.maxInFlightUpdates=7" in command
    assert "a.b=true" in command


def test_the_command_found_is_new_enough() -> None:
    version = server_version(find_temporal())
    assert version is not None
    assert version >= (1, 31)
