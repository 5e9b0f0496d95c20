"""Whether Microsoft and PagerDuty, who are on the Internet, can reach a public address."""

from ipaddress import ip_address
from urllib.parse import urlsplit

_OF_A_HOUSE = ("localhost", "local", "internal", "lan", "home.arpa", "test", "invalid")
"""Ends of names that no public DNS knows (RFC 2606, 6761, 6762 and 8375; ICANN's .internal)."""


def why_out_of_reach(public_url: str) -> str | None:
    """A sentence where nobody outside can send to this address, with what to do; None where they may.

    It goes by what the address says: whether a name leads here, only its DNS knows.
    """
    host = (urlsplit(public_url).hostname or "").rstrip(".")
    if _is_public(host):
        return None
    return (
        f"Nobody outside reaches {public_url}: set MUSTER_PUBLIC_URL to the https address of a proxy"
        " or tunnel that leads to the API, and start again"
    )


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not any(host == end or host.endswith(f".{end}") for end in _OF_A_HOUSE)
