"""Look for known vulnerabilities in what requirements.lock pins.

Where the advisory database cannot be reached the look is left out, with a line that says so: being offline is
no fault of a dependency. A vulnerability that is found is a failure.
"""

import argparse
import http.client
import json
import subprocess
import sys
import urllib.request
from pathlib import Path

from tools.steps.progress import say

_CHECKOUT = Path(__file__).resolve().parents[1]
_DATABASE = "https://api.osv.dev/v1/query"
_KNOWN = {"package": {"name": "jinja2", "ecosystem": "PyPI"}, "version": "2.4.1"}
"""A version that is in the database for certain."""
_WAIT = 10.0


def unreachable(database: str) -> str | None:
    """Why the database cannot be asked; None where it answers with what it must know."""
    request = urllib.request.Request(  # noqa: S310 -- https, or a test's own server
        database, json.dumps(_KNOWN).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_WAIT) as response:  # noqa: S310
            answer = json.load(response)
    except (OSError, ValueError, http.client.HTTPException) as failure:
        return str(failure) or type(failure).__name__
    knows = isinstance(answer, dict) and answer.get("vulns")
    return None if knows else "it does not know what it must know"


def audit(lock: Path, database: str) -> int:
    """pip-audit's exit code: 0 where no vulnerability is known in what the lock pins."""
    pip_audit = Path(sys.executable).with_name("pip-audit")
    options = ["--require-hashes", "--disable-pip", "--progress-spinner=off"]
    service = ["--vulnerability-service=osv", f"--osv-url={database}"]
    return subprocess.run([pip_audit, *options, *service, "--requirement", lock], check=False).returncode


def main() -> None:
    """Audit the lock if that can be done here."""
    parser = argparse.ArgumentParser(prog="python -m tools.audit")
    parser.add_argument("--database", default=_DATABASE, help="an address that answers as OSV's query does")
    parser.add_argument("--lock", type=Path, default=_CHECKOUT / "requirements.lock")
    arguments = parser.parse_args()
    reason = unreachable(arguments.database)
    if reason is not None:
        say(f"audit of dependencies left out: the advisory database cannot be asked ({reason})")
        return
    sys.exit(audit(arguments.lock, arguments.database))


if __name__ == "__main__":
    main()
