"""What Entra's errors mean, by their codes: whose they are, and whether they pass."""

import pytest

from muster.clients.entra.sign_in_errors import SignInRefused, refusal, told_by_return
from workflows.errors import ProviderUnavailable


@pytest.mark.parametrize(
    ("error", "number", "reason"),
    [
        ("access_denied", 65004, "sign_in_denied"),
        ("access_denied", None, "sign_in_denied"),
        ("access_denied", 90094, "not_consented"),
        ("access_denied", 90095, "not_consented"),
        ("consent_required", None, "not_consented"),
        ("invalid_grant", 65001, "not_consented"),
        ("invalid_grant", 70008, "sign_in_late"),
        ("invalid_grant", 54005, "sign_in_late"),
        ("invalid_client", 7000215, "sign_in_app_refused"),
        ("invalid_request", 50011, "sign_in_app_refused"),
        ("unauthorized_client", 700016, "sign_in_app_refused"),
        ("interaction_required", 50076, "sign_in_denied"),
        ("login_required", 50058, "sign_in_denied"),
        ("anything", None, "sign_in_denied"),
    ],
)
def test_an_error_is_read_by_its_code_and_number(error: str, number: int | None, reason: str) -> None:
    numbers = [] if number is None else [number]
    description = "" if number is None else f"AADSTS{number}: some text"
    for refused in (refusal(error, numbers), told_by_return(error, description)):
        assert isinstance(refused, SignInRefused)
        assert refused.reason == reason
        assert ("anything" in str(refused), "text" in str(refused)) == (False, False)


@pytest.mark.parametrize("error", ["temporarily_unavailable", "server_error", "slow_down"])
def test_what_passes_by_itself_is_an_outage(error: str) -> None:
    assert isinstance(refusal(error, ["not a number"]), ProviderUnavailable)


@pytest.mark.parametrize("description", ["text AADSTS90094: not at its beginning", "AADSTS", "90094: x"])
def test_a_number_counts_at_the_beginning_alone(description: str) -> None:
    refused = told_by_return("access_denied", description)
    assert isinstance(refused, SignInRefused)
    assert refused.reason == "sign_in_denied"
