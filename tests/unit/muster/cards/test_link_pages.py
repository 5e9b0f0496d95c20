"""Pages of links: the guide's own sentences, and one line for each reason of a failure."""

from typing import get_args

from muster.cards.link_pages import FAILED, INVALID, REASONS, authorize_page, connected, consent_page
from muster.clients.pagerduty.id_tokens import Reason


def test_the_texts_of_success_and_failure_are_the_guides() -> None:
    assert connected("Payments") == "You've successfully connected the Payments team to PagerDuty."
    assert connected("") == "You've successfully connected the team to PagerDuty."
    assert connected("{team}") == "You've successfully connected the {team} team to PagerDuty."
    cannot = "We can't connect Microsoft Teams to PagerDuty."
    assert (f"{cannot} Authorization cannot be completed at this time. You may close this window.") == FAILED
    assert (
        f"{cannot} The authorization link has expired or is not valid. Return to Teams to generate a new"
        " one. You may close this window."
    ) == INVALID


def test_every_reason_has_one_line() -> None:
    assert REASONS.keys() == set(get_args(Reason))
    assert all(line and "\n" not in line and line.endswith(".") for line in REASONS.values())


def test_what_is_not_known_is_said() -> None:
    page = authorize_page(team="", installer=None, account="acme")
    assert dict(page.named) == {
        "Team": "not known by name",
        "Installed by": "nobody Muster knows",
        "PagerDuty account": "acme",
    }
    assert "PagerDuty account" not in dict(consent_page(team="Ops", installer="Ada", account=None).named)
