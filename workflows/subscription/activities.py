"""The activities that keep an account's webhook subscription in step with its connections.

Whoever adds the first connection of an account, or ends its last one, commits that and has it converge. The
daily upkeep looks whether it is still as it was left.
"""

from typing import Literal

from workflows import options
from workflows.contract import Activity
from workflows.values import Value


class OfAccount(Value):
    """Something about an account."""

    account: str


class Converged(Value):
    """How the account's subscription stands."""

    state: Literal["subscribed", "unsubscribed"]
    """Subscribed: there is one at our address, and its secret is known."""
    again_in: float | None = None
    """Seconds after which it is to be called again; ``None``: nothing is left to do."""
    waits_for: Literal["late_creation", "first_event"] | None = None
    """What the next call looks for: a subscription whose creation nobody answered, or an event at the new
    address, after which the subscription at the old one is deleted."""


Finding = Literal["deleted", "inactive", "disabled", "changed"]
"""What became of a subscription in PagerDuty: somebody deleted it, somebody switched it off, PagerDuty
disabled it after refused events, or it does not send every event that this release understands."""


class Inspected(Value):
    """What an inspection found and mended, and how the subscription stands after it."""

    found: tuple[Finding, ...] = ()
    converged: Converged


CONVERGE_SUBSCRIPTION = Activity(
    "pagerduty.converge_subscription", OfAccount, Converged, options.PAGERDUTY_CONVERGE
)
INSPECT_SUBSCRIPTION = Activity(
    "pagerduty.inspect_subscription", OfAccount, Inspected, options.PAGERDUTY_CONVERGE
)
