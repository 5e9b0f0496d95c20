"""The activities that connecting a service to a channel calls."""

from typing import Literal

from workflows import options
from workflows.contract import Activity
from workflows.rights import Rights
from workflows.values import Value


class ReadRights(Value):
    """Whose rights to which service."""

    account: str
    link: int
    """By whose token PagerDuty is asked."""
    service: str
    correlation: str | None = None


Unread = Literal["link_removed", "link_ended", "link_rejected", "user_gone", "forbidden", "app_refused"]
"""Why PagerDuty did not tell.

``link_removed``: the person unlinked. ``link_ended``: PagerDuty does not refresh the link any more.
``link_rejected``: PagerDuty does not accept the link's token. ``user_gone``: the account does not have the
user any more. ``forbidden``: the link's token may not read this. ``app_refused``: PagerDuty refuses the app.
"""


class RightsRead(Value):
    """What was read, or why nothing was: one of the two."""

    rights: Rights | None = None
    unread: Unread | None = None


READ_RIGHTS = Activity("pagerduty.read_rights", ReadRights, RightsRead, options.PAGERDUTY_INTERACTIVE)
