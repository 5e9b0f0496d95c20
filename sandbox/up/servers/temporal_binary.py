"""Find the `temporal` command, on PATH or in the cache. `make setup` puts it into the cache."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from sandbox.up.servers.caches import CHECKOUT, cache_dir

GO_MODULE = CHECKOUT / "deploy" / "temporal"
_OLDEST_SERVER = (1, 31)


class TemporalMissing(Exception):
    """There is no usable `temporal` command; the text says how to get one."""


def cached_binary(module: Path = GO_MODULE) -> Path:
    """The path of the command in the cache. Its name depends on the pinned versions."""
    pinned = b"".join((module / name).read_bytes() for name in ("go.mod", "go.sum"))
    return cache_dir() / f"temporal-{hashlib.sha256(pinned).hexdigest()[:12]}"


def server_version(binary: Path) -> tuple[int, int] | None:
    """The major and minor version of the command's server; None if it prints none."""
    try:
        output = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return None
    found = re.search(r"Server (\d+)\.(\d+)", output)
    return (int(found[1]), int(found[2])) if found else None


def _usable(binary: Path) -> bool:
    version = server_version(binary)
    return version is not None and version >= _OLDEST_SERVER


def usable_temporal() -> Path | None:
    """The command on PATH if it is new enough, else the cached one, else None."""
    on_path = shutil.which("temporal")
    if on_path and _usable(Path(on_path)):
        return Path(on_path)
    cached = cached_binary()
    return cached if cached.exists() else None


def find_temporal() -> Path:
    """The `temporal` command; raises TemporalMissing."""
    found = usable_temporal()
    if found is None:
        oldest = ".".join(map(str, _OLDEST_SERVER))
        raise TemporalMissing(
            f"no Temporal server {oldest} or newer on PATH or in {cache_dir()}: run `make setup`, "
            "or point TEMPORAL_ADDRESS at a running server"
        )
    return found
