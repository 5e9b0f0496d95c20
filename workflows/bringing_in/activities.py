"""The activities that bring a service's open incidents into a conversation.

``ConnectChannel`` calls them for whoever asks for it, ``TeamSetup`` when a channel is there again.
"""

from typing import Literal

from workflows import options
from workflows.contract import Activity
from workflows.values import Value

MOST = 50
"""How many incidents come in at once, the newest ones."""


class OfService(Value):
    """Something about a service."""

    account: str
    service: str


class OpenIncidents(Value):
    """How many of a service are open: at most ``MOST`` are counted."""

    count: int
    more: bool = False
    """There are others."""


class OfConnection(Value):
    """A service that is connected to a conversation."""

    account: str
    service: str
    conversation: str


class BringIn(Value):
    """Bring a service's open incidents in: ``MOST`` at most that have no card there, and all that have."""

    connection: OfConnection
    by: str | None = None
    """Name of whoever asked for it. ``None``: nobody; the conversation is there again."""
    correlation: str = ""


class BroughtIn(Value):
    """What came of it."""

    outcome: Literal["brought_in", "nothing_open", "not_connected", "channel_suspended", "channel_gone"]
    """``not_connected``: the connection has ended. ``channel_suspended``: nothing appears in the channel for
    now. ``channel_gone``: no row knows it."""
    count: int = 0
    more: bool = False
    """Others are open that did not come in."""
    page: str | None = None
    """Address of the service in PagerDuty, where those others are."""


COUNT_OPEN = Activity("pagerduty.count_open", OfService, OpenIncidents, options.PAGERDUTY_READ)
BRING_IN = Activity("pagerduty.bring_in", BringIn, BroughtIn, options.BRING_IN)
