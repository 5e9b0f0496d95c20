"""``POST /webhooks/pagerduty/{account}``: limit → verify → parse → fan out.

PagerDuty repeats what is answered 5xx or not at all, for up to 48 hours and in order, and drops what
is answered 4xx; three drops in a row disable the subscription for a day. So the route answers 401 only when a
readable secret does not match and no subscription is being made. Nothing that is signed is ever refused for
its content: it is read leniently where it cannot be read strictly, and kept in quarantine where it is no
event even then.
"""

from collections.abc import Collection, Mapping
from typing import Any

import structlog
from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from api.body import read_body
from api.webhooks.fan_out import FanOut, NotAccepted
from api.webhooks.signature import SIGNATURE_HEADER, SignatureMalformed
from api.webhooks.signing_secrets import SecretExpected, SigningSecrets, TooManyWait
from muster.identifiers import subdomain_of
from muster.lenient_json import read_json
from muster.logging import correlated
from muster.payloads.events import event_id_of, event_type_of, incident_event_of, sight_of
from muster.payloads.values import EventUnusable
from muster.security.sealing import KeyRing, SealBroken
from muster.store import quarantine, subscriptions
from muster.store.pool import UNAVAILABLE, Pool
from muster.strangers import known
from workflows.incident.event_types import EVENT_TYPES
from workflows.incident.events import IncidentEvent

SUBSCRIPTION_HEADER = "X-Webhook-Subscription"

_MAX_BODY = 512 * 1024
"""Bytes; PagerDuty itself drops what is larger than half of this."""

log = structlog.stdlib.get_logger(__name__)


def webhook_router(*, pool: Pool, keys: KeyRing, fan_out: FanOut, accounts: Collection[str]) -> APIRouter:
    """The route for the configured ``accounts``; addresses name them in any case, as the file does."""
    intake = _Intake(pool, SigningSecrets(pool, keys), fan_out)
    router = APIRouter()

    @router.post("/webhooks/pagerduty/{account}", response_model=None)
    async def receive(account: str, request: Request) -> JSONResponse:
        body = await read_body(request, _MAX_BODY)
        account = subdomain_of(account) or account
        if account not in accounts:
            # Three drops silence the subscription for a day: 503 keeps the events until this is mended.
            log.error("a webhook for a PagerDuty account that is not configured", account=account)
            raise HTTPException(503, "no such PagerDuty account")
        signature = ",".join(request.headers.getlist(SIGNATURE_HEADER))
        if not signature:
            raise HTTPException(400, "the webhook is not signed")
        try:
            await intake.verify(account, signature, request.headers.get(SUBSCRIPTION_HEADER), body)
            return JSONResponse({"status": await intake.accept(account, body)}, status_code=202)
        except (NotAccepted, *UNAVAILABLE) as error:
            log.warning("webhook not accepted now", account=account, reason=type(error).__name__)
            raise HTTPException(503, "not accepted now, send it again") from error

    return router


class _Intake:
    def __init__(self, pool: Pool, secrets: SigningSecrets, fan_out: FanOut) -> None:
        self._pool = pool
        self._secrets = secrets
        self._fan_out = fan_out
        self._verified: set[tuple[str, str]] = set()
        """Subscriptions of which this process has noted an event."""

    async def verify(self, account: str, signature: str, subscription: str | None, body: bytes) -> None:
        """Pass a body that one of the account's secrets signed; raises HTTPException 401 or 503."""
        try:
            signed = await self._secrets.signed(account, subscription, signature, body)
        except SealBroken as error:
            log.error("a signing secret cannot be opened", account=account, reason=str(error))
            raise HTTPException(503, "the signing secret cannot be read") from error
        except SignatureMalformed as error:
            raise HTTPException(401, str(error)) from error
        except SecretExpected as error:
            log.warning("a webhook comes before its secret", account=account, subscription=subscription)
            raise HTTPException(503, "the signing secret is not stored yet, send it again") from error
        except TooManyWait as error:
            log.warning("a webhook is not looked at", account=account, reason=str(error))
            raise HTTPException(503, "not looked at now, send it again") from error
        if not signed:
            # Anybody can cause it; but three in a row of PagerDuty's own silence a subscription for a day.
            log.warning("a webhook's signature matches no secret", account=account, subscription=subscription)
            raise HTTPException(401, "the signature matches no secret of this account")
        known()
        await self._note_verified(account, subscription)

    async def _note_verified(self, account: str, subscription: str | None) -> None:
        """Write that the subscription's events arrive: after the first, one at an older address can go."""
        if subscription is not None and (account, subscription) not in self._verified:
            await subscriptions.note_verified(self._pool, account, subscription)
            self._verified.add((account, subscription))

    async def accept(self, account: str, body: bytes) -> str:
        """Deliver a signed event, or keep it where it cannot be used; says which."""
        raw = _event(body)
        if raw is None:
            return await self._keep(account, {}, "the body is not a webhook event", body)
        with correlated(event_id_of(raw)):
            try:
                event_type = event_type_of(raw)
                known = EVENT_TYPES.get(event_type)
                if known is None:
                    return await self._keep(account, raw, f"unknown event type {event_type}", body)
                if known.content == "nothing":
                    return "accepted"
                event = incident_event_of(account, raw)
            except EventUnusable as error:
                return await self._keep(account, raw, str(error), body)
            count = await self._fan_out.deliver(event, body)
            log.info("event delivered", event_type=event_type, incident=event.incident_id, targets=count)
            if count == 0 and _may_belong_somewhere(event):
                return await self._keep(account, raw, "the event names no service and has no card", body)
            return "accepted"

    async def _keep(self, account: str, event: Mapping[str, Any], reason: str, body: bytes) -> str:
        """Keep what cannot be used, and say so as an error: operators are woken by it."""
        event_id, (incident, title) = event_id_of(event), sight_of(event)
        log.error(
            "event kept in quarantine",
            account=account,
            event_id=event_id,
            incident=incident,
            title=title,
            reason=reason,
        )
        await quarantine.keep(self._pool, account=account, event_id=event_id, reason=reason, body=body)
        return "quarantined"


def _may_belong_somewhere(event: IncidentEvent) -> bool:
    """Whether an open incident that reached no card may have one to come: nobody can tell its service."""
    snapshot = event.snapshot
    return snapshot is not None and snapshot.service is None and snapshot.status != "resolved"


def _event(body: bytes) -> Mapping[str, Any] | None:
    try:
        parsed = read_json(body)
    except ValueError:
        return None
    event = parsed.get("event") if isinstance(parsed, dict) else None
    return event if isinstance(event, dict) else None
