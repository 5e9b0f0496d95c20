"""How the set-ups of a tenant's teams stand, for ``status``; Markdown, with every name escaped."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from muster.cards.text import clip, escape, tidy

_NAME_LIMIT = 80
_MOST_TEAMS = 30
"""Teams of a list: a message of Teams ends at 28 KB."""
_ROLES = {"owner": "Account Owner", "admin": "Global Admin"}
"""PagerDuty's words for a user's role, as people know them."""

NO_TEAMS = "Muster is in no team of your organization yet. Add the app to a team to start its setup."


class TeamStatus(NamedTuple):
    """What is known of a team's set-up."""

    name: str
    step: str | None
    """``None``: it was connected without a set-up, or none has begun."""
    removed: bool
    installer: str | None
    account: str | None
    authorized_name: str | None
    authorized_role: str | None
    authorized_at: datetime | None
    accounts: Sequence[str]
    """That it may belong to."""


class Consent(NamedTuple):
    """What the tenant's consent gives."""

    missing: Sequence[str] | None
    """Names of required permissions; ``None``: nobody has read it yet."""


def status_text(team: TeamStatus, consent: Consent) -> str:
    """How the set-up of one team stands."""
    name = _named(team.name, "This team")
    if team.removed:
        return f"**{name}**: Muster is not in this team any more. Add the app to the team again to set it up."
    lines = [f"**{name}**: {_summary(team, consent)}", f"- ✅ Installed{_by(team.installer)}."]
    lines.append(_authorization(team))
    if team.account:
        lines.append(_permissions(consent))
    return "\n".join(lines)


def statuses_text(teams: Sequence[TeamStatus], consent: Consent) -> str:
    """How the set-ups of a tenant's teams stand, one line each."""
    if not teams:
        return NO_TEAMS
    lines = [
        f"- **{_named(team.name, 'A team without a name')}**: {_summary(team, consent)}"
        for team in teams[:_MOST_TEAMS]
    ]
    if len(teams) > _MOST_TEAMS:
        lines.append(f"- … and {len(teams) - _MOST_TEAMS} more")
    if any(team.account for team in teams):
        lines.append(_permissions(consent))
    return "\n".join((*lines, "", "Send **status** in a team's channel for more about that team."))


def _summary(team: TeamStatus, consent: Consent) -> str:
    if not team.account:
        if team.step == "abandoned":
            return "was given up after a month without a step. **authorize** or the app's card goes on."
        return "waits for a PagerDuty Admin to authorize it"
    account = escape(team.account, _NAME_LIMIT)
    if consent.missing:
        return f"connected to PagerDuty ({account}); waits for a Microsoft admin"
    return f"connected to PagerDuty ({account})"


def _authorization(team: TeamStatus) -> str:
    if team.account:
        return f"- ✅ Authorized for {escape(team.account, _NAME_LIMIT)}{_authorized(team)}."
    if team.step == "choosing" and len(team.accounts) > 1:
        offered = ", ".join(escape(key, _NAME_LIMIT) for key in team.accounts)
        return f"- ⏳ An account has to be chosen ({offered}). {_who(team)} can do it on the private message."
    return (
        "- ⏳ Not authorized. An Account Owner or Global Admin of PagerDuty can do it: with **Authorize** on "
        f"the private message that {_who(team, start=False)} got, or with the **authorize KEY** in it."
    )


def _authorized(team: TeamStatus) -> str:
    if team.authorized_at is None:
        return ""
    role = _ROLES.get(team.authorized_role or "", team.authorized_role or "")
    by = _by(team.authorized_name) + (f" ({escape(role, _NAME_LIMIT)})" if role else "")
    return f"{by} on {team.authorized_at.astimezone(UTC):%d %B %Y, %H:%M} UTC"


def _permissions(consent: Consent) -> str:
    who = "A Privileged Role or Global Administrator of Microsoft can grant them: send **appconnect**."
    if consent.missing is None:
        return f"- ⏳ Nobody has looked yet which of Microsoft's permissions are granted. {who}"
    if consent.missing:
        names = ", ".join(f"**{name}**" for name in consent.missing)
        return f"- ⏳ Permissions that are missing: {names}. {who} Cards and buttons work without them."
    return "- ✅ Microsoft's permissions are granted."


def _who(team: TeamStatus, *, start: bool = True) -> str:
    if team.installer:
        return f"**{escape(team.installer, _NAME_LIMIT)}**"
    return ("Whoever" if start else "whoever") + " added the app"


def _by(name: str | None) -> str:
    return f" by **{escape(name, _NAME_LIMIT)}**" if name else ""


def _named(name: str, otherwise: str) -> str:
    return escape(name, _NAME_LIMIT) if clip(tidy(name), _NAME_LIMIT) else otherwise
