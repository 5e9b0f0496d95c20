"""The data folder of `muster up`: the company, the key ring, the logs, and a lock for one process."""

import base64
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.certificates import CA_FILE
from sandbox.company import Company, build_company, read_company
from sandbox.private_files import FOLDER, make_folder_private, make_private, write_private
from sandbox.up.start_refused import StartRefused

_FORMAT = "1"
"""The version of the folder's content. Change it when this code cannot read older folders."""
_IN_A_NEW_FOLDER = frozenset({"company.json", "empty", "playground", "empty-playground", "lost+found"})
"""A company that somebody wrote, the data folders of other kinds of companies, and what a new disk has."""
_SPACE = 100_000_000
"""Bytes that must be free. A new folder has 45 MB after its first start."""
_KEY_RING = re.compile(r"[^\s:,]+:[A-Za-z0-9+/]{43}=")
_DATABASE_HEADER = b"SQLite format 3\0"


class DataFolderError(StartRefused):
    """The folder cannot be used; the text says why and what to do."""


class DataFolder:
    """What `muster up` keeps between two runs; ``within`` is a folder of ours that is closed with it."""

    def __init__(self, path: Path, *, within: Path | None = None) -> None:
        self.path = path.absolute()
        self._within = within
        self.postgres = self.path / "postgres"
        self.temporal_store = self.path / "temporal.db"
        self.certificates = self.path / "ca"
        self.ca = self.certificates / CA_FILE
        self.config = self.path / "muster.toml"
        self.seed = self.path / "seed.json"
        self.company = self.path / "company.json"
        self.ports = self.path / "ports.json"
        self.secrets = self.path / "secrets"
        """What the product's commands read of this stack, by MUSTER_SECRETS_DIR."""
        self.logs = self.path / "logs"
        self._temporal_ui = self.path / "temporal-ui"
        self._keys = self.path / "keys"
        self._format = self.path / "format"
        self._lock = self.path / "lock"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one `muster up`, and close it to everybody else.

        Raises DataFolderError while another process holds it, if it is somebody else's or damaged, or if
        another version filled it; OSError where the system does not let us use it.
        """
        self.path.mkdir(mode=FOLDER, parents=True, exist_ok=True)
        self._check_owner()
        self._check_space()
        with self._lock.open("a+", errors="replace") as file:
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
            self._check_content()
            make_private(self.path)
            if self._within is not None:
                make_folder_private(self._within)
            yield

    def is_held(self) -> bool:
        """Whether a `muster up` runs on this folder."""
        try:
            with self._lock.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def log(self, name: str) -> Path:
        """The path of a part's log file."""
        return self.logs / f"{name}.log"

    def forget_logs(self) -> None:
        """Remove the logs of the last run."""
        self.logs.mkdir(mode=FOLDER, exist_ok=True)
        for file in self.logs.glob("*.log"):
            file.unlink()

    def open_company(self, *, connected: bool) -> Company:
        """The folder's company, made on first use; raises DataFolderError if ``connected`` was different."""
        if not self.company.exists():
            self.path.mkdir(mode=FOLDER, parents=True, exist_ok=True)
            write_private(self.company, build_company(connected=connected).model_dump_json(indent=1))
        try:
            company = read_company(self.company)
        except ValueError:  # no such JSON (pydantic's is one), or no text
            raise self._damaged(self.company, "the sandbox's company") from None
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
        ring = self._keys.read_bytes().decode(errors="replace").strip()
        if not all(map(_KEY_RING.fullmatch, ring.split(","))):
            raise self._damaged(self._keys, "the key ring")
        return ring

    def write_secrets(self, *, database_url: str | None, keys: str | None) -> None:
        """Let `MUSTER_SECRETS_DIR=… muster seed` and others use the database of this stack.

        ``None`` for what the environment has, where the other commands find it too.
        """
        self.secrets.mkdir(mode=FOLDER, exist_ok=True)
        for name, value in (("database_url", database_url), ("muster_keys", keys)):
            if value is None:
                (self.secrets / name).unlink(missing_ok=True)
            else:
                write_private(self.secrets / name, value)

    def read_temporal_ui(self) -> str | None:
        """What :meth:`write_temporal_ui` noted."""
        try:
            return self._temporal_ui.read_text()
        except (OSError, UnicodeDecodeError):
            return None

    def write_temporal_ui(self, address: str | None) -> None:
        """Note where the embedded Temporal's UI is, for `muster ui`; ``None`` where none is embedded."""
        if address is None:
            self._temporal_ui.unlink(missing_ok=True)
        else:
            write_private(self._temporal_ui, address)

    def _check_owner(self) -> None:
        """Refuse a folder with other files: it would be closed to all others, and `make clean` removes it."""
        if self._lock.exists() or self._format.exists():
            return
        others = sorted({entry.name for entry in self.path.iterdir()} - _IN_A_NEW_FOLDER)
        if others:
            raise DataFolderError(
                f"{self.path} holds what is not Muster's ({', '.join(others[:3])}): "
                "give `muster up` a folder of its own with --data"
            )

    def _check_space(self) -> None:
        free = shutil.disk_usage(self.path).free
        if free < _SPACE:
            raise DataFolderError(
                f"only {free // 1_000_000} MB are free for {self.path} and `muster up` needs "
                f"{_SPACE // 1_000_000}: free some, or choose another folder with --data"
            )

    def _check_format(self) -> None:
        filled = any(kept.exists() for kept in (self.postgres, self.temporal_store, self._keys))
        if filled and not (self._format.exists() and self._format.read_bytes() == _FORMAT.encode()):
            raise DataFolderError(
                f"another version of Muster filled {self.path}, and this one cannot read it: "
                "remove the folder (`make clean` removes .muster), or choose another one with --data"
            )
        write_private(self._format, _FORMAT)

    def _check_content(self) -> None:
        """Refuse a Temporal store that is none; its server would end with a stack of Go functions."""
        if not self.temporal_store.exists():
            return
        with self.temporal_store.open("rb") as file:
            header = file.read(len(_DATABASE_HEADER))
        if header not in (b"", _DATABASE_HEADER):
            raise self._damaged(self.temporal_store, "Temporal's database")

    def _damaged(self, path: Path, what: str) -> DataFolderError:
        return DataFolderError(
            f"{path} does not hold {what} any more: put it back as it was, "
            f"or remove {self.path} to start anew"
        )
