"""The alerts of an incident."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from sandbox.pagerduty import errors
from sandbox.pagerduty.credentials import requires
from sandbox.pagerduty.directory import JSON, Directory
from sandbox.pagerduty.model import Alert, Incident
from sandbox.pagerduty.rest import account_shapes, log_entry_shapes
from sandbox.pagerduty.rest.dependencies import Seen, SeenIncident
from sandbox.pagerduty.rest.paging import Page
from sandbox.pagerduty.times import in_seconds

router = APIRouter(prefix="/incidents/{incident_id}/alerts")

_MOST_ORDERS = 2
_ORDERS: dict[str, Callable[[Alert], Any]] = {
    "created_at": lambda alert: alert.created_at,
    "resolved_at": lambda alert: alert.resolved_at.timestamp() if alert.resolved_at else float("inf"),
}


class AlertQuery(Page):
    """Filters and order of ``GET /incidents/{id}/alerts``."""

    alert_key: str | None = None
    statuses: list[Literal["triggered", "resolved"]] = Field(default=[], alias="statuses[]")
    sort_by: str | None = None

    def select(self, alerts: Iterable[Alert]) -> list[Alert]:
        """The alerts that match, in the order asked for."""
        found = [
            alert
            for alert in alerts
            if self.alert_key in (None, alert.alert_key)
            and (not self.statuses or alert.status in self.statuses)
        ]
        orders = self.sort_by.split(",") if self.sort_by else []
        if len(orders) > _MOST_ORDERS:
            raise errors.invalid_input(f"sort_by takes at most {_MOST_ORDERS} fields")
        for order in reversed(orders):
            field, _, direction = order.partition(":")
            if field not in _ORDERS or direction not in ("", "asc", "desc"):
                raise errors.invalid_input(f"sort_by does not know {order!r}")
            found.sort(key=_ORDERS[field], reverse=direction == "desc")
        return found


@router.get("", dependencies=[Depends(requires("incidents.read"))])
async def list_alerts(seen: Seen, incident: SeenIncident, query: Annotated[AlertQuery, Query()]) -> JSON:
    """The alerts that match, oldest first unless another order is asked for."""
    shown = [_alert(seen, alert, incident) for alert in query.select(incident.alerts)]
    return query.answer("alerts", shown)


def _alert(directory: Directory, alert: Alert, incident: Incident) -> JSON:
    return {
        "id": alert.id,
        "type": "alert",
        "summary": alert.summary,
        "self": directory.api_url("incidents", incident.id, "alerts", alert.id),
        "html_url": f"{directory.console_url('incident', incident.id)}#{alert.id}",
        "created_at": in_seconds(alert.created_at),
        "resolved_at": in_seconds(alert.resolved_at),
        "status": alert.status,
        "alert_key": alert.alert_key,
        "service": directory.reference("service", incident.service),
        "first_trigger_log_entry": log_entry_shapes.reference(directory, incident.log[0], incident),
        "incident": directory.incident_reference(incident.id, incident.summary),
        "suppressed": False,
        "severity": alert.severity,
        "integration": account_shapes.integration(directory, incident.service, alert.integration),
        "body": alert.body,
    }
