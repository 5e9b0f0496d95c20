"""Children of `muster up` get the shell's environment without the settings for other servers."""

import os
from pathlib import Path

import pytest

from sandbox.up.environment import embedded_environment, product_environment
from sandbox.up.servers import EmbeddedTemporal
from tests.stack.shell import OF_POSTGRES, OF_PYTHON, OF_TEMPORAL, OF_THE_NETWORK

CHECKOUT = Path(__file__).parents[2]

SETTINGS_OF = {
    "TEMPORAL_ADDRESS": {*OF_TEMPORAL},
    "DATABASE_URL": {*OF_POSTGRES, "MUSTER_MIGRATE_DATABASE_URL", "MUSTER_DATABASE_POOLER"},
    "MUSTER_CONFIG": {*OF_THE_NETWORK, "MUSTER_PROXY", "MUSTER_CA_FILE"},
}
OWN = {"PATH": "/bin", "LANG": "C.UTF-8", "MUSTER_GRACE": "2", "PG_SECRET": "of an account"}
SHELL = OWN | dict.fromkeys({*OF_PYTHON, "PYTHONPATH", "PYTHONHOME"}.union(*SETTINGS_OF.values()), "foreign")


def foreign(environment: dict[str, str]) -> set[str]:
    return {name for name, value in environment.items() if value == "foreign"}


def test_embedded_parts_see_no_setting_for_other_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SHELL.items():
        monkeypatch.setenv(name, value)
    environment = embedded_environment()
    assert foreign(environment) == set()
    assert environment.items() >= OWN.items()
    assert environment["TEMPORAL_CONFIG_FILE"] == os.devnull


@pytest.mark.parametrize("replacing", SETTINGS_OF)
def test_a_replacement_keeps_its_settings_and_no_others(replacing: str) -> None:
    assert foreign(product_environment(SHELL | {replacing: "given"})) == SETTINGS_OF[replacing]
    for blank in ("", " "):
        environment = product_environment(SHELL | {replacing: blank})
        assert foreign(environment) == set()
        assert replacing not in environment


def test_a_folder_of_settings_is_for_muster_up_alone() -> None:
    shell = SHELL | {"MUSTER_SECRETS_DIR": "foreign", "MUSTER_CONFIG": "given"}
    assert "MUSTER_SECRETS_DIR" not in product_environment(shell)


def test_a_profile_file_is_read_for_a_server_that_the_shell_names() -> None:
    shell = OWN | {"TEMPORAL_ADDRESS": "temporal.example:7233"}
    assert "TEMPORAL_CONFIG_FILE" not in product_environment(shell)
    assert product_environment(OWN)["TEMPORAL_CONFIG_FILE"] == os.devnull


def test_children_take_their_modules_from_this_checkout_alone() -> None:
    environment = product_environment(SHELL)
    assert environment["PYTHONPATH"] == str(CHECKOUT)
    assert environment["PYTHONSAFEPATH"] == "1"
    assert "PYTHONHOME" not in environment


def test_the_embedded_temporal_reads_no_file_of_settings() -> None:
    command = EmbeddedTemporal(log=Path("log")).command()
    assert command[command.index("--env-file") + 1] == os.devnull
