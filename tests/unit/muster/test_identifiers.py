"""UUIDs and subdomains in one spelling, and nothing else in their place."""

import pytest

from muster.identifiers import subdomain_of, uuid_of

UUID = "8f0c1f5e-00aa-4000-8000-00000000000a"


@pytest.mark.parametrize("written", [UUID, UUID.upper(), UUID.title()])
def test_a_uuid_has_small_letters_however_it_is_written(written):
    assert uuid_of(written) == UUID


@pytest.mark.parametrize(
    "written",
    [
        "",
        "acme",
        "acme.onmicrosoft.com",
        f"{{{UUID}}}",
        UUID.replace("-", ""),
        f"{UUID}\n",
        f" {UUID}",
        UUID[:-1],
        f"{UUID}0",
        UUID.replace("a", "g"),
        UUID.replace("0", "٠"),
        None,
        5,
    ],
)
def test_what_is_no_uuid_is_none(written):
    assert uuid_of(written) is None


@pytest.mark.parametrize(
    ("written", "subdomain"),
    [("acme", "acme"), ("ACME", "acme"), ("a", "a"), ("dev-acme2", "dev-acme2"), ("a" * 63, "a" * 63)],
)
def test_a_subdomain_has_small_letters(written, subdomain):
    assert subdomain_of(written) == subdomain


@pytest.mark.parametrize(
    "written",
    [
        "", "-acme", "acme-", "ac me", "ac_me", "acme.pagerduty.com", "https://acme", "acme/", "ä", "a" * 64,
        "acme\n", None, 5,
    ],
)  # fmt: skip
def test_what_is_no_subdomain_is_none(written):
    assert subdomain_of(written) is None
