"""What a shell says to other programs changes nothing that `make` does."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.checkout import REPOSITORY
from tests.unit.tools.small_checkout import PYTHON
from tools.steps import ambient

MAKEFILE = (REPOSITORY / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z-]+):", MAKEFILE, flags=re.MULTILINE)
STARTS_NOTHING = {"help", "clean"}
ON_SERVERS_OF_ONES_OWN = {"run", "playground", "setup"}
DOWNLOADS = {
    "setup",
    "browser",
    "pooler",
    "lint-pages",
    "lint",
    "format",
    "lock",
    "lock-check",
    "audit",
    "schemas",
}

HOSTILE = {
    **dict.fromkeys(("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONSAFEPATH"), "/nowhere"),
    **dict.fromkeys(("PYTHONUSERBASE", "PYTHONOPTIMIZE", "PYTHONWARNINGS"), "/nowhere"),
    **dict.fromkeys(("PGHOST", "PGSSLMODE", "PGSERVICE", "PGPASSFILE", "PGOPTIONS", "PGUSER"), "nowhere"),
    **dict.fromkeys(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"), "/nowhere"),
}
TEMPORAL = dict.fromkeys(
    ("TEMPORAL_API_KEY", "TEMPORAL_NAMESPACE", "TEMPORAL_PROFILE", "TEMPORAL_TLS"), "nowhere"
)
OWN = {
    "TEMPORAL_ADDRESS": "nowhere:7233",
    "DATABASE_URL": "postgresql://nowhere",
    "MUSTER_KEYS": "none",
    "MUSTER_CONFIG": "/nowhere",
}
PROXIES = {
    name: "http://nowhere"
    for upper in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    for name in (upper, upper.lower())
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The Makefile, with a stand-in for each command: it writes the environment that it is given."""
    (tmp_path / "Makefile").write_text(MAKEFILE)
    named = set(re.findall(r"\$\(BIN\)/([\w-]+)", MAKEFILE))
    assert {"muster", "pytest", "python", "mypy"} <= named
    biome = "home/.cache/muster/npm-lint/node_modules/.bin/biome"
    for name in (*(f".venv/bin/{name}" for name in named), "bin/python3", biome):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\nenv > "{tmp_path}/seen.$$"\n')
        path.chmod(0o755)
    return tmp_path


def seen(checkout: Path, target: str, shell: dict[str, str]) -> list[dict[str, str]]:
    """The environment of each command that this target starts, in their order."""
    path = {"PATH": f"{checkout}/bin:/usr/bin:/bin", "HOME": f"{checkout}/home"}
    command = ["make", target]
    done = subprocess.run(
        command, cwd=checkout, env=shell | path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    files = sorted(checkout.glob("seen.*"), key=lambda file: file.stat().st_mtime_ns)
    assert files
    return [dict(line.split("=", 1) for line in file.read_text().splitlines()) for file in files]


@pytest.mark.parametrize("target", sorted({*TARGETS} - STARTS_NOTHING))
def test_no_target_passes_on_what_is_meant_for_others(checkout: Path, target: str) -> None:
    kept = OWN if target in ON_SERVERS_OF_ONES_OWN else {}
    temporal = TEMPORAL if kept else {}
    *before, last = seen(checkout, target, HOSTILE | TEMPORAL | OWN | PROXIES)
    foreign = (HOSTILE | TEMPORAL | OWN).keys()
    for environment in (*before, last):
        assert {name: environment[name] for name in foreign & environment.keys()} == kept | temporal
    assert (PROXIES.items() <= last.items()) == (target in DOWNLOADS)
    assert (not PROXIES.keys() & last.keys()) == (target not in DOWNLOADS)


@pytest.mark.parametrize("target", sorted({*TARGETS} - STARTS_NOTHING - DOWNLOADS))
def test_the_set_up_before_it_downloads_through_the_proxy(checkout: Path, target: str) -> None:
    *before, _ = seen(checkout, target, PROXIES)
    assert before
    assert PROXIES.items() <= before[0].items()


@pytest.mark.parametrize("target", sorted(ON_SERVERS_OF_ONES_OWN))
def test_temporals_variables_count_only_beside_an_address(checkout: Path, target: str) -> None:
    for environment in seen(checkout, target, TEMPORAL):
        assert not TEMPORAL.keys() & environment.keys()


def test_tests_do_not_read_temporals_file_of_profiles(checkout: Path) -> None:
    assert seen(checkout, "test-quick", {})[-1]["TEMPORAL_CONFIG_FILE"] == "/dev/null"


def test_what_only_says_where_packages_come_from_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"npm_config_registry": "a", "NPM_CONFIG_HTTPS_PROXY": "b", "npm_config_//host/:_authToken": "c"}
    dropped = {"npm_config_global": "true", "NPM_CONFIG_PREFIX": "/nowhere", "NODE_ENV": "production"}
    go = {"GOPROXY": "d", "GOPRIVATE": "e"}
    for name, value in {**kept, **dropped, **go, "GOOS": "plan9", "GOFLAGS": "-mod=vendor"}.items():
        monkeypatch.setenv(name, value)
    npm = ambient.npm_environment()
    assert kept.items() <= npm.items()
    assert not dropped.keys() & npm.keys()
    built = ambient.go_environment(Path("/modules"), Path("/builds"))
    assert go.items() <= built.items()
    assert "GOOS" not in built
    assert built["GOFLAGS"] == "-modcacherw"


PIP_CONF = """
[global]
index-url = https://general.example/simple
quiet = 3
target = /nowhere
[install]
index-url = https://install.example/simple
extra-index-url =
    https://one.example/simple
    https://two.example/simple
user = true
"""


def test_pip_goes_by_no_file_and_by_what_says_where_packages_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    file = tmp_path / "pip.conf"
    file.write_text(PIP_CONF)
    shell = {"PIP_TARGET": "/nowhere", "PIP_USER": "1", "PIP_QUIET": "3", "PIP_PROXY": "http://proxy.example"}
    for name, value in {**shell, "PIP_CONFIG_FILE": str(file), "PIP_REQUIRE_VIRTUALENV": "1"}.items():
        monkeypatch.setenv(name, value)
    environment = ambient.pip_environment(PYTHON)
    pip = {name: value for name, value in environment.items() if name.startswith("PIP_")}
    assert pip.pop("PIP_EXTRA_INDEX_URL").split() == [
        "https://one.example/simple",
        "https://two.example/simple",
    ]
    pip.pop("PIP_CERT", None)  # the machine's own file may name one
    assert pip == {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_INDEX_URL": "https://install.example/simple",
        "PIP_NO_INPUT": "1",
        "PIP_PROXY": "http://proxy.example",
    }
