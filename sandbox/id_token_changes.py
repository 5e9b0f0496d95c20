"""ID tokens that differ from right ones, on demand: in claims, header, key or algorithm.

Microsoft's simulator and PagerDuty's identity host each keep one ``IdTokenChanges`` and serve it under
``/_sandbox/id_token``.
"""

from functools import cached_property
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from sandbox.signing_key import Algorithm, SigningKey


class IdTokenChange(BaseModel):
    """How the next ``times`` ID tokens differ; null in ``claims`` or ``header`` takes the entry away."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    claims: dict[str, Any] = {}
    header: dict[str, str | None] = {}
    key: Literal["other"] | None = None
    """``other`` signs with a key that is published nowhere, under the ``kid`` of the published one."""
    alg: Algorithm = "RS256"
    """``HS256`` takes the published key as its secret; ``none`` signs nothing."""
    times: int = Field(default=1, ge=1)


class IdTokenChanges:
    """The changes that wait for an ID token. A token takes one: the oldest."""

    def __init__(self) -> None:
        self._waiting: list[IdTokenChange] = []

    def add(self, change: IdTokenChange) -> None:
        """Add a change."""
        self._waiting.append(change)

    def clear(self) -> None:
        """Remove all changes."""
        self._waiting.clear()

    def sign(self, key: SigningKey, claims: dict[str, Any]) -> str:
        """The token of these claims, with the change that waits for it."""
        change = self._take()
        if change is None:
            return key.sign(claims)
        signing = self._other_key if change.key == "other" else key
        return signing.sign_as(
            change.alg,
            _changed(claims, change.claims),
            _changed({"kid": key.key_id}, change.header),
        )

    def _take(self) -> IdTokenChange | None:
        if not self._waiting:
            return None
        change = self._waiting[0]
        if change.times > 1:
            self._waiting[0] = change.model_copy(update={"times": change.times - 1})
        else:
            del self._waiting[0]
        return change

    @cached_property
    def _other_key(self) -> SigningKey:
        return SigningKey(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def id_token_router(changes: IdTokenChanges) -> APIRouter:
    """The routes of ``/_sandbox/id_token``."""
    router = APIRouter(prefix="/_sandbox/id_token")

    @router.post("", status_code=201)
    async def add_change(change: IdTokenChange) -> IdTokenChange:
        changes.add(change)
        return change

    @router.delete("", status_code=204)
    async def clear_changes() -> None:
        changes.clear()

    return router


def _changed(entries: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (entries | changes).items() if value is not None}
