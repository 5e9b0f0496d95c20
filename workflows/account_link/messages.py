"""What travels between the edge and a run of ``AccountLink``.

It all lives in histories: the link is named by the id of its row, the person by their ids in Teams.
"""

from typing import Literal

from workflows.account_link.state import State
from workflows.channel_incident.messages import CardKey
from workflows.person import Person
from workflows.values import Value
from workflows.verbs.click import Click

Why = Literal["asked", "clicked", "ended", "year"]
"""What made the offer: a button or ``linkUser``; a click that met no link; the link ended, as PagerDuty did
not refresh it any more; the year of the authorization ends soon."""

Reply = Literal[
    "sent",  # a message with the link is on its way
    "waiting",  # one is there already, and is open
    "already_linked",
    "done",  # it knows, and the messages say the rest
    "not_under_way",
]


class Deadlines(Value):
    """Durations in seconds. They come with the start, so that tests pass milliseconds."""

    link: float = 3600
    """The offer (``MUSTER_LINK_LIFE``)."""
    click: float = 60
    """How long after a click that met no link it is done by the link that came of it."""


class Start(Value):
    """The input of a run. The rest is in the rows, which every run reads first."""

    tenant: str
    person: Person
    account: str
    deadlines: Deadlines = Deadlines()
    carried: State | None = None
    """From the run that continued as this one."""


class MetClick(Value):
    """A click that met no link: where, and the click itself."""

    card: CardKey
    title: str
    """What it was on, for the person: ``#42 Checkout latency``."""
    click: Click


class OfferLink(Value):
    """Offer the person a link."""

    key: str
    """Tells this request from every other, however often it is delivered."""
    why: Why
    conversation: str | None = None
    """The channel or group chat where the person is told, seen by them alone; ``None``: the private chat."""
    met: MetClick | None = None
    correlation: str | None = None


class Linked(Value):
    """An offer was spent; the row says by whom."""

    offer: int
    correlation: str | None = None


class LinkAnswer(Value):
    """What the API tells whoever asked: a code of muster/cards/links/sentences.py."""

    reply: Reply
    name: str | None = None
    """Of the PagerDuty user that the person is linked to."""
    place: Literal["private", "here"] = "private"
    """Where the message is: in the private chat, or where the person was told."""


class End(Value):
    """The result of a run, for operators: ``linked`` or ``expired``."""

    step: str
