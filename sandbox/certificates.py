"""The sandbox's certificate authority, since msal and PagerDuty's client accept https alone.

Each part that listens over TLS asks for a certificate at its start; all of them may share one folder.
"""

from pathlib import Path

import trustme

from sandbox.private_files import alone_in, write_private
from sandbox.serving import Listener

CA_FILE = "ca.pem"


class CertificatesError(Exception):
    """The folder's authority cannot be used; the text says what to do."""


def authority_file(folder: Path) -> Path:
    """The certificate (PEM) of the authority that is kept in ``folder``, made where there is none.

    Raises CertificatesError.
    """
    with alone_in(folder):
        _authority(folder)
    return folder / CA_FILE


def https_listener(port: int, folder: Path, name: str) -> Listener:
    """A TLS listener with a certificate for this machine, in files of this ``name``.

    The authority that signs is kept in ``folder``, and made by the first who asks. Raises CertificatesError
    for one that is kept there and damaged.
    """
    # Of two authorities made at once, one's certificate would stay with the other's key.
    with alone_in(folder):
        leaf = _authority(folder).issue_cert("127.0.0.1", "localhost")
    certificate, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
    write_private(certificate, (blob.bytes() for blob in leaf.cert_chain_pems))
    write_private(key, leaf.private_key_pem.bytes())
    return Listener(port, certificate=certificate, key=key)


def _authority(folder: Path) -> trustme.CA:
    certificate, key = folder / CA_FILE, folder / "ca-key.pem"
    if certificate.exists() and key.exists():
        try:
            return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
        except (ValueError, TypeError):
            raise CertificatesError(
                f"{folder} does not hold a certificate authority any more; remove it to get a new one"
            ) from None
    authority = trustme.CA(organization_name="Muster sandbox")
    write_private(key, authority.private_key_pem.bytes())
    write_private(certificate, authority.cert_pem.bytes())
    return authority
