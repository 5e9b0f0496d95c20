"""The keys that sign somebody's tokens, and its name for itself, from its published OpenID metadata."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import jwt

from muster.clients.expiring import Expiring, ExpiringCache
from muster.clients.http import broken_contract, exchange, json_object, refusal

_LIFETIME = 24 * 3600.0
_COOL_DOWN = 10.0
"""Seconds between two look-ups for unknown key ids: anybody can make up an id."""
_WITHIN = 3.0


@dataclass(frozen=True)
class SigningKey:
    """A published key and the channels it is endorsed for."""

    key: jwt.PyJWK
    endorsements: frozenset[str]


@dataclass(frozen=True)
class _Published:
    issuer: str | None
    keys: Mapping[str, SigningKey]


class PublishedKeys:
    """Signing keys by id, kept for a day and looked up again when an unknown one turns up.

    ``provider`` is how failures name whoever publishes them.
    """

    def __init__(
        self,
        pool: httpx.AsyncClient,
        metadata_url: str,
        *,
        provider: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._metadata_url = metadata_url
        self._provider = provider
        self._clock = clock
        self._cache: ExpiringCache[str, _Published] = ExpiringCache(self._fetch, clock=clock)
        self._renewal: asyncio.Task[_Published] | None = None
        self._renew_again_from = 0.0

    async def find(self, key_id: str) -> SigningKey | None:
        """The key; ``None`` if it is not published. Raises ``OutsideError`` if nobody answers."""
        published = await self._cache.get(self._metadata_url)
        if key_id not in published.keys:
            published = await self._looked_up_again(published)
        return published.keys.get(key_id)

    async def issuer(self) -> str:
        """Who issues the tokens. Raises ``OutsideError`` if nobody answers, or the metadata name none."""
        issuer = (await self._cache.get(self._metadata_url)).issuer
        if issuer is None:
            raise broken_contract(self._provider, "metadata without issuer", repeatable=True)
        return issuer

    async def _looked_up_again(self, published: _Published) -> _Published:
        """What the latest look-up for an unknown key found, or its failure; a new look-up if it is old."""
        if self._renewal is None or self._clock() >= self._renew_again_from:
            self._renew_again_from = self._clock() + _COOL_DOWN
            self._renewal = asyncio.create_task(self._cache.renew(self._metadata_url, published))
        return await asyncio.shield(self._renewal)

    async def _fetch(self, metadata_url: str) -> Expiring[_Published]:
        metadata = await self._get(metadata_url)
        keys_url, issuer = metadata.get("jwks_uri"), metadata.get("issuer")
        if not isinstance(keys_url, str):
            raise broken_contract(self._provider, "metadata without jwks_uri", repeatable=True)
        keys = (await self._get(keys_url)).get("keys")
        if not isinstance(keys, list):
            raise broken_contract(self._provider, "a key set without keys", repeatable=True)
        return Expiring(
            _Published(
                issuer if isinstance(issuer, str) and issuer else None,
                dict(filter(None, map(_readable, keys))),
            ),
            _LIFETIME,
        )

    async def _get(self, url: str) -> dict[str, Any]:
        request = self._pool.build_request("GET", url)
        response = await exchange(
            self._pool, request, provider=self._provider, within=_WITHIN, repeatable=True
        )
        if not response.is_success:
            raise refusal(response, provider=self._provider, repeatable=True, code=None, by_code={})
        return json_object(response)


def _readable(published: Any) -> tuple[str, SigningKey] | None:
    """One published key with its id; ``None`` for a kind that we do not use."""
    match published:
        case {"kty": "RSA", "kid": str(key_id)}:
            try:
                key = jwt.PyJWK(published, algorithm="RS256")
            except jwt.PyJWTError:
                return None
            endorsements = published.get("endorsements")
            named = endorsements if isinstance(endorsements, list) else []
            return key_id, SigningKey(key, frozenset(name for name in named if isinstance(name, str)))
        case _:
            return None
