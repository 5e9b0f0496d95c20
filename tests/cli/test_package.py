"""`muster package` and `muster permissions` take the registration that was meant, or say why they cannot."""

import io
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner, Result

from muster.cli.main import app
from muster.permissions import as_markdown
from tests.support.settings import KEYS, config_file

SECRET = "do-not-show"
TENANTS = ("8f0c1f5e-0000-4000-8000-000000000001", "8f0c1f5e-0000-4000-8000-000000000002")
APPS = ("8f0c1f5e-0000-4000-8000-0000000000aa", "8f0c1f5e-0000-4000-8000-0000000000bb")
PUBLIC = "https://muster.example"


def table(number: int, name: str = "Muster") -> str:
    return (
        f'[[teams]]\ntenant = "{TENANTS[number]}"\napp_id = "{APPS[number]}"\n'
        f'app_secret = "{SECRET}"\nname = "{name}"\n'
    )


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/muster")
    monkeypatch.setenv("MUSTER_KEYS", KEYS)
    monkeypatch.setenv("MUSTER_PUBLIC_URL", PUBLIC)
    configure(monkeypatch, tmp_path, table(0))


def configure(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    monkeypatch.setenv("MUSTER_CONFIG", config_file(folder, text))


def muster(*arguments: str) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert SECRET not in result.output
    return result


def written(file: Path) -> dict[str, Any]:
    with ZipFile(io.BytesIO(file.read_bytes())) as archive:
        manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
        return manifest


def test_the_package_of_the_only_registration_is_written(tmp_path: Path) -> None:
    file = tmp_path / "muster.zip"
    result = muster("package", "-o", str(file))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"package: {file} is the app of tenant {TENANTS[0]}, id {APPS[0]}\n"
    manifest = written(file)
    assert (manifest["id"], manifest["version"]) == (APPS[0], version("muster"))
    assert manifest["validDomains"] == ["muster.example"]
    assert manifest["developer"]["privacyUrl"] == PUBLIC


def test_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    files = [tmp_path / "one.zip", tmp_path / "two.zip"]
    for file in files:
        assert muster("package", "--output", str(file)).exit_code == 0
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("number", [0, 1])
def test_of_several_registrations_one_is_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int
) -> None:
    configure(monkeypatch, tmp_path, table(0) + table(1, "Second"))
    file = tmp_path / "muster.zip"
    result = muster("package", "--tenant", TENANTS[number].upper(), "-o", str(file))
    assert result.exit_code == 0
    assert written(file)["id"] == APPS[number]
    assert written(file)["name"]["short"] == ("Muster", "Second")[number]
    printed = muster("permissions", "--powershell", "--tenant", TENANTS[number]).stdout
    assert (APPS[number] in printed, APPS[1 - number] in printed) == (True, False)


@pytest.mark.parametrize("command", ["package -o {file}", "permissions --powershell"])
def test_a_choice_that_is_open_or_wrong_is_told_with_the_tenants(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    configure(monkeypatch, tmp_path, table(0) + table(1))
    file, about = tmp_path / "muster.zip", command.split()[0]
    arguments = command.format(file=file).split()
    unchosen = muster(*arguments)
    wrong = muster(*arguments, "--tenant", APPS[0])
    assert (unchosen.exit_code, wrong.exit_code) == (2, 2)
    assert (
        unchosen.stderr == f"{about}: there are several registrations, say --tenant: {', '.join(TENANTS)}\n"
    )
    assert wrong.stderr.startswith(f"{about}: --tenant: ")
    assert all(tenant in wrong.stderr for tenant in TENANTS)
    assert not file.exists()


@pytest.mark.parametrize("command", ["package -o {file}", "permissions --powershell"])
def test_without_a_registration_there_is_nothing_to_make(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    monkeypatch.delenv("MUSTER_CONFIG")
    file = tmp_path / "muster.zip"
    result = muster(*command.format(file=file).split())
    assert result.exit_code == 2
    assert "there is no table [[teams]]" in result.stderr
    assert not file.exists()


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080", "https://localhost", None])
def test_without_a_public_address_nothing_is_written_and_the_reason_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str | None
) -> None:
    if address is None:
        monkeypatch.delenv("MUSTER_PUBLIC_URL")
    else:
        monkeypatch.setenv("MUSTER_PUBLIC_URL", address)
    file = tmp_path / "muster.zip"
    result = muster("package", "-o", str(file))
    assert result.exit_code == 2
    assert result.stderr.startswith("package: MUSTER_PUBLIC_URL: it is ")
    assert result.stderr.count("\n") == 1
    assert not file.exists()


def test_a_manifest_that_the_schema_refuses_is_not_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configure(monkeypatch, tmp_path, table(0, "M" * 31))
    file = tmp_path / "muster.zip"
    file.write_text("an older package")
    result = muster("package", "-o", str(file))
    assert result.exit_code == 2
    assert result.stderr.startswith("package: name.short, which is name in muster.toml: ")
    assert file.read_text() == "an older package"


def test_the_pages_that_people_find_can_be_named(tmp_path: Path) -> None:
    file = tmp_path / "muster.zip"
    assert muster("package", "--about", "https://wiki.example/muster", "-o", str(file)).exit_code == 0
    developer = written(file)["developer"]
    assert {developer[key] for key in ("websiteUrl", "privacyUrl", "termsOfUseUrl")} == {
        "https://wiki.example/muster"
    }
    assert muster("package", "--about", "wiki", "-o", str(file)).exit_code == 2


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "muster.zip"
    result = muster("package", "-o", str(file))
    assert (result.exit_code, result.stderr) == (2, f"package: {file}: No such file or directory\n")


def test_the_permissions_need_no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "MUSTER_KEYS", "MUSTER_CONFIG", "MUSTER_PUBLIC_URL"):
        monkeypatch.delenv(name)
    result = muster("permissions")
    assert (result.exit_code, result.stdout) == (0, as_markdown())
