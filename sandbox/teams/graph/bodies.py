"""The bodies of Graph's calls about chats, checked as Graph checks them."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from sandbox.graph_errors import bad_request
from sandbox.teams.chats import TOPIC_LIMIT

_USER_MEMBER = "#microsoft.graph.aadUserConversationMember"
_USER = re.compile(r"/users(?:\('(?P<quoted>[^']+)'\)|/(?P<plain>[^/]+))$")
_APP = re.compile(r"/appCatalogs/teamsApps(?:\('(?P<quoted>[^']+)'\)|/(?P<plain>[^/]+))$")
_ROLES = ("owner", "guest")


class WantedMember(NamedTuple):
    """Somebody who is to be in a chat."""

    key: str
    """Object id or principal name."""
    role: str
    history_from: str | None = None


def wanted_chat(body: Mapping[str, Any]) -> tuple[str, list[WantedMember]]:
    """Topic and members of a new group chat; raises GraphError."""
    if body.get("chatType") != "group":
        raise bad_request("This simulator makes chats of type 'group' alone.")
    members = body.get("members")
    if not isinstance(members, list) or len(members) < 2:
        raise bad_request("A group chat needs at least two members.")
    return wanted_topic(body.get("topic")), [wanted_member(member) for member in members]


def wanted_topic(topic: Any) -> str:
    """A topic; none is an empty one. Raises GraphError."""
    if topic is None:
        return ""
    # Teams counts as .NET does, in UTF-16 units.
    if not isinstance(topic, str) or ":" in topic or len(topic.encode("utf-16-le")) // 2 > TOPIC_LIMIT:
        raise bad_request(f"A topic has at most {TOPIC_LIMIT} characters and no ':'.")
    return topic


def wanted_member(member: Any) -> WantedMember:
    """One member; raises GraphError."""
    if not isinstance(member, Mapping) or "@odata.type" not in member:
        raise bad_request("'odata.type' must be specified in the request body.")
    if member["@odata.type"] != _USER_MEMBER:
        kind = member["@odata.type"]
        raise bad_request(f"The provided '{kind}' for 'odata.type' is not valid for this operation.")
    roles = member.get("roles")
    if not isinstance(roles, list) or len(roles) != 1:
        raise bad_request("Invalid or missing role specified for member.")
    if roles[0] not in _ROLES:
        raise bad_request(f"The passed-in role '{roles[0]}' is not supported.")
    history = member.get("visibleHistoryStartDateTime")
    return WantedMember(
        _bound(member, "user", _USER), roles[0], history if isinstance(history, str) else None
    )


def wanted_app(body: Mapping[str, Any]) -> str:
    """The id in the catalog of the app that is to be installed; raises GraphError."""
    return _bound(body, "teamsApp", _APP)


def _bound(body: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    bind = body.get(f"{name}@odata.bind")
    found = pattern.search(bind) if isinstance(bind, str) else None
    if found is None:
        raise bad_request(f"Bind requests not supported for '{name}' without an id.")
    return found["quoted"] or found["plain"]
