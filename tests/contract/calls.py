"""What the contract's tests ask of PagerDuty's client again and again."""

from typing import Any

from pagerduty import RestApiV2Client

CHECKOUT, EDGE = "PSVC001", "PSVC003"


def trigger(pagerduty: RestApiV2Client, title: str = "Checkout is slow", **fields: Any) -> dict[str, Any]:
    """A new incident on Checkout."""
    service = {"id": CHECKOUT, "type": "service_reference"}
    wanted = {"type": "incident", "title": title, "service": service, **fields}
    incident: dict[str, Any] = pagerduty.rpost("incidents", json=wanted)
    return incident


def change(pagerduty: RestApiV2Client, incident: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Change an incident; the object itself is the address, since the client takes its ``self``."""
    changed: dict[str, Any] = pagerduty.rput(incident, json={"type": "incident", **changes})
    return changed


def subscribe(pagerduty: RestApiV2Client) -> dict[str, Any]:
    """A new webhook subscription for the incidents of Edge network, to where nobody listens."""
    subscription: dict[str, Any] = pagerduty.rpost(
        "webhook_subscriptions",
        json={
            "type": "webhook_subscription",
            "events": ["incident.triggered"],
            "filter": {"type": "service_reference", "id": EDGE},
            "delivery_method": {"type": "http_delivery_method", "url": "http://127.0.0.1:9/hook"},
        },
    )
    return subscription
