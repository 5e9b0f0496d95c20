"""The manifest is valid by Microsoft's schema and names what the bot answers; the zip is always the same."""

import io
import json
import time
from typing import Any
from zipfile import ZipFile

import pytest

from api.bot.commands.table import COMMANDS
from api.bot.search_query import SearchQuery, search_query
from muster.app_package.archive import package
from muster.app_package.manifest import ManifestRefused, app_manifest, problems
from muster.cards.app_manifest import SEARCH_COMMAND, SEARCH_PARAMETER
from muster.cards.commands import SUMMARIES, help_text
from muster.config_file import TeamsRegistration
from sandbox.company import build_company

TENANT = "8f0c1f5e-0000-4000-8000-000000000001"
APP = "8f0c1f5e-0000-4000-8000-0000000000aa"
PUBLIC = "https://muster.example"
PAST_THE_LIMIT = 13


def registration(**more: Any) -> TeamsRegistration:
    given = {"tenant": TENANT, "app_id": APP, "app_secret": "not used here", **more}
    return TeamsRegistration.model_validate(given)


def manifest(public_url: str = PUBLIC, **more: Any) -> dict[str, Any]:
    return app_manifest(registration(**more), public_url=public_url, version="1.2.3")


def command_lists() -> dict[str, list[dict[str, str]]]:
    lists = manifest()["bots"][0]["commandLists"]
    return {scope: entry["commands"] for entry in lists for scope in entry["scopes"]}


def test_the_app_and_its_bot_are_the_registration() -> None:
    made = manifest()
    assert made["id"] == made["bots"][0]["botId"] == made["webApplicationInfo"]["id"] == APP
    assert made["manifestVersion"] == "1.29"
    assert made["$schema"].endswith("/v1.29/MicrosoftTeams.schema.json")


def test_the_name_is_that_of_the_configuration() -> None:
    assert manifest(name="Payments Muster")["name"]["short"] == "Payments Muster"


def test_the_bot_asks_for_what_its_features_need() -> None:
    (bot,) = manifest()["bots"]
    assert bot["scopes"] == ["team", "personal", "groupChat"]
    assert bot["needsChannelSelector"] is True
    assert bot["supportsTargetedMessages"] is True
    assert [entry["triggers"] for entry in bot["commandLists"]] == [["mention", "slash"]] * 3


def test_the_search_is_the_bots_and_finds_something_before_anybody_types() -> None:
    (extension,) = manifest()["composeExtensions"]
    assert extension["botId"] == APP
    (command,) = extension["commands"]
    assert (command["id"], command["type"]) == (SEARCH_COMMAND, "query") == ("findIncident", "query")
    assert command["context"] == ["compose", "commandBox"]
    assert command["initialRun"] is True
    (parameter,) = command["parameters"]
    assert parameter["name"] == SEARCH_PARAMETER == "query"


def test_the_bot_reads_the_search_that_the_manifest_declares() -> None:
    (command,) = manifest()["composeExtensions"][0]["commands"]
    (parameter,) = command["parameters"]
    typed = {"commandId": command["id"], "parameters": [{"name": parameter["name"], "value": "42"}]}
    assert search_query(typed) == SearchQuery("42", is_first_page=True)


def test_the_simulator_of_teams_sends_the_command_that_the_manifest_declares() -> None:
    assert build_company().search_command == SEARCH_COMMAND


def test_no_permission_of_a_team_is_asked_for() -> None:
    assert "authorization" not in manifest()


def test_the_domain_is_that_of_the_public_address() -> None:
    assert manifest("https://Muster.Example:8443/below/")["validDomains"] == ["muster.example:8443"]


def test_every_command_that_the_bot_answers_is_offered_where_it_works_in_the_order_of_help() -> None:
    listed = [line.split("**")[1] for line in help_text().splitlines() if line.startswith("- **")]
    assert [title.casefold() for title in listed] == list(COMMANDS)
    # A KEY that is written where others read it is dead; services are connected to channels.
    elsewhere = {
        "team": {"authorize"},
        "personal": {"connect", "disconnect", "list"},
        "groupChat": {"authorize", "connect", "disconnect", "list"},
    }
    assert command_lists().keys() == elsewhere.keys()
    for scope, commands in command_lists().items():
        titles = [command["title"] for command in commands]
        assert titles == [title for title in listed if title not in elsewhere[scope]], scope


def test_a_command_fits_where_older_manifests_show_it() -> None:
    """Manifests before 1.29 allowed 32 and 128 characters, which is what clients lay out."""
    for commands in command_lists().values():
        assert 0 < len(commands) <= 12
        assert [it for it in commands if len(it["title"]) > 32 or not 0 < len(it["description"]) <= 128] == []
        assert [it for it in commands if "*" in it["description"]] == []


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a name that is too long": ({"name": {"short": "M" * 31}}, "name.short"),
    "an id that is none": ({"id": "muster"}, "id"),
    "another version of the schema": ({"manifestVersion": "1.28"}, "manifestVersion"),
    "a search without a title": (
        {"composeExtensions": [{"botId": APP, "commands": [{"id": "findIncident", "type": "query"}]}]},
        "composeExtensions.0.commands.0",
    ),
    "an unknown key": ({"colour": "red"}, "the whole"),
    "an address without a scheme": (
        {"developer": manifest()["developer"] | {"privacyUrl": "muster.example"}},
        "developer.privacyUrl",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_the_schema_finds_what_is_wrong_and_says_where(case: str) -> None:
    change, place = WRONG[case]
    assert problems(manifest()) == []
    (problem,) = problems(manifest() | change)
    assert problem.startswith(place)


def test_a_thirteenth_command_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(PAST_THE_LIMIT + 1 - len(SUMMARIES)):
        monkeypatch.setitem(SUMMARIES, f"more{number}", "more")
    with pytest.raises(ManifestRefused) as refused:
        manifest()
    assert "bots.0.commandLists.0.commands" in str(refused.value)


def test_a_name_that_is_too_long_is_refused_by_the_key_to_mend() -> None:
    with pytest.raises(ManifestRefused) as refused:
        manifest(name="M" * 31)
    assert str(refused.value).startswith("package: name.short, which is name in muster.toml: ")
    assert refused.value.exit_code == 2
    assert manifest(name="M" * 30)["name"]["short"] == "M" * 30


def test_the_files_lie_at_the_root_in_the_order_of_their_names() -> None:
    with ZipFile(io.BytesIO(package(manifest()))) as archive:
        assert archive.namelist() == ["color.png", "manifest.json", "outline.png"]
        assert archive.testzip() is None
        assert json.loads(archive.read("manifest.json")) == manifest()


def test_the_icons_that_the_manifest_names_are_there() -> None:
    with ZipFile(io.BytesIO(package(manifest()))) as archive:
        assert set(manifest()["icons"].values()) <= set(archive.namelist())


def test_the_time_of_day_changes_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    before = package(manifest())
    later = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    assert package(manifest()) == before
