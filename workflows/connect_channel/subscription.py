"""The activity that brings an account's webhook subscription in step with its connections."""

from typing import Literal

from workflows import options
from workflows.contract import Activity
from workflows.values import Value


class ConvergeSubscription(Value):
    """Whose subscription. It is there where the account has a connection, and else it is not."""

    account: str
    correlation: str | None = None


class SubscriptionConverged(Value):
    """What it was brought to."""

    standing: Literal["ready", "removed"]


CONVERGE_SUBSCRIPTION = Activity(
    "pagerduty.converge_subscription",
    ConvergeSubscription,
    SubscriptionConverged,
    options.PAGERDUTY_SUBSCRIPTION,
)
