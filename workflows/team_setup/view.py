"""From a state to what each of its messages shows. Links and KEYs are added where a message is sent."""

import hashlib
from typing import Literal

from pydantic import AwareDatetime

from workflows.team_setup.changes import Because as Because
from workflows.team_setup.changes import Connected as Connected
from workflows.team_setup.state import CONNECTED, LINK_KINDS, Link, Notice, NoticeKind, State
from workflows.values import Value

Showing = Literal[
    "choosing",  # which account?
    "open",  # the link is there to be used
    "expired",
    "key_shown",  # where others read it, which ended the link
    "no_account",  # that the team could belong to
    "replaced",
    "handed_over",
    "authorized",
    "granted",  # the consent is there, the authorization is not
    "complete",
    "removed",
    "abandoned",
    "suspended",  # no incidents appear in these channels
    "revived",
]
_ONLY_EDITED: frozenset[Showing] = frozenset({"replaced", "handed_over", "removed", "abandoned"})
"""What a message is changed to, and nobody is written to for."""


class NoticeView(Value):
    """What one message shows, but for the link and the KEY of its offer."""

    kind: NoticeKind
    name: str
    showing: Showing
    team: str
    team_name: str
    accounts: tuple[str, ...] = ()
    """To choose from."""
    account: str | None = None
    by: str | None = None
    """Who authorized the team, or who has the card instead."""
    offer: int | None = None
    """Whose link, and KEY where it is expanded, the message holds."""
    until: AwareDatetime | None = None
    """When the link expires."""
    expanded: bool = False
    missing: tuple[str, ...] | None = None
    """Required permissions that are not granted; ``None``: not known."""
    refused: bool = False
    """Somebody refused on the consent page."""
    reading: bool = False
    """Somebody came back from the consent page: what they granted is being read."""
    because: Because | None = None
    channels: tuple[str, ...] = ()
    """Names of those that are suspended, or revived."""
    connected: tuple[Connected, ...] = ()
    """What whoever reads it has connected to them."""

    @property
    def is_only_edited(self) -> bool:
        """Nobody is written to in order to tell this."""
        return self.showing in _ONLY_EDITED


def fingerprint(view: NoticeView) -> str:
    """Equal fingerprints look the same."""
    return hashlib.sha256(view.model_dump_json().encode()).hexdigest()[:16]


def view_of(state: State, notice: Notice) -> NoticeView | None:
    """What the message is to show now; ``None`` while that is not known, or where it is to stay as it is."""
    showing = _showing(state, notice)
    if showing is None:
        return None
    view = NoticeView(
        kind=notice.kind, name=notice.name, showing=showing, team=state.team, team_name=state.name
    )
    match showing:
        case "choosing":
            return _with(view, accounts=state.accounts)
        case "open" if notice.kind == "consent":
            return _with_link(
                view,
                state.consent_link,
                missing=state.missing or None,
                refused=state.consent_refused,
                reading=state.reading is not None,
            )
        case "open" if notice.kind in LINK_KINDS:
            return _with_link(view, state.link, account=state.account, expanded=notice.expanded)
        case "authorized":
            return _with(view, account=state.account, by=state.authorized_name)
        case "handed_over":
            return _with(view, by=state.holder.name if state.holder else None)
        case "suspended" | "revived" if notice.telling is not None:
            telling = notice.telling
            return _with(
                view, because=telling.because, channels=telling.channels, connected=telling.connected
            )
        case _:
            return view


def due_view(state: State, notice: Notice) -> NoticeView | None:
    """What the message is still to show; ``None``: it is in sync, or is given up."""
    if notice.given_up:
        return None
    view = view_of(state, notice)
    if view is None or (view.is_only_edited and not notice.is_posted):
        return None
    return None if fingerprint(view) == notice.shown else view


def _showing(state: State, notice: Notice) -> Showing | None:
    if notice.kind == "welcome":
        return "open"
    if notice.kind == "way-on":
        return _way_on_showing(state)
    if notice.kind == "life":
        return notice.telling.showing if notice.telling else None
    if notice.ended is not None:
        return notice.ended
    if state.step in ("removed", "abandoned"):
        return state.step
    return _consent_showing(state, notice) if notice.kind == "consent" else _link_showing(state)


def _way_on_showing(state: State) -> Showing | None:
    if state.step in ("choosing", "authorizing"):
        return "open"
    # Where the app is not in the team any more, nothing of it can be changed.
    return "authorized" if state.step in CONNECTED else None


def _link_showing(state: State) -> Showing | None:
    if state.step in CONNECTED:
        return "authorized"
    if state.step == "choosing":
        return "choosing"
    if state.link is not None and state.link.is_shown:
        return "key_shown"
    return "no_account" if state.lacks_account else _showing_of(state.link)


def _consent_showing(state: State, notice: Notice) -> Showing | None:
    if state.step == "complete":
        if state.missing == ():
            return "complete"
        # Whoever asks while Entra is away gets the link; what others read of the last reading stays.
        is_unanswered = state.missing is None and state.roles_unread and not notice.is_posted
        return _showing_of(state.consent_link) if is_unanswered else None
    if state.missing == () and state.step != "consenting":
        return "granted"
    if not state.missing and not state.roles_unread:
        return None  # what an earlier reading found is read again before anybody is told
    return _showing_of(state.consent_link)


def _showing_of(link: Link | None) -> Showing | None:
    if link is None or link.id is None:
        return None
    return "expired" if link.is_over else "open"


def _with_link(view: NoticeView, link: Link | None, **more: object) -> NoticeView | None:
    if link is None:
        return None
    return _with(view, offer=link.id, until=link.expires_at, **more)


def _with(view: NoticeView, **more: object) -> NoticeView:
    return view.model_copy(update=more)
