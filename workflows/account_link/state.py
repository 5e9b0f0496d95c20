"""The state of one ``AccountLink`` run, as one frozen value."""

from typing import Any, Literal

from pydantic import AwareDatetime

from workflows.channel_incident.messages import CardKey
from workflows.degradations import Degradable
from workflows.values import Value
from workflows.verbs.click import Click
from workflows.verbs.outcomes import Outcome

Step = Literal["new", "open", "linked", "expired"]

Why = Literal["teams_gone", "asked", "clicked", "ended", "user_gone", "year"]
"""What made the offer: the link ended with the tenant's last team of the account, so that there is nothing to
offer; a button or ``linkUser``; a click that met no link; the link ended, as PagerDuty did
not refresh it any more; it ended, as PagerDuty has no such active user any more; the year of the
authorization ends soon."""

Reply = Literal[
    "sent",  # a message with the link is on its way
    "waiting",  # one is there already, and is open
    "already_linked",
    "done",  # it knows, and the messages say the rest
    "not_under_way",
]

Place = Literal["private", "here"]
"""Where a message is: in the private chat, or where the person was told, seen by them alone."""

MOST_ANSWERS = 50
MOST_CLICKS = 10
"""Of those that met no link, one a card: a message of Teams ends at 28 KB."""


class MetClick(Value):
    """A click that met no link: where, and the click itself."""

    card: CardKey
    title: str
    """What it was on, for the person: ``#42 Checkout latency``."""
    click: Click


class ClickEnding(Value):
    """How the click that met no link ended, once its person was linked."""

    kind: Literal[
        "outcome",  # the incident's run took it
        "later",  # the link came too late for it
        "card_gone",
        "rejected",  # the incident's run did not take it
        "unknown",  # nobody could be asked, or nobody answered
    ]
    outcome: Outcome | None = None


class KeptClick(Value):
    """A click that met no link, and what became of it."""

    met: MetClick
    ending: ClickEnding | None = None
    """``None``: it waits for the link, or is being done."""


class Link(Value):
    """An offer that the run asks for: its row is made by an activity, and decides."""

    request: str
    """Names what is asked for, so that asking again finds the same row."""
    asked_at: AwareDatetime
    id: int | None = None
    """Of the row; ``None``: it is not made yet."""
    expires_at: AwareDatetime | None = None
    is_over: bool = False
    """It is not open any more, as its row said."""


class KnownLink(Value):
    """The person's link to PagerDuty, as its row has it."""

    id: int
    name: str
    """The PagerDuty user's."""
    linked_at: AwareDatetime
    """By the database's clock."""
    authorized_at: AwareDatetime | None = None
    """By PagerDuty's clock; ``None``: the link was seeded."""
    is_told_of_year: bool = False
    """The person was told that the year of the authorization ends."""


class Notice(Value):
    """One message to the person: what became of it."""

    name: str
    """``link/2``: which of them."""
    asked_in: str | None = None
    """The channel or group chat where the person is told, seen by them alone; ``None``: the private chat."""
    ended: Literal["replaced", "kept"] | None = None
    """Another message has taken its place; ``kept``: it stays as it is."""
    shown: str | None = None
    """Fingerprint of what it shows; ``None``: nothing, or nobody knows."""
    showing: str | None = None
    """Of the view that it showed last."""
    is_posted: bool = False
    targeted: bool = False
    given_up: bool = False
    """It is gone, and nothing is to be said in its place."""
    failures: int = 0
    """Refusals in a row."""

    @property
    def number(self) -> int:
        """Which of the messages it is."""
        return int(self.name.partition("/")[2])

    @property
    def is_blocked(self) -> bool:
        """It is not there, and was refused: asking again asks for another one."""
        return not self.is_posted and self.failures > 0

    @property
    def place(self) -> Place:
        """Where it is, or is about to be."""
        return "here" if self.targeted or (self.asked_in and not self.is_posted) else "private"


class Answered(Value):
    """What a request was answered; the same one gets the same answer."""

    key: str
    reply: Reply
    name: str | None = None
    place: Place = "private"


class State(Degradable):
    """What the run knows."""

    step: Step = "new"
    origin: str = ""
    """Of the names of requests: the first run of the chain."""
    requests: int = 0
    link: Link | None = None
    """The offer."""
    known: KnownLink | None = None
    """The person's link; ``None``: they are not linked."""
    came: int | None = None
    """The row of the link that the message tells of, which came of the offer."""
    user: str | None = None
    """Name of its PagerDuty user."""
    why: Why = "asked"
    clicks: tuple[KeptClick, ...] = ()
    """Those that met no link, the newest of each card, in the order of their arrival."""
    left_out: bool = False
    """There were clicks on more cards than are kept: the person has to click there again."""
    notices: tuple[Notice, ...] = ()
    number: int = 0
    """The highest of the messages, of which some may be forgotten."""
    row_asks: int = 0
    """Things that happened, a deadline for one, of which the rows are still to decide what they mean."""
    cause: str = ""
    """Correlation id of what was asked for last."""
    answered: tuple[Answered, ...] = ()

    @property
    def is_under_way(self) -> bool:
        """The person has to do something."""
        return self.step == "open"

    @property
    def is_linked(self) -> bool:
        """The link that came of the offer is there."""
        return self.step == "linked" and self.known is not None and self.known.id == self.came

    @property
    def live(self) -> Notice | None:
        """The message that no other has replaced."""
        return next((one for one in reversed(self.notices) if one.ended is None), None)

    def with_row_asked(self) -> "State":
        """Something happened of which the rows decide what it means."""
        return self.replace(row_asks=self.row_asks + 1)

    def notice(self, name: str) -> Notice | None:
        """A message by its name."""
        return next((one for one in self.notices if one.name == name), None)

    def changed(self, notice: Notice, **changes: Any) -> "State":
        """Something is known of a message that is there; one that is forgotten stays forgotten."""
        return self.replace(
            notices=tuple(
                one.model_copy(update=changes) if one.name == notice.name else one for one in self.notices
            )
        )

    def answer(self, key: str) -> Answered | None:
        """What this request was answered."""
        return next((one for one in self.answered if one.key == key), None)
