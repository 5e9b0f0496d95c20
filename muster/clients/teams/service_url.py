"""Which service addresses may get a bot token.

A ``serviceUrl`` comes with an activity, and everything the bot answers goes there with the bot's own
token: an address outside the allow-list would be handed a token that opens every conversation.
"""

from collections.abc import Iterable
from functools import lru_cache

import httpx

from muster.loopback import is_loopback


def service_url_allowed(url: str, allowed: Iterable[str]) -> bool:
    """Whether ``url`` is a plain https address (http on loopback) of an allowed host.

    An entry of ``allowed`` is a host name, or with a leading dot any name below it.
    """
    try:
        # The parser that will also send the request: two parsers could see two hosts.
        parsed = _parsed(url)
    except (httpx.InvalidURL, TypeError):
        return False
    if parsed.userinfo or parsed.query or parsed.fragment:
        return False
    if parsed.scheme != "https" and not (parsed.scheme == "http" and is_loopback(parsed.host)):
        return False
    return any(
        parsed.host.endswith(entry.lower()) if entry.startswith(".") else parsed.host == entry.lower()
        for entry in allowed
    )


def same_address(one: str, other: str) -> bool:
    """Whether two addresses differ at most in a closing slash and in the case of scheme and host."""
    try:
        return _written(one) == _written(other)
    except httpx.InvalidURL:
        return False


def _written(url: str) -> str:
    # The parser writes scheme and host in small letters, and leaves out a port that goes without saying.
    return str(_parsed(url)).rstrip("/")


@lru_cache(maxsize=64)
def _parsed(url: str) -> httpx.URL:
    """Raises ``httpx.InvalidURL``. All that Teams sends comes from a few addresses, each told with each."""
    return httpx.URL(url)
