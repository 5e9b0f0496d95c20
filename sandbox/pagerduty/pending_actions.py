"""What happens to an incident by itself, and when: PagerDuty's ``pending_actions``."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.model import Incident


@dataclass(frozen=True)
class PendingAction:
    """A change that the account makes when its clock shows ``at``."""

    type: Literal["escalate", "unacknowledge", "resolve"]
    at: datetime


def pending_actions(incident: Incident, directory: Directory) -> list[PendingAction]:
    """The pending actions of an incident, the next one first; a resolved one has none."""
    if not incident.is_open:
        return []
    service = directory.services[incident.service]
    found = []
    if incident.status == "triggered" and next_level(incident, directory) is not None:
        delay = timedelta(minutes=directory.policies[incident.escalation_policy].delay_in_minutes)
        found.append(PendingAction("escalate", _triggered_at_this_level(incident) + delay))
    if incident.status == "acknowledged" and service.acknowledgement_timeout:
        newest = max(one.at for one in incident.acknowledgements)
        timeout = timedelta(seconds=service.acknowledgement_timeout)
        found.append(PendingAction("unacknowledge", newest + timeout))
    if service.auto_resolve_timeout:
        opened_at = incident.reopened_at or incident.created_at
        found.append(PendingAction("resolve", opened_at + timedelta(seconds=service.auto_resolve_timeout)))
    return sorted(found, key=lambda action: action.at)


def next_level(incident: Incident, directory: Directory) -> int | None:
    """The level that follows, 1 where the policy begins again; None if nothing follows.

    What a person assigned to people does not escalate (schema: ``assigned_via``).
    """
    policy = directory.policies[incident.escalation_policy]
    if incident.assigned_via == "direct_assignment":
        return None
    if incident.escalation_level < len(policy.levels):
        return incident.escalation_level + 1
    return 1 if incident.escalation_loops < policy.loops else None


def _triggered_at_this_level(incident: Incident) -> datetime:
    """Since when it waits for an acknowledgement: its assignment, or the last time it was unacknowledged."""
    return max(incident.last_status_change_at, *(one.at for one in incident.assignments))
