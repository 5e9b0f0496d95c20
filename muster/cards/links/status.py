"""What ``status`` says of links: one's own, and who shares a PagerDuty user. Markdown, names escaped.

It shows no e-mail: a channel reads it too.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from muster.cards.links.sentences import day
from muster.cards.text import escape
from workflows.link_lifetimes import AUTHORIZATION_LIVES, REFRESH_IS_OVERDUE, REFRESH_TOKEN_LIVES

_NAME_LIMIT = 80
_MOST_NAMES = 10
_MOST_USERS = 20
"""Of a list: a message of Teams ends at 28 KB."""


class OwnLink(NamedTuple):
    """How a person stands with one account."""

    account: str
    name: str | None = None
    """Of the PagerDuty user; ``None``: not linked."""
    linked_at: datetime | None = None
    authorized_at: datetime | None = None
    """``None``: the link was seeded."""
    refreshed_at: datetime | None = None
    others: Sequence[str] = ()
    """Who else is linked to that user."""


class SharedUser(NamedTuple):
    """A PagerDuty user to whom several people are linked."""

    account: str
    name: str
    people: Sequence[str]


MORE_IN_PRIVATE = "More about links is for you alone: send **status** in our private chat."


def own_links_text(links: Sequence[OwnLink], now: datetime) -> str:
    """Who the person is in each account."""
    return "\n".join(("**You** in PagerDuty:", *(_own(link, now) for link in links)))


def shared_users_text(users: Sequence[SharedUser]) -> str:
    """For an Admin: as whom several people act."""
    lines = [
        f"- **{escape(user.name, _NAME_LIMIT)}** ({escape(user.account, _NAME_LIMIT)}): {_names(user.people)}"
        for user in users[:_MOST_USERS]
    ]
    if len(users) > _MOST_USERS:
        lines.append(f"- … and {len(users) - _MOST_USERS} more")
    return "\n".join(("⚠ PagerDuty users to whom more than one person is linked:", *lines))


def _own(link: OwnLink, now: datetime) -> str:
    account = escape(link.account, _NAME_LIMIT)
    if link.name is None or link.linked_at is None:
        return f"- {account}: not linked. Send **linkUser {account}** in our private chat."
    shared = f" ⚠ Linked to the same user: {_names(link.others)}." if link.others else ""
    return (
        f"- {account}: you are **{escape(link.name, _NAME_LIMIT)}**, linked since {day(link.linked_at)}."
        f" {_life(link, now)}{shared}"
    )


def _life(link: OwnLink, now: datetime) -> str:
    """How long the link lives, and whether it is kept alive."""
    again = "send **unlinkUser**, then **linkUser**"
    if link.authorized_at is None or link.refreshed_at is None:
        return f"It was made by an operator and is not refreshed: when it has run out, {again}."
    ends = min(link.authorized_at + AUTHORIZATION_LIVES, link.refreshed_at + REFRESH_TOKEN_LIVES)
    if ends <= now:
        return f"⚠ It has run out on {day(ends)}: {again}."
    if link.refreshed_at + REFRESH_IS_OVERDUE <= now:
        return (
            f"⚠ It was last refreshed on {day(link.refreshed_at)}, which is too long ago. Unless that works "
            f"again, it runs out on {day(ends)}."
        )
    return (
        f"It is refreshed by itself, last on {day(link.refreshed_at)}, until the year of your authorization "
        f"ends on {day(link.authorized_at + AUTHORIZATION_LIVES)}."
    )


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(f"**{escape(name, _NAME_LIMIT)}**" for name in names[:_MOST_NAMES])
    return shown + (f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else "")
