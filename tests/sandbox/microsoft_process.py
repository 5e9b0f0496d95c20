"""What the tests of ``sandbox.microsoft`` share: the simulator as its own process, and a browser."""

import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from sandbox.company import Company, Person, build_company, write_company
from sandbox.up.servers.ports import free_port
from tests.support.connections import request, sync_client
from tests.support.waiting import wait_until

REPOSITORY = Path(__file__).parents[2]
CALLBACK = "https://muster.example/oauth/microsoft/callback"
GRAPH = "https://graph.microsoft.com"
CONNECTOR = "https://api.botframework.com"


@dataclass
class MicrosoftProcess:
    """A running simulator with its company."""

    company: Company
    folder: Path
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    more_options: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def authority(self) -> str:
        return f"https://127.0.0.1:{self.tls_port}"

    @property
    def tenant(self) -> str:
        return self.company.tenant_id

    @property
    def ca(self) -> Path:
        return self.folder / "ca" / "ca.pem"

    @property
    def stranger(self) -> Person:
        return next(one for one in self.company.people if one.tenant is not None)

    @property
    def admin(self) -> Person:
        return next(one for one in self.company.people if one.microsoft_admin)

    def start(self) -> None:
        write_company(self.folder / "company.json", self.company)
        arguments = {
            "--company": self.folder / "company.json",
            "--port": self.port,
            "--tls-port": self.tls_port,
            "--ca-dir": self.folder / "ca",
            "--state": self.folder / "microsoft.json",
            "--redirect-uri": CALLBACK,
        }
        words = [str(word) for pair in arguments.items() for word in pair]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.microsoft", *words, *self.more_options], cwd=REPOSITORY
        )
        wait_until(self._answers)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(20)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "the simulator ended at its start"
        try:
            return request("GET", f"{self.url}/_sandbox/clock").status_code == 200
        except httpx.TransportError:
            return False

    def sandbox(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A request to ``/_sandbox`` that has to succeed."""
        answer = request(method, f"{self.url}/_sandbox/{path}", json=body)
        answer.raise_for_status()
        return answer

    def consent(self, **changes: Any) -> dict[str, Any]:
        """What is consented, after these changes."""
        answer: dict[str, Any] = self.sandbox("POST", "consent", changes).json()
        return answer

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca))

    def programs(self) -> httpx.Client:
        """A client of what is served over https."""
        return httpx.Client(base_url=self.authority, verify=self.tls(), trust_env=False, timeout=20)

    def ask_for_token(self, *, tenant: str | None = None, **changes: str | None) -> httpx.Response:
        """A token request of the app for itself; a change to None leaves a parameter out."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.company.bot_app_id,
            "client_secret": self.company.bot_app_secret,
            "scope": f"{GRAPH}/.default",
        } | changes
        given = {name: value for name, value in form.items() if value is not None}
        with self.programs() as http:
            return http.post(f"/{tenant or self.tenant}/oauth2/v2.0/token", data=given)

    def graph_token(self) -> str:
        """An app-only token for Graph."""
        return str(self.ask_for_token().json()["access_token"])

    def authorize_query(self, **changes: str | None) -> dict[str, str]:
        """What asks for a code; a change to None leaves a parameter out."""
        query = {
            "client_id": self.company.bot_app_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "openid profile",
            "state": "our state",
        } | changes
        return {name: value for name, value in query.items() if value is not None}

    def consent_query(self, **changes: str | None) -> dict[str, str]:
        """What asks for an admin's consent; a change to None leaves a parameter out."""
        query = {
            "client_id": self.company.bot_app_id,
            "redirect_uri": CALLBACK,
            "scope": f"{GRAPH}/.default",
            "state": "our state",
        } | changes
        return {name: value for name, value in query.items() if value is not None}


class Visitor:
    """A person at a browser: keeps cookies, follows no redirect, sends forms as a browser does."""

    def __init__(self, microsoft: MicrosoftProcess) -> None:
        self._microsoft = microsoft
        self._cookies = httpx.Cookies()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> httpx.Response:
        """Open an address."""
        return self._request("GET", path, params=query)

    def post(self, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> httpx.Response:
        """Send a form."""
        return self._request("POST", path, data=form, headers=headers)

    def authorize(self, *, tenant: str | None = None, **changes: str | None) -> httpx.Response:
        """Open the address that asks for a code."""
        return self.open_authorize(self._microsoft.authorize_query(**changes), tenant=tenant)

    def open_authorize(self, query: Mapping[str, str], *, tenant: str | None = None) -> httpx.Response:
        """Open the authorization endpoint with this query."""
        return self.get(f"/{tenant or self._microsoft.tenant}/oauth2/v2.0/authorize", query)

    def admin_consent(self, *, tenant: str | None = None, **changes: str | None) -> httpx.Response:
        """Open the address that asks for an admin's consent."""
        query = self._microsoft.consent_query(**changes)
        return self.get(f"/{tenant or self._microsoft.tenant}/v2.0/adminconsent", query)

    def choose(self, page: httpx.Response, person: Person) -> httpx.Response:
        """Choose an account on a page that offers it."""
        assert f'name="person" value="{person.aad_object_id}"' in page.text
        return self.send(page, {"person": person.aad_object_id})

    def enter(self, page: httpx.Response, person: Person) -> httpx.Response:
        """Choose an account, and accept where its person is asked for consent."""
        answer = self.choose(page, person)
        return self.decide(answer, "accept") if 'name="decision"' in answer.text else answer

    def decide(self, page: httpx.Response, decision: str) -> httpx.Response:
        """Press a button of the consent page."""
        assert f'name="decision" value="{decision}"' in page.text
        return self.send(page, {"decision": decision})

    def send(self, page: httpx.Response, form: Mapping[str, str]) -> httpx.Response:
        """Send the page's form, which goes to the page's own address."""
        return self.post(
            str(page.url), form, {"Sec-Fetch-Site": "same-origin", "Origin": self._microsoft.url}
        )

    def sign_in(self, person: Person) -> None:
        """Sign in without an application."""
        assert self.choose(self.get("/sign-in"), person).status_code == 303

    def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        with sync_client(base_url=self._microsoft.url, cookies=self._cookies) as http:
            answer = http.request(method, path, **more)
            self._cookies = http.cookies
        return answer


def returned(answer: httpx.Response) -> dict[str, str]:
    """What the browser brings to the application."""
    assert answer.is_redirect, answer.text
    address, _, query = answer.headers["Location"].partition("?")
    assert address == CALLBACK
    return dict(parse_qsl(query, keep_blank_values=True))


def number_of(page: httpx.Response) -> int:
    """The AADSTS number on a page that stays at Microsoft."""
    assert page.status_code == 400
    assert "location" not in page.headers
    (found,) = re.findall(r"AADSTS(\d+): ", page.text)
    return int(found)


def origin_of(uri: str) -> str:
    """What a policy names of an address."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


@contextmanager
def running_microsoft(
    folder: Path, *more_options: str, company: Company | None = None
) -> Iterator[MicrosoftProcess]:
    microsoft = MicrosoftProcess(company or build_company(), folder, more_options=more_options)
    microsoft.start()
    try:
        yield microsoft
    finally:
        if microsoft.process is not None and microsoft.process.poll() is None:
            microsoft.stop()
