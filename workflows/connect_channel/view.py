"""From a state to what each of its messages shows."""

import hashlib
from typing import Literal

from pydantic import AwareDatetime

from workflows.connect_channel.state import Brought, Followed, Notice, Offer, State
from workflows.values import Value

Showing = Literal[
    "late",  # connecting takes longer, and why
    "connected",
    "disconnected",
    "welcome",  # the channel's
    "welcome_ended",  # the same since its connection has ended
]


class ConnectionView(Value):
    """What one message shows."""

    name: str
    showing: Showing
    account: str
    service: str
    service_name: str
    channel_name: str = ""
    by: str | None = None
    """Who connected it."""
    since: AwareDatetime | None = None
    reason: str | None = None
    """Name of the error that holds up connecting. ``None``: nobody knows."""
    code: str | None = None
    """What the error says closer (``Failure.code``)."""
    ended_by: str | None = None
    ended_at: AwareDatetime | None = None
    offer: Offer | None = None
    """Open incidents that can be brought in. ``None``: the message offers none."""
    brought: Brought | None = None
    """Those that were brought in."""

    @property
    def is_only_edited(self) -> bool:
        """No message is posted in order to tell this."""
        return self.showing in ("disconnected", "welcome_ended")


def fingerprint(view: ConnectionView) -> str:
    """Equal fingerprints look the same."""
    return hashlib.sha256(view.model_dump_json().encode()).hexdigest()[:16]


def view_of(
    state: State, notice: Notice, *, account: str, service: str, channel: str
) -> ConnectionView | None:
    """What the message is to show now; ``None`` while that is not known, or where it stays as it is."""
    followed = state.of(notice.connection)
    if followed is None:
        return None
    row = followed.connection

    def showing(showing: Showing, **more: object) -> ConnectionView:
        view = ConnectionView(
            name=notice.name,
            showing=showing,
            account=account,
            service=service,
            service_name=row.service_name,
            channel_name=channel,
            by=row.by,
            since=row.since,
        )
        return _with(view, **more)

    if not followed.is_live:
        if notice.is_welcome:
            return showing("welcome_ended")
        return showing("disconnected", ended_by=row.ended_by, ended_at=row.ended_at)
    if followed.is_ready:
        view = showing("welcome" if notice.is_welcome else "connected")
        return _offering(view, notice, followed) if notice == state.offers(row.id) else view
    if notice.is_welcome or not followed.is_late:
        return None
    cause = next((one for one in state.degradations if one.name == "subscription"), None)
    return showing("late", reason=cause and cause.reason, code=cause and cause.code)


def due_view(
    state: State, notice: Notice, *, account: str, service: str, channel: str
) -> ConnectionView | None:
    """What the message is still to show; ``None``: it is in sync, or is given up.

    A connection that is ready in a moment is not told before it is.
    """
    if notice.given_up:
        return None
    view = view_of(state, notice, account=account, service=service, channel=channel)
    if view is None or (view.is_only_edited and not notice.is_posted):
        return None
    if view.showing == notice.left_as and view.brought is None:
        return None
    return None if fingerprint(view) == notice.shown else view


def _offering(view: ConnectionView, notice: Notice, followed: Followed) -> ConnectionView | None:
    """With what is offered, or what came of it; ``None`` until PagerDuty was asked."""
    if followed.brought is not None:
        return _with(view, brought=followed.brought)
    if followed.offer is None:
        return None if notice.left_as is None else view
    return view if followed.offer.count == 0 else _with(view, offer=followed.offer)


def _with(view: ConnectionView, **more: object) -> ConnectionView:
    return view.model_copy(update=more)
