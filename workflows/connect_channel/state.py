"""The state of one ``ConnectChannel`` run, as one frozen value."""

from typing import Any, Literal

from pydantic import AwareDatetime

from workflows.degradations import Degradable
from workflows.person import Person
from workflows.rights import Denial, ServiceTeam
from workflows.values import Value

Unread = Literal["link_removed", "link_ended", "link_rejected", "user_gone", "forbidden", "app_refused"]
"""Why PagerDuty did not tell what a person may do.

``link_removed``: the person unlinked. ``link_ended``: PagerDuty does not refresh the link any more.
``link_rejected``: PagerDuty does not accept the link's token. ``user_gone``: the account does not have the
user any more. ``forbidden``: the link's token may not read this. ``app_refused``: PagerDuty refuses the app.
"""

Kind = Literal["connect", "disconnect"]
Request = Kind | Literal["bring_in"]
"""What somebody asks a run for."""

Unrecorded = Literal[
    "already_connected", "ended_since", "team_not_authorized", "channel_suspended", "channel_gone"
]
"""Why no connection was recorded.

``already_connected``: there is one. ``ended_since``: the same click made one, which was ended since.
``team_not_authorized``: the channel's team does not belong to the account. ``channel_suspended``: nothing
appears in the channel for now. ``channel_gone``: the channel is not there for the bot.
"""

Reply = (
    Literal[
        "connected",  # the row is there; the card says how it goes on
        "disconnected",
        "not_connected",  # there is nothing to disconnect, or to bring incidents in for
        "brought_in",  # the open incidents are there: just now, or since somebody asked for it before
        "bringing_in",  # that is under way; the message says when it is done
        "nothing_open",
        "service_disabled",
        "pagerduty_unavailable",  # it did not tell what the person may do; nothing was changed
        "pagerduty_refused",
        "too_late",  # the click came minutes after it was made
        "working",  # it is taken, and is done when this can be
    ]
    | Denial
    | Unread
    | Unrecorded
)

MOST_ANSWERS = 50

BRINGING_IN = "bringing in"
"""Name of the reconciler, in degradations."""


class ConnectAnswer(Value):
    """What the API tells whoever pressed."""

    reply: Reply
    service_name: str = ""
    by: str | None = None
    """Who connected the service, or brought its incidents in. ``None``: nobody, or it was seeded."""
    since: AwareDatetime | None = None
    count: int = 0
    """Open incidents that were brought in."""
    more: bool = False
    """Others are open."""
    teams: tuple[ServiceTeam, ...] = ()
    """The service's, with those whom a person can ask who may not do this."""


class Wanted(Value):
    """What somebody who may do it asked for; its row is to be written."""

    kind: Kind
    key: str
    person: Person
    service_name: str = ""
    message: str | None = None
    """Activity id of the card that was pressed: it goes on as the connection's."""


class Bringing(Value):
    """Somebody who sees the service asked for its open incidents."""

    key: str
    person: Person
    connection: int


class Brought(Value):
    """Open incidents were brought in."""

    count: int
    more: bool
    by: str
    at: AwareDatetime
    page: str | None = None
    """Where in PagerDuty the others are."""


class Offer(Value):
    """How many open incidents the channel is offered to have brought in."""

    count: int | None
    """``None``: PagerDuty did not tell."""
    more: bool = False


class Connection(Value):
    """A connection's row."""

    id: int
    service_name: str
    since: AwareDatetime
    by: str | None = None
    """Name of whoever made it. ``None``: it was seeded."""
    is_first: bool = False
    """Of its channel: whoever reads there is to hear of Muster."""
    ended_at: AwareDatetime | None = None
    ended_by: str | None = None


class Followed(Value):
    """A connection that the run has met, and how far the outside is in step with its row."""

    connection: Connection
    recorded_at: AwareDatetime
    """When this run heard of the row, by its own clock."""
    is_ready: bool = False
    """Its incidents arrive: the account's subscription was seen to be there after the row was."""
    is_late: bool = False
    """That takes longer than people are let wait without a word."""
    offer: Offer | None = None
    """``None``: nobody has asked PagerDuty yet."""
    brought: Brought | None = None

    @property
    def is_live(self) -> bool:
        """It has not ended."""
        return self.connection.ended_at is None


