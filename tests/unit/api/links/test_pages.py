"""Where the form of a link's page may lead."""

import re

import pytest

from api.links.flows import Result
from api.links.pages import invitation_page, redirect, result_page
from muster.cards.personal_link_pages import personal_page

ENTRA, PAGERDUTY = "https://login.microsoftonline.com/t/authorize", "https://identity.pagerduty.com"
LOCAL, SECOND = "http://127.0.0.1:9/authorize", "http://localhost:8/"


@pytest.mark.parametrize(
    ("lead_to", "allowed"),
    [
        (
            [ENTRA, PAGERDUTY],
            "'self' https://login.microsoftonline.com https://identity.pagerduty.com https:",
        ),
        ([ENTRA, ENTRA], "'self' https://login.microsoftonline.com https:"),
        ([LOCAL, PAGERDUTY], "'self' http://127.0.0.1:9 https://identity.pagerduty.com https:"),
        ([LOCAL, SECOND], "'self' http://127.0.0.1:9 http://localhost:8"),
        ([], "'self'"),
    ],
)
def test_a_form_may_go_on_over_a_host_that_nobody_knows_where_it_leads_to_https(
    lead_to: list[str], allowed: str
) -> None:
    other_person = Result(outcome="refused", reason="other_tenant", sign_in_hosts=tuple(lead_to))
    for page in (invitation_page(personal_page(account="acme"), lead_to), result_page(other_person)):
        policy = page.headers["content-security-policy"]
        assert re.findall("form-action ([^;]*);", policy) == [allowed]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_what_has_no_form_leads_nowhere() -> None:
    assert "form-action 'self';" in redirect(ENTRA).headers["content-security-policy"]
