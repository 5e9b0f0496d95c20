"""The state of one ``TeamSetup`` run, as one frozen value."""

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from workflows.bringing_in.activities import OfConnection
from workflows.degradations import Degradable
from workflows.person import Person
from workflows.team_setup.changes import Change, Telling
from workflows.values import Value

Step = Literal["new", "choosing", "authorizing", "consenting", "complete", "removed", "abandoned"]
UNDER_WAY: frozenset[Step] = frozenset({"choosing", "authorizing", "consenting"})
CONNECTED: frozenset[Step] = frozenset({"consenting", "complete"})
"""The team belongs to an account."""

Away = Literal["for_now", "for_good"]
"""The app left the team, or the team was deleted: whether that was final."""

NoticeKind = Literal["installer", "admin", "consent", "way-on", "welcome", "life"]
"""``installer`` and ``admin`` hold an Authorize link: for whoever installed, for whoever wrote its KEY.
``life`` tells what became of channels."""
LINK_KINDS: frozenset[NoticeKind] = frozenset({"installer", "admin"})
PUBLIC_KINDS: frozenset[NoticeKind] = frozenset({"way-on", "welcome"})
"""Everybody in a channel reads them."""

Reply = Literal[
    "done",  # the messages say the rest
    "sent_privately",
    "already_connected",
    "already_complete",
    "not_under_way",  # there is nothing to do for this
    "account_unknown",
    "removed",  # the app is not in the team
]

MOST_ANSWERS = 50


class Link(Value):
    """An offer of a link that the run asks for: its row is made by an activity, and decides."""

    request: str
    """Names what is asked for, so that asking again finds the same row."""
    account: str | None = None
    """That an authorization is for."""
    id: int | None = None
    """Of the row; ``None``: it is not made yet."""
    expires_at: AwareDatetime | None = None
    is_over: bool = False
    """It is not open any more, as its row said."""
    is_shown: bool = False
    """Its KEY was written where others read it, which ended it."""

    @property
    def is_usable(self) -> bool:
        """It is open, or is about to be."""
        return not self.is_over


class Notice(Value):
    """One message to one recipient: what became of it."""

    name: str
    """``installer/2``: the kind, and which of them."""
    recipient: str
    """AAD object id of a person, or id of a channel."""
    person: Person | None = None
    """``None``: a channel, where everybody reads it."""
    ended: Literal["replaced", "handed_over"] | None = None
    """Another message has taken its place; ``handed_over``: somebody else's."""
    expanded: bool = False
    """It shows what a PagerDuty Admin needs."""
    shown: str | None = None
    """Fingerprint of what it shows; ``None``: nothing, or nobody knows."""
    is_posted: bool = False
    given_up: bool = False
    """It cannot be shown to this recipient."""
    failures: int = 0
    """In a row."""
    telling: Telling | None = None
    """What one of the kind ``life`` says; ``None``: it was said by an earlier run, and stays as it is."""

    @property
    def kind(self) -> NoticeKind:
        """Which kind of message it is."""
        kind: NoticeKind = self.name.partition("/")[0]  # type: ignore[assignment]  # what we wrote
        return kind


class Answered(Value):
    """What a click or a command was answered; the same one gets the same answer."""

    key: str
    reply: Reply
    to: str | None = None


class Reading(Value):
    """Readings of the granted roles, since somebody came back from the consent page."""

    number: int
    """Of those that were made."""
    since: AwareDatetime


class SendRefused(Value):
    """Teams refused a send into a channel of the team, and no event was heard that says why."""

    channel: str
    at: AwareDatetime
    """When the send began. What brings the channel back later explains the refusal."""
    is_certain: bool
    """``False``: Teams also refuses so at random, for a channel that is fine."""
    correlation: str | None = None


class Revived(Value):
    """A connection of a channel that is there again: its service's open incidents are to be brought in."""

    connection: OfConnection
    number: int
    """Of the request that revived the channel: it may go away and come back while incidents come in."""
    failures: int = 0


