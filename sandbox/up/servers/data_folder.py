"""The data folder of `muster up`: the company, the key ring, the logs, and a lock for one process."""

import base64
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.certificates import CA_FILE
from sandbox.company import Company, build_company, read_company, write_company

_FORMAT = "1"
"""The version of the folder's content. Change it when this code cannot read older folders."""


class DataFolderError(Exception):
    """The folder cannot be used; the text says why and what to do."""


class DataFolder:
    """What `muster up` keeps between two runs."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.postgres = self.path / "postgres"
        self.temporal_store = self.path / "temporal.db"
        self.certificates = self.path / "ca"
        self.ca = self.certificates / CA_FILE
        self.config = self.path / "muster.toml"
        self.seed = self.path / "seed.json"
        self.company = self.path / "company.json"
        self.ports = self.path / "ports.json"
        self._keys = self.path / "keys"
        self._format = self.path / "format"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one `muster up`.

        Raises DataFolderError while another process holds it, or if another version filled it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise DataFolderError(
                    f"`muster up` (process {file.read().strip()}) already runs on {self.path}: "
                    "stop it first, or give this one a folder of its own with --data"
                ) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            self._check_format()
            yield

    def log(self, name: str) -> Path:
        """The path of a part's log file."""
        return self.path / "logs" / f"{name}.log"

    def forget_logs(self) -> None:
        """Remove the logs of the last run."""
        for file in self.path.glob("logs/*.log"):
            file.unlink()

    def open_company(self, *, connected: bool) -> Company:
        """The folder's company, made on first use; raises DataFolderError if ``connected`` was different."""
        if not self.company.exists():
            write_company(self.company, build_company(connected=connected))
        company = read_company(self.company)
        if bool(company.connections) != connected:
            option = "without --empty" if company.connections else "with --empty"
            raise DataFolderError(
                f"the company in {self.path} was made {option}: go on with it that way, "
                "or choose another folder with --data"
            )
        return company

    def key_ring(self) -> str:
        """The product's MUSTER_KEYS. It is made once, since what it sealed must stay readable."""
        if not self._keys.exists():
            write_private(self._keys, "k1:" + base64.b64encode(secrets.token_bytes(32)).decode())
        return self._keys.read_text()

    def _check_format(self) -> None:
        filled = any(kept.exists() for kept in (self.postgres, self.temporal_store, self._keys))
        if filled and not (self._format.exists() and self._format.read_text() == _FORMAT):
            raise DataFolderError(
                f"another version of Muster filled {self.path}, and this one cannot read it: "
                "remove the folder (`make clean` removes .muster), or choose another one with --data"
            )
        self._format.write_text(_FORMAT)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    path.touch(mode=0o600)
    path.write_text(text)
