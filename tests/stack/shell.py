"""A shell that is set up for other servers, as those of developers and of build machines are."""

from collections.abc import Mapping
from pathlib import Path

from sandbox.up.servers.caches import cache_dir

_NOBODY = "http://127.0.0.1:9"

OF_TEMPORAL: Mapping[str, str] = {
    "TEMPORAL_API_KEY": "key-of-a-cloud",
    "TEMPORAL_NAMESPACE": "prod.a1b2c",
    "TEMPORAL_TLS": "true",
    "TEMPORAL_TLS_SERVER_NAME": "prod.example",
    "TEMPORAL_PROFILE": "cloud",
    "TEMPORAL_CONFIG_FILE": "/nonexistent/temporal.toml",
    "TEMPORAL_ENV": "cloud",
}
OF_POSTGRES: Mapping[str, str] = {
    "PGHOST": "db.example",
    "PGSSLMODE": "verify-full",
    "PGSERVICE": "prod",
    "PGOPTIONS": "-c search_path=prod",
    "PGUSER": "prod",
    "PGDATA": "/nonexistent",
}
OF_THE_NETWORK: Mapping[str, str] = {
    "HTTP_PROXY": _NOBODY,
    "https_proxy": _NOBODY,
    "ALL_PROXY": _NOBODY,
    "NO_PROXY": "example",
    "SSL_CERT_FILE": "/nonexistent/ca.pem",
    "REQUESTS_CA_BUNDLE": "/nonexistent/ca.pem",
}
OF_PYTHON: Mapping[str, str] = {"PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "2"}

FOREIGN_SETTINGS = {**OF_TEMPORAL, **OF_POSTGRES, **OF_THE_NETWORK, **OF_PYTHON}
"""Settings of which each could break a part that obeyed it."""


def foreign_shell(home: Path) -> Mapping[str, str]:
    """These settings, with a home folder that has Temporal's files of profiles."""
    folder = home / ".config" / "temporalio"
    folder.mkdir(parents=True)
    (folder / "temporal.toml").write_text(
        '[profile.default]\naddress = "prod.example:7233"\nnamespace = "prod"\napi_key = "key"\n'
    )
    (folder / "temporal.yaml").write_text("env:\n  default:\n    api-key: key\n    headless: 'true'\n")
    # What was built and downloaded before is still found.
    return {**FOREIGN_SETTINGS, "XDG_CACHE_HOME": str(cache_dir().parent), "HOME": str(home)}
