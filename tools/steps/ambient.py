"""What the shell and the configuration files of pip, npm and Go may say: where packages come from.

An index, a registry, a proxy and a certificate stay. What would change where packages go to, or which, has
no say: ``PIP_TARGET``, ``user = true`` in pip.conf, ``npm_config_global``, ``GOOS``.
"""

import ast
import os
import re
import subprocess
from pathlib import Path

_PIP = {
    "cache-dir",
    "cert",
    "client-cert",
    "default-timeout",
    "extra-index-url",
    "find-links",
    "index-url",
    "keyring-provider",
    "no-cache-dir",
    "no-index",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
    "use-feature",  # truststore, for the certificate of a company's proxy
}
_PIP_SECTIONS = ("global", "install", ":env:")
"""The later one wins."""
_NPM = {
    "ca",
    "cache",
    "cafile",
    "cert",
    "fetch-retries",
    "fetch-retry-maxtimeout",
    "fetch-retry-mintimeout",
    "fetch-timeout",
    "globalconfig",
    "https-proxy",
    "key",
    "noproxy",
    "offline",
    "prefer-offline",
    "proxy",
    "registry",
    "strict-ssl",
    "userconfig",
}
NPM_OPTIONS = (
    "--bin-links",
    "--dry-run=false",
    "--global=false",
    "--include=dev",
    "--include=optional",
    "--package-lock",
    "--package-lock-only=false",
    "--workspaces=false",
)
"""What .npmrc might say otherwise: options are stronger."""
_GO = {"GO111MODULE", "GOARCH", "GOBIN", "GOEXPERIMENT", "GOFLAGS", "GOOS"}


def pip_environment(python: Path) -> dict[str, str]:
    """The environment in which this Python's pip installs: no configuration file, the settings above.

    pip itself reads its files, so that they are found where it looks for them.
    """
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    given = {name: value for name, value in os.environ.items() if _is_kept_by_pip(name)}
    # Thrice verbose: a file that says quiet = 3 would silence the list.
    command = ("-m", "pip", "-vvv", "config", "list")
    listed = subprocess.run(
        (python, *command), env=bare | given, capture_output=True, text=True, check=False
    ).stdout
    settings = {f"PIP_{key.upper().replace('-', '_')}": value for key, value in _settings(listed).items()}
    fixed = {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    return bare | settings | fixed


def _is_kept_by_pip(variable: str) -> bool:
    key = variable.removeprefix("PIP_").lower().replace("_", "-")
    return variable == "PIP_CONFIG_FILE" or (variable.startswith("PIP_") and key in _PIP)


def _settings(listed: str) -> dict[str, str]:
    """Of the lines ``section.key='value'``, the keys that stay."""
    lines = re.findall(r"^(\S+?)\.([\w-]+)=(['\"].*)$", listed, flags=re.MULTILINE)
    found = {(section, key): str(ast.literal_eval(value)) for section, key, value in lines}
    return {
        key: found[section, key]
        for section in _PIP_SECTIONS
        for key in sorted(_PIP)
        if (section, key) in found
    }


def npm_environment() -> dict[str, str]:
    """The environment in which npm installs, together with ``NPM_OPTIONS``."""
    return {name: value for name, value in os.environ.items() if _is_kept_by_npm(name)}


def _is_kept_by_npm(variable: str) -> bool:
    if not variable.lower().startswith("npm_config_"):
        return variable != "NODE_ENV"  # production leaves out what the linter is
    key = variable[len("npm_config_") :].lower().replace("_", "-")
    return key in _NPM or "//" in key  # the login of one registry


def go_environment(modules: Path, builds: Path) -> dict[str, str]:
    """The environment in which Go builds for this machine, with these folders as its caches."""
    bare = {name: value for name, value in os.environ.items() if name not in _GO}
    caches = {"GOMODCACHE": str(modules), "GOCACHE": str(builds)}
    # Writable, or nobody could remove the modules. No workspace of a folder above the checkout.
    return bare | caches | {"GOFLAGS": "-modcacherw", "GOWORK": "off"}
