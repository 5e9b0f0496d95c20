"""Alerts for an incident of which nobody said what its monitoring reported."""

from sandbox.company import Service
from sandbox.pagerduty.alerts import Image, Link, NewAlert

_HOST = "acme.example"


def plausible_alerts(service: Service, title: str, number: int) -> list[NewAlert]:
    """One to three alerts, as many as the incident's number says; the first has the incident's title."""
    name = service.name.lower().replace(" ", "-")
    runbook = Link(href=f"https://runbooks.{_HOST}/{name}", text=f"Runbook {service.name}")
    dashboard = Link(href=f"https://grafana.{_HOST}/d/{name}/overview?from=now-1h", text="Dashboard")
    graph = Image(src=f"https://grafana.{_HOST}/render/{name}-errors.png", alt="Errors in the last hour")
    alerts = [
        NewAlert.model_validate(
            {
                "summary": title,
                "source": f"{name}-7f9c4d6b8-x2x7q.prod.{_HOST}",
                "severity": "critical",
                "component": name,
                "group": "production",
                "class": "error rate",
                "custom_details": {"error_rate": "12.4 %", "threshold": "2 %", "region": "eu-central-1"},
                "links": [runbook, dashboard],
                "images": [graph],
                "client": "Prometheus",
                "client_url": f"https://prometheus.{_HOST}/alerts",
            }
        ),
        NewAlert.model_validate(
            {
                "summary": f"{service.name}: 95th percentile of response times is 4.2 s",
                "source": f"probe-fra-2.{_HOST}",
                "severity": "warning",
                "component": "http",
                "class": "latency",
                "custom_details": {"p95_seconds": 4.2, "threshold_seconds": 1.5},
                "links": [dashboard],
                "client": "Grafana",
            }
        ),
        NewAlert.model_validate(
            {
                "summary": f"{service.name}: connections to the database are used up",
                "source": f"db-primary-1.prod.{_HOST}",
                "severity": "error",
                "component": "postgres",
                "class": "saturation",
                "custom_details": "FATAL: remaining connection slots are reserved for superusers",
                "links": [runbook],
                "client": "Prometheus",
            }
        ),
    ]
    return alerts[: 1 + number % len(alerts)]
