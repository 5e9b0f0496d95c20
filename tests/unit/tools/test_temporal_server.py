"""The set-up's Temporal server: the pinned one where Go can build it, else what there is."""

from pathlib import Path

import pytest

from sandbox.up.servers.temporal_binary import cached_binary, dotted, pinned_server, server_version
from tools.steps import temporal_server
from tools.steps.progress import StepFailed

PINNED = dotted(pinned_server())
OLDER = "1.31.2"


def write_command(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o755)


def printing(server: str) -> str:
    """The shell command that writes Temporal's command to ``$file``."""
    script = f"echo 'temporal version 1.8.2 (Server {server}, UI 2.50.1)'"
    return f"printf '%s\\n' '#!/bin/sh' \"{script}\" > $file && /bin/chmod 755 $file"


class Machine:
    """A machine with a cache and a PATH of its own; nothing is downloaded and nothing is built in earnest."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.checkout = folder / "checkout"
        self.download(None)

    def download(self, server: str | None) -> None:
        """The SDK's download brings this server, or nothing."""
        lines = ["exit 1"] if server is None else ["file=$3/temporal", printing(server)]
        write_command(self.checkout / ".venv" / "bin" / "python", *lines)

    def go(self, *, version: str = "1.26", builds: bool = True) -> None:
        """Go is there, and builds the pinned server or nothing."""
        write_command(
            self.bin / "go",
            f'[ "$1" = version ] && echo "go version go{version}.0 linux/amd64" && exit',
            "" if builds else "echo no network && exit 1",
            '[ "$1" = list ] && exit',
            "file=$7",
            printing(PINNED),
        )


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(machine.bin))
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)
    monkeypatch.setattr(temporal_server, "CHECKOUT", machine.checkout)
    return machine


def set_up() -> str | None:
    """Do the step if it is to be done; the version of the server that is in the cache afterwards."""
    if not temporal_server.done():
        temporal_server.do()
    version = server_version(cached_binary())
    return dotted(version) if version else None


def test_a_download_of_the_pinned_server_is_taken(machine: Machine) -> None:
    machine.download(PINNED)
    assert set_up() == PINNED
    assert temporal_server.done()


def test_without_a_download_the_pinned_server_is_built(machine: Machine) -> None:
    machine.go()
    assert set_up() == PINNED


def test_without_download_and_go_the_step_fails_with_what_to_do(machine: Machine) -> None:
    with pytest.raises(StepFailed, match=r"needs Go 1\.21 or newer"):
        set_up()


def test_an_older_download_gives_way_to_what_go_builds(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.download(OLDER)
    machine.go()
    assert set_up() == PINNED
    assert f"{OLDER} is older than the pinned {PINNED}" in capsys.readouterr().out


@pytest.mark.parametrize("go", [None, "1.19"])
def test_an_older_download_is_taken_with_a_line_where_go_cannot_build(
    machine: Machine, capsys: pytest.CaptureFixture[str], go: str | None
) -> None:
    machine.download(OLDER)
    if go is not None:
        machine.go(version=go)
    assert set_up() == OLDER
    assert f"{OLDER} is used, older than the pinned {PINNED}" in capsys.readouterr().out


def test_an_older_download_is_taken_where_the_build_fails(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.download(OLDER)
    machine.go(builds=False)
    assert set_up() == OLDER
    said = capsys.readouterr().out
    assert "no network" in said
    assert f"{OLDER} is used" in said


def test_an_older_cached_server_is_replaced_once_go_is_there(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.download(OLDER)
    set_up()
    capsys.readouterr()
    assert set_up() == OLDER
    assert capsys.readouterr().out.count("\n") == 1

    machine.go()
    assert set_up() == PINNED


def test_an_older_command_on_path_gives_way_to_what_go_builds(machine: Machine) -> None:
    write_command(machine.bin / "temporal", f"echo 'temporal version 1.8.2 (Server {OLDER}, UI 2.50.1)'")
    assert temporal_server.done()
    machine.go()
    assert set_up() == PINNED
