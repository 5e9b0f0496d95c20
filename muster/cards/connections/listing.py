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
_MOST_BYTES = 20 * 1024
"""A message of Teams ends at 28 KB."""


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
    lines = ["Connected to this channel:"]
    left = _MOST_BYTES
    for place, one in enumerate(connections):
        line = f"- {_entry(one)}"
        left -= len(line.encode())
        if left < 0:
            lines.append(f"- and {len(connections) - place} more")
            break
        lines.append(line)
    return "\n".join(lines)


def _entry(one: ListedConnection) -> str:
    by = f"connected by {escape(one.by, NAME_LIMIT)}" if one.by else "connected"
    return f"**{escape(one.name, NAME_LIMIT)}**, {by} since {day(one.since)}"
