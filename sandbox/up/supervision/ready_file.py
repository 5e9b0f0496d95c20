"""The ready file: what a test or a script needs to know of a running stack."""

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.company import Company
from sandbox.up.addresses import Addresses

_SERVICE = "PSVC001"
_SERVICE_TWO_CHANNELS = "PSVC002"


class ReadyFile:
    """Written in one step once every part answers, and again when a part has a new process."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._facts: Mapping[str, Any] | None = None
        self._writing = threading.Lock()
        self.remove()

    def open(self, facts: Mapping[str, Any], pids: Mapping[str, int]) -> None:
        """Everything is up: write the facts with these process ids."""
        self._facts = facts
        self.update(pids)

    def update(self, pids: Mapping[str, int]) -> None:
        """Write the facts with new process ids, unless the stack is not up yet or no more."""
        with self._writing:
            if self._path is None or self._facts is None:
                return
            temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            temporary.touch(mode=0o600)
            temporary.write_text(json.dumps({**self._facts, "processes": pids}, indent=1))
            temporary.replace(self._path)

    def remove(self) -> None:
        """Nothing is ready: neither before the start nor after the end."""
        with self._writing:
            self._facts = None
            if self._path is not None:
                self._path.unlink(missing_ok=True)


def product_facts(
    addresses: Addresses, *, temporal: str, temporal_ui: str | None, database_url: str
) -> dict[str, Any]:
    """Where the product and its servers are."""
    return {
        "api": addresses.api,
        "start": addresses.start,
        "temporal": temporal,
        "temporal_ui": temporal_ui,
        "database_url": database_url,
    }


def company_facts(company: Company, addresses: Addresses) -> dict[str, Any]:
    """Where the simulators are, and who and what is in them."""
    api_user = company.person(company.api_user)
    return {
        "teams": addresses.teams,
        "pagerduty": addresses.pagerduty,
        "pagerduty_account": company.account,
        "pagerduty_token": company.api_token,
        "pagerduty_user": api_user and api_user.email,
        "service": _SERVICE,
        "service_two_channels": _SERVICE_TWO_CHANNELS,
        "webhook_secret": company.webhook_secret,
        "people": [
            person.model_dump(include={"name", "email", "aad_object_id", "pagerduty_user", "linked"})
            for person in company.people
        ],
    }
