"""The activities that ``TeamSetup`` calls: a row each, with what goes in and out."""

from typing import Literal

from pydantic import AwareDatetime, Field

from workflows import options
from workflows.bringing_in.activities import OfConnection
from workflows.contract import Activity, Done
from workflows.notice import StoredNotice
from workflows.person import Person
from workflows.team_setup.changes import RETURNS_WITHIN as RETURNS_WITHIN
from workflows.team_setup.changes import Change as Change
from workflows.team_setup.changes import Connected as Connected
from workflows.team_setup.changes import Connector as Connector
from workflows.team_setup.state import Away, Step
from workflows.team_setup.view import NoticeView
from workflows.values import Value

LinkKind = Literal["authorize", "consent"]


class RestoreSetup(Value):
    """Read what the rows know of a team's set-up; a row that upkeep has deleted meanwhile is made again."""

    tenant: str
    team: str
    key: str
    """The team's readable key, which is this run's."""
    name: str
    subject: str
    """Id of the workflow, under which its messages stand."""


class StoredLink(Value):
    """The row of an offer."""

    id: int
    kind: LinkKind
    request: str
    account: str | None
    state: str
    """``open``, or why it is not."""
    expires_at: AwareDatetime


class StoredSetup(Value):
    """What a new run reads before anything else."""

    name: str
    accounts: tuple[str, ...]
    """That are configured for the tenant; only the team's own where it belonged to one before."""
    account: str | None
    """That the team belongs to."""
    step: Step | None
    """``None``: the team was connected without a set-up, or nobody has heard of it yet."""
    installer: Person | None
    chosen_channel: str | None
    membership_at: AwareDatetime | None
    removed: bool
    away: Away | None = None
    """As the channels have it, which are suspended until the app is there and the team authorized."""
    is_authorized: bool
    authorized_at: AwareDatetime | None
    authorized_name: str | None
    missing: tuple[str, ...] | None
    """Required permissions that the last reading did not find; ``None``: nothing was read yet."""
    links: tuple[StoredLink, ...] = ()
    """The newest of each kind."""
    notices: tuple[StoredNotice, ...] = ()
    """But for those that another message has replaced, and that say so."""
    numbers: dict[str, int] = Field(default_factory=dict)
    """The highest of each kind's messages."""


class RecordSetup(Value):
    """Write how the set-up stands into the team's row."""

    team: str
    step: Step
    installer: str | None
    chosen_channel: str | None
    membership_at: AwareDatetime | None
    anew_at: AwareDatetime | None
    """When the app came back into the team: an earlier authorization counts no more."""
    ends_links: bool
    """Every open link of the team dies."""

    @property
    def removed(self) -> bool:
        """The app is not in the team."""
        return self.step == "removed"


class MakeOffer(Value):
    """Make a link in the place of the team's earlier ones of its kind."""

    kind: LinkKind
    tenant: str
    team: str
    account: str | None
    """``None`` for an authorization: the only one of the configuration by now."""
    request: str
    life: float
    """Seconds."""


class Offered(Value):
    """The row of the offer."""

    id: int
    account: str | None
    expires_at: AwareDatetime
    is_open: bool


class ShowNotice(Value):
    """Show this to a recipient: a message that is there is edited, else one is posted."""

    subject: str
    name: str
    recipient: str
    person: Person | None
    """``None``: a channel, where a message is posted at most once; to a person at least once."""
    tenant: str
    team: str
    view: NoticeView
    content: str
    """Fingerprint of the view."""
    correlation: str = ""

    @property
    def expanded(self) -> bool:
        """It shows what a PagerDuty Admin needs."""
        return self.view.expanded


class NoticeShown(Value):
    """How it ended."""

    certain: bool
    """``False``: an earlier call may have posted it, and it is not posted again."""


class OfTeam(Value):
    """A team of a tenant."""

    tenant: str
    team: str


class Names(Value):
    """What Teams calls the team."""

    name: str


class FollowTeam(Value):
    """Tell the rows what happened to the team, and let go of the cards in the channels that are suspended."""

    tenant: str
    team: str
    request: str
    """Names what is asked for, so that asking again answers the same."""
    changes: tuple[Change, ...]


class ChannelsChanged(Value):
    """What this request has changed, channels by their names: those that show incidents, and no others."""

    suspended: tuple[str, ...] = ()
    revived: tuple[str, ...] = ()
    connections: tuple[OfConnection, ...] = ()
    """Of the revived channels: what is open of their services comes in again."""
    owner: Person | None = None
    """Who installed the app; else the PagerDuty Admin who authorized the team, where that one is linked."""
    connectors: tuple[Connector, ...] = ()
    """Who connected services to these channels, but for those whom nobody can write to."""


class FindChannel(Value):
    """Look whether a channel in which a send was refused is there."""

    tenant: str
    team: str
    channel: str


class Found(Value):
    """What Teams tells of it."""

    has_app: bool
    """The team answers the bot."""
    is_there: bool
    """The channel is one of the team's."""


class ReadRoles(Value):
    """Read what a fresh token of the tenant grants."""

    tenant: str


class Roles(Value):
    """What is missing; ``None``: the token does not tell."""

    missing: tuple[str, ...] | None


RESTORE_SETUP = Activity("store.restore_setup", RestoreSetup, StoredSetup, options.STORE)
RECORD_SETUP = Activity("store.record_setup", RecordSetup, Done, options.STORE)
MAKE_OFFER = Activity("store.make_offer", MakeOffer, Offered, options.STORE)
WAKE_SETUPS = Activity("store.wake_setups", OfTeam, Done, options.SIGNAL_MANY)
"""Tells the tenant's other set-ups that wait for the consent that it may be there."""
FOLLOW_TEAM = Activity("store.follow_team", FollowTeam, ChannelsChanged, options.SIGNAL_MANY)
FIND_CHANNEL = Activity("teams.find_channel", FindChannel, Found, options.TEAMS_PRIVATE)
SHOW_NOTICE = Activity("teams.show_notice", ShowNotice, NoticeShown, options.TEAMS_PRIVATE)
READ_NAMES = Activity("teams.read_names", OfTeam, Names, options.TEAMS_PRIVATE)
READ_ROLES = Activity("graph.read_roles", ReadRoles, Roles, options.GRAPH_READ)
READ_ORGANIZATION = Activity("graph.read_organization", ReadRoles, Done, options.GRAPH_READ)
