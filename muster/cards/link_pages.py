"""What the pages of links say in a browser; the texts of success and failure are PagerDuty's own guide's."""

from collections.abc import Mapping
from dataclasses import dataclass

CONNECTED = "You've successfully connected the {team} team to PagerDuty."
_CANNOT = "We can't connect Microsoft Teams to PagerDuty."
FAILED = f"{_CANNOT} Authorization cannot be completed at this time. You may close this window."
INVALID = (
    f"{_CANNOT} The authorization link has expired or is not valid. Return to Teams to generate a new one."
    " You may close this window."
)
TRY_AGAIN = "Something that is needed for it does not answer right now. Try again in a moment."

CONSENTED = (
    "Thank you. Muster is now reading which permissions were granted, and says in Teams what came of it."
    " You may close this window."
)
NOT_CONSENTED = (
    "The permissions were not granted, and nothing has changed. The button in Teams stays."
    " You may close this window."
)

REASONS: Mapping[str, str] = {
    "denied": "PagerDuty was told not to allow it.",
    "code_refused": "The return from PagerDuty came too late, or was used before.",
    "app_refused": "PagerDuty does not accept Muster's app as it is registered: tell whoever runs Muster.",
    "scope_missing": "Muster's app in PagerDuty lacks the scope users.read: tell whoever runs Muster.",
    "id_token_wrong": "What PagerDuty said of who you are could not be verified.",
    "other_account": "You were signed in to another PagerDuty account than the one of this link.",
    "other_region": "You were signed in to PagerDuty in another service region than the one of this link.",
    "person_unread": "PagerDuty did not let Muster read your user.",
    "role_too_low": "Only an Account Owner or a Global Admin of the PagerDuty account can authorize a team.",
}
"""Why an authorization did not connect the team, in one line."""


@dataclass(frozen=True)
class Invitation:
    """The page of a link that is open: what will happen, about whom, and the button that goes on."""

    heading: str
    text: str
    named: tuple[tuple[str, str], ...]
    button: str


def authorize_page(*, team: str, installer: str | None, account: str) -> Invitation:
    """An Authorize link."""
    return Invitation(
        heading="Connect a Microsoft Teams team to PagerDuty",
        text=(
            "You sign in at PagerDuty, as an Account Owner or a Global Admin of the account. Muster checks"
            " that you are one. It keeps that it was you, and no access of yours."
        ),
        named=(*_asked_by(team, installer), ("PagerDuty account", account)),
        button="Continue to PagerDuty",
    )


def consent_page(*, team: str, installer: str | None, account: str | None) -> Invitation:
    """A link to the tenant's consent."""
    return Invitation(
        heading="Grant Muster its permissions in Microsoft 365",
        text=(
            "Microsoft shows which permissions Muster asks for. A Privileged Role Administrator or a Global"
            " Administrator of your organization can grant them, once for all its teams."
        ),
        named=(*_asked_by(team, installer), *([("PagerDuty account", account)] if account else [])),
        button="Continue to Microsoft",
    )


def connected(team: str) -> str:
    """That a team is connected now; its name is not always known."""
    return CONNECTED.format(team=team) if team else CONNECTED.replace("{team} ", "")


def _asked_by(team: str, installer: str | None) -> tuple[tuple[str, str], ...]:
    return (("Team", team or "not known by name"), ("Installed by", installer or "nobody Muster knows"))
