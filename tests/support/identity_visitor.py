"""A browser without a screen at PagerDuty's identity host, and the app that sent it there."""

import base64
import hashlib
import html
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from tests.support.connections import KEPT_SHORTLY, async_client
from tests.support.pagerduty_account import REDIRECT_URI, SimulatedAccount

FROM_THE_PAGE = {"Sec-Fetch-Site": "same-origin"}
_QUERY = re.compile(r'name="query" value="([^"]*)"')


@dataclass
class Flow:
    """One authorization request of the app, with the verifier that only the app knows."""

    client_id: str
    scope: str = "users.read"
    redirect_uri: str = REDIRECT_URI
    state: str | None = "s1"
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def query(self, **changes: str | None) -> str:
        """The query of the authorization request; None leaves a parameter out."""
        parameters = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": self.scope,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
            "state": self.state,
        } | changes
        return urlencode({name: value for name, value in parameters.items() if value is not None})


@dataclass
class IdentityVisitor:
    """Opens pages and sends their forms as a browser does; keeps cookies and follows no redirect."""

    http: httpx.AsyncClient

    async def open(self, query: str) -> httpx.Response:
        return await self.http.get(f"/oauth/authorize?{query}")

    async def submit(self, page: httpx.Response, path: str, **fields: str) -> httpx.Response:
        """Send a form of the page, which carries the request on."""
        found = _QUERY.search(page.text)
        assert found, page.text
        data = {"query": html.unescape(found[1]), **fields}
        return await self.http.post(f"/oauth/{path}", data=data, headers=FROM_THE_PAGE)

    async def sign_in(self, query: str, user: str) -> httpx.Response:
        """Sign in; what the host shows or answers next."""
        answer = await self.submit(await self.open(query), "sign_in", user=user)
        assert answer.status_code == 303, answer.text
        return await self.http.get(answer.headers["location"])

    async def decide(self, page: httpx.Response, decision: str) -> httpx.Response:
        return await self.submit(page, "authorize", decision=decision)

    async def allow(self, flow: Flow, user: str) -> str:
        """Sign in, allow where it is asked, and give the code."""
        answer = await self.sign_in(flow.query(), user)
        if answer.status_code == 200:
            answer = await self.decide(answer, "allow")
        return returned(answer)["code"]


@asynccontextmanager
async def visitor_of(account: SimulatedAccount) -> AsyncIterator[IdentityVisitor]:
    """A browser in which nobody is signed in."""
    async with async_client(base_url=account.identity_url, limits=KEPT_SHORTLY) as http:
        yield IdentityVisitor(http)


def returned(answer: httpx.Response) -> dict[str, str]:
    """What the redirect brings back to the app."""
    assert answer.status_code == 303, answer.text
    location = answer.headers["location"]
    assert location.startswith(REDIRECT_URI), location
    return {name: value for name, (value,) in parse_qs(urlsplit(location).query).items()}
