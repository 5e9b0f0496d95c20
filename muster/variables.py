"""The names of variables that belong to Muster, so that a mistyped one is not silently without effect."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import NamedTuple

import structlog

from muster.settings import Settings

PREFIX = "MUSTER_"
OTHERS = frozenset(
    {
        "MUSTER_SECRETS_DIR",
        "MUSTER_ADAPTIVECARDS_JS",
        "MUSTER_PUBLISH",
        "MUSTER_PASSWORD_FILE",
        "MUSTER_MIGRATE_URL",
        "MUSTER_GOLDEN_WRITE",
        "MUSTER_OPENAPI_WRITE",
        "MUSTER_SCHEMA_WRITE",
        "MUSTER_PICTURES",
    }
)
"""What is not a setting of a process: docs/configuration.md, *Other variables*."""

log = structlog.stdlib.get_logger(__name__)


class Unknown(NamedTuple):
    """A variable that nothing reads."""

    name: str
    nearest: str | None
    """The known name that looks most like it."""

    def __str__(self) -> str:
        meant = f": is {self.nearest} meant?" if self.nearest else ""
        return f"nothing reads the variable {self.name}{meant}"


def variable(field: str) -> str:
    """The variable of a field of ``Settings``."""
    alias = Settings.model_fields[field].validation_alias
    return str(alias) if alias else f"{PREFIX}{field.upper()}"


def unknown_variables(names: Iterable[str]) -> Iterator[Unknown]:
    """Those of ``names`` that begin like ours and are none of ours, in their order."""
    known = {variable(field) for field in Settings.model_fields} | OTHERS
    for name in sorted(names):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            yield Unknown(name, _nearest(name.upper(), known))


def _nearest(name: str, known: set[str]) -> str | None:
    # Compared without the prefix, which is alike in all of them.
    by_rest = {other.removeprefix(PREFIX): other for other in sorted(known)}
    found = get_close_matches(name.removeprefix(PREFIX), by_rest, n=1)
    return by_rest[found[0]] if found else None


def warn_of_unknown(names: Iterable[str]) -> None:
    """Log each as a warning."""
    for unknown in unknown_variables(names):
        log.warning("unknown variable", variable=unknown.name, nearest=unknown.nearest)
