"""The activities that ``ChannelIncident`` calls: a row each, with what goes in and out."""

from workflows import options
from workflows.channel_incident.messages import CardKey
from workflows.channel_incident.view import CardIdentity, View
from workflows.contract import Activity, Done
from workflows.following import Following
from workflows.incident.events import Details
from workflows.incident.news import Announcement
from workflows.incident.stamps import Stamp
from workflows.room import Room
from workflows.values import Value
from workflows.verbs.click import Click
from workflows.verbs.outcomes import Outcome, RecordedOutcome
from workflows.verbs.registry import CARD_VERBS


class ShowCard(Value):
    """Show this view: edit ``activity_id``, or post when there is none yet."""

    card: CardKey
    tenant: str
    activity_id: str | None
    view: View
    identity: CardIdentity
    content: str
    """Fingerprint of what the view shows; equal fingerprints look the same."""
    correlation: str


class Shown(Value):
    """The card is there. ``orphans`` counts messages whose answers were lost, over the card's life."""

    activity_id: str
    orphans: int
    recorded: bool = True
    """``False``: the message is there and its row could not be written; the next showing writes it."""
    found: bool = False
    """The row knew a message that the run did not: nobody was notified, and it shows the view now."""
    marker: str | None = None
    """What the found message carries, where it was not edited."""


class Reply(Value):
    """Say an announcement beside the card, at most once."""

    card: CardKey
    tenant: str
    activity_id: str
    announcement: Announcement
    view: View
    correlation: str


class Replied(Value):
    """Whether this call said it (``False``: an earlier call said it, or may have)."""

    said: bool


class DeleteMessage(Value):
    """Delete an orphan that somebody pressed, if the card's row knows it for one by its marker."""

    card: CardKey
    tenant: str
    activity_id: str
    marker: str
    correlation: str


class TellPerson(Value):
    """Tell one person, privately, how their click on this card ended."""

    card: CardKey
    tenant: str
    click: Click
    outcome: Outcome
    view: View | None


class OfferToClicker(Value):
    """Have whoever clicked without a link to PagerDuty offered one, by which the click may still be done."""

    card: CardKey
    tenant: str
    click: Click
    view: View | None


class DoVerb(Value):
    """Do what the verb of ``click`` says, as the person who clicked."""

    card: CardKey
    click: Click


class VerbDone(Value):
    """How it ended, with PagerDuty's incident where its answer held one."""

    outcome: Outcome
    details: Details | None = None
    stopped: Following | None = None
    """Where the incident is not followed here any more."""


class JudgedClick(Value):
    """A click that came to its outcome without a call to PagerDuty."""

    click: Click
    outcome: Outcome


class RecordClicks(Value):
    """Record these outcomes, all on one card."""

    card: CardKey
    clicks: tuple[JudgedClick, ...]


class ReadDetails(Value):
    """Read what webhooks do not carry; an earlier answer that includes ``wanted`` serves as well."""

    account: str
    incident_id: str
    wanted: Stamp
    fresh: bool = False
    """True: ask PagerDuty whatever is stored."""
    correlation: str


class StoredCard(Value):
    """What the row of a card holds for the run that follows an ended one."""

    activity_id: str | None = None
    marker: str | None = None
    """``None`` when nothing was ever sent."""
    revision: int = 0
    nonce: str | None = None
    content: str | None = None
    view: View | None = None
    following: Following | None = None
    """Who follows the incident there, and who stopped it; ``None``: nobody could stop it."""
    room: Room | None = None
    """The chat that was made for the incident, as the cards were told."""
    unknown: bool = False
    """A post was attempted and its outcome never recorded."""
    orphans: int = 0
    notified: tuple[str, ...] = ()
    clicks: tuple[RecordedOutcome, ...] = ()


SHOW_CARD = Activity("teams.show_card", ShowCard, Shown, options.TEAMS_SHOW)
REPLY = Activity("teams.reply", Reply, Replied, options.TEAMS_SHOW)
DELETE_MESSAGE = Activity("teams.delete_message", DeleteMessage, Done, options.TEAMS_SHOW)
TELL_PERSON = Activity("teams.tell_person", TellPerson, Done, options.TEAMS_PRIVATE)
OFFER_LINK = Activity("workflow.offer_link", OfferToClicker, Done, options.SIGNAL_ONE)
VERB_CALLS = {
    verb.activity: Activity(verb.activity, DoVerb, VerbDone, options.PAGERDUTY_INTERACTIVE)
    for verb in CARD_VERBS.values()
}
"""By the activity's name: one for each that some verb names."""
CHANGE_STATUS = VERB_CALLS["pagerduty.change_status"]
STOP_FOLLOWING = VERB_CALLS["store.stop_following"]
READ_DETAILS = Activity("pagerduty.read_details", ReadDetails, Details, options.PAGERDUTY_READ)
RESTORE_INCIDENT = Activity("pagerduty.recall_incident", ReadDetails, Details, options.PAGERDUTY_RESTORE)
RESTORE_CARD = Activity("store.recall_card", CardKey, StoredCard, options.STORE)
RECORD_CLICKS = Activity("store.record_clicks", RecordClicks, Done, options.STORE)
