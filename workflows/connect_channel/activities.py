"""The activities that connecting a service to a channel calls."""

from workflows import options
from workflows.connect_channel.state import Connection, Unheard, Unread, Unrecorded
from workflows.connect_channel.view import ConnectionView
from workflows.contract import Activity, Done
from workflows.notice import StoredNotice
from workflows.person import Person
from workflows.rights import Rights
from workflows.values import Value


class ReadRights(Value):
    """Whose rights to which service."""

    account: str
    link: int
    """By whose token PagerDuty is asked."""
    service: str
    correlation: str | None = None


class RightsRead(Value):
    """What was read, or why nothing was: one of the two."""

    rights: Rights | None = None
    unread: Unread | None = None


class RestoreConnection(Value):
    """Read what the rows know of a service and a channel."""

    account: str
    service: str
    conversation: str
    subject: str
    """Id of the workflow, under which its messages stand."""


class StoredConnection(Value):
    """What a new run reads before anything else."""

    connection: Connection | None = None
    """The one that there is."""
    notices: tuple[StoredNotice, ...] = ()


class RecordConnection(Value):
    """Write the row of a connection, and the message that is to show it."""

    tenant: str
    account: str
    service: str
    service_name: str
    conversation: str
    subject: str
    request: str
    """Names what is asked for, so that asking again finds the same row."""
    person: Person
    message: str | None = None
    """Activity id of the card that goes on as the connection's."""
    correlation: str | None = None


class ConnectionRecorded(Value):
    """The row, or why there is none of this request."""

    connection: Connection | None = None
    """The one that there is: this request's, or where it is ``already_connected`` another one's."""
    unrecorded: Unrecorded | None = None


class EndConnection(Value):
    """End a connection; its row is kept."""

    connection: int
    request: str
    """Names what is asked for: it ends one connection, however often and in whichever run it is asked."""
    person: Person
    correlation: str | None = None


class ConnectionEnded(Value):
    """The row that the request ended, as it is then; perhaps in an earlier run, and another one."""

    connection: Connection | None
    """``None``: it is not there any more, since its team was forgotten."""


class TellAsker(Value):
    """Tell whoever asked, privately, what they were answered when nobody waited for it any more."""

    tenant: str
    conversation: str
    """Where they asked."""
    unheard: Unheard
    correlation: str | None = None


class ShowConnection(Value):
    """Show this in the channel: a message that is there is edited, else one is posted, at most once."""

    subject: str
    name: str
    tenant: str
    recipient: str
    """The conversation."""
    view: ConnectionView
    content: str
    """Fingerprint of the view."""
    correlation: str = ""

    @property
    def person(self) -> Person | None:
        """Everybody in the channel reads it."""
        return None

    @property
    def expanded(self) -> bool:
        """No message of this kind expands."""
        return False


class ConnectionShown(Value):
    """Whether the message is known to be there: an answer may be lost for good."""

    certain: bool


READ_RIGHTS = Activity("pagerduty.read_rights", ReadRights, RightsRead, options.PAGERDUTY_INTERACTIVE)
RESTORE_CONNECTION = Activity("store.restore_connection", RestoreConnection, StoredConnection, options.STORE)
RECORD_CONNECTION = Activity("store.record_connection", RecordConnection, ConnectionRecorded, options.STORE)
END_CONNECTION = Activity("store.end_connection", EndConnection, ConnectionEnded, options.STORE)
SHOW_CONNECTION = Activity("teams.show_connection", ShowConnection, ConnectionShown, options.TEAMS_SHOW)
TELL_ASKER = Activity("teams.tell_asker", TellAsker, Done, options.TEAMS_PRIVATE)
