"""Calls of custom incident actions, as the account keeps them."""

from datetime import datetime
from typing import Literal

from sandbox.pagerduty.model import Attempt, Value


class ActionCall(Value):
    """One click on a custom action's button. Its body is kept only while the state is ``waiting``."""

    id: str
    """``X-Webhook-Id``: the same in every attempt."""
    action: str
    label: str
    """The button's label then."""
    incident: str
    user: str
    at: datetime
    body: str
    state: Literal["waiting", "delivered", "dropped"] = "waiting"
    attempts: tuple[Attempt, ...] = ()
    answer: str = ""
    """The body of the last answer."""
