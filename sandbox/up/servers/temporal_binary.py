"""Find the `temporal` command, on PATH or in the cache. `make setup` puts it into the cache."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from sandbox.up.environment import embedded_environment
from sandbox.up.servers.caches import CHECKOUT, cache_dir
from sandbox.up.start_refused import StartRefused

GO_MODULE = CHECKOUT / "deploy" / "temporal"

Version = tuple[int, int, int]

_OLDEST_SERVER: Version = (1, 31, 0)
"""Older servers lack what the product uses."""


class TemporalMissing(StartRefused):
    """There is no usable `temporal` command; the text says how to get one."""


def cached_binary(module: Path = GO_MODULE) -> Path:
    """The path of the command in the cache. Its name depends on the pinned versions."""
    pinned = b"".join((module / name).read_bytes() for name in ("go.mod", "go.sum"))
    return cache_dir() / f"temporal-{hashlib.sha256(pinned).hexdigest()[:12]}"


def pinned_server(module: Path = GO_MODULE) -> Version:
    """The version of the server that the Go module builds."""
    version = _version_in(r"go\.temporal\.io/server v", (module / "go.mod").read_text())
    if version is None:
        raise ValueError(f"{module / 'go.mod'} names no version of go.temporal.io/server")
    return version


def server_version(binary: Path) -> Version | None:
    """The version of the command's server; None if it prints none."""
    try:
        output = subprocess.run(
            [binary, "--version"], env=embedded_environment(), capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return None
    return _version_in("Server ", output)


def dotted(version: Version) -> str:
    """``1.31.4``."""
    return ".".join(map(str, version))


def usable_temporal() -> Path | None:
    """The command on PATH unless the cached one is closer to the pinned version; None without either."""
    on_path = shutil.which("temporal")
    found = [*([Path(on_path)] if on_path else ()), cached_binary()]
    versions = {binary: server_version(binary) for binary in found}
    usable = {
        binary: min(version, pinned_server())
        for binary, version in versions.items()
        if version is not None and version >= _OLDEST_SERVER
    }
    return max(usable, key=usable.__getitem__, default=None)


def find_temporal() -> Path:
    """The `temporal` command; raises TemporalMissing."""
    found = usable_temporal()
    if found is None:
        raise TemporalMissing(
            f"no Temporal server {dotted(_OLDEST_SERVER)} or newer on PATH or in {cache_dir()}: "
            "run `make setup`, or point TEMPORAL_ADDRESS at a running server"
        )
    return found


def _version_in(before: str, text: str) -> Version | None:
    found = re.search(rf"{before}(\d+)\.(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None
