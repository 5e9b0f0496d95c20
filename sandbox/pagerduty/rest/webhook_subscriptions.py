"""Calls on webhook subscriptions."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field, HttpUrl

from sandbox.pagerduty import errors
from sandbox.pagerduty.credentials import Caller, requires
from sandbox.pagerduty.directory import JSON, Directory
from sandbox.pagerduty.events import EVENT_TYPES, scope_of
from sandbox.pagerduty.model import Filter, Header, Subscription
from sandbox.pagerduty.rest.dependencies import Account, Seen
from sandbox.pagerduty.rest.paging import Page
from sandbox.pagerduty.simulator import Simulator

router = APIRouter(prefix="/webhook_subscriptions")
READ = Depends(requires("webhook_subscriptions.read"))
WRITE = Depends(requires("webhook_subscriptions.write"))
Writer = Annotated[Caller, Depends(requires("webhook_subscriptions.write"))]


class DeliveryMethod(BaseModel):
    """Where webhooks go."""

    type: Literal["http_delivery_method"]
    url: HttpUrl
    custom_headers: list[Header] = []


class NewSubscription(BaseModel):
    """The ``webhook_subscription`` of a new one."""

    type: Literal["webhook_subscription"]
    active: bool = True
    description: str | None = None
    events: list[str] = Field(min_length=1)
    filter: Filter
    delivery_method: DeliveryMethod


class SubscriptionUpdate(BaseModel):
    """The ``webhook_subscription`` of an update; the delivery method cannot be changed."""

    active: bool | None = None
    description: str | None = None
    events: list[str] | None = Field(default=None, min_length=1)
    filter: Filter | None = None


class CreateBody(BaseModel):
    """The body of ``POST /webhook_subscriptions``."""

    webhook_subscription: NewSubscription


class UpdateBody(BaseModel):
    """The body of ``PUT /webhook_subscriptions/{id}``."""

    webhook_subscription: SubscriptionUpdate


class SubscriptionQuery(Page):
    """Filters for subscriptions."""

    filter_type: Literal["account", "service", "team"] | None = None
    filter_id: str | None = None


@router.get("", dependencies=[READ])
async def list_subscriptions(account: Account, query: Annotated[SubscriptionQuery, Query()]) -> JSON:
    """The subscriptions that match, oldest first."""
    found = [
        _show(account, one)
        for one in account.subscriptions.all()
        if query.filter_type in (None, one.filter.type.removesuffix("_reference"))
        and query.filter_id in (None, one.filter.id)
    ]
    return query.answer("webhook_subscriptions", found)


@router.post("")
async def create_subscription(account: Account, writer: Writer, seen: Seen, body: CreateBody) -> JSON:
    """Create a subscription; no other answer shows its secret."""
    wanted = body.webhook_subscription
    created = account.subscriptions.create(
        url=str(wanted.delivery_method.url),
        description=wanted.description,
        events=_known_events(writer, wanted.events),
        wanted=_known_filter(seen, wanted.filter),
        custom_headers=wanted.delivery_method.custom_headers,
        active=wanted.active,
    )
    return {"webhook_subscription": _show(account, created, secret=created.secrets[0])}


@router.get("/{key}", dependencies=[READ])
async def get_subscription(account: Account, key: str) -> JSON:
    """One subscription."""
    return {"webhook_subscription": _show(account, account.subscriptions.get(key))}


@router.put("/{key}")
async def update_subscription(
    account: Account, writer: Writer, seen: Seen, key: str, body: UpdateBody
) -> JSON:
    """Change the fields that the body has."""
    wanted = body.webhook_subscription
    changes = {name: getattr(wanted, name) for name in wanted.model_fields_set}
    if wanted.events is not None:
        changes["events"] = _known_events(writer, wanted.events)
    if wanted.filter is not None:
        changes["filter"] = _known_filter(seen, wanted.filter)
    return {"webhook_subscription": _show(account, account.subscriptions.update(key, changes))}


@router.delete("/{key}", dependencies=[WRITE], status_code=204)
async def delete_subscription(account: Account, key: str) -> None:
    """Delete a subscription."""
    account.subscriptions.delete(key)


@router.post("/{key}/enable", dependencies=[WRITE])
async def enable_subscription(account: Account, key: str) -> JSON:
    """Enable a subscription that was disabled after refused webhooks."""
    return {"webhook_subscription": _show(account, account.subscriptions.enable(key))}


@router.post("/{key}/ping", dependencies=[WRITE], status_code=202)
async def ping_subscription(account: Account, key: str) -> Response:
    """Send a test event."""
    account.ping(account.subscriptions.get(key))
    return Response(status_code=202)


def _show(account: Simulator, subscription: Subscription, *, secret: str | None = None) -> JSON:
    return {
        "id": subscription.id,
        "type": "webhook_subscription",
        "active": subscription.active,
        "description": subscription.description or "",
        "events": list(subscription.events),
        "filter": subscription.filter.model_dump(exclude_none=True),
        "delivery_method": {
            "id": subscription.method_id,
            "type": "http_delivery_method",
            "url": subscription.url,
            "secret": secret,
            "temporarily_disabled": account.subscriptions.is_disabled(subscription),
            "custom_headers": [
                {"name": header.name, "value": "-- redacted --"} for header in subscription.custom_headers
            ],
        },
    }


def _known_events(writer: Caller, events: list[str]) -> tuple[str, ...]:
    """The event types without repetition; error 2010 where the token lacks the scope of one."""
    unknown = [event for event in events if event not in EVENT_TYPES]
    if unknown:
        raise errors.invalid_input(*(f"{event!r} is not an event type" for event in unknown))
    for event in events:
        writer.must_have(scope_of(event))
    return tuple(dict.fromkeys(events))


def _known_filter(seen: Directory, wanted: Filter) -> Filter:
    match wanted.type:
        case "account_reference":
            return Filter(type="account_reference")
        case "service_reference" if wanted.id and seen.sees_service(wanted.id):
            return wanted
        case "team_reference" if wanted.id and seen.sees_team(wanted.id):
            return wanted
    raise errors.invalid_input(f"filter names no {wanted.type.removesuffix('_reference')} of the account")
