"""What a custom incident action sends: a webhook of version 3, or one of version 2 with ``messages``.

The older form is that of PagerDuty's *v2 Overview* (developer-docs). Its event and the type of its log
entry, which that page lacks, are those that public receivers read (gravitational's teleport-plugins,
access/pagerduty). That version 3 calls its event by the same name is our choice: no page names one.
"""

import json
import uuid
from datetime import datetime

from sandbox.company.automation import CustomAction
from sandbox.pagerduty.directory import JSON, Directory
from sandbox.pagerduty.events import encode, envelope, incident_data
from sandbox.pagerduty.ids import new_id
from sandbox.pagerduty.model import Incident
from sandbox.pagerduty.rest import incident_shapes
from sandbox.pagerduty.times import in_seconds

EVENT = "incident.custom"


def v3_body(incident: Incident, directory: Directory, *, user: str, at: datetime) -> str:
    """The body of version 3: one event about the incident, whose agent is the user."""
    data = incident_data(incident, directory)
    return encode(envelope(EVENT, data, at=at, agent=directory.agent(user)))


def v2_body(
    action: CustomAction, incident: Incident, directory: Directory, *, user: str, at: datetime, status: str
) -> str:
    """The body of version 2: one message, whose log entry has the user as its agent.

    ``status`` is that of the incident's service.
    """
    when = in_seconds(at)
    shown = incident_shapes.incident(directory, incident, {"services"}, status)
    message = {
        "id": str(uuid.uuid4()),
        "event": EVENT,
        "created_on": when,
        "incident": shown | {"description": incident.title},
        "webhook": _webhook(action, directory),
        "log_entries": [_log_entry(action, incident, directory, user=user, when=when)],
    }
    return json.dumps({"messages": [message]})


def _webhook(action: CustomAction, directory: Directory) -> JSON:
    return {
        "id": action.id,
        "type": "webhook",
        "summary": action.label,
        "self": directory.api_url("webhooks", action.id),
        "html_url": None,
        "endpoint_url": action.url,
        "name": action.label,
        "description": action.description or None,
        "webhook_object": directory.reference("service", action.service),
        "config": {},
    }


def _log_entry(
    action: CustomAction, incident: Incident, directory: Directory, *, user: str, when: str
) -> JSON:
    key = new_id("R")
    return {
        "id": key,
        "type": "custom_log_entry",
        "summary": f"{action.label} (custom incident action)",
        "self": directory.api_url("log_entries", key),
        "html_url": None,
        "created_at": when,
        "agent": directory.agent(user),
        "channel": {"type": "web"},
        "service": directory.reference("service", incident.service),
        "incident": directory.incident_reference(incident.id, incident.summary),
        "teams": [directory.reference("team", team) for team in directory.teams_of_service(incident.service)],
        "contexts": [],
        "event_details": {},
    }
