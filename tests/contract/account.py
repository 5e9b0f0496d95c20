"""The PagerDuty simulator as a process, and PagerDuty's own client for it with a record of every exchange."""

import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import httpx2
from pagerduty import OAuthTokenClient, RestApiV2Client

from sandbox.certificates import CA_FILE
from sandbox.company import Company, Person, build_company, write_company
from sandbox.up.servers.ports import LOOPBACK, free_port
from tests.schemas.exchange import Exchange, exchange_of
from tests.support.connections import request
from tests.support.waiting import wait_until

_START_WITHIN = 60.0


@dataclass
class Account:
    """A running simulator. ``exchanges`` are those of the clients made here, oldest first."""

    company: Company
    url: str
    http: str
    tls: ssl.SSLContext
    exchanges: list[Exchange] = field(default_factory=list)
    opened: ExitStack = field(default_factory=ExitStack)
    """The clients made here, to be closed."""

    @property
    def ada(self) -> Person:
        """The account's owner."""
        return self.company.people[0]

    @property
    def bo(self) -> Person:
        """Who is on call for Checkout."""
        return self.company.people[1]

    def client(self, **options: Any) -> RestApiV2Client:
        """PagerDuty's client with the account's key, by default for changes in Ada's name."""
        given = {"api_key": self.company.api_token, "default_from": self.ada.email, **options}
        hooks = {"response": [self._record]}
        return self.opened.enter_context(
            RestApiV2Client(base_url=self.url, **given, verify=self.tls, trust_env=False, event_hooks=hooks)
        )

    def client_of(self, person: Person) -> RestApiV2Client:
        """PagerDuty's client with this person's own token."""
        return self.client(api_key=person.access_token, auth_type="bearer", default_from=None)

    def identity(self, **changes: str) -> OAuthTokenClient:
        """PagerDuty's client of its token endpoint, as the account's app."""
        given = {"client_id": self.company.client_id, "client_secret": self.company.client_secret, **changes}
        return self.opened.enter_context(
            OAuthTokenClient(base_url=self.url, **given, verify=self.tls, trust_env=False)
        )

    def sandbox(self, method: str, path: str, body: Any = None) -> None:
        """A call that is not PagerDuty's: the simulator's own side."""
        request(method, f"{self.http}/_sandbox{path}", json=body).raise_for_status()

    def _record(self, response: httpx2.Response) -> None:
        response.read()
        self.exchanges.append(exchange_of(response))


@contextmanager
def running_account(folder: Path, *options: str) -> Iterator[Account]:
    """An account of its own, without anybody to take its webhooks."""
    company = build_company()
    write_company(folder / "company.json", company)
    port, tls_port = free_port(), free_port()
    url = f"https://{LOOPBACK}:{tls_port}"
    command = [
        sys.executable, "-m", "sandbox.pagerduty", "--company", str(folder / "company.json"),
        "--port", str(port), "--tls-port", str(tls_port), "--ca-dir", str(folder / "ca"),
        "--public-url", url, "--no-subscribe", *options,
    ]  # fmt: skip
    with subprocess.Popen(command) as process:
        try:
            wait_until(
                lambda: _answers(f"http://{LOOPBACK}:{port}/_sandbox/clock", process), within=_START_WITHIN
            )
            tls = ssl.create_default_context(cafile=str(folder / "ca" / CA_FILE))
            yield Account(company, url, f"http://{LOOPBACK}:{port}", tls)
        finally:
            process.terminate()


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "the simulator ended at its start"
    try:
        request("GET", url).raise_for_status()
    except httpx.TransportError:
        return False
    return True
