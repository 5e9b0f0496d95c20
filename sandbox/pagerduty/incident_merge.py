"""PagerDuty's rules for merging incidents, without I/O."""

from collections.abc import Sequence

from sandbox.pagerduty import errors
from sandbox.pagerduty.incident_change import IncidentChange
from sandbox.pagerduty.incidents import ended
from sandbox.pagerduty.model import MergeTarget

ALERT_LIMIT = 1000
"""Alerts that one incident can have (schema: ``mergeIncidents``)."""


def merge(target: IncidentChange, sources: Sequence[IncidentChange]) -> None:
    """Merge incidents into an open one: it gets their alerts, and those that are open are resolved."""
    if not target.incident.is_open:
        raise errors.already_resolved()
    merged_into = MergeTarget(id=target.incident.id, summary=target.incident.summary)
    for source in sources:
        if source.incident.id == target.incident.id:
            raise errors.invalid_input("An incident cannot be merged into itself")
        if source.incident.merged_into is not None:
            raise errors.already_merged()
        alerts = (*target.incident.alerts, *source.incident.alerts)
        if len(alerts) > ALERT_LIMIT:
            raise errors.invalid_input(f"An incident can have at most {ALERT_LIMIT} alerts")
        target.step("field_value_change", f"Merged with {source.incident.summary}", alerts=alerts)
        was_open = source.incident.is_open
        source.step(
            "resolve" if was_open else "field_value_change",
            f"Merged into {merged_into.summary}",
            event="incident.resolved" if was_open else None,
            alerts=(),
            merged_into=merged_into,
            **ended(source) if was_open else {},
        )
