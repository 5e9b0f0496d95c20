"""What the bot answers to commands; Markdown, with every name escaped."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from muster.cards.text import clip, escape, tidy, web_link

_NAME_LIMIT = 80
_QUOTE_LIMIT = 40
_SENTENCE_LIMIT = 500
_MOST_TEAMS = 30
"""Teams of a list: a message of Teams ends at 28 KB."""
_ROLES = {"owner": "Account Owner", "admin": "Global Admin"}
"""PagerDuty's words for a user's role, as people know them."""

SUMMARIES: dict[str, str] = {
    "help": "what I understand",
    "status": "how the setup stands: what is done, what is missing, who can do it",
    "open": "a link to PagerDuty",
    "authorize": "connects the team that a KEY is for; write **authorize KEY** in our private chat",
    "appconnect": "asks a Microsoft admin for the permissions that Muster needs",
    "configure": "what can be set up, and where",
}
"""One line for each command."""

NO_FORMS = "I have no answer to this card. Send **help** to see what I understand."
CONFIGURE = "\n".join(
    (
        "Everything is set up here, in Teams:",
        "- **status** shows how the setup of this team stands, and who can go on.",
        "- **authorize KEY**, in our private chat, connects a team to PagerDuty. The KEY is in the message "
        "that whoever added the app got.",
        "- **appconnect** asks a Microsoft admin for the permissions.",
        "- For another team, add the app to that team.",
    )
)
NO_PERSON = "Teams did not say who you are, so I cannot do this for you."
NOT_DONE = "That did not work. Muster's log says why."

NO_KEY = "Send the KEY with it: **authorize KEY**. It is in the message that whoever added the app got."
NOT_HERE = (
    "**authorize** works in our private chat alone. A KEY that was written where others read it is dead."
    " **Send a new link** on the message in our private chat makes a new one."
)
KEY_WRONG = "I do not know this KEY. Check its twelve characters and send it again."
KEY_FOREIGN = (
    "This KEY is not for a team of your organization. Use the KEY from the message in your own organization."
)
KEY_EXPIRED = "This KEY has expired. **Send a new link** on the message that it came with makes a new one."
KEY_REPLACED = "This KEY was replaced by a newer one. Use the KEY of the newest message."
KEY_SHOWN = (
    "This KEY was written in a channel, so it works no more. **Send a new link** on the message that it came "
    "with makes a new one."
)
KEY_SPENT = "This KEY was used already. **status** shows how the setup stands."
KEY_OF_REMOVED_TEAM = "Muster is not in that team any more, so this KEY works no more."
KEY_WAIT = "Too many wrong KEYs. Wait 15 minutes, then try again."

NOTHING_TO_CONNECT = (
    "A team has to be authorized first. Add the app to a team, or send **status** to see who can do it."
)
NOT_AUTHORIZED = (
    "This team is not authorized at PagerDuty yet, which comes first. Send **status** to see who can do it."
)
NO_ACCOUNT = "No PagerDuty account is configured for your organization. Whoever runs Muster can add one."
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


def help_text() -> str:
    """Every command, one line each."""
    lines = (f"- **{name}**: {summary}" for name, summary in SUMMARIES.items())
    return "\n".join(("I understand:", *lines, "In a channel, mention me first."))


def unknown_text(name: str | None, nearest: str | None) -> str:
    """The answer to anything else; ``None``: its name is not to be quoted."""
    quoted = f"“{escape(name, _QUOTE_LIMIT)}”" if name else "this"
    meant = f" Did you mean **{nearest}**?" if nearest else ""
    return f"I do not understand {quoted}.{meant}\n\n{help_text()}"


def open_text(addresses: Mapping[str, str]) -> str:
    """Links to accounts by their keys."""
    links = [(key, web_link(address) or address) for key, address in addresses.items()]
    if len(links) == 1:
        return f"[Open PagerDuty]({links[0][1]}) ({escape(links[0][0], _NAME_LIMIT)})"
    return "\n".join(f"- [{escape(key, _NAME_LIMIT)}]({address})" for key, address in links)


def setup_sentence(sentence: str) -> str:
    """A sentence of muster/cards/setup/sentences.py, which is plain text."""
    return escape(sentence, _SENTENCE_LIMIT)


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
