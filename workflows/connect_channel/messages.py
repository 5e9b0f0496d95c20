"""What travels between the edge and a run of ``ConnectChannel``.

It all lives in histories: the person is named by their ids in Teams, their link by the id of its row.
"""

from pydantic import AwareDatetime

from workflows.connect_channel.state import ConnectAnswer as ConnectAnswer
from workflows.connect_channel.state import State
from workflows.person import Person
from workflows.values import Value


class Deadlines(Value):
    """Durations in seconds. They come with the start, so that tests pass milliseconds."""

    late: float = 60
    """How long connecting may take before the channel is told why it does."""


class Start(Value):
    """The input of a run. The rest is in the rows, which every run reads first."""

    tenant: str
    account: str
    service: str
    """PagerDuty's id."""
    service_name: str = ""
    """As far as whoever starts the run knows it."""
    conversation: str
    key: str
    """The conversation's."""
    channel_name: str
    """As operators read it: ``Payments/#ops``."""
    deadlines: Deadlines = Deadlines()
    carried: State | None = None
    """From the run that continued as this one."""


class Asked(Value):
    """Somebody asks to connect the service to the channel, to disconnect it, or for its open incidents."""

    key: str
    """Tells this click from every other, however often it is delivered."""
    person: Person
    link: int
    """Of their link's row: PagerDuty is asked as them."""
    message: str | None = None
    """Activity id of the card that was pressed. ``None``: a command, or the web page."""
    received_at: AwareDatetime
    correlation: str | None = None


class End(Value):
    """The result of a run, for operators: ``connected`` or ``disconnected``."""

    step: str
