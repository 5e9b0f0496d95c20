"""The ready file: addresses and process ids of a running stack, for tests and scripts."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.company import Company
from sandbox.private_files import write_private
from sandbox.up.addresses import Addresses

_SERVICE = "PSVC001"
_SERVICE_TWO_CHANNELS = "PSVC002"


class ReadyFile:
    """Written when every part answers, and again when a part has a new process; each time in one step."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._entries: Mapping[str, Any] | None = None
        self._writing = threading.Lock()
        self.remove()

    def open(self, entries: Mapping[str, Any], pids: Mapping[str, int]) -> None:
        """Write the file for the first time, when all parts answer."""
        self._entries = entries
        self.update(pids)

    def update(self, pids: Mapping[str, int]) -> None:
        """Write the file with new process ids; does nothing before :meth:`open` and after :meth:`remove`."""
        with self._writing:
            if self._path is None or self._entries is None:
                return
            write_private(self._path, json.dumps({**self._entries, "processes": pids}, indent=1))

    def remove(self) -> None:
        """Remove the file, before the start and at the end."""
        with self._writing:
            self._entries = None
            if self._path is not None:
                self._path.unlink(missing_ok=True)


def product_entries(
    addresses: Addresses, *, temporal: str, temporal_ui: str | None, database_url: str
) -> dict[str, Any]:
    """The entries about the product and its servers."""
    return {
        "api": addresses.api,
        "start": addresses.start,
        "temporal": temporal,
        "temporal_ui": temporal_ui,
        "database_url": database_url,
    }


def company_entries(company: Company, addresses: Addresses, ca: Path) -> dict[str, Any]:
    """The entries about the simulators, the people and the services; ``ca`` signs what is over https."""
    api_user = company.person(company.api_user)
    return {
        "teams": addresses.teams,
        "microsoft": addresses.microsoft,
        "pagerduty": addresses.pagerduty,
        "pagerduty_https": addresses.pagerduty_https,
        "pagerduty_identity": addresses.pagerduty_identity,
        "ca": str(ca),
        "pagerduty_account": company.account,
        "pagerduty_token": company.api_token,
        "pagerduty_user": api_user and api_user.email,
        "service": _SERVICE,
        "service_two_channels": _SERVICE_TWO_CHANNELS,
        "webhook_secret": company.webhook_secret,
        "api_token": company.muster_token,
        "people": [
            person.model_dump(include={"name", "email", "aad_object_id", "pagerduty_user", "linked"})
            for person in company.people
        ],
    }
