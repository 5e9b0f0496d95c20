"""From what somebody pastes behind ``connect`` to the id of a service. Pure, and linear in the text's length.

A service is named by its id or by an address of its page: ``https://<account>[.eu].pagerduty.com`` or the
account's configured ``web_url``, then ``/service-directory/<id>`` or ``/services/<id>``, with whatever
follows. Around it stands what Teams, Outlook and people make of an address: markup, brackets, punctuation,
its title, no scheme, Safe Links.
"""

import re
from typing import Literal, NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from muster.config_file import PagerDutyAccount

_DIVIDES = re.compile(r"[\s<>\"`“”„«»‘’|()\[\]{}\\^]+|[,;:]+(?=https?://)", re.IGNORECASE)
"""What stands in no address, and what stands before one."""
_DIVIDES_WORDS = re.compile(r"[,;&+]")
_AROUND = "'*_~.,;:!?#-=/"
"""What people type around an id or a word."""
_IN_A_QUERY = ("=", "&")
"""How the rest of an address begins that had a bracket in its query."""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_BARE_HOST = re.compile(r"[a-z0-9.-]+(?::\d+)?/", re.IGNORECASE)
"""How an address begins whose scheme a browser hid."""
_ID = re.compile(r"[A-Za-z0-9]{3,64}")
_BARE_ID = re.compile(r"[PQ][A-Z0-9]{5,31}")
"""An id without an address, as PagerDuty makes them."""
_LIKE_AN_ID = re.compile(r"(?=[a-z]*[0-9])[a-z][a-z0-9]{5,31}", re.IGNORECASE)
"""An id in small letters, or of a form that PagerDuty has not made yet: a word has no digit."""
_ENDS = re.compile(r"[.,;:!?'*_~-]{0,8}")
"""What ends a sentence or emphasis behind an id; three dots or more may be a cut."""
_CUT = ("…", "...")
_SERVICE_PAGES = frozenset({"service-directory", "services"})
_PAGERDUTY = re.compile(r"(?P<account>[a-z0-9-]{1,63})\.(?P<eu>eu\.)?pagerduty\.com")
_NO_ACCOUNTS = frozenset(
    {"api", "app", "developer", "eu", "events", "identity", "status", "support", "university", "www"}
)
"""Names below pagerduty.com that are no account's."""
_SAFE_LINKS = re.compile(r"[a-z0-9-]+\.safelinks\.protection\.outlook\.com|statics\.teams\.cdn\.office\.net")
"""Microsoft's hosts that stand in front of an address, which is their parameter ``url``."""

Problem = Literal["no_argument", "several", "not_a_service", "another_account", "another_region"]
"""Why no service is named. ``another_region``: the address is that of an account with our account's name in
PagerDuty's other region. ``several``: of services, or a service and another account's address."""


class NoService(NamedTuple):
    """Nothing that can be connected."""

    problem: Problem
    host: str | None = None
    """Of the address of another account or region."""


def service_in(argument: str, account: PagerDutyAccount) -> str | NoService:
    """The id of the service of this account that the argument of a command names, or why it names none.

    Beside a service, words and pages of other things are what was pasted with it. Another account's address
    counts: whether it or the service was meant is not known.
    """
    pieces = [piece for piece in _DIVIDES.split(argument) if piece and piece.strip(_AROUND)]
    if not pieces:
        return NoService("no_argument")
    addresses = [piece for piece in pieces if _is_address(piece)]
    words = [
        word.strip(_AROUND)
        for piece in pieces
        if not _is_address(piece) and not piece.startswith(_IN_A_QUERY)
        for word in _DIVIDES_WORDS.split(piece)
    ]
    named = [_named_by(address, account) for address in addresses]
    found = list(dict.fromkeys(filter(None, (*named, *filter(_BARE_ID.fullmatch, words)))))
    found = found or list(dict.fromkeys(word.upper() for word in words if _LIKE_AN_ID.fullmatch(word)))
    if len(found) > 1:
        return NoService("several")
    return found[0] if found else NoService("not_a_service")


def service_id(value: object) -> str | None:
    """The id of a service as PagerDuty writes it; ``None`` for anything else."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def _is_address(piece: str) -> bool:
    return "/" in piece.strip(_AROUND)


def _named_by(piece: str, account: PagerDutyAccount) -> str | NoService | None:
    """What an address names; ``None`` for one that names no service of any account."""
    address = _address_in(piece.lstrip(_AROUND))
    if address is not None and _SAFE_LINKS.fullmatch(_host_of(address)):
        address = _address_in(parse_qs(address.query).get("url", [""])[0])
    return None if address is None else _service_at(address, account)


def _address_in(text: str) -> SplitResult | None:
    """The web address that the text is, with or without its scheme; ``None`` where it is none."""
    scheme = _SCHEME.match(text)
    if scheme is None and _BARE_HOST.match(text):
        text = f"https://{text}"
    elif scheme is None or scheme[0].lower() not in ("http://", "https://"):
        return None
    try:
        address = urlsplit(text)
        return address if address.hostname and address.port != 0 else None
    except ValueError:
        return None


def _service_at(address: SplitResult, account: PagerDutyAccount) -> str | NoService | None:
    host, path = _host_of(address), _path_of(address)
    own = urlsplit(account.web_url)
    known = _PAGERDUTY.fullmatch(host)
    if (host, _port_of(address)) == (_host_of(own), _port_of(own)):
        above = _path_of(own)
        return _service_on(path[len(above) :]) if path[: len(above)] == above else None
    if known is None or _port_of(address) is not None:
        return None
    name, region = known["account"], "eu" if known["eu"] else "us"
    if name == account.subdomain:
        return _service_on(path) if region == account.region else NoService("another_region", host)
    return None if name in _NO_ACCOUNTS else NoService("another_account", host)


def _service_on(path: list[str]) -> str | None:
    """The service whose page this path is, or a page below it."""
    if len(path) < 2 or path[0].lower() not in _SERVICE_PAGES:
        return None
    text = unquote(path[1])
    id = _ID.match(text)
    if id is None or text.endswith(_CUT) or not _ENDS.fullmatch(text, id.end()):
        return None
    # In small letters it is an id that somebody's program made small, or the name of a page (``new``).
    is_page = id[0].islower() and id[0].isalpha()
    return None if is_page else id[0].upper()


def _host_of(address: SplitResult) -> str:
    return (address.hostname or "").rstrip(".")


def _port_of(address: SplitResult) -> int | None:
    usual = {"http": 80, "https": 443}
    return None if address.port == usual.get(address.scheme) else address.port


def _path_of(address: SplitResult) -> list[str]:
    return [part for part in address.path.split("/") if part]
