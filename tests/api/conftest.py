"""The Bot Framework's side, with keys of its own: what it publishes, and tokens that it signs."""

import asyncio
import functools
import json
import time
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from muster.clients.http import open_pool

SERVICE_URL = "https://smba.trafficmanager.net/emea/"
APP_ID = "0a5cf8a4-0000-4000-8000-0000000000aa"


@functools.cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    """A key per name for the whole run: making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class BotFramework:
    """Publishes keys and signs tokens.

    ``down`` takes its metadata away, and it answers while ``answering`` is set.
    """

    metadata_url = "https://login.botframework.com/v1/.well-known/openidconfiguration"

    def __init__(self) -> None:
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.published: list[Any] = []
        self.requests = 0
        self.down = False
        self.answering = asyncio.Event()
        self.answering.set()
        self.publish("key-1")

    def publish(self, key_id: str, *, endorsements: Iterable[str] = ("msteams",)) -> None:
        self.keys[key_id] = private_key(key_id)
        public = json.loads(RSAAlgorithm.to_jwk(self.keys[key_id].public_key()))
        self.published.append(public | {"kid": key_id, "use": "sig", "endorsements": list(endorsements)})

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        await self.answering.wait()
        if self.down:
            return httpx.Response(503)
        if str(request.url) == self.metadata_url:
            return httpx.Response(
                200, json={"jwks_uri": "https://login.botframework.com/v1/.well-known/keys"}
            )
        return httpx.Response(200, json={"keys": self.published})

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of a good token; a change to ``None`` leaves the claim out."""
        now = int(time.time())
        good = {
            "iss": "https://api.botframework.com",
            "aud": APP_ID,
            "nbf": now - 10,
            "exp": now + 3600,
            "serviceurl": SERVICE_URL,
        }
        return {name: value for name, value in (good | changes).items() if value is not None}

    def token(
        self,
        *,
        key_id: str = "key-1",
        signed_by: rsa.RSAPrivateKey | None = None,
        headers: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        """``Authorization`` with a token signed by ``signed_by``, which calls its key ``key_id``."""
        key = signed_by or self.keys[key_id]
        header = {"kid": key_id} | (headers or {})
        return "Bearer " + jwt.encode(self.claims(**changes), key, algorithm="RS256", headers=header)


@pytest.fixture
def stranger() -> rsa.RSAPrivateKey:
    """A key that nobody publishes."""
    return private_key("a stranger's")


@pytest.fixture
def framework() -> BotFramework:
    return BotFramework()


@pytest.fixture
async def framework_pool(framework: BotFramework) -> AsyncIterator[httpx.AsyncClient]:
    async with open_pool(transport=httpx.MockTransport(framework.answer)) as pool:
        yield pool
