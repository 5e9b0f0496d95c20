"""The way out of every call: one proxy, and one set of certificate authorities.

``MUSTER_PROXY`` alone names a proxy, and ``MUSTER_CA_FILE`` adds to the system's authorities. What the
environment says to other programs (``HTTPS_PROXY``, ``REQUESTS_CA_BUNDLE``, ``.netrc``) counts for nothing: a
proxy sees where tokens go, and whoever has an authority reads them.
"""

import ssl
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from muster.errors import OperatorError
from muster.settings import Settings

_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21})
"""OpenSSL's numbers (X509_V_ERR_…) for a chain that ends at no authority that is trusted here."""
_EXPIRED, _NOT_YET_VALID = 10, 9
_OTHER_NAMES = frozenset({62, 64})
"""The certificate is for another host name, or another address."""


class CertificatesWrong(OperatorError):
    """The file that ``MUSTER_CA_FILE`` names cannot be used; the text says why."""


@dataclass(frozen=True)
class WayOut:
    """How a client leaves."""

    trust: ssl.SSLContext
    proxy: str | None = field(default=None, repr=False)
    """``http://[name:password@]host:port``"""


def way_out(settings: Settings) -> WayOut:
    """The way out that the settings name. Raises ``CertificatesWrong``."""
    proxy = settings.proxy
    return WayOut(_trust(settings.ca_file), None if proxy is None else proxy.get_secret_value())


@cache
def _trust(ca_file: Path | None) -> ssl.SSLContext:
    """Once for a process: to read the system's authorities takes 30 ms."""
    trust = ssl.create_default_context()
    if ca_file is not None:
        try:
            trust.load_verify_locations(cafile=ca_file)
        except ssl.SSLError:
            raise CertificatesWrong(f"MUSTER_CA_FILE: there is no certificate (PEM) in {ca_file}") from None
        except OSError as error:
            raise CertificatesWrong(f"MUSTER_CA_FILE: {ca_file} cannot be read: {error.strerror}") from None
    return trust


def certificate_refused(host: str, error: ssl.SSLCertVerificationError) -> str:
    """Why the certificate that ``host`` presented was not accepted, and what an operator can do."""
    match error.verify_code:
        case code if code in _UNKNOWN_AUTHORITY:
            why = "its authority is unknown here. MUSTER_CA_FILE can name a file with the authority"
        case code if code in _OTHER_NAMES:
            why = "it is for another host"
        case code if code == _EXPIRED:
            why = "it has expired"
        case code if code == _NOT_YET_VALID:
            why = "it is not valid yet"
        case _:
            why = error.verify_message
    return f"the certificate of {host} is not accepted: {why}"


def proxy_refused(host: str, status: int | None = None) -> str:
    """That the proxy is not there, or refused the way to ``host`` with this status where it is known."""
    failed = "does not answer, or refuses" if status is None else f"answers {status} when it is asked for"
    return f"the proxy that MUSTER_PROXY names {failed} the way to {host}"
