"""What to do on a stack where nothing may be connected yet."""

from pathlib import Path

from sandbox.up.servers.caches import CHECKOUT

_PAGE = CHECKOUT / "docs" / "setting-up.md"


def next_step(installer: str | None) -> str:
    """One sentence; ``installer`` is whom to be in the simulated Teams, None with a real one."""
    who = f", as {installer}" if installer else ""
    return (
        f"Nothing is connected yet. In Teams{who}, add Muster to a team: it writes to you in private "
        f"what comes next ({_short(_PAGE)} tells the whole way)."
    )


def _short(path: Path) -> str:
    """Relative to the working folder where the path is below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
