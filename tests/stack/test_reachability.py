"""An address that cannot be reached from outside is told by what it says."""

import pytest

from sandbox.up.pages.reachability import why_out_of_reach


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "192.168.1.5:8080", "169.254.1.1",
        "[::1]:8080", "[::]", "[fe80::1]", "localhost:8080", "LOCALHOST", "muster", "muster.localhost",
        "muster.local.", "muster.corp.internal", "x.home.arpa",
    ],
)  # fmt: skip
def test_an_address_of_this_machine_or_house_is_out_of_reach(host: str) -> None:
    sentence = why_out_of_reach(f"http://{host}")
    assert sentence is not None
    assert sentence.startswith(f"Nobody outside reaches http://{host}: set MUSTER_PUBLIC_URL")


@pytest.mark.parametrize(
    "host", ["muster.example", "muster.example.com:8443", "8.8.8.8", "[2606:4700::1111]", "local.example.com"]
)
def test_any_other_may_be_reached(host: str) -> None:
    assert why_out_of_reach(f"https://{host}/below") is None
