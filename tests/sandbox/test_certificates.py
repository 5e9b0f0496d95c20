"""What listens over TLS shares one authority, whoever starts first."""

import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.certificates import CA_FILE, CertificatesError, https_listener

REPOSITORY = Path(__file__).parents[2]
ASKS = """
import pathlib, sys
from sandbox.certificates import https_listener
print("ready", flush=True)
sys.stdin.readline()
https_listener(1, pathlib.Path(sys.argv[1]), sys.argv[2])
"""


def is_trusted(folder: Path, name: str) -> bool:
    """Whether a client that knows the folder's authority alone accepts it as this machine."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    here.load_cert_chain(folder / f"{name}.pem", folder / f"{name}-key.pem")
    server = here.wrap_bio(to_server, to_client, server_side=True)
    there = ssl.create_default_context(cafile=str(folder / CA_FILE))
    client = there.wrap_bio(to_client, to_server, server_hostname="127.0.0.1")
    done: set[ssl.SSLObject] = set()
    while len(done) < 2:
        for side in (client, server):
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return True


def test_listeners_that_are_made_at_once_have_one_authority(tmp_path: Path) -> None:
    names = ("teams", "pagerduty", "graph", "entra")
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", ASKS, str(tmp_path / "ca"), name],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    for process in asking:
        assert process.stdout is not None
        process.stdout.readline()
    for process in asking:
        assert process.stdin is not None
        process.stdin.write("now\n")
        process.stdin.flush()
    for process in asking:
        process.communicate(timeout=30)
    assert [process.returncode for process in asking] == [0] * len(names)
    assert all(is_trusted(tmp_path / "ca", name) for name in names)


def test_an_authority_whose_making_was_interrupted_is_made_anew(tmp_path: Path) -> None:
    https_listener(1, tmp_path, "teams")
    assert is_trusted(tmp_path, "teams")
    (tmp_path / CA_FILE).unlink()
    (tmp_path / ".ca-key.pem.new").write_text("half a key")
    https_listener(1, tmp_path, "pagerduty")
    assert is_trusted(tmp_path, "pagerduty")
    assert not is_trusted(tmp_path, "teams")


@pytest.mark.parametrize("name", [CA_FILE, "ca-key.pem"])
def test_a_damaged_authority_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    https_listener(1, tmp_path, "part")
    (tmp_path / name).write_text("damaged")
    with pytest.raises(CertificatesError, match=f"{tmp_path} does not hold a certificate authority any more"):
        https_listener(1, tmp_path, "part")
