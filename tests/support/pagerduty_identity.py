"""PagerDuty's identity host and its users, with a key of their own: tokens as a test wants them, good or not.

The simulator in sandbox/pagerduty signs none but good ones.
"""

import asyncio
import base64
import functools
import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.serving import Listener, serving
from sandbox.up.servers.ports import free_port

CLIENT, CLIENT_SECRET = "client", "s3cr3t-of-the-client"
ACCESS_TOKEN, REFRESH_TOKEN = "pdus+_0access-of-an-admin", "pdus+_1refresh-of-an-admin"
_ISSUER = "/global/oauth/anonymous"


@functools.cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    """A key per name for the whole run: making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class PagerDutyIdentity:
    """The host. What a test sets in it is true of the next exchange."""

    port: int = field(default_factory=free_port)
    user: dict[str, Any] = field(
        default_factory=lambda: {"id": "PADMIN1", "name": "Ada Ops", "role": "owner", "type": "user"}
    )
    claims: dict[str, Any] = field(default_factory=dict)
    """Changes of the good ones; ``None`` leaves one out."""
    header: dict[str, Any] = field(default_factory=dict)
    signed_by: str = "published"
    algorithm: str = "RS256"
    id_token: str | None = None
    """In the place of one that is signed."""
    scope: str = "users.read"
    refuses: tuple[int, dict[str, Any]] | None = None
    """Status and body of the token endpoint's answer."""
    user_status: int = 200
    is_down: bool = False
    showing_users: asyncio.Event = field(default_factory=asyncio.Event)
    """Set: it shows users; else whoever asks for one waits."""
    codes: dict[str, str] = field(default_factory=dict)
    """Codes that were given and not used yet, with their challenge."""
    exchanges: list[dict[str, str]] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.showing_users.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def allow(self, location: str) -> str:
        """What a person does whom a browser brings to ``location``, and the query that they return with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = f"c0de-{len(self.exchanges)}-{len(self.codes)}-of-a-person"
        self.codes[code] = asked["code_challenge"]
        return f"code={code}&state={asked['state']}"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["PagerDutyIdentity"]:
        app = Starlette(
            routes=[
                Route(f"{_ISSUER}/.well-known/openid-configuration", self._discovery),
                Route(f"{_ISSUER}/jwks", self._keys),
                Route("/oauth/token", self._token, methods=["POST"]),
                Route("/users/{id}", self._user),
            ]
        )
        async with serving(app, [Listener(self.port)]):
            yield self

    async def _discovery(self, _: Request) -> Response:
        issuer = self.url + _ISSUER
        return JSONResponse({"issuer": issuer, "jwks_uri": f"{issuer}/jwks"}, 503 if self.is_down else 200)

    async def _keys(self, _: Request) -> Response:
        public = json.loads(RSAAlgorithm.to_jwk(private_key("published").public_key()))
        return JSONResponse({"keys": [public | {"kid": "key-1", "use": "sig", "alg": "RS256"}]})

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if self.is_down:
            return Response(status_code=503)
        self.exchanges.append(form)
        if self.refuses is not None:
            return JSONResponse(self.refuses[1], self.refuses[0])
        if (form["client_id"], form["client_secret"]) != (CLIENT, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        if self.codes.pop(form["code"], None) != _challenge(form["code_verifier"]):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {
                "access_token": ACCESS_TOKEN,
                "refresh_token": REFRESH_TOKEN,
                "id_token": self.id_token if self.id_token is not None else self._signed(),
                "token_type": "bearer",
                "scope": self.scope,
                "expires_in": 3600,
            }
        )

    def _signed(self) -> str:
        now = int(time.time())
        good = {
            "iss": self.url + _ISSUER,
            "aud": ["https://api.pagerduty.com", CLIENT],
            "azp": CLIENT,
            "sub": "ada@acme.example",
            "iat": now,
            "exp": now + 3600,
            "account_id": "PACCT01",
            "user_id": self.user["id"],
            "subdomain": "acme",
            "region": "UnitedStates",
        }
        claims = {name: value for name, value in (good | self.claims).items() if value is not None}
        key: Any = "a" * 64 if self.algorithm == "HS256" else private_key(self.signed_by)
        key = None if self.algorithm == "none" else key
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": "key-1"} | self.header)

    async def _user(self, request: Request) -> Response:
        self.reads.append(request.url.path)
        await self.showing_users.wait()
        if request.headers.get("authorization") != f"Bearer {ACCESS_TOKEN}":
            return JSONResponse({"error": {"message": "no"}}, 401)
        return JSONResponse({"user": self.user}, self.user_status)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
