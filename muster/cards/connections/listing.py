"""What ``list`` answers; Markdown, with every name escaped. It names no id."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from muster.cards.links.sentences import day
from muster.cards.text import escape, plain

LIST_IN_A_CHAT = (
    "**list** shows what is connected to a channel. Send it in that channel: services are connected to "
    "channels, not to chats."
)
NOTHING_CONNECTED = (
    "No service is connected to this channel. **connect** and the address of a service's page in PagerDuty "
    "connects one."
)
NAME_LIMIT = 80
_MOST = 100
"""Connections that are listed: a message of Teams ends at 28 KB, and a name may have 120 bytes."""


class ListedConnection(NamedTuple):
    """One connection of a channel."""

    name: str
    """The service's."""
    by: str | None
    since: datetime


def shown_name(name: str) -> str:
    """A service's name as the list shows it, without Markdown."""
    return plain(name, NAME_LIMIT)


def list_text(connections: Sequence[ListedConnection]) -> str:
    """What is connected to this channel, by whom, since when."""
    if not connections:
        return NOTHING_CONNECTED
    lines = [f"- {_line(one)}" for one in connections[:_MOST]]
    if more := len(connections) - len(lines):
        lines.append(f"- and {more} more")
    return "\n".join(("Connected to this channel:", *lines))


def _line(one: ListedConnection) -> str:
    by = f"connected by {escape(one.by, NAME_LIMIT)}" if one.by else "connected"
    return f"**{escape(one.name, NAME_LIMIT)}**, {by} since {day(one.since)}"
