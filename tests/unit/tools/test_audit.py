"""The audit fails at a known vulnerability, and says so where it cannot ask."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
LOCK = f"harmless==1.0 --hash=sha256:{'0' * 64}\nbroken==2.0 --hash=sha256:{'1' * 64}\n"


class Database(ThreadingHTTPServer):
    """Answers as OSV's query does: the known package and ``vulnerable`` have a vulnerability each."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.vulnerable = {"jinja2"}
        self.asked: set[str] = set()
        self.answer: bytes | None = None
        """What is sent in place of the right answer, head and body."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/query"


class Answer(BaseHTTPRequestHandler):
    server: Database

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = query["package"]["name"]
        self.server.asked.add(name)
        if self.server.answer is not None:
            self.wfile.write(self.server.answer)
            return
        found = {"vulns": [vulnerability(name)]} if name in self.server.vulnerable else {}
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test says what was asked."""


def vulnerability(name: str) -> dict[str, object]:
    """As OSV describes one, in short."""
    package = {"name": name, "ecosystem": "PyPI"}
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9"}]}]
    return {
        "id": "TEST-1",
        "summary": "a hole",
        "modified": "2026-11-01T00:00:00Z",
        "affected": [{"package": package, "ranges": ranges}],
    }


@pytest.fixture
def database() -> Iterator[Database]:
    with Database() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def audit(tmp_path: Path, address: str) -> subprocess.CompletedProcess[str]:
    lock = tmp_path / "requirements.lock"
    lock.write_text(LOCK)
    command = [sys.executable, "-m", "tools.audit", f"--database={address}", f"--lock={lock}"]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def test_every_package_is_asked_for_and_none_is_known(tmp_path: Path, database: Database) -> None:
    done = audit(tmp_path, database.address)
    assert done.returncode == 0, done.stderr
    assert database.asked == {"jinja2", "harmless", "broken"}


def test_a_known_vulnerability_is_a_failure(tmp_path: Path, database: Database) -> None:
    database.vulnerable.add("broken")
    done = audit(tmp_path, database.address)
    assert done.returncode == 1
    assert "TEST-1" in done.stdout


def test_an_unreachable_database_is_told_and_no_failure(tmp_path: Path, database: Database) -> None:
    database.shutdown()
    database.server_close()
    done = audit(tmp_path, database.address)
    assert (done.returncode, done.stdout.count("left out")) == (0, 1)


def test_an_answer_that_knows_nothing_is_no_database(tmp_path: Path, database: Database) -> None:
    database.vulnerable.clear()
    done = audit(tmp_path, database.address)
    assert (done.returncode, done.stdout.count("left out")) == (0, 1)
    assert database.asked == {"jinja2"}


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\n\r\n[]",
        b"HTTP/1.0 200 OK\r\n\r\n<html>",
        b"HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\n{}",
        b"SSH-2.0-server\r\n",
        b"HTTP/1.0 500 Internal Server Error\r\n\r\n",
    ],
)
def test_an_answer_that_is_no_databases_is_told_and_no_failure(
    tmp_path: Path, database: Database, answer: bytes
) -> None:
    database.answer = answer
    done = audit(tmp_path, database.address)
    assert (done.returncode, done.stdout.count("left out"), done.stderr) == (0, 1, "")
