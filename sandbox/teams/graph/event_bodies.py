"""The bodies of Graph's calls about entries of a calendar, checked as Exchange checks them.

Which properties an entry has: learn.microsoft.com *event resource type*; the simulator takes those that a
plain appointment needs. ``ErrorPropertyValidationFailure`` is Exchange's word for values that it does not
allow. That it stands for more than 255 characters of a subject and 500 attendees (*Exchange Online
limits*), and for times that are missing or the wrong way round, is our choice.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.graph_errors import GraphError
from sandbox.teams.state import Json

SUBJECT_LIMIT, ATTENDEES_LIMIT = 255, 500
PROVIDERS = ("unknown", "skypeForBusiness", "skypeForConsumer", "teamsForBusiness")
_SHOWN_AS = ("unknown", "free", "tentative", "busy", "oof", "workingElsewhere")
_KINDS_OF_ATTENDEES = ("required", "optional", "resource")


def wanted_event(body: Mapping[str, Any]) -> Json:
    """The properties of a new entry, also those that the body leaves out; raises GraphError."""
    wanted = _DEFAULTS | _checked(body, _PROPERTIES)
    if wanted["start"] is None or wanted["end"] is None or _moment(wanted["end"]) < _moment(wanted["start"]):
        raise _validation_failure()
    return wanted


def wanted_changes(body: Mapping[str, Any]) -> Json:
    """What an entry is to say from now on; raises GraphError. This simulator changes these two properties."""
    return _checked(body, {name: _PROPERTIES[name] for name in ("subject", "attendees")})


def times_of(properties: Json) -> tuple[datetime, datetime]:
    """Start and end of an entry."""
    return _moment(properties["start"]), _moment(properties["end"])


def _checked(body: Mapping[str, Any], known: Mapping[str, Callable[[Any], Any]]) -> Json:
    # Microsoft's own clients tell the type beside the properties.
    told = {name: value for name, value in body.items() if not name.startswith("@odata.")}
    for name in told:
        if name not in known:
            raise _not_read(f"The property '{name}' does not exist on type 'microsoft.graph.event'.")
    return {name: known[name](value) for name, value in told.items()}


def _text(value: Any) -> Any:
    if value is not None and not isinstance(value, str):
        raise _not_read(f"Cannot convert the literal '{value}' to the expected type 'Edm.String'.")
    return value


def _truth(value: Any) -> Any:
    if not isinstance(value, bool):
        raise _not_read(f"Cannot convert the literal '{value}' to the expected type 'Edm.Boolean'.")
    return value


def _subject(value: Any) -> Any:
    text = _text(value) or ""
    if len(text) > SUBJECT_LIMIT:
        raise _validation_failure()
    return text


def _one_of(*allowed: str) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:
        if value not in allowed:
            raise _not_read(f"Requested value '{value}' was not found.")
        return value

    return checked


def _body(value: Any) -> Any:
    body = _object(value, "body")
    return {
        "contentType": _one_of("text", "html")(str(body.get("contentType", "text")).lower()),
        "content": _text(body.get("content")) or "",
    }


def _time(value: Any) -> Any:
    time = _object(value, "start")
    zone = time.get("timeZone", "UTC")
    if zone != "UTC":  # this simulator knows no other
        raise GraphError(
            400,
            "TimeZoneNotSupportedException",
            "A valid TimeZone value must be specified. "
            f"The following TimeZone value is not supported: '{zone}'.",
        )
    try:
        return {"dateTime": f"{_moment(time):%Y-%m-%dT%H:%M:%S.%f}0", "timeZone": "UTC"}
    except (KeyError, TypeError, ValueError):
        raise _not_read("Cannot convert the literal to the expected type 'Edm.DateTime'.") from None


def _attendees(value: Any) -> Any:
    if not isinstance(value, list):
        raise _not_read("A 'StartArray' node was expected for the property 'attendees'.")
    if len(value) > ATTENDEES_LIMIT:
        raise _validation_failure()
    return [_attendee(one) for one in value]


def _attendee(value: Any) -> Json:
    attendee = _object(value, "attendees")
    named = _object(attendee.get("emailAddress"), "emailAddress")
    address = named.get("address")
    if not isinstance(address, str) or "@" not in address:
        raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
    return {
        "type": _one_of(*_KINDS_OF_ATTENDEES)(attendee.get("type", "required")),
        "status": {"response": "none", "time": "0001-01-01T00:00:00Z"},
        "emailAddress": {"name": _text(named.get("name")) or address, "address": address},
    }


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _not_read(f"A 'StartObject' node was expected for the property '{name}'.")
    return value


def _moment(time: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(time["dateTime"]).replace(tzinfo=UTC)


def _not_read(message: str) -> GraphError:
    return GraphError(400, "RequestBodyRead", message)


def _validation_failure() -> GraphError:
    return GraphError(400, "ErrorPropertyValidationFailure", "At least one property failed validation.")


_PROPERTIES: Mapping[str, Callable[[Any], Any]] = {
    "subject": _subject,
    "body": _body,
    "start": _time,
    "end": _time,
    "attendees": _attendees,
    "isOnlineMeeting": _truth,
    "onlineMeetingProvider": _one_of(*PROVIDERS),
    "transactionId": _text,
    "showAs": _one_of(*_SHOWN_AS),
    "isReminderOn": _truth,
    "responseRequested": _truth,
    "allowNewTimeProposals": _truth,
}
_DEFAULTS: Json = {
    "subject": "",
    "body": {"contentType": "text", "content": ""},
    "start": None,
    "end": None,
    "attendees": [],
    "isOnlineMeeting": False,
    "onlineMeetingProvider": "unknown",
    "transactionId": None,
    "showAs": "busy",
    "isReminderOn": True,
    "responseRequested": True,
    "allowNewTimeProposals": True,
}
