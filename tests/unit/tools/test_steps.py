"""What keeps the set-up from its work is a sentence, and what it left half made goes away."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.up.servers.caches import CHECKOUT, npm_dir
from sandbox.up.servers.temporal_binary import cached_binary
from tests.support.waiting import wait_until
from tools import steps
from tools.steps import browser, one_at_a_time
from tools.steps.making import making_folder, remove_leftovers
from tools.steps.npm import NpmPackages
from tools.steps.one_at_a_time import alone_in
from tools.steps.progress import StepFailed, run


class StandIn:
    """A step that ends as it is told, or is done already."""

    def __init__(self, folder: Path, failure: BaseException | None = None) -> None:
        self._folder = folder
        self._failure = failure

    def folder(self) -> Path:
        return self._folder

    def done(self) -> bool:
        return self._failure is None

    def missing(self) -> Iterator[str]:
        return iter(())

    def do(self) -> None:
        assert self._failure is not None
        raise self._failure


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache, which is not there yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "muster"


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder before all others on PATH."""
    folder = tmp_path / "commands"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def write_command(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def sentence(monkeypatch: pytest.MonkeyPatch, step: StandIn | NpmPackages) -> str:
    """How a set-up ends that has this step alone to do."""
    monkeypatch.setattr(steps, "VirtualEnvironment", lambda checkout, named: StandIn(checkout))
    monkeypatch.setattr(steps, "_ALWAYS", (step,))
    with pytest.raises(SystemExit) as ended:
        steps.run([])
    return str(ended.value.code)


@pytest.mark.parametrize("root", ["/proc/nowhere", "/dev/null"])
def test_a_cache_that_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch, root: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", root)
    text = sentence(monkeypatch, NpmPackages("cards"))
    assert text.startswith("setup stopped: ")
    assert text.endswith(f"tools are kept in {root}/muster, or where XDG_CACHE_HOME says")


def test_no_home_folder_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    text = sentence(monkeypatch, NpmPackages("cards"))
    assert text.startswith("setup stopped: this user has no home folder")
    assert text.endswith("set XDG_CACHE_HOME to a folder")


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_checkout_that_cannot_be_written_is_named(
    cache: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    failure = OSError(number, os.strerror(number), str(CHECKOUT / ".setup"))
    text = sentence(monkeypatch, StandIn(cache, failure))
    assert os.strerror(number) in text
    assert f"{CHECKOUT} must be writable" in text


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_sentence(cache: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    text = sentence(monkeypatch, StandIn(cache, OSError(number, os.strerror(number))))
    assert text.startswith("setup stopped: ")
    assert "make room" in text


def test_ctrl_c_is_a_sentence(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = sentence(monkeypatch, StandIn(cache, KeyboardInterrupt()))
    assert text == "setup stopped; what is done stays done"


def test_what_a_command_said_last_is_shown() -> None:
    said = "import sys; print(*range(100), sep='\\n'); sys.exit('no route to the index')"
    with pytest.raises(StepFailed) as failed:
        run([sys.executable, "-c", said], label="Python packages")
    first, *lines = str(failed.value).splitlines()
    assert first == f"Python packages: `{Path(sys.executable).name} -c` ended with 1:"
    assert "no route to the index" in lines
    assert len(lines) == 15


def test_a_command_that_asks_gets_no_answer_and_does_not_wait() -> None:
    with pytest.raises(StepFailed, match="EOFError"):
        run([sys.executable, "-c", "input('password: ')"], label="questions")


def test_a_command_may_print_what_is_no_text() -> None:
    code = "import sys; sys.stdout.buffer.write(b'\\xff\\n')"
    assert run([sys.executable, "-c", code], label="bytes") == ["\ufffd"]


def test_folders_of_stopped_set_ups_are_removed(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = cache / "temporal-0123456789ab"
    for folder in ("making-abc", "temporal-xyz_123"):
        (cache / folder / "mod").mkdir(parents=True)
    kept.write_text("the built command")
    remove_leftovers(cache)
    assert sorted(path.name for path in cache.iterdir()) == ["lock", kept.name]
    assert capsys.readouterr().out.count("which a set-up that was stopped left behind") == 2


def test_folders_of_a_set_up_that_is_at_work_stay(cache: Path) -> None:
    code = "import sys; from tools.steps.making import *; remove_leftovers(Path(sys.argv[1]))"
    with alone_in(cache), making_folder(cache) as folder:
        subprocess.run(
            [sys.executable, "-c", code, cache],
            check=True,
        )
        assert folder.exists()
    assert [path.name for path in cache.iterdir()] == ["lock"]


def test_a_command_that_outlives_its_set_up_keeps_the_next_one_waiting(tmp_path: Path) -> None:
    """Only the set-up is killed, not what it started."""
    code = (
        "import sys; from pathlib import Path; from tools.steps.one_at_a_time import alone_in; "
        "from tools.steps.progress import run\n"
        f"with alone_in(Path({str(tmp_path)!r})): run(['sh', '-c', 'echo $$ > pid.new; mv pid.new pid; "
        "exec sleep 60'], label='long', cwd=Path(sys.argv[1]))"
    )
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], cwd=CHECKOUT) as killed:
        wait_until(lambda: (tmp_path / "pid").exists() or killed.poll() is not None)
        killed.kill()
    command = int((tmp_path / "pid").read_text())
    try:
        with alone_in(tmp_path, wait=False) as alone:
            assert not alone
    finally:
        os.kill(command, signal.SIGKILL)
    with alone_in(tmp_path) as alone:
        assert alone


def test_a_set_up_that_is_stopped_stops_its_command(tmp_path: Path) -> None:
    code = (
        "import signal, sys; from pathlib import Path; from tools.steps.progress import run\n"
        "signal.signal(signal.SIGTERM, signal.default_int_handler)\n"
        "run(['sh', '-c', 'echo $$ > pid.new; mv pid.new pid; exec sleep 60'], "
        "label='long', cwd=Path(sys.argv[1]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], cwd=CHECKOUT, stderr=subprocess.PIPE
    ) as child:
        wait_until(lambda: (tmp_path / "pid").exists() or child.poll() is not None)
        child.terminate()
        child.communicate(timeout=30)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_second_set_up_says_that_it_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    with (tmp_path / "lock").open("a") as first:
        fcntl.flock(first, fcntl.LOCK_EX)

        def say(line: str) -> None:
            said.append(line)
            fcntl.flock(first, fcntl.LOCK_UN)

        monkeypatch.setattr(one_at_a_time, "say", say)
        with alone_in(tmp_path) as alone:
            assert alone
    assert said == [f"another set-up is at work in {tmp_path}: waiting until it has ended"]


NPM = "mkdir -p node_modules && cp package.json node_modules/ && echo '{}' > node_modules/.package-lock.json"


def test_packages_of_npm_take_their_place_whole(cache: Path, commands: Path) -> None:
    packages = NpmPackages("lint")
    write_command(commands / "npm", f"{NPM}; touch node_modules/first")
    packages.do()
    assert packages.done()

    (npm_dir("lint") / "package-lock.json").write_text("an older one")
    assert not packages.done()
    write_command(commands / "npm", "echo no network; exit 1")
    with pytest.raises(StepFailed, match="no network"):
        packages.do()
    assert (npm_dir("lint") / "node_modules" / "first").exists()
    assert not packages.done()

    write_command(commands / "npm", NPM)
    packages.do()
    assert packages.done()
    assert not (npm_dir("lint") / "node_modules" / "first").exists()
    assert [path.name for path in cache.iterdir()] == ["npm-lint"]


def test_an_npm_that_installs_nothing_is_a_failure(cache: Path, commands: Path) -> None:
    write_command(commands / "npm", "exit 0")
    with pytest.raises(StepFailed, match="npm ended well"):
        NpmPackages("cards").do()
    assert not NpmPackages("cards").done()


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
def test_a_build_of_temporal_that_was_stopped_is_removed_by_the_next_run(
    cache: Path, commands: Path, kind: signal.Signals
) -> None:
    """The commands write into the caches that they are given, as Go does, until they are stopped."""
    write_command(
        commands / "go",
        "case $1 in version) echo go version go1.99.0; exit;; list) echo package; exit;; esac\n"
        'mkdir -p "$GOCACHE" && echo much > "$GOCACHE/object" && exec sleep 60',
    )
    code = (
        "from tools.steps import temporal_server\n"
        "temporal_server._download = lambda making: None\n"
        "temporal_server.do()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as build:
        wait_until(lambda: list(cache.glob("making-*/build/object")) or build.poll() is not None)
        os.killpg(build.pid, kind)
        build.communicate(timeout=30)
    assert bool(list(cache.glob("making-*"))) == (kind == signal.SIGKILL)
    remove_leftovers(cache)
    assert list(cache.glob("making-*")) == []
    assert not cached_binary().exists()


def test_a_browser_that_does_not_start_is_installed_anew(
    cache: Path, commands: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation that was stopped leaves a command that cannot load its libraries."""
    monkeypatch.setenv("PATH", str(commands))
    monkeypatch.setenv("CI", "true")
    log = cache.with_name("log")
    write_command(commands / "chromium-headless-shell", "exit 127")
    write_command(commands / "sudo", 'shift; exec "$@"')
    write_command(commands / "dpkg", f'echo "dpkg $*" >> {log}')
    working = f"printf '#!/bin/sh\\necho Chromium 131.0.6778\\n' > {commands}/chromium-headless-shell"
    write_command(
        commands / "apt-get", f'echo "apt-get $1" >> {log}; [ "$1" = install ] && {working} || true'
    )
    assert not browser.done()
    assert list(browser.missing()) == []
    browser.do()
    assert log.read_text().splitlines() == ["dpkg --configure -a", "apt-get update", "apt-get install"]
    assert browser.done()
