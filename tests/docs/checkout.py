"""The files of the checkout: what is committed, and what is about to be."""

import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def files(*patterns: str) -> list[Path]:
    """Relative to the checkout; those that Git ignores, or that are deleted, are left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    names = sorted({name for name in listed.split("\0") if name})
    return [Path(name) for name in names if (REPOSITORY / name).is_file()]
