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
from api.bot.adapter import ActivityMalformed, Bot, Inbound, NotTaken, TeamsAdapter
from api.bot.admission import Admission, NotCheckedInTime
from api.bot.answers import card_error, invoke_answer, not_refreshed, plain_error, sentence
from api.bot.extension_answers import message
from api.bot.places import Crowded, Places
from api.bot.token import TokenVerifier
from muster.cards.sentences import BROKEN, CROWDED, MALFORMED_BUTTON, UNREACHABLE
from muster.config_file import TeamsRegistration
from muster.connection import ARRIVED
from muster.logging import correlated

_MAX_UNCHECKED = 16 * 1024
"""Bytes that are read where a token could not be checked; a click on a card is one of 2 KB."""
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
    admission = Admission(verifier, registrations, service_hosts)
    router = APIRouter()

    @router.post("/api/messages", response_model=None)
    async def receive(request: Request) -> Response:
        answer_by = _arrived(request) + _INVOKE_WITHIN
        with correlated():
            try:
                admitted = await admission.of(request, checked_by=answer_by)
            except NotCheckedInTime:
                log.warning("a token could not be checked in time")
                return await _not_checked(request)
            except HTTPException as refusal:
                log.warning("activity refused", status=refusal.status_code, reason=refusal.detail)
                raise
            activity = admitted.activity
            try:
                async with _place(places, activity, answer_by):
                    inbound = Inbound(activity, answer_by)
                    return await _turn(adapter, bot, admitted.body, inbound, admitted.claims)
            except Crowded:
                log.warning("there was no place for an invoke", invoke=activity.name)
                return _not_taken(activity, 504, CROWDED)

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


async def _not_checked(request: Request) -> Response:
    """The answer to an activity whose token could not be checked in time.

    A card action's must be one that Teams shows. Nobody knows who sent it, so that only as much is read as
    a card action has, and only strictly, which takes less than a millisecond.
    """
    try:
        async with asyncio.timeout(_OVERDUE):
            activity = InboundActivity.model_validate_json(await read_body(request, _MAX_UNCHECKED))
    except (TimeoutError, HTTPException, ValidationError):
        return plain_error(503, UNREACHABLE)
    return _not_taken(activity, 503, UNREACHABLE)


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
    except NotTaken:
        return plain_error(503, UNREACHABLE)
    except Exception:
        # The last stop before Teams: an error page of the framework would be delivered again and again.
        log.exception("turn failed", activity_type=activity.type, invoke=activity.name)
        return _broken(activity)


def _broken(activity: InboundActivity) -> JSONResponse:
    if activity.is_card_action and not activity.is_refresh:
        return card_error(500, "InternalServerError", BROKEN)
    return _not_taken(activity, 500, BROKEN)


def _not_taken(activity: InboundActivity, status: int, reason: str) -> JSONResponse:
    if activity.is_refresh:
        return JSONResponse(not_refreshed(500))
    if activity.is_extension:
        return JSONResponse(message(reason))
    return JSONResponse(sentence(reason)) if activity.is_card_action else plain_error(status, reason)
