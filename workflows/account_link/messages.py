"""What travels between the edge and a run of ``AccountLink``.

It all lives in histories: the link is named by the id of its row, the person by their ids in Teams.
"""

from workflows.account_link.state import MetClick as MetClick
from workflows.account_link.state import Place, Reply, State, Why
from workflows.person import Person
from workflows.values import Value


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
    place: Place = "private"


class End(Value):
    """The result of a run, for operators: ``linked`` or ``expired``."""

    step: str
