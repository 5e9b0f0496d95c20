"""Which public addresses Teams takes, and what is said of the others."""

import pytest

from muster.app_package.public_domain import AddressNotPublic, public_domain

TAKEN = {
    "https://muster.example": "muster.example",
    "https://muster.example/": "muster.example",
    "https://muster.example/below/": "muster.example",
    "https://MUSTER.example.": "muster.example",
    "https://muster.example:443": "muster.example",
    "https://muster.example:8443": "muster.example:8443",
    "https://localhost.example": "localhost.example",
}
REFUSED = {
    "http://127.0.0.1:8080": "https alone",
    "http://muster.example": "https alone",
    "https://127.0.0.1": "IP address",
    "https://192.0.2.7:8443": "IP address",
    "https://[::1]:8443": "IP address",
    "https://localhost": "localhost",
    "https://LOCALHOST:8443": "localhost",
    "https://localhost.": "localhost",
    "https://muster.localhost": "localhost",
    "https://muster": "public DNS",
}


@pytest.mark.parametrize("address", TAKEN)
def test_an_address_that_others_reach_gives_its_domain(address: str) -> None:
    assert public_domain(address) == TAKEN[address]


@pytest.mark.parametrize("address", REFUSED)
def test_another_is_refused_with_the_setting_the_value_and_the_reason(address: str) -> None:
    with pytest.raises(AddressNotPublic) as refused:
        public_domain(address)
    text = str(refused.value)
    assert text.startswith(f"package: MUSTER_PUBLIC_URL: it is {address}, but ")
    assert REFUSED[address] in text.partition(", but ")[2].partition(". Set it")[0]
    assert refused.value.exit_code == 2
