"""A copied or stale `postmaster.pid` stops no start, and a living server on the folder does."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.up.servers import EmbeddedPostgres, postmaster_lock
from sandbox.up.start_refused import StartRefused


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("original"), durable=False) as server:
        server.create_database("kept")
        yield server


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """The folder of a server that was stopped in order."""
    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as server:
        server.create_database("kept")
    return tmp_path / "postgres"


def lock_of(folder: Path) -> Path:
    return folder / "pgdata" / "postmaster.pid"


def write_lock(folder: Path, pid: int) -> None:
    """A lock file as a killed server leaves it."""
    lines = [pid, folder / "pgdata", 1_700_000_000, 5432, "", "127.0.0.1", "  1 2", "ready"]
    lock_of(folder).write_text("\n".join(map(str, lines)) + "\n")


def expect_a_start(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as server:
        assert "kept" in server.url("kept")
        server.create_database("kept")
        server.drop_database("kept")


def test_a_folder_that_was_copied_while_its_server_ran(original: EmbeddedPostgres, tmp_path: Path) -> None:
    """The copy names a server that lives, and may belong to whoever copied."""
    folder = original.log.parent
    shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("*.log"))
    assert lock_of(tmp_path / "copy").read_text().splitlines()[0] == str(original.pid)
    with EmbeddedPostgres(tmp_path / "copy", durable=False) as server:
        assert server.create_database("kept") == server.url("kept")
    original.create_database("kept")


def test_the_number_of_a_foreign_process(stopped: Path) -> None:
    sleeping = ["sleep", "60"]
    if os.geteuid() == 0:  # as the server's own user, whose processes alone Postgres minds
        sleeping = ["setpriv", "--reuid=nobody", "--clear-groups", *sleeping]
    with subprocess.Popen(sleeping) as foreign:
        write_lock(stopped, foreign.pid)
        expect_a_start(stopped)
        foreign.terminate()


@pytest.mark.parametrize(
    "pid_now",
    [os.getpid, os.getppid, lambda: 2**22 + 1, lambda: 2**63],
    ids=["this", "its parent", "none", "none that can be"],
)
def test_the_number_of_this_process_or_of_none(stopped: Path, pid_now: Callable[[], int]) -> None:
    pid = pid_now()
    write_lock(stopped, pid)
    expect_a_start(stopped)


@pytest.mark.parametrize("text", ["", "\n", "nonsense\nmore\n", "17"])
def test_a_lock_that_was_cut_short(stopped: Path, text: str) -> None:
    lock_of(stopped).write_text(text)
    expect_a_start(stopped)


def test_a_living_server_of_the_folder_is_not_taken_over(
    original: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postmaster_lock, "_OLD_SERVER_ENDS_WITHIN", 0.3)
    folder = original.log.parent
    with pytest.raises(StartRefused, match=rf"another Postgres \(process {original.pid}\) runs on {folder}"):
        EmbeddedPostgres(folder).prepare()
    assert lock_of(folder).read_text().splitlines()[0] == str(original.pid)


STARTS_AND_DIES = """
import os, pathlib, sys
from sandbox.up.servers import EmbeddedPostgres
server = EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False)
server.start()
os.kill(os.getpid(), 9)
"""


def test_a_server_whose_owner_was_just_killed_is_waited_for(stopped: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", STARTS_AND_DIES, stopped], check=False)
    assert killed.returncode == -signal.SIGKILL
    expect_a_start(stopped)


def test_a_cluster_whose_making_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "pgdata.new").mkdir(parents=True)
    (tmp_path / "pgdata.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        server.create_database("kept")
    assert not (tmp_path / "pgdata.new").exists()


def test_a_cluster_of_another_version_is_named(stopped: Path) -> None:
    (stopped / "pgdata" / "PG_VERSION").write_text("16\n")
    with pytest.raises(
        StartRefused, match=f"{stopped / 'pgdata'} is of Postgres 16 and the embedded one is 18"
    ):
        EmbeddedPostgres(stopped).prepare()


def test_a_lost_password_is_named(stopped: Path) -> None:
    (stopped / "password").unlink()
    with pytest.raises(StartRefused, match=f"{stopped / 'password'} is not there"):
        EmbeddedPostgres(stopped).prepare()
