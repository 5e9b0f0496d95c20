"""docs/configuration.md tells every setting with its default, and every variable that something reads."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from muster.cli.main import app
from muster.clients.pagerduty.app_scopes import SCOPES
from muster.clients.pagerduty.oauth import PERSON_SCOPES
from muster.config_file import ConfigFile, PagerDutyAccount, RoomsTable, TeamsRegistration
from muster.settings import Settings
from tests.docs.checkout import REPOSITORY, files

PAGE = (REPOSITORY / "docs/configuration.md").read_text()
WITH_TOML = ("docs/configuration.md", "docs/installing.md", "docs/operating-with-compose.md", "README.md")
VARIABLE = re.compile(r"\b(?:MUSTER|TEMPORAL)_[A-Z_]*[A-Z]\b")
TOML = re.compile(r"^ *```toml\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
READERS = files("*.py", "Makefile", "docker-compose.yml", "deploy/*")
FOREIGN = {
    "TEMPORAL_BROADCAST_ADDRESS",  # of Temporal's server and UI, in Compose alone
    "TEMPORAL_DEFAULT_NAMESPACE",
    "TEMPORAL_CSRF_COOKIE_INSECURE",
}


def rows(heading: str) -> Iterator[list[str]]:
    """The cells of the table whose first heading is this one, without the marks of code."""
    lines = PAGE.partition(f"| {heading} |")[2].splitlines()[2:]
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]


def written(field: FieldInfo) -> str:
    """A default as an operator would write it."""
    match field.default:
        case _ if field.is_required():
            return "required"
        case None | "" | ():
            return "–"
        case bool(flag):
            return str(flag).lower()
        case tuple(parts):
            return ",".join(parts)
        case float(number):
            return f"{number:g}"
        case other:
            return str(other)


def variable(name: str, field: FieldInfo) -> str:
    return str(field.validation_alias or f"{Settings.model_config['env_prefix']}{name.upper()}")


def test_every_setting_has_its_row_with_its_default() -> None:
    told = {row[0]: row[2] for row in rows("variable | meaning | default | read by")}
    assert told == {variable(name, field): written(field) for name, field in Settings.model_fields.items()}


@pytest.mark.parametrize(
    ("table", "model"),
    [("[[teams]]", TeamsRegistration), ("[[pagerduty]]", PagerDutyAccount), ("[rooms]", RoomsTable)],
)
def test_every_key_of_the_file_has_its_row_with_its_default(table: str, model: type[BaseModel]) -> None:
    told = {row[0]: row[2] for row in rows(f"key of `{table}` | meaning | default")}
    assert told == {name: written(field) for name, field in model.model_fields.items()}


def test_a_setting_is_read_by_commands_that_are_there() -> None:
    commands = {command.callback.__name__ for command in app.registered_commands if command.callback}
    commands |= {str(group.name) for group in app.registered_groups}
    told = rows("variable | meaning | default | read by")
    readers = {name.strip() for row in told for name in row[3].split(",")}
    assert readers <= commands


def test_every_variable_that_something_reads_is_on_the_page() -> None:
    named = {
        name
        for path in READERS
        if path.parts[0] not in ("tests", "docs")
        for name in VARIABLE.findall((REPOSITORY / path).read_text())
    }
    assert named >= {"MUSTER_ADAPTIVECARDS_JS", "MUSTER_PUBLISH", "TEMPORAL_UI_URL"}
    assert named - FOREIGN - set(VARIABLE.findall(PAGE)) == set()


def toml_blocks() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in WITH_TOML:
        text = (REPOSITORY / name).read_text()
        for number, block in enumerate(TOML.findall(text)):
            yield f"{Path(name).name}-{number}", tomllib.loads(block)


BLOCKS = dict(toml_blocks())


@pytest.mark.parametrize("name", BLOCKS)
def test_an_example_is_a_file_that_is_accepted(name: str) -> None:
    accepted = ConfigFile.model_validate(BLOCKS[name])
    assert len(accepted.teams) == len(accepted.pagerduty) == 1


def test_every_page_with_an_example_is_read() -> None:
    assert len(BLOCKS) == len(WITH_TOML)


def test_the_scopes_that_a_person_is_asked_for_are_told() -> None:
    """Whoever registers the app copies them from the page; a scope that is missing there ends every link."""
    asked = set(PERSON_SCOPES) - {"openid"}
    (told,) = re.findall(r"those that are missing:\n(.*?)\.\n\n", PAGE, re.DOTALL)
    assert set(re.findall(r"`([^`]+)`", told)) == asked
    page = (REPOSITORY / "docs/platform-facts.md").read_text()
    (user,) = re.findall(r"### 4\.3 Scope set to request\nUser: `([^`]+)`", page)
    assert set(user.split()) == asked


def test_the_scopes_of_the_app_are_told() -> None:
    (told,) = re.findall(r"registration of the Scoped OAuth app grants(.*?)And it grants", PAGE, re.DOTALL)
    assert set(re.findall(r"`([a-z_.]+)`", told)) == set(SCOPES)
