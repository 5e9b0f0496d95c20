"""Who is let in at ``POST /api/messages``: the header is judged first, the body afterwards.

Anybody can send a body, and to parse one of 256 KB takes up to 100 ms of the event loop and some megabytes.
So everything that a header tells is checked before the body is read: its type, its declared size, and the
token. What only the body tells comes after that, from a caller whom the Bot Framework has signed for.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException
from pydantic import ValidationError
from starlette.requests import Request

from api.body import read_body, refuse_declared
from api.bot.activity import InboundActivity
from api.bot.token import TokenRefused, TokenVerifier, check_service_url
from muster.clients.teams.clouds import CLOUDS
from muster.clients.teams.service_url import service_url_allowed
from muster.config_file import TeamsRegistration
from muster.lenient_json import read_json
from muster.strangers import known
from workflows.errors import OutsideError

_MAX_BODY = 256 * 1024
"""Bytes; a message of Teams ends at about 100 KB."""


class NotCheckedInTime(Exception):
    """The keys that would check the token have not come; nothing of the body was read."""


@dataclass(frozen=True)
class Admitted:
    """An activity that was let in, and what the Bot Framework said of it."""

    body: dict[str, Any]
    activity: InboundActivity
    claims: dict[str, Any]


class Admission:
    """Lets in what the Bot Framework signed, for a tenant of ``registrations`` and from an allowed host."""

    def __init__(
        self,
        verifier: TokenVerifier,
        registrations: Mapping[str, TeamsRegistration],
        service_hosts: Sequence[str] | None,
    ) -> None:
        self._verifier = verifier
        self._registrations = registrations
        self._service_hosts = service_hosts

    async def of(self, request: Request, *, checked_by: float) -> Admitted:
        """The request's activity; raises HTTPException 400, 401, 403, 413, 415 or 503.

        Raises ``NotCheckedInTime`` at ``checked_by``, by the clock of the event loop. It is one moment for
        every kind of activity: which kind this is stands in the body, which nobody has read by then.
        """
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != "application/json":
            raise HTTPException(415, "an activity is application/json")
        refuse_declared(request, _MAX_BODY)
        claims = await self._claims(request.headers.get("authorization"), checked_by)
        body = _json_object(await read_body(request, _MAX_BODY))
        activity = _envelope(body)
        self._check_place(activity, claims)
        known()
        return Admitted(body, activity, claims)

    async def _claims(self, authorization: str | None, by: float) -> dict[str, Any]:
        try:
            async with asyncio.timeout_at(by):
                return await self._verifier.claims(authorization)
        except TokenRefused as error:
            raise _unauthorized(error) from error
        except OutsideError as error:
            raise HTTPException(503, f"the token cannot be checked now: {error}") from error
        except TimeoutError as error:
            raise NotCheckedInTime from error

    def _check_place(self, activity: InboundActivity, claims: Mapping[str, Any]) -> None:
        """The token, the tenant and the address belong together."""
        try:
            check_service_url(claims, activity.service_url)
        except TokenRefused as error:
            raise _unauthorized(error) from error
        registration = self._registrations.get(activity.tenant or "")
        # With several registrations, a token for one tenant's app must not speak for another tenant.
        if registration is None or registration.app_id != claims["aud"]:
            raise HTTPException(403, "the tenant is not configured for this app")
        allowed = self._service_hosts or CLOUDS[registration.cloud].service_hosts
        if not service_url_allowed(activity.service_url, allowed):
            raise HTTPException(403, "the service address is not an allowed host")


def _unauthorized(refused: TokenRefused) -> HTTPException:
    return HTTPException(401, str(refused), headers={"WWW-Authenticate": "Bearer"})


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        body = read_json(raw)
    except ValueError as error:
        raise HTTPException(400, "the body is not JSON") from error
    if not isinstance(body, dict):
        raise HTTPException(400, "the body is not a JSON object")
    return body


def _envelope(body: dict[str, Any]) -> InboundActivity:
    try:
        return InboundActivity.model_validate(body)
    except ValidationError as error:
        fields = sorted({".".join(map(str, problem["loc"])) for problem in error.errors()})
        raise HTTPException(400, f"the activity is malformed in: {', '.join(fields)}") from error
