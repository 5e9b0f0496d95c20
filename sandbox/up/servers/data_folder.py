"""The data folder: one `muster up` at a time, its world, its key ring, its logs."""

import base64
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.world import World, build_world, read_world, write_world


class FolderRefused(Exception):
    """This folder cannot be used now; the text says why and what to do."""


class DataFolder:
    """Everything that `muster up` keeps between two runs."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.postgres = self.path / "postgres"
        self.temporal_store = self.path / "temporal.db"
        self.certificates = self.path / "ca"
        self.config = self.path / "muster.toml"
        self.seed = self.path / "seed.json"
        self.world = self.path / "world.json"
        self._keys = self.path / "keys"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one `muster up`; raises FolderRefused while another has it."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise FolderRefused(
                    f"`muster up` (process {file.read().strip()}) already runs on {self.path}: "
                    "stop it first, or give this one a folder of its own with --data"
                ) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def log(self, name: str) -> Path:
        """The log file of a part."""
        return self.path / "logs" / f"{name}.log"

    def forget_logs(self) -> None:
        """Remove the logs of the run before."""
        for file in self.path.glob("logs/*.log"):
            file.unlink()

    def open_world(self, *, connected: bool) -> World:
        """The folder's world, made on its first use; raises FolderRefused if it is of the other kind."""
        if not self.world.exists():
            write_world(self.world, build_world(connected=connected))
        world = read_world(self.world)
        if bool(world.connections) != connected:
            option = "without --empty" if world.connections else "with --empty"
            raise FolderRefused(
                f"the world in {self.path} was made {option}: go on with it that way, "
                "or choose another folder with --data"
            )
        return world

    def key_ring(self) -> str:
        """The product's MUSTER_KEYS, drawn once: what it sealed must stay readable."""
        if not self._keys.exists():
            write_private(self._keys, "k1:" + base64.b64encode(secrets.token_bytes(32)).decode())
        return self._keys.read_text()


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone can read."""
    path.touch(mode=0o600)
    path.write_text(text)
