"""What a person is answered who connects or disconnects a service, in sentences of plain text.

The one place that turns the codes of a ``ConnectAnswer`` into words, and why a command names no service.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from muster.cards.connections.bringing_in import BRING_IN, counted
from muster.cards.links import sentences as links
from muster.cards.sentences import OPERATOR
from muster.cards.text import plain
from workflows.connect_channel.messages import ConnectAnswer
from workflows.connect_channel.state import Reply, Request
from workflows.rights import ServiceTeam

NOT_IN_A_CHAT = (
    "Services are connected to channels. Send this in a channel of a team that has me, not in a chat."
)
PRIVATE_CHANNEL = (
    "This is a private channel, and Muster connects services to standard channels alone. Nothing was changed."
)
SHARED_CHANNEL = (
    "This is a shared channel, and Muster connects services to standard channels alone. Nothing was changed."
)
SEVERAL = "That names more than one service. Send a connect of its own for each."
SEVERAL_CONNECTED = (
    "That names more than one service that is connected to this channel. Send the address of the page of "
    "the one that is meant, or its id."
)
NOT_NAMED = (
    "Send the service with it: disconnect, then its name as list shows it, its id, or the address of its "
    "page in PagerDuty."
)

Again = Literal["press", "command"]
"""How somebody asks once more."""

_NAME_LIMIT = 60
_PERSON_LIMIT = 40
"""Where several people are named: an answer to a command has 500 characters."""
_MOST_NAMES = 5
_BUTTONS: Mapping[Request, str] = {"connect": "Connect Service", "bring_in": BRING_IN}
_RELINK = "Send unlinkUser and then linkUser in our private chat. {again}"
_SENTENCES: Mapping[Reply, str] = {
    "connected": "{service} is connected to this channel now. The card says when its incidents arrive.",
    "disconnected": (
        "{service} is disconnected from this channel. Its incidents that are here are followed to their end."
    ),
    "not_connected": (
        "{service} is not connected to this channel, so nothing was changed. Send list to see what is."
    ),
    "already_connected": (
        "{service} is connected to this channel already{by}, since {since}. Nothing was changed."
    ),
    "brought_in": "{counted} of {service} {were} brought in{by}.{more}",
    "bringing_in": (
        "Muster is bringing in the open incidents of {service}. Its message in the channel says when they "
        "are there."
    ),
    "nothing_open": "No incident of {service} is open in PagerDuty now, so there is nothing to bring in.",
    "service_disabled": (
        "{service} is disabled in PagerDuty, where it gets no new incidents. It has to be enabled there "
        "first, so nothing was changed."
    ),
    "unknown_service": "PagerDuty shows you no such service, so nothing was changed. {unknown}",
    "role_too_low": (
        "Your role in PagerDuty does not let you {kind} {service}, so nothing was changed. {who}"
    ),
    "pagerduty_unavailable": (
        "PagerDuty does not answer in time, so Muster does not know what you may do there. Nothing was "
        "changed. Try again in a moment."
    ),
    "pagerduty_refused": (
        "PagerDuty refuses to say what you may do there, so nothing was changed. Muster's log says why."
    ),
    "too_late": (
        "This reached Muster only minutes later, so nothing was changed. Ask again if it is still right."
    ),
    "ended_since": (
        "This click has connected the service already, and somebody has disconnected it since. Nothing was "
        "changed. Send connect for a new card."
    ),
    "team_not_authorized": (
        "This team is not authorized for the PagerDuty account of this service, so nothing was changed. Send "
        "status to see how it stands."
    ),
    "channel_gone": (
        "Teams says that Muster is not in this channel or its team any more, so nothing was changed. Add the "
        "app to the team again first."
    ),
    "channel_suspended": (
        "This channel is suspended just now, so nothing was changed. Try again in a moment; an archived team "
        "has to be restored first."
    ),
    "link_removed": "Your link to PagerDuty was removed, so nothing was changed. Send linkUser. {again}",
    "link_ended": "Your link to PagerDuty has ended, so nothing was changed. Send linkUser. {again}",
    "link_rejected": f"PagerDuty does not accept your link any more, so nothing was changed. {_RELINK}",
    "user_gone": (
        f"PagerDuty does not have the user any more that you are linked to, so nothing was changed. {_RELINK}"
    ),
    "forbidden": (
        "PagerDuty does not let Muster read as you what you may do there, so nothing was changed. " + _RELINK
    ),
    "app_refused": f"PagerDuty refuses Muster's own app, so nothing was changed. {OPERATOR}",
}
_WORKING: Mapping[Request, str] = {
    "connect": (
        "Muster is working on it. The card changes when the service is connected; if it stays as it is, "
        "press again."
    ),
    "disconnect": (
        "Muster is working on it. Send list in a moment to see whether the service is still connected."
    ),
    "bring_in": (
        "Muster is working on it. Its message in the channel says when the incidents are there; if it stays "
        "as it is, press again."
    ),
}
_PRIVATE = "It may have been deleted, or belong to a private team of others."
_UNKNOWN: Mapping[Request, str] = {
    "connect": f"{_PRIVATE} Somebody who sees it in PagerDuty can press.",
    "disconnect": (
        "If it belongs to a private team of others, ask somebody who sees it in PagerDuty. If it was "
        "deleted, the Account Owner or a Global Admin can disconnect it."
    ),
    "bring_in": f"{_PRIVATE} Somebody who sees it in PagerDuty can press.",
}
"""Why a service is not shown to whoever asks, and who can do it in their place."""
_UNKNOWN_AS_WRITTEN = (
    "Look at the address or the id once more; it may have been deleted, or belong to a private team of "
    "others."
)
"""Of ``connect`` as a command, where somebody wrote which service they mean."""
_MAY = "Managers, Global Admins and the Account Owner of PagerDuty can"
_REGIONS: Mapping[str, str] = {"us": "US", "eu": "EU"}


def sentence_of(answer: ConnectAnswer | None, kind: Request, *, again: Again) -> str:
    """What the workflow answered; ``None`` is an answer that was not there in time."""
    if answer is None or answer.reply == "working":
        return _WORKING[kind]
    text = _SENTENCES[answer.reply]
    unnamed = "This service" if text.startswith("{service}") else "this service"
    return text.format(
        service=plain(answer.service_name, _NAME_LIMIT) or unnamed,
        by=f" by {plain(answer.by, _NAME_LIMIT)}" if answer.by else "",
        since=links.day(answer.since) if answer.since else "some time ago",
        kind=kind,
        who=_who_can(answer.teams),
        unknown=_unknown(kind, again),
        counted=counted(answer.count),
        were="was" if answer.count == 1 else "were",
        more=" More are open, which only PagerDuty shows." if answer.more else "",
        again=_again(kind, again),
    )


def unlinked_sentence(account: str, told: str, kind: Request, *, again: Again) -> str:
    """The person is not linked; ``told`` is what came of asking for their link."""
    return links.unlinked_sentence(account, told, so="nothing was changed", then=_again(kind, again))


def no_argument_sentence(web_url: str) -> str:
    """Which service? None was named; ``web_url`` is where the account's pages are."""
    return f"Send the service with it: {_form(web_url)}"


