"""What a card shows, as a starting point for tests: incident 42, just triggered."""

from datetime import UTC, datetime
from typing import Any

from workflows.channel_incident.view import View

OPENED = datetime(2026, 1, 1, 10, 0, 1, tzinfo=UTC)


def a_view(**changes: Any) -> View:
    """The view of a new incident with these changes."""
    view = View(
        account="acme",
        incident_id="Q1",
        revision=3,
        as_of=OPENED,
        number=42,
        title="Checkout latency",
        url="https://acme.pagerduty.com/incidents/Q1",
        status="triggered",
        urgency="high",
        priority="P1",
        opened_at=OPENED,
        verbs=("acknowledge", "resolve"),
    )
    return view.model_copy(update=changes)
