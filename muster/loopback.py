"""Which hosts are this machine itself: what goes there needs no encryption."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether this host, a name or an IP address without brackets, is the machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