def not_a_service_sentence(web_url: str) -> str:
    """What was named is no service."""
    return (
        f"That is neither the id of a service nor the address of its page in PagerDuty. Send {_form(web_url)}"
    )


def another_account_sentence(named: str, own: str, *, is_configured: bool) -> str:
    """The service that was named is of another account: ``named`` is its key, or the host of its pages."""
    begin = (
        f"That is a page of {plain(named, _NAME_LIMIT)}, but this team belongs to the PagerDuty account "
        f"{plain(own, _NAME_LIMIT)}."
    )
    if is_configured:
        return f"{begin} Connect it in a channel of a team that is authorized for that account."
    return f"{begin} Muster is not configured for that account in your organization."


def another_region_sentence(host: str, account: str, *, region: str, web_url: str) -> str:
    """The address is that of an account of this name in the other region; ``region`` is the account's."""
    own = _REGIONS[region]
    (other,) = set(_REGIONS.values()) - {own}
    return (
        f"{plain(host, _NAME_LIMIT)} is in PagerDuty's {other} service region, but "
        f"{plain(account, _NAME_LIMIT)} is an account of the {own} one. Its pages begin with {web_url}/"
    )


def not_configured_sentence(account: str) -> str:
    """Nobody can be asked about this account."""
    return (
        f"Muster is not configured for the PagerDuty account {plain(account, _NAME_LIMIT)} in your "
        "organization any more, so nothing was changed. Whoever runs Muster can add it."
    )


def _again(kind: Request, again: Again) -> str:
    if again == "command":
        return "Then send the same command again."
    return f"Then press {_BUTTONS[kind]} again."


def _unknown(kind: Request, again: Again) -> str:
    return _UNKNOWN_AS_WRITTEN if (kind, again) == ("connect", "command") else _UNKNOWN[kind]


def _form(web_url: str) -> str:
    return (
        "connect, then the address of its page in PagerDuty or its id, for example: connect "
        f"{web_url}/service-directory/PABC123"
    )


def _who_can(teams: Sequence[ServiceTeam]) -> str:
    """Whom to ask: managers of its teams, by name as far as the person may see them, and who else can."""
    if not teams:
        return f"{_MAY}."
    names = dict.fromkeys(name for team in teams for name in team.managers)
    if not names:
        return f"Ask a manager of its team. {_MAY}, too."
    shown = [plain(name, _PERSON_LIMIT) for name in names][:_MOST_NAMES]
    more = len(names) - len(shown) + sum(team.more_managers for team in teams)
    others = f" and {more} more" if more else ""
    return f"Ask a manager of its team: {', '.join(shown)}{others}. {_MAY}, too."
