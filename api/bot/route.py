"""``POST /api/messages``: everything that Teams sends to the bot."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import APIRouter, HTTPException
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.body import read_body
from api.bot.activity import InboundActivity
from api.bot.adapter import ActivityMalformed, Bot, Inbound, TeamsAdapter
from api.bot.answers import card_error, invoke_answer, plain_error, sentence
from api.bot.places import Crowded, Places
from api.bot.token import TokenRefused, TokenVerifier
from muster.cards.sentences import BROKEN, CROWDED, MALFORMED_BUTTON, UNREACHABLE
from muster.clients.teams.clouds import CLOUDS
from muster.clients.teams.service_url import service_url_allowed
from muster.connection import ARRIVED
from muster.lenient_json import read_json
from muster.logging import correlated
from muster.settings import TeamsRegistration
from muster.strangers import known
from workflows.errors import OutsideError

_MAX_BODY = 256 * 1024
"""Bytes; a message of Teams ends at about 100 KB."""
_INVOKE_WITHIN = 2.5
"""Seconds from the first byte of an invoke to its answer: somebody's client waits no longer than three."""
_OVERDUE = 0.4
"""Seconds after which a handler that does not keep its time is stopped. What came of it is not known then."""

log = structlog.stdlib.get_logger(__name__)


def bot_router(
    *,
    verifier: TokenVerifier,
    adapter: TeamsAdapter,
    bot: Bot,
    registrations: Mapping[str, TeamsRegistration],
    service_hosts: Sequence[str] | None,
    places: Places,
) -> APIRouter:
    """The route, for a bot that answers the tenants of ``registrations``.

    ``service_hosts`` stand in the place of those of the tenants' clouds. Whoever waits for the answer to an
    invoke takes one of the ``places``.
    """
    edge = _Edge(verifier, registrations, service_hosts)
    router = APIRouter()

    @router.post("/api/messages", response_model=None)
    async def receive(request: Request) -> Response:
        answer_by = _arrived(request) + _INVOKE_WITHIN
        with correlated():
            try:
                body = await _json_body(request)
                activity = _envelope(body)
                async with asyncio.timeout_at(answer_by if activity.is_invoke else None):
                    claims = await edge.admit(request.headers.get("authorization"), activity)
                async with _place(places, activity, answer_by):
                    return await _turn(adapter, bot, body, Inbound(activity, answer_by), claims)
            except TimeoutError:
                log.warning("an activity could not be verified in time", invoke=activity.name)
                return _not_taken(activity, UNREACHABLE)
            except Crowded:
                log.warning("there was no place for an invoke", invoke=activity.name)
                return _not_taken(activity, CROWDED)
            except HTTPException as refusal:
                log.warning("activity refused", status=refusal.status_code, reason=refusal.detail)
                raise

    return router


@asynccontextmanager
async def _place(places: Places, activity: InboundActivity, answer_by: float) -> AsyncIterator[None]:
    """A place for an invoke, whose sender waits; anything else needs none. Raises ``Crowded``."""
    if not activity.is_invoke:
        yield
        return
    async with places.one((activity.conversation_id, activity.reply_to_id), answer_by=answer_by):
        yield


def _arrived(request: Request) -> float:
    """When the request's first byte arrived; now, where the server does not tell."""
    now = asyncio.get_running_loop().time()
    arrived: float = getattr(request.state, ARRIVED, now)
    return arrived


class _Edge:
    """Decides whether an activity is let in."""

    def __init__(
        self,
        verifier: TokenVerifier,
        registrations: Mapping[str, TeamsRegistration],
        service_hosts: Sequence[str] | None,
    ) -> None:
        self._verifier = verifier
        self._registrations = registrations
        self._service_hosts = service_hosts

    async def admit(self, authorization: str | None, activity: InboundActivity) -> dict[str, Any]:
        """The claims of the activity's token; raises HTTPException 401, 403 or 503."""
        try:
            claims = await self._verifier.verify(authorization, service_url=activity.service_url)
        except TokenRefused as error:
            raise HTTPException(401, str(error), headers={"WWW-Authenticate": "Bearer"}) from error
        except OutsideError as error:
            raise HTTPException(503, f"the token cannot be checked now: {error}") from error
        registration = self._registrations.get(activity.tenant or "")
        # With several registrations, a token for one tenant's app must not speak for another tenant.
        if registration is None or registration.app_id != claims["aud"]:
            raise HTTPException(403, "the tenant is not configured for this app")
        allowed = self._service_hosts or CLOUDS[registration.cloud].service_hosts
        if not service_url_allowed(activity.service_url, allowed):
            raise HTTPException(403, "the service address is not an allowed host")
        known()
        return claims


async def _json_body(request: Request) -> dict[str, Any]:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise HTTPException(415, "an activity is application/json")
    raw = await read_body(request, _MAX_BODY)
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


async def _turn(
    adapter: TeamsAdapter,
    bot: Bot,
    body: dict[str, Any],
    inbound: Inbound,
    claims: dict[str, Any],
) -> Response:
    """Let the bot handle the activity; an invoke gets an answer with a body whatever happens."""
    activity = inbound.activity
    if activity.is_card_action and activity.action is None:
        return card_error(400, "BadRequest", MALFORMED_BUTTON)
    try:
        async with asyncio.timeout_at(inbound.answer_by + _OVERDUE if activity.is_invoke else None):
            answer = await adapter.handle(body, inbound, claims, bot)
        return Response() if answer is None else invoke_answer(answer.status, answer.body)
    except ActivityMalformed as error:
        return plain_error(400, str(error))
    except Exception:
        # The last stop before Teams: an error page of the framework would be delivered again and again.
        log.exception("turn failed", activity_type=activity.type, invoke=activity.name)
        return _broken(activity)


def _broken(activity: InboundActivity) -> JSONResponse:
    if activity.is_card_action:
        return card_error(500, "InternalServerError", BROKEN)
    return plain_error(500, BROKEN)


def _not_taken(activity: InboundActivity, reason: str) -> JSONResponse:
    return JSONResponse(sentence(reason)) if activity.is_card_action else plain_error(504, reason)
