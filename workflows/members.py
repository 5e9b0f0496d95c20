"""People whom a program has brought into an incident's chat, or taken out of it."""

from typing import Literal

from workflows.values import Value

MOST_NAMED_AT_ONCE = 500
"""Twice as many as a chat takes: who finds no place in it is named."""

WhyNotChanged = Literal[
    "unknown", "other_tenant", "no_account", "not_granted", "blocked", "refused", "full", "not_there"
]
"""Why somebody was not brought in or taken out.

``unknown``: neither PagerDuty nor the organization knows them. ``other_tenant``: they are linked, in another
organization. ``no_account``: PagerDuty knows them, and the organization has no account of theirs.
``not_granted``: nobody may look for people by their e-mail address. ``blocked``: the chat takes nobody more.
``refused``: Microsoft refuses them. ``full``: there are 250 people in it. ``not_there``: they were not in it.
"""


class NamedPerson(Value):
    """Somebody as a program names them: by PagerDuty's id, or by e-mail address."""

    user: str = ""
    email: str = ""

    @property
    def name(self) -> str:
        """As the answer names them again."""
        return self.user or self.email


class NotChanged(Value):
    """Somebody who was not brought in or taken out."""

    who: str
    """As the program named them."""
    why: WhyNotChanged


class MembersChange(Value):
    """What came of such a request."""

    changed: tuple[str, ...] = ()
    """Who is in the chat now, or is not in it any more, as the program named them."""
    refused: tuple[NotChanged, ...] = ()
