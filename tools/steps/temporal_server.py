"""The Temporal server: found, downloaded by the SDK, or built from deploy/temporal.

A server that is older than deploy/temporal pins, as the SDK's download may be, is used only where the pinned
one cannot be built.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sandbox.up.servers.caches import CHECKOUT, cache_dir
from sandbox.up.servers.temporal_binary import (
    GO_MODULE,
    cached_binary,
    dotted,
    pinned_server,
    server_version,
    usable_temporal,
)

from tools.steps.ambient import go_environment
from tools.steps.making import making_folder
from tools.steps.progress import StepFailed, run, say, version_of

# Older ones cannot fetch the toolchain that deploy/temporal/go.mod names.
_OLDEST_GO = (1, 21)
_COMMAND = "github.com/temporalio/cli/cmd/temporal"
_DOWNLOAD_LIMIT = 300.0
_DOWNLOAD = """
import asyncio, os, sys
from temporalio.testing import WorkflowEnvironment

async def download():
    environment = await WorkflowEnvironment.start_local(
        download_dest_dir=sys.argv[1], dev_server_download_version=sys.argv[2]
    )
    await environment.shutdown()

try:
    asyncio.run(download())
except RuntimeError as failure:
    print(failure, flush=True)
    os._exit(1)  # the SDK may abort the interpreter at an ordinary exit
os._exit(0)
"""


def folder() -> Path:
    """The cache, which other checkouts share."""
    return cache_dir()


def done() -> bool:
    """Whether a server is configured, or this machine can get no newer command than the one that is there."""
    if os.environ.get("TEMPORAL_ADDRESS"):
        return True
    found = usable_temporal()
    if found is None or (_is_older(found) and _can_build()):
        return False
    if _is_older(found):
        _say_older(found)
    return True


def missing() -> Iterator[str]:
    """Nothing: Go is needed only where the download does not work, which the step itself finds out."""
    return iter(())


def do() -> None:
    """Put the Temporal command into the cache."""
    with making_folder(cache_dir()) as making:
        there = usable_temporal()
        binary = None if there else _download(making)
        if binary is None or _is_older(binary):
            binary = _newest(making, older=there or binary)
        if binary.parent == making:
            binary.replace(cached_binary())
            say(f"Temporal server kept as {cached_binary()}")


def _newest(making: Path, *, older: Path | None) -> Path:
    """The command as deploy/temporal pins it; the older one where it cannot be built."""
    if older is None:
        return _build(making)
    if _can_build():
        say(
            f"{_named(older)} is older than the pinned {dotted(pinned_server())}: "
            "building that one, which takes some minutes, once"
        )
        try:
            return _build(making)
        except StepFailed as failure:
            say(str(failure))
    _say_older(older)
    return older


def _is_older(binary: Path) -> bool:
    version = server_version(binary)
    return version is not None and version < pinned_server()


def _say_older(binary: Path) -> None:
    say(
        f"{_named(binary)} is used, older than the pinned {dotted(pinned_server())}: "
        f"`make setup` builds that one where Go {_OLDEST_GO[0]}.{_OLDEST_GO[1]} or newer is (go.dev)"
    )


def _named(binary: Path) -> str:
    version = server_version(binary)
    return f"Temporal server {dotted(version) if version else '?'}"


def _go_version() -> tuple[int, ...] | None:
    return version_of("go", "version", r"go(\d+)\.(\d+)")


def _can_build() -> bool:
    version = _go_version()
    return version is not None and version >= _OLDEST_GO


def _download(making: Path) -> Path | None:
    """The command by the SDK's own download; None where that does not work."""
    pinned = re.search(r"github.com/temporalio/cli (v\S+)", (GO_MODULE / "go.mod").read_text())
    if pinned is None:
        raise StepFailed("deploy/temporal/go.mod names no version of the Temporal command")
    say(f"Temporal's command {pinned[1]}: trying the SDK's download")
    python = CHECKOUT / ".venv" / "bin" / "python"
    try:
        subprocess.run(
            [python, "-c", _DOWNLOAD, making, pinned[1]],
            check=True,
            capture_output=True,
            timeout=_DOWNLOAD_LIMIT,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        say("the download did not work; building it instead, which takes some minutes, once")
        return None
    return next((file for file in making.iterdir() if server_version(file) is not None), None)


def _build(making: Path) -> Path:
    """The command built from its Go module, with caches of its own that go away (several GB)."""
    if not _can_build():
        version = _go_version()
        there = "" if version is None else f", {version[0]}.{version[1]} is there"
        raise StepFailed(
            f"building Temporal's server needs Go {_OLDEST_GO[0]}.{_OLDEST_GO[1]} or newer{there} (go.dev); "
            "or put Temporal's command on PATH, or set TEMPORAL_ADDRESS"
        )
    env = go_environment(modules=making / "mod", builds=making / "build")
    packages = run(
        ["go", "list", "-deps", _COMMAND],
        label="Temporal's Go modules",
        counts="^go: downloading",
        cwd=GO_MODULE,
        env=env,
    )
    binary = making / "temporal"
    run(
        ["go", "build", "-v", "-trimpath", "-ldflags", "-s -w", "-o", binary, _COMMAND],
        label="Temporal server, packages compiled",
        counts="^[a-z]",
        total=sum(not line.startswith("go: ") for line in packages),
        cwd=GO_MODULE,
        env=env,
    )
    return binary
