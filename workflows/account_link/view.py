"""From a state to what each of its messages shows. The link is added where a message is sent."""

import hashlib
from typing import Literal

from pydantic import AwareDatetime

from workflows.account_link.state import ClickEnding, Notice, State, Why
from workflows.link_lifetimes import AUTHORIZATION_LIVES
from workflows.values import Value
from workflows.verbs.verb import VerbName

Showing = Literal[
    "open",  # the link is there to be used
    "expired",
    "replaced",
    "linked",
    "unlinked",  # linked by it, and unlinked again
]

TELL_OF_LINK: frozenset[str] = frozenset({"linked", "unlinked"})


class ClickView(Value):
    """A click that met no link, as its person is told of it."""

    verb: VerbName
    title: str
    ending: ClickEnding | None = None
    """``None``: it waits for the link, or is being done."""


class LinkView(Value):
    """What one message shows, but for the link of its offer."""

    name: str
    showing: Showing
    account: str
    why: Why = "asked"
    offer: int | None = None
    """Whose link the message holds; ``None``: nothing is offered."""
    until: AwareDatetime | None = None
    """When the link expires."""
    year_ends_at: AwareDatetime | None = None
    """When the authorization ends, where that is why there is an offer."""
    user: str | None = None
    """Name of the PagerDuty user that the person is linked to."""
    clicks: tuple[ClickView, ...] = ()
    """Those that met no link, in the order of their arrival."""
    left_out: bool = False
    """There were clicks on more cards: they are not done."""

    @property
    def is_only_edited(self) -> bool:
        """Nobody is written to in order to tell this."""
        return self.showing != "open" and not self.clicks


def fingerprint(view: LinkView) -> str:
    """Equal fingerprints look the same."""
    return hashlib.sha256(view.model_dump_json().encode()).hexdigest()[:16]


def view_of(state: State, notice: Notice, account: str) -> LinkView | None:
    """What the message is to show now; ``None`` while that is not known, or where it stays as it is."""
    if notice.ended == "kept":
        return None
    if notice.ended == "replaced":
        return LinkView(name=notice.name, showing="replaced", account=account)
    view = LinkView(name=notice.name, showing="expired", account=account)
    match state.step:
        case "open":
            return _open(state, view)
        case "linked":
            showing: Showing = "linked" if state.is_linked else "unlinked"
            return _with(view, showing=showing, user=state.user, **_clicks(state))
        case "expired":  # where there was nothing to use, nothing was missed
            return None if state.why == "teams_gone" else view
        case "new":
            return None


def due_view(state: State, notice: Notice, account: str) -> LinkView | None:
    """What the message is still to show; ``None``: it is in sync, or is given up."""
    view = None if notice.given_up else view_of(state, notice, account)
    if view is None or (view.is_only_edited and not notice.is_posted):
        return None
    return None if fingerprint(view) == notice.shown else view


def _open(state: State, view: LinkView) -> LinkView | None:
    link = state.link
    if link is None or link.id is None:
        return None
    is_offered = state.why != "teams_gone"
    authorized_at = state.known.authorized_at if state.known else None
    return _with(
        view,
        showing="open",
        why=state.why,
        offer=link.id if is_offered else None,
        until=link.expires_at if is_offered else None,
        year_ends_at=authorized_at + AUTHORIZATION_LIVES if state.why == "year" and authorized_at else None,
        **_clicks(state),
    )


def _clicks(state: State) -> dict[str, object]:
    clicks = tuple(
        ClickView(verb=one.met.click.verb, title=one.met.title, ending=one.ending) for one in state.clicks
    )
    return {"clicks": clicks, "left_out": state.left_out}


def _with(view: LinkView, **more: object) -> LinkView:
    return view.model_copy(update=more)