class State(Degradable):
    """What the run knows."""

    step: Step = "new"
    team: str = ""
    """Its thread id, which is its channel General's too."""
    name: str = ""
    """The team's."""
    accounts: tuple[str, ...] = ()
    """Keys of the accounts that the team may belong to."""
    account: str | None = None
    """The chosen one, or the one that the team belongs to."""
    is_authorized: bool = False
    authorized_name: str | None = None
    installer: str | None = None
    """AAD object id of whoever installed the app."""
    holder: Person | None = None
    """Who gets the cards: whoever installed the app, or asked for a new link."""
    chosen_channel: str | None = None
    membership_at: AwareDatetime | None = None
    """Time of the newest activity that told an installation or a removal."""
    anew_at: AwareDatetime | None = None
    """When the app came back into the team, in this run: an earlier authorization counts no more."""
    away: Away | None = None
    """The team's channels are suspended since the app left it; where it came back too late, until the team is
    authorized again."""
    moved_at: AwareDatetime | None = None
    """When somebody last did something for the set-up."""

    origin: str = ""
    """Of the names of requests: the first run of the chain."""
    requests: int = 0
    link: Link | None = None
    """To authorize the team."""
    consent_link: Link | None = None
    notices: tuple[Notice, ...] = ()
    numbers: dict[str, int] = Field(default_factory=dict)
    """The highest of each kind's messages, of which some may be forgotten."""

    missing: tuple[str, ...] | None = None
    """Required permissions that are not granted; ``None``: not known."""
    roles_wanted: bool = False
    """The granted roles are to be read now."""
    roles_unread: bool = False
    """They could not be read."""
    reading: Reading | None = None
    consent_refused: bool = False
    names_wanted: bool = True
    row_asks: int = 0
    """Things that happened, a deadline for one, of which the rows are still to decide what they mean."""
    neighbours_wanted: bool = False
    """Other set-ups of the tenant are to hear of the consent."""
    organization_wanted: bool = False
    """The tenant's name is to be read."""
    changes: tuple[Change, ...] = ()
    """What happened to the team and its channels, as far as the rows do not know it yet."""
    followed: int = 0
    """How often the rows were told, in this chain of runs."""
    revived: tuple[Revived, ...] = ()
    refused_sends: tuple[SendRefused, ...] = ()
    """Of which it is still to be found out why."""
    recorded: str | None = None
    """Fingerprint of what the row holds."""
    answered: tuple[Answered, ...] = ()

    @property
    def is_under_way(self) -> bool:
        """Somebody has to do something."""
        return self.step in UNDER_WAY

    @property
    def lacks_account(self) -> bool:
        """No account is configured for the tenant: an operator has to."""
        return self.step == "authorizing" and self.account is None and not self.accounts

    def with_row_asked(self) -> "State":
        """Something happened of which the rows decide what it means."""
        return self.replace(row_asks=self.row_asks + 1)

    def notice(self, name: str, recipient: str) -> Notice | None:
        """A message by its key."""
        return next((one for one in self.notices if (one.name, one.recipient) == (name, recipient)), None)

    def live(self, *kinds: NoticeKind) -> tuple[Notice, ...]:
        """Messages of these kinds that no other has replaced."""
        return tuple(one for one in self.notices if one.kind in kinds and one.ended is None)

    def with_notice(self, notice: Notice) -> "State":
        """A message is new, or has changed."""
        known = self.notice(notice.name, notice.recipient)
        if known is None:
            return self.replace(notices=(*self.notices, notice))
        return self.replace(notices=tuple(notice if one is known else one for one in self.notices))

    def with_new_notice(self, kind: NoticeKind, person: Person | None, channel: str | None = None) -> "State":
        """One more message of a kind, to a person or to a channel, which is General by default."""
        number = 1 + self.numbers.get(kind, 0)
        recipient = person.aad_object_id if person else channel or self.team
        state = self.replace(numbers={**self.numbers, kind: number})
        return state.with_notice(Notice(name=f"{kind}/{number}", recipient=recipient, person=person))

    def changed(self, notice: Notice, **changes: Any) -> "State":
        """Something is known of a message that is there; one that is gone stays gone."""
        known = self.notice(notice.name, notice.recipient)
        return self if known is None else self.with_notice(known.model_copy(update=changes))

    def answer(self, key: str) -> Answered | None:
        """What this click or command was answered."""
        return next((one for one in self.answered if one.key == key), None)
