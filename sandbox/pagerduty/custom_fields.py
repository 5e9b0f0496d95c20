"""The two custom fields that incidents of this account have."""

from typing import Any

from sandbox.pagerduty.directory import JSON

FIELDS: dict[str, JSON] = {
    "PFIELD1": {
        "name": "environment",
        "display_name": "Environment",
        "description": "Where the incident happened",
        "data_type": "string",
        "field_type": "single_value",
    },
    "PFIELD2": {
        "name": "customers_affected",
        "display_name": "Customers affected",
        "description": None,
        "data_type": "integer",
        "field_type": "single_value",
    },
}


def field_named(name: str) -> str | None:
    """The id of the field with this name."""
    return next((field for field, definition in FIELDS.items() if definition["name"] == name), None)


def accepts(field: str, value: object) -> bool:
    """Whether the field's type allows the value; None is allowed and clears the field."""
    kind = int if FIELDS[field]["data_type"] == "integer" else str
    return value is None or (isinstance(value, kind) and not isinstance(value, bool))


def field_value(field: str, value: Any) -> JSON:
    """A field with its value, in the shape that events and REST answers use."""
    return {"id": field, "type": "field_value", "namespace": "incidents", "value": value, **FIELDS[field]}
