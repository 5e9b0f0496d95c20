"""``POST /api/messages``: everything that Teams sends to the bot."""

import asyncio
from collections.abc import Mapping, Sequence
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
from api.bot.token import BotTokenVerifier, TokenRefused
from muster.cards.sentences import BROKEN, MALFORMED_BUTTON, UNREACHABLE
from muster.clients.teams.service_url import service_url_allowed
from muster.lenient_json import read_json
from muster.logging import correlated
from muster.settings import TeamsRegistration
from workflows.errors import OutsideError

_MAX_BODY = 256 * 1024
"""Bytes; a message of Teams ends at about 100 KB."""
_INVOKE_WITHIN = 2.8
"""Seconds from an invoke's arrival to its answer: somebody's client waits no longer than three."""

log = structlog.stdlib.get_logger(__name__)


def bot_router(
    *,
    verifier: BotTokenVerifier,
    adapter: TeamsAdapter,
    bot: Bot,
    registrations: Mapping[str, TeamsRegistration],
    service_hosts: Sequence[str],
) -> APIRouter:
    """The route, for a bot that answers the tenants of ``registrations``."""
    edge = _Edge(verifier, registrations, service_hosts)
    router = APIRouter()

    @router.post("/api/messages", response_model=None)
    async def receive(request: Request) -> Response:
        answer_by = asyncio.get_running_loop().time() + _INVOKE_WITHIN
        with correlated():
            try:
                body = await _json_body(request)
                activity = _envelope(body)
                async with asyncio.timeout_at(answer_by if activity.is_invoke else None):
                    claims = await edge.admit(request.headers.get("authorization"), activity)
                    return await _turn(adapter, bot, body, Inbound(activity, answer_by), claims)
            except TimeoutError:
                log.warning("no answer in time", invoke=activity.name)
                return _late(activity)
            except HTTPException as refusal:
                log.warning("activity refused", status=refusal.status_code, reason=refusal.detail)
                raise

    return router


class _Edge:
    """Decides whether an activity is let in."""

    def __init__(
        self,
        verifier: BotTokenVerifier,
        registrations: Mapping[str, TeamsRegistration],
        service_hosts: Sequence[str],
    ) -> None:
        self._verifier = verifier
        self._registrations = registrations
        self._service_hosts = tuple(service_hosts)

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
        if not service_url_allowed(activity.service_url, self._service_hosts):
            raise HTTPException(403, "the service address is not an allowed host")
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


def _late(activity: InboundActivity) -> JSONResponse:
    """Nobody took the click, as far as is known; where it was taken, clicking again changes nothing."""
    return JSONResponse(sentence(UNREACHABLE)) if activity.is_card_action else plain_error(504, UNREACHABLE)