class Notice(Value):
    """One message in the channel: what became of it."""

    name: str
    """``connection/7``: the card of that row. ``welcome/7``: of the channel that it was the first of."""
    shown: str | None = None
    """Fingerprint of what it shows; ``None``: nothing, or nobody knows."""
    left_as: str | None = None
    """Which showing an earlier run left it at: it stays so until something else is to be shown."""
    is_posted: bool = False
    given_up: bool = False
    """It is gone, or may be there unknown: nothing is said in its place."""
    failures: int = 0
    """Refusals in a row."""

    @property
    def connection(self) -> int:
        """Id of the row that it is about."""
        return int(self.name.partition("/")[2])

    @property
    def is_welcome(self) -> bool:
        """It greets the channel."""
        return self.name.startswith("welcome/")


class Answered(Value):
    """What somebody was answered; the same click gets the same answer."""

    key: str
    answer: ConnectAnswer


class Unheard(Value):
    """What somebody was answered when the API did not wait for it any more."""

    key: str
    kind: Request
    person: Person
    is_click: bool
    """They pressed a button, and did not send a command."""
    asked_at: AwareDatetime
    correlation: str | None = None
    answer: ConnectAnswer


class State(Degradable):
    """What the run knows."""

    followed: tuple[Followed, ...] = ()
    """The newest one last; others of this pair have ended."""
    wanted: tuple[Wanted, ...] = ()
    """In the order in which they were asked for."""
    changes: int = 0
    """Rows that were written."""
    converged: int = 0
    """Of them, those after which the account's subscription was brought in step."""
    waits_for: str | None = None
    """What the subscription is looked at again for, though it is in step."""
    notices: tuple[Notice, ...] = ()
    cause: str = ""
    """Correlation id of what was asked for last."""
    answered: tuple[Answered, ...] = ()
    unheard: tuple[Unheard, ...] = ()
    """What is to be told privately, the oldest first."""
    told: tuple[str, ...] = ()
    """Keys of those that were told, or may have been."""
    bringing: Bringing | None = None
    """Whose open incidents are to be brought in."""
    asked_to_bring: int = 0
    """How often somebody asked for them."""

    @property
    def live(self) -> Followed | None:
        """The connection that there is."""
        return next((one for one in reversed(self.followed) if one.is_live), None)

    @property
    def can_bring_in(self) -> bool:
        """What happens to the incidents later arrives; or the connection has ended, and none come."""
        return self.live is None or self.live.is_ready

    @property
    def step(self) -> str:
        """How it stands, for operators."""
        if self.converged < self.changes or self.wanted:
            return "connecting" if self.live or self.wanted else "disconnecting"
        if self.bringing:
            return "bringing in"
        return "connected" if self.live else "disconnected"

    def of(self, connection: int) -> Followed | None:
        """A connection by the id of its row."""
        return next((one for one in self.followed if one.connection.id == connection), None)

    def offers(self, connection: int) -> Notice | None:
        """The one message that offers a connection's open incidents: the channel's welcome, else its card.

        One that may not be there offers nothing.
        """
        mine = [one for one in self.notices if one.connection == connection and not one.given_up]
        return max(mine, key=lambda one: one.is_welcome, default=None)

    def with_followed(self, changed: Followed) -> "State":
        """Something is known of a connection."""
        others = (one for one in self.followed if one.connection.id != changed.connection.id)
        return self.replace(followed=(*others, changed))

    def changed(self, notice: Notice, **changes: Any) -> "State":
        """Something is known of a message."""
        return self.replace(
            notices=tuple(
                one.model_copy(update=changes) if one.name == notice.name else one for one in self.notices
            )
        )

    def answer(self, key: str) -> ConnectAnswer | None:
        """What this click was answered."""
        return next((one.answer for one in self.answered if one.key == key), None)
