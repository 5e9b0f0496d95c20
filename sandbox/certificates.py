"""The sandbox's certificate authority, since msal and PagerDuty's client accept https alone."""

from pathlib import Path

import trustme

from sandbox.serving import Listener

CA_FILE = "ca.pem"


def https_listener(port: int, folder: Path) -> Listener:
    """A TLS listener with a certificate for this machine; the authority is kept in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    leaf = _authority(folder).issue_cert("127.0.0.1", "localhost")
    certificate, key = folder / "server.pem", folder / "server-key.pem"
    certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    write_secret(key, leaf.private_key_pem.bytes())
    return Listener(port, certificate=certificate, key=key)


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read."""
    path.touch(mode=0o600)
    path.write_bytes(content)


def _authority(folder: Path) -> trustme.CA:
    certificate, key = folder / CA_FILE, folder / "ca-key.pem"
    if certificate.exists() and key.exists():
        return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
    authority = trustme.CA(organization_name="Muster sandbox")
    write_secret(key, authority.private_key_pem.bytes())
    certificate.write_bytes(authority.cert_pem.bytes())
    return authority
