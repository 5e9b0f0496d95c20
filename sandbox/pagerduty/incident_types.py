"""The incident types of this account: PagerDuty's two, and one of its own."""

from sandbox.pagerduty.directory import JSON

BASE = "incident_default"
"""The type of an incident that names none."""

_DISPLAY_NAMES = {
    BASE: "Base Incident",
    "major_default": "Major Incident",
    "security_breach": "Security breach",
}
_SINCE = "2025-03-03T09:00:00Z"

INCIDENT_TYPES: dict[str, JSON] = {
    name: {
        "id": f"PTYPE{number:02}",
        "type": "incident_type",
        "name": name,
        "display_name": display_name,
        "description": None,
        "enabled": True,
        "parent": None if name == BASE else {"id": "PTYPE01", "type": "incident_type_reference"},
        "created_at": _SINCE,
        "updated_at": _SINCE,
    }
    for number, (name, display_name) in enumerate(_DISPLAY_NAMES.items(), start=1)
}
"""Every type by the name that incidents and their webhooks carry."""
