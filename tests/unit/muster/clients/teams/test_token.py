"""The bot's tokens by msal, from a real https authority with a certificate nobody else knows."""

import json
import ssl
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
import trustme

from muster.clients.teams.clouds import CLOUDS
from muster.clients.teams.token import bot_tokens
from muster.clients.way_out import way_out
from muster.config_file import TeamsRegistration
from tests.support.settings import settings_for
from workflows.errors import CredentialRejected, ProviderUnavailable, RequestInvalid

pytestmark = pytest.mark.anyio

APP_ID = "0a5cf8a4-0000-4000-8000-0000000000aa"
TENANT = "8f0c1f5e-0000-4000-8000-000000000001"
REGISTRATION = TeamsRegistration(tenant=TENANT, app_id=APP_ID, app_secret="s3cret")


class Entra(ThreadingHTTPServer):
    """An authority that gives ``token-1``, ``token-2``, … or the refusal a test sets."""

    def __init__(self, certificate, host):
        super().__init__(("127.0.0.1", 0), Exchange)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"https://{host}:{self.server_address[1]}"
        self.forms: list[dict[str, str]] = []
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self.moved: tuple[str, int, str] | None = None
        """Requests of this method are redirected, with this status, to this authority."""
        self.asked: list[str] = []
        """The method of every request."""


class Exchange(BaseHTTPRequestHandler):
    """One request to the authority."""

    server: Entra

    def do_GET(self):
        if self._is_redirected():
            return
        base = f"{self.server.url}/{TENANT}"
        self._answer(
            200,
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
            },
        )

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self._is_redirected():
            return
        self.server.forms.append({name: value for name, (value,) in form.items()})
        if self.server.refusal:
            self._answer(*self.server.refusal)
        else:
            number = len(self.server.forms)
            self._answer(200, {"token_type": "Bearer", "access_token": f"token-{number}", "expires_in": 3600})

    def _is_redirected(self):
        self.server.asked.append(self.command)
        if self.server.moved is None or self.server.moved[0] != self.command:
            return False
        _, status, elsewhere = self.server.moved
        self.send_response(status)
        self.send_header("Location", elsewhere + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return True

    def _answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Nothing on standard error."""


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def ca_file(authority, tmp_path):
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@contextmanager
def serving(authority, host):
    with Entra(authority.issue_cert("127.0.0.1", "localhost"), host) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def entra(authority):
    with serving(authority, "127.0.0.1") as server:
        yield server


@pytest.fixture
def elsewhere(authority):
    """Somebody else, with a certificate that is accepted."""
    with serving(authority, "localhost") as server:
        yield server


@pytest.fixture
def tokens(entra, ca_file):
    return tokens_from(entra.url, ca_file)


def tokens_from(authority, ca_file, cloud="public", **settings):
    given = settings_for("postgresql://unused", "127.0.0.1:1", ca_file=ca_file, **settings)
    at_entra = replace(CLOUDS[cloud], authority=authority)
    return bot_tokens({TENANT: REGISTRATION}, {TENANT: at_entra}, way_out(given))


async def test_a_token_is_fetched_once(tokens, entra):
    assert await tokens.get(TENANT) == await tokens.get(TENANT) == "token-1"
    (form,) = entra.forms
    assert form["grant_type"] == "client_credentials"
    assert (form["client_id"], form["client_secret"]) == (APP_ID, "s3cret")
    assert form["scope"] == "https://api.botframework.com/.default"


@pytest.mark.parametrize(
    ("cloud", "scope"),
    [
        ("gcc", "https://api.botframework.com/.default"),
        ("gcc-high", "https://api.botframework.us/.default"),
        ("dod", "https://api.botframework.us/.default"),
    ],
)
async def test_a_token_is_asked_for_in_the_scope_of_the_cloud(entra, ca_file, cloud, scope):
    await tokens_from(entra.url, ca_file, cloud).get(TENANT)
    assert [form["scope"] for form in entra.forms] == [scope]


async def test_a_rejected_token_is_really_replaced(tokens):
    assert await tokens.renew(TENANT, await tokens.get(TENANT)) == "token-2"


async def test_the_configured_authority_wins_over_the_environment(tokens, monkeypatch, tmp_path):
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert await tokens.get(TENANT) == "token-1"


async def test_an_unknown_certificate_is_not_accepted(entra, tmp_path):
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    with pytest.raises(ProviderUnavailable):
        await tokens_from(entra.url, other).get(TENANT)
    assert entra.forms == []


async def test_wrong_credentials_are_a_rejected_credential(tokens, entra):
    entra.refusal = (401, {"error": "invalid_client", "error_description": "…", "error_codes": [7000215]})
    with pytest.raises(CredentialRejected, match="AADSTS7000215") as refused:
        await tokens.get(TENANT)
    assert refused.value.code == "invalid_client"


@pytest.mark.parametrize("refusal", [(503, {}), (400, {"error": "temporarily_unavailable"}), (200, {})])
async def test_an_answer_without_a_token_is_an_unavailable_provider(tokens, entra, refusal):
    entra.refusal = refusal
    with pytest.raises(ProviderUnavailable):
        await tokens.get(TENANT)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_redirect_carries_the_secret_to_nobody(tokens, entra, elsewhere, method, status):
    entra.moved = (method, status, elsewhere.url)
    with pytest.raises(ProviderUnavailable):
        await tokens.get(TENANT)
    assert elsewhere.asked == []
    assert entra.asked[-1] == method


async def test_a_tenant_that_is_not_configured_is_a_wrong_request(tokens):
    with pytest.raises(RequestInvalid):
        await tokens.get("other")
