"""How a click ended, as codes. ``muster.cards.outcomes`` has the sentences."""

from typing import Literal

from workflows.incident.values import Status
from workflows.meeting import Hindrance
from workflows.values import Value

OutcomeKind = Literal["done", "already", "stale", "unlinked", "refused", "failed", "late"]

Reason = Literal[
    "link_removed",
    "link_ended",
    "link_rejected",
    "forbidden",
    "already_changed",
    "refused_by_pagerduty",
    "not_followed",
    "by_connection",
    "may_not_write",
    "nobody_to_talk_to",
    "owner_absent",
    "empty_name",
    "not_granted",
    "no_organiser",
    "not_found",
    "conflict",
    "rate_limited",
    "not_sent",
    "app_refused",
    "answer_lost",
    "chat_unknown",
    "not_made",
    "meeting_not_made",
    "owner_unknown",
    "no_chat",
    "not_changed",
    "unavailable",
]
"""Why a click was ``refused`` (the first fourteen) or ``failed`` (the others).

``link_removed``: the person unlinked meanwhile. ``link_ended``: PagerDuty does not refresh the link any more,
and the person has to link again. ``link_rejected``: PagerDuty does not accept the link's
token. ``forbidden``: PagerDuty does not let this person do it. ``already_changed``: PagerDuty says that it
is done already, and shows it otherwise. ``refused_by_pagerduty``: PagerDuty answered, and did not do it
whoever asks; ``says`` has its words. ``not_followed``: somebody stopped following the incident in this
conversation. ``by_connection``: a connection of the conversation brings the incident, so that nobody stops
it. ``may_not_write``: the person's role writes no notes. ``nobody_to_talk_to``: of an incident's people
nobody but whoever pressed was found. ``owner_absent``: who is to own it is not linked, and has no account in
the organization; ``says`` is the permission without which nobody could look. ``empty_name``: nothing that
people can read is left of a name. ``not_granted``: a Microsoft permission is missing, which ``says``
names. ``no_organiser``: there is nobody in whose name a meeting can be made; ``hindrances`` tells why.
``chat_unknown``: nobody knows whether a chat was made; ``says`` is its topic. ``not_made``: Microsoft
refuses it, ``says`` names the error. ``meeting_not_made``: likewise. ``owner_unknown``: PagerDuty does not
know who is to own the chat. ``no_chat``: the incident has none in which anything could be done.
``not_changed``: Microsoft refuses a change of the chat, ``says`` names the error.
``not_found``: PagerDuty does not know the incident. ``conflict``:
somebody else changed the incident at
that moment. ``not_sent``: the request cannot be written.
``app_refused``: PagerDuty refuses the app itself, so that it could not be asked as anybody.
``rate_limited``, ``answer_lost``, ``unavailable``: as their names say.
"""


class Outcome(Value):
    """How a click ended; recorded once per click key.

    ``done`` changed PagerDuty; ``already`` found it so; ``stale`` would have undone something;
    ``unlinked`` and ``refused`` may not; ``failed`` could not; ``late`` came too late to be wanted.
    """

    kind: OutcomeKind
    reason: Reason | None = None
    by: str | None = None
    """Name of who had changed the incident before, or of the person whom PagerDuty refused."""
    status: Status | None = None
    """Status of the incident after the click, where it is known."""
    code: str | None = None
    """PagerDuty's number of its refusal."""
    says: str | None = None
    """PagerDuty's own words of its refusal: another's text, to be escaped where it is shown."""
    hindrances: tuple[Hindrance, ...] = ()
    """Why nobody organises the meeting. Rows do not keep them."""


class RecordedOutcome(Value):
    """An outcome with the key of its click."""

    key: str
    outcome: Outcome


MAY_BE_REPEATED: frozenset[OutcomeKind] = frozenset({"refused", "failed", "late"})
"""After these the button may be pressed again, as a new click, on a card with a new nonce."""

NOT_DONE: frozenset[OutcomeKind] = MAY_BE_REPEATED | {"unlinked"}
"""Outcomes that left PagerDuty as it was, for a reason that the answer alone tells."""

TOLD_PRIVATELY: frozenset[OutcomeKind] = MAY_BE_REPEATED | {"stale"}
"""Outcomes that the person must hear of when the answer to the click could not wait for them."""
