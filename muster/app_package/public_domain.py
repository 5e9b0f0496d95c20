"""The domain of the public address, as far as Teams takes it."""

from ipaddress import ip_address
from typing import ClassVar
from urllib.parse import urlsplit

from muster.errors import OperatorError

_HTTPS = 443


class AddressNotPublic(OperatorError):
    """Nobody but this machine, or nobody who asks for encryption, could reach the public address."""

    exit_code: ClassVar[int] = 2


def public_domain(public_url: str) -> str:
    """The host of a ``MUSTER_PUBLIC_URL``, with the port where it is not the usual one.

    Raises ``AddressNotPublic``: Microsoft calls a bot by https alone, at a name that others than this machine
    know, and ``validDomains`` of a manifest lists names of domains.
    """
    parts = urlsplit(public_url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https":
        raise _refusal(public_url, "Microsoft calls a bot by https alone")
    if _is_ip_address(host):
        raise _refusal(public_url, "an app package names its domain, and this is an IP address")
    if host == "localhost" or host.endswith(".localhost"):
        raise _refusal(public_url, "Teams takes no app of localhost, which is another machine for everybody")
    if "." not in host:
        raise _refusal(public_url, "Microsoft calls a bot by a name of the public DNS, which has a dot")
    return host if parts.port in (None, _HTTPS) else f"{host}:{parts.port}"


def _refusal(public_url: str, reason: str) -> AddressNotPublic:
    return AddressNotPublic(
        f"package: MUSTER_PUBLIC_URL: it is {public_url}, but {reason}. Set it to the https address at which"
        " Microsoft and PagerDuty reach the API, such as https://muster.example"
    )


def _is_ip_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
