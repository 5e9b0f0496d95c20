"""What to do on a stack where nothing is connected yet."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from sandbox.up.servers.caches import CHECKOUT


@dataclass(frozen=True)
class NextStep:
    """A sentence, and the command that it speaks of."""

    sentence: str
    command: str


def seeding(secrets: Path) -> NextStep:
    """To seed; ``secrets`` is the folder with the database's address and the key ring of this stack."""
    command = shlex.join([_short(Path(sys.executable).with_name("muster")), "seed", "FILE"])
    return NextStep(
        "Nothing is connected yet. In Teams, as any of the people, add Muster to a team: its private message "
        "says how to go on. To connect without Teams instead, write what you connect into a file "
        f"({_short(CHECKOUT / 'docs' / 'seeding.md')} tells how, "
        f"{_short(CHECKOUT / 'docs' / 'example-seed.json')} has one row of each), and run:",
        f"MUSTER_SECRETS_DIR={shlex.quote(_short(secrets))} {command}",
    )


def _short(path: Path) -> str:
    """Relative to the working folder where the path is below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
