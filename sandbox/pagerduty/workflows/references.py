"""Field references, ``{{incident.id}}`` and ``{{steps['NAME'].fields['FIELD']}}``.

Names and spelling are those of *Incident Workflows*, *Field References*. Our choices: what has no value is
empty, a name that PagerDuty does not know stays as it is written, and the dates are ISO 8601 in UTC.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sandbox.company.automation import IncidentWorkflow
from sandbox.pagerduty.custom_fields import FIELDS
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.model import Incident
from sandbox.pagerduty.times import in_seconds

STEP = r"steps\['(?P<step>[^']+)'\]\.fields\['(?P<field>[^']+)'\]"
_STEP = re.compile(STEP)
_REFERENCE = re.compile(r"\{\{\s*(.+?)\s*\}\}")


@dataclass(frozen=True)
class Values:
    """What the references of one step mean."""

    fields: Mapping[str, str]
    """By name, such as ``incident.service.name``."""
    outputs: Mapping[str, Mapping[str, str]]
    """The outputs of the steps so far, by the step's name: of two of one name, those of the later."""

    def of(self, name: str) -> str | None:
        """The value of a name; empty if it has none, None if there is no such name."""
        step = _STEP.fullmatch(name)
        if step is not None:
            return self.outputs.get(step["step"], {}).get(step["field"], "")
        return self.fields.get(name)

    def fill(self, text: str) -> str:
        """The text with a value in the place of each reference, as it is: nothing is escaped."""

        def value(reference: re.Match[str]) -> str:
            found = self.of(reference[1])
            return reference[0] if found is None else found

        return _REFERENCE.sub(value, text)


def incident_fields(incident: Incident, directory: Directory) -> dict[str, str]:
    """The fields of an incident that references and conditions can name."""
    bridge = incident.conference_bridge
    known = {
        "id": incident.id,
        "url": directory.console_url("incident", incident.id),
        "title": incident.title,
        "status": incident.status,
        "service.id": incident.service,
        "service.name": directory.name("service", incident.service),
        "urgency": incident.urgency,
        "priority": directory.name("priority", incident.priority) if incident.priority else None,
        "created_at": in_seconds(incident.created_at),
        "updated_at": in_seconds(incident.updated_at),
        "resolved_at": in_seconds(incident.resolved_at),
        "incident_key": incident.incident_key,
        "incident_number": str(incident.number),
        "conference_bridge.conference_url": bridge.conference_url if bridge else None,
        "conference_bridge.conference_number": bridge.conference_number if bridge else None,
    }
    for key, field in FIELDS.items():
        value = incident.custom_fields.get(key)
        known[f"custom_fields.{field['name']}"] = None if value is None else str(value)
    return {f"incident.{name}": value or "" for name, value in known.items()}


def workflow_fields(workflow: IncidentWorkflow, now: datetime) -> dict[str, str]:
    """The fields that do not come from the incident."""
    return {
        "workflow.id": workflow.id,
        "workflow.name": workflow.name,
        "current_date": in_seconds(now),
        "time_zone": "UTC",
    }
