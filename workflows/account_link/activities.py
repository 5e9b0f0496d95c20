"""The activities that ``AccountLink`` calls, and the one by which others tell it of a click."""

from pydantic import AwareDatetime

from workflows import options
from workflows.account_link.state import ClickEnding, KnownLink, MetClick
from workflows.account_link.view import LinkView
from workflows.contract import Activity
from workflows.notice import StoredNotice
from workflows.person import Person
from workflows.values import Value


class RestoreLink(Value):
    """Read what the rows know of a person's link to an account, and of the offers of one."""

    tenant: str
    person: str
    """AAD object id."""
    account: str
    subject: str
    """Id of the workflow, under which its messages stand."""


class StoredOffer(Value):
    """The row of an offer."""

    id: int
    state: str
    """By the database's clock: ``open``, or why it is not."""
    expires_at: AwareDatetime
    spent_name: str | None = None
    """Name of the PagerDuty user for whom it was spent."""
    link: int | None = None
    """The row of the link that came of it."""


class StoredLink(Value):
    """What a new run reads before anything else."""

    offer: StoredOffer | None = None
    """The newest."""
    known: KnownLink | None = None
    """The person's link; ``None``: they are not linked."""
    notices: tuple[StoredNotice, ...] = ()
    """But for those that another message has replaced, and that say so."""
    number: int = 0
    """The highest of the messages."""


class MakePersonalOffer(Value):
    """Make an offer in the place of the person's earlier ones for the account."""

    tenant: str
    person: str
    account: str
    request: str
    life: float
    """Seconds."""


class PersonalOffer(Value):
    """The row of the offer."""

    id: int
    expires_at: AwareDatetime
    is_open: bool


class ShowLink(Value):
    """Show this to the person: a message that is there is edited, else one is posted, at least once."""

    subject: str
    name: str
    tenant: str
    person: Person
    asked_in: str | None
    """The channel or group chat where the person is told alone; ``None``: the private chat."""
    view: LinkView
    content: str
    """Fingerprint of the view."""
    correlation: str = ""

    @property
    def recipient(self) -> str:
        """AAD object id of the person."""
        return self.person.aad_object_id

    @property
    def expanded(self) -> bool:
        """No message of this kind expands."""
        return False


class LinkShown(Value):
    """The message is there."""

    targeted: bool
    """Where others read too, and its person alone sees it."""


class DoMetClick(Value):
    """Ask the incident's run to do the click that met no link, with the link that came of it."""

    person: Person
    met: MetClick
    link: int
    """The new one's row."""

    @property
    def correlation(self) -> str:
        """Of the click."""
        return self.met.click.correlation


RESTORE_LINK = Activity("store.restore_link", RestoreLink, StoredLink, options.STORE)
MAKE_PERSONAL_OFFER = Activity("store.make_personal_offer", MakePersonalOffer, PersonalOffer, options.STORE)
SHOW_LINK = Activity("teams.show_link", ShowLink, LinkShown, options.TEAMS_PRIVATE)
DO_MET_CLICK = Activity("workflow.do_met_click", DoMetClick, ClickEnding, options.ASK_RUN)
"""Asked again it finds the outcome that was recorded: the click is done once."""
