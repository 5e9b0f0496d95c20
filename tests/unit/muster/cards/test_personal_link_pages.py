"""Pages of personal links: the guide's lines, a line and advice for each reason, nobody named too early."""

from typing import get_args

import pytest

from muster.cards.personal_link_pages import (
    NOT_LINKED,
    OTHER_PERSON,
    linked_text,
    other_person_text,
    personal_page,
)
from muster.clients.entra.sign_in_errors import SignInReason
from muster.clients.pagerduty.id_tokens import Reason


def test_the_success_has_the_guides_lines_and_says_how_to_undo_it() -> None:
    lines = linked_text(teams="Cy", pagerduty="Cy {Net}", email="cy@acme.example", replaced=None)
    assert lines == (
        "You've successfully linked your user accounts.",
        "All PagerDuty actions you perform as Cy in Microsoft Teams will be associated with Cy {Net}"
        " (cy@acme.example) in PagerDuty.",
        "To undo this, send unlinkUser to Muster in a private chat.",
    )
    replaced = linked_text(teams="Cy", pagerduty="Cy", email="cy@acme.example", replaced="Bo {Call}")
    assert replaced[2] == "You were linked to Bo {Call} before. That link is gone, and its access with it."
    assert len(replaced) == 4


def test_every_reason_has_a_line_and_says_that_nothing_changed() -> None:
    of_pagerduty = set(get_args(Reason)) - {"role_too_low"}
    assert NOT_LINKED.keys() == of_pagerduty | set(get_args(SignInReason)) | {"account_left"}
    for why, advice in NOT_LINKED.values():
        assert why.endswith(".")
        assert advice.startswith("Nothing has changed")
    for reason in ("sign_in_denied", "not_consented"):
        assert "a Microsoft admin of your organization sends appconnect" in NOT_LINKED[reason].advice


@pytest.mark.parametrize(
    ("name", "address", "who"),
    [
        ("Bo", "bo@acme.example", "Bo (bo@acme.example)"),
        ("Bo", "", "Bo"),
        ("", "bo@acme.example", "bo@acme.example"),
        ("", "", "somebody without a name"),
    ],
)
def test_a_visitor_is_told_who_they_are_and_not_whom_the_link_is_for(
    name: str, address: str, who: str
) -> None:
    lines = other_person_text(name=name, address=address)
    assert lines == (f"You are signed in at Microsoft as {who}.", OTHER_PERSON)


def test_the_page_names_the_account_alone() -> None:
    assert personal_page(account="acme").named == (("PagerDuty account", "acme"),)
