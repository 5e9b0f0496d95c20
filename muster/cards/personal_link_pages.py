"""What the pages of personal links say in a browser; the success's first two lines are PagerDuty's guide's.

Nothing names whom a link was made for but to the browser in which that person proved who they are.
"""

from collections.abc import Mapping
from typing import NamedTuple

from muster.cards.link_pages import Invitation

LINKED = "You've successfully linked your user accounts."
_ACTS_AS = (
    "All PagerDuty actions you perform as {teams} in Microsoft Teams will be associated with {pagerduty}"
    " ({email}) in PagerDuty."
)
_UNDO = "To undo this, send unlinkUser to Muster in a private chat."
_REPLACED = "You were linked to {replaced} before. That link is gone, and its access with it."

OTHER_PERSON = "This link was made for another person, and works for that person alone. Nothing has changed."
SIGN_IN_AS_SOMEONE_ELSE = "Sign in as someone else"

_AGAIN = "Nothing has changed, and the link still works."
_OPERATOR = f"{_AGAIN} Tell whoever runs Muster."
_ADMIN = "a Microsoft admin of your organization sends appconnect to Muster in Teams."


class NotLinked(NamedTuple):
    """Why nobody was linked, and what to do."""

    why: str
    advice: str


NOT_LINKED: Mapping[str, NotLinked] = {
    "sign_in_denied": NotLinked(
        "Microsoft did not sign you in, or was told not to.",
        f"{_AGAIN} Try again, and allow it. Where your organization does not let you, {_ADMIN}",
    ),
    "not_consented": NotLinked(
        "Your organization has not allowed Muster to sign its people in.",
        f"{_AGAIN} Before you try again, {_ADMIN}",
    ),
    "sign_in_late": NotLinked(
        "The return from Microsoft came too late, or was used before.", f"{_AGAIN} Try again."
    ),
    "sign_in_app_refused": NotLinked(
        "Microsoft does not accept Muster's app as it is registered.", _OPERATOR
    ),
    "sign_in_unverified": NotLinked(
        "What Microsoft said of who you are could not be verified.",
        f"{_AGAIN} Try again. If it happens again, tell whoever runs Muster.",
    ),
    "other_tenant": NotLinked(
        "You signed in at Microsoft with an account of another organization.",
        "Nothing has changed. Only people of the organization that this link belongs to can use it.",
    ),
    "no_object_id": NotLinked(
        "Microsoft did not say which account of the organization you signed in with.",
        "Nothing has changed. Only people of the organization that this link belongs to can use it.",
    ),
    "account_left": NotLinked(
        "No team of your organization belongs to this PagerDuty account any more.",
        "Nothing has changed. You can link your accounts again when a team is connected to it.",
    ),
    "denied": NotLinked(
        "PagerDuty was told not to allow it.",
        f"{_AGAIN} Try again, and allow Muster to act for you.",
    ),
    "code_refused": NotLinked(
        "The return from PagerDuty came too late, or was used before.", f"{_AGAIN} Try again."
    ),
    "app_refused": NotLinked("PagerDuty does not accept Muster's app as it is registered.", _OPERATOR),
    "scope_missing": NotLinked(
        "PagerDuty granted fewer permissions than Muster asked for.",
        f"{_OPERATOR} Its app in PagerDuty lacks some of the scopes.",
    ),
    "id_token_wrong": NotLinked(
        "What PagerDuty said of who you are could not be verified.",
        f"{_AGAIN} Try again. If it happens again, tell whoever runs Muster.",
    ),
    "other_account": NotLinked(
        "You were signed in to another PagerDuty account than the one of this link.",
        f"{_AGAIN} Sign out there, and try again.",
    ),
    "other_region": NotLinked(
        "You were signed in to PagerDuty in another service region than the one of this link.",
        f"{_AGAIN} Sign out there, and try again.",
    ),
    "person_unread": NotLinked(
        "PagerDuty did not show Muster your user, which may be deactivated.",
        f"{_AGAIN} Ask an admin of the PagerDuty account before you try again.",
    ),
}
"""By reason."""


def personal_page(*, account: str) -> Invitation:
    """The page of an open link."""
    return Invitation(
        heading="Link your Microsoft Teams and PagerDuty accounts",
        text=(
            "You sign in at Microsoft, as the person whom this link was made for, and then at PagerDuty."
            " From then on your actions in Teams are done in PagerDuty as you."
        ),
        named=(("PagerDuty account", account),),
        button="Continue to Microsoft",
    )


def linked_text(*, teams: str, pagerduty: str, email: str, replaced: str | None) -> tuple[str, ...]:
    """That a person is linked now, for that person."""
    acts_as = _ACTS_AS.format(teams=teams, pagerduty=pagerduty, email=email)
    before = (_REPLACED.format(replaced=replaced),) if replaced else ()
    return (LINKED, acts_as, *before, _UNDO)


def other_person_text(*, name: str, address: str) -> tuple[str, ...]:
    """That somebody else is signed in, to whoever it is."""
    who = f"{name} ({address})" if name and address else name or address or "somebody without a name"
    return (f"You are signed in at Microsoft as {who}.", OTHER_PERSON)
