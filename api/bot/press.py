"""What a press says: read from a verified activity, complete or refused."""

from collections.abc import Mapping
from typing import Any, get_args

from workflows.model.incident import Value
from workflows.model.verbs import VerbName


class PressMalformed(Exception):
    """The press cannot be acted on; the text is for the person who pressed."""


class Press(Value):
    """One press. Everything after ``tenant`` is what the button's data claims, still to be checked."""

    activity_id: str
    aad_object_id: str
    teams_id: str
    name: str
    tenant: str
    conversation: str
    message: str
    """Activity id of the pressed message."""
    verb: VerbName
    account: str
    incident_id: str
    marker: str
    nonce: str


def press_of(activity: Mapping[str, Any]) -> Press:
    """Read an ``adaptiveCard/action`` invoke; raises ``PressMalformed``.

    A channel's conversation id carries the thread (``…;messageid=…``); the row of a card does not.
    """
    sender, conversation = _object(activity, "from"), _object(activity, "conversation")
    action = _object(_object(activity, "value"), "action")
    data, verb = _object(action, "data"), action.get("verb")
    if verb not in get_args(VerbName):
        raise PressMalformed("Muster does not know this button.")
    tenant = _object(_object(activity, "channelData"), "tenant").get("id") or conversation.get("tenantId")
    found = {
        "activity_id": activity.get("id"),
        "aad_object_id": sender.get("aadObjectId"),
        "teams_id": sender.get("id"),
        "tenant": tenant,
        "conversation": _text(conversation.get("id")).partition(";")[0],
        "message": activity.get("replyToId"),
        "account": data.get("a"),
        "incident_id": data.get("i"),
        "marker": data.get("m"),
        "nonce": data.get("n"),
    }
    if not all(isinstance(value, str) and value for value in found.values()):
        raise PressMalformed("This button is incomplete.")
    return Press(verb=verb, name=_text(sender.get("name")) or "Somebody", **found)


def _object(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
