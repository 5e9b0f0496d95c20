"""Alerts as monitoring tools send them, and in the shapes that PagerDuty makes of them.

A new alert has the words of PagerDuty's Events API v2. Its ``body`` has the custom details and the links
twice: as the schema describes them, and in ``cef_details``, which the schema leaves out and real alerts have.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from sandbox.pagerduty.directory import JSON
from sandbox.pagerduty.ids import new_id, new_incident_key
from sandbox.pagerduty.model import Alert, Incident, Severity


class Link(BaseModel):
    """A link of an event: a runbook, a dashboard."""

    href: str
    text: str | None = None


class Image(BaseModel):
    """An image of an event: a graph."""

    src: str
    href: str | None = None
    alt: str | None = None


class NewAlert(BaseModel):
    """An alert to trigger; with ``body``, that is its body as it is."""

    summary: str
    source: str
    severity: Severity = "critical"
    component: str | None = None
    group: str | None = None
    class_: str | None = Field(default=None, alias="class")
    custom_details: str | dict[str, Any] | None = None
    links: list[Link] = []
    images: list[Image] = []
    client: str = "Monitoring"
    client_url: str | None = None
    dedup_key: str | None = None
    body: Any = None

    def alert(self, at: datetime) -> Alert:
        """The alert that PagerDuty makes of it, triggered at this time."""
        key = self.dedup_key or new_incident_key()
        return Alert(
            id=new_id(),
            alert_key=key,
            summary=self.summary,
            severity=self.severity,
            status="triggered",
            created_at=at,
            integration=self.client,
            body=self.body if "body" in self.model_fields_set else self._body(key),
        )

    def _body(self, key: str) -> JSON:
        contexts = [*map(_link_context, self.links), *map(_image_context, self.images)]
        return {
            "type": "alert_body",
            "contexts": contexts,
            "details": self.custom_details,
            "cef_details": {
                "client": self.client,
                "client_url": self.client_url,
                "contexts": contexts,
                "dedup_key": key,
                "description": self.summary,
                "details": self.custom_details,
                "event_class": self.class_,
                "service_group": self.group,
                "severity": self.severity,
                "source_component": self.component,
                "source_origin": self.source,
                "version": "1.0",
            },
        }


def contexts_of(alert: Alert) -> list[JSON]:
    """The links and images of an alert."""
    contexts = alert.body.get("contexts") if isinstance(alert.body, dict) else None
    return [one for one in contexts if isinstance(one, dict)] if isinstance(contexts, list) else []


def links_of(alert: Alert) -> list[JSON]:
    """Those of its contexts that a page can link to."""
    return [
        context
        for context in contexts_of(alert)
        if str(context.get("href")).startswith(("http://", "https://"))
    ]


def source_of(alert: Alert) -> str | None:
    """The source that the alert's body names."""
    cef = alert.body.get("cef_details") if isinstance(alert.body, dict) else None
    return cef.get("source_origin") if isinstance(cef, dict) else None


def trigger_channel(incident: Incident) -> JSON:
    """The channel of the log entry that begins an incident: the first alert's API, or the website."""
    if not incident.alerts:
        return {
            "type": "web_trigger",
            "summary": incident.title,
            "subject": incident.title,
            "details": incident.body,
        }
    alert = incident.alerts[0]
    body = alert.body if isinstance(alert.body, dict) else {}
    return {
        "type": "api",
        "summary": alert.summary,
        "description": alert.summary,
        "incident_key": incident.incident_key,
        "details": body.get("details"),
        "cef_details": body.get("cef_details"),
    }


def _link_context(link: Link) -> JSON:
    return {"type": "link", **link.model_dump(exclude_none=True)}


def _image_context(image: Image) -> JSON:
    context = {"type": "image", "src": image.src, "href": image.href, "text": image.alt}
    return {key: value for key, value in context.items() if value is not None}
