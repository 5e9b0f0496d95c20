"""The meeting that is made for an incident, as cards and answers know it."""

from typing import Literal

from workflows.values import Value

Way = Literal["calendar", "meeting"]
"""How it is made: as an entry in the organiser's calendar, or as a meeting alone."""

WhyNot = Literal[
    "guest",
    "elsewhere",
    "not_looked_for",
    "unknown",
    "disabled",
    "no_mailbox",
    "no_meeting",
    "no_licence",
    "no_policy",
    "not_granted",
    "refused",
]
"""Why somebody organises no meeting, or why it is not made in one of the two ways.

``guest``: they are a guest of the organization. ``elsewhere``: nobody knows who they are in it.
``not_looked_for``: nobody has tried to find out, and they are not linked. ``unknown``: it does not know them.
``disabled``: their account is switched off. ``no_mailbox``: they have no calendar. ``no_meeting``: their
calendar takes entries without meetings. ``no_licence``: they may not use Teams. ``no_policy``: no application
access policy allows Muster to make meetings for them. ``not_granted``: a permission is missing. ``refused``:
Microsoft refuses it for another reason.
"""

LASTING_FOR_A_POLICY = 30 * 60
"""Seconds that a policy takes until it counts, at most (Microsoft, *Configure application access to online
meetings*)."""


class Hindrance(Value):
    """Why no meeting is made one way in somebody's name."""

    who: str
    why: WhyNot
    permission: str = ""
    """Which one, where it is not granted."""


class ToldMeeting(Value):
    """What the incident's bridge does not tell of a meeting that was made for it."""

    url: str
    standing: Literal["theirs", "refused", "gone"]
    """``theirs``: the bridge is another one. ``refused``: PagerDuty takes none. ``gone``: the account of
    whoever organised it was deleted."""


class StoredMeeting(Value):
    """What the row of a meeting holds."""

    stage: Literal["none", "making", "made", "gone"] = "none"
    """``making``: it was begun, and may have been made."""
    organiser: str = ""
    key: str = ""
    attempt: int = 0
    way: Way = "calendar"
    url: str = ""
    number: str = ""
    bridge: Literal["unread", "ours", "theirs"] = "unread"
    noted: bool = False
    has_entry: bool = False
    invited: tuple[str, ...] = ()
    invited_count: int = 0
    left_out: int = 0
    marked: bool = False
    replaces: str = ""
