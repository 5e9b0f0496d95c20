"""The environment of what `muster up` starts: the shell's, without its settings for other servers.

A shell may have an API key for Temporal Cloud, a service of Postgres, a proxy. The SDKs and tools read them
by themselves, and none belongs to a server on loopback. Settings stay where the shell also names the server
that they are for: ``TEMPORAL_*`` with ``TEMPORAL_ADDRESS``, ``PG*`` with ``DATABASE_URL``, and proxies and
certificate authorities with ``MUSTER_CONFIG``, whose accounts are real.
"""

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path

_OF_REPLACEMENTS: Mapping[str, re.Pattern[str]] = {
    "TEMPORAL_ADDRESS": re.compile(r"TEMPORAL_.*"),
    # A variable PG_… is somebody's own, but for the colour of the tools.
    "DATABASE_URL": re.compile(r"PG[^_].*|PG_COLORS?|MUSTER_(DATABASE_POOLER|MIGRATE_DATABASE_URL)"),
    "MUSTER_CONFIG": re.compile(
        r"(?i:[a-z]+_proxy)|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE|MUSTER_CA_FILE"
    ),
}
"""By the variable that replaces a part, which variables are settings of its replacement alone."""

_OF_FILES = re.compile("MUSTER_SECRETS_DIR")
"""A folder with any of these settings. `muster up` reads it, and tells each part those that are for it."""

_OF_PYTHON = re.compile(r"PYTHON(?!DONTWRITEBYTECODE$|PYCACHEPREFIX$).*")
"""What changes which modules Python takes, and how it runs them."""

_OWN_CODE: Mapping[str, str] = {
    "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    "PYTHONSAFEPATH": "1",
}
"""Every child takes its modules from the checkout of this process, and none from the folder it starts in."""

_NO_TEMPORAL_PROFILE: Mapping[str, str] = {"TEMPORAL_CONFIG_FILE": os.devnull}
"""Without it, Temporal's SDK and command read ``~/.config/temporalio/temporal.toml``."""


def embedded_environment() -> dict[str, str]:
    """The environment of embedded servers, of simulators, and of tools that ask whether they answer."""
    return _without(_OF_REPLACEMENTS, os.environ)


def product_environment(shell: Mapping[str, str]) -> dict[str, str]:
    """The environment of the product's processes; parts that the shell replaces keep their settings.

    It names a replacement where there is one: a blank variable names none, and is left out.
    """
    embedded = [replacing for replacing in _OF_REPLACEMENTS if not shell.get(replacing, "").strip()]
    kept = _without(embedded, shell)
    return {name: value for name, value in kept.items() if name not in embedded}


def _without(embedded: Collection[str], shell: Mapping[str, str]) -> dict[str, str]:
    """The shell's variables, less the settings of what would replace these ``embedded`` parts."""
    foreign = [_OF_PYTHON, _OF_FILES, *(_OF_REPLACEMENTS[replacing] for replacing in embedded)]
    kept = {name: value for name, value in shell.items() if not any(one.fullmatch(name) for one in foreign)}
    return {**kept, **_OWN_CODE, **(_NO_TEMPORAL_PROFILE if "TEMPORAL_ADDRESS" in embedded else {})}
