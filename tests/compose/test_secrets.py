"""deploy/secrets.sh: everything the compose file asks for and nobody has to know, drawn once."""

import stat
import subprocess
from pathlib import Path

import pytest

from muster.security.sealing import KeyRing
from muster.settings import load_settings
from tests.compose.compose_file import COMPOSE_FILE, REPOSITORY, read_yaml

FROM_OTHERS = {"teams_app_secret", "pagerduty_client_secret"}


def draw(folder: Path) -> dict[str, str]:
    subprocess.run(["sh", REPOSITORY / "deploy" / "secrets.sh", folder], check=True)
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_missing_secrets_are_drawn(tmp_path: Path) -> None:
    drawn = draw(tmp_path / "secrets")
    assert drawn.keys() == read_yaml(COMPOSE_FILE)["secrets"].keys() - FROM_OTHERS
    assert len(set(drawn.values())) == len(drawn)
    assert all(len(secret.strip()) >= 40 for secret in drawn.values())


def test_secrets_that_are_there_are_left(tmp_path: Path) -> None:
    first = draw(tmp_path)
    (tmp_path / "postgres_password").unlink()
    second = draw(tmp_path)
    assert first.pop("postgres_password") != second.pop("postgres_password")
    assert first == second


def test_others_do_not_get_into_the_folder_and_containers_can_read_the_files(tmp_path: Path) -> None:
    draw(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o644}


def test_the_product_reads_the_drawn_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = draw(tmp_path)
    for name in ("DATABASE_URL", "MUSTER_KEYS", "MUSTER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MUSTER_SECRETS_DIR", str(tmp_path))
    settings = load_settings()
    assert drawn["muster_database_password"].strip() == settings.database_url.password.get_secret_value()
    assert KeyRing.parse(settings.keys.get_secret_value()).keys.keys() == {"k1"}
