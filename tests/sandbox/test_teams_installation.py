"""How the bot hears that it was added to a team and removed from it, in each way that Teams is known for."""

from typing import Any

import pytest

from tests.sandbox.teams_process import TeamsProcess

UPDATE, INSTALLATION = "conversationUpdate", "installationUpdate"


@pytest.fixture(autouse=True)
def _anew(teams: TeamsProcess) -> None:
    teams.reset()


def install(teams: TeamsProcess, **more: Any) -> list[dict[str, Any]]:
    """What the bot hears."""
    body = {"person": "ada@acme.example", "team": "Payments"} | more
    answer = teams.post("/_sandbox/install", body)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"statuses": [200] * len(teams.bot.activities)}
    return teams.bot.activities


@pytest.mark.parametrize("named", ["ops", None])
def test_the_chosen_channel_is_the_conversation(teams: TeamsProcess, named: str | None) -> None:
    team = teams.company.teams[0]
    chosen = teams.channel if named else team.id
    update, installation = install(teams, channel=named)
    for activity in (update, installation):
        assert activity["conversation"] == {
            "conversationType": "channel",
            "isGroup": True,
            "id": chosen,
            "tenantId": teams.company.tenant_id,
        }
        data = activity["channelData"]
        assert data["settings"] == {"selectedChannel": {"id": chosen}}
        assert data["team"] == {"id": team.id, "aadGroupId": team.aad_group_id, "name": "Payments"}
        assert data["tenant"] == {"id": teams.company.tenant_id}
        assert activity["from"]["aadObjectId"] == teams.person(0).aad_object_id
    assert (installation["action"], installation["channelData"]["eventType"]) == ("add", None)
    assert update["channelData"]["eventType"] == "teamMemberAdded"
    assert update["membersAdded"] == [{"id": update["recipient"]["id"]}]


def test_a_channel_is_named_by_its_id_too(teams: TeamsProcess) -> None:
    assert install(teams, channel=teams.channel)[0]["conversation"]["id"] == teams.channel


@pytest.mark.parametrize(
    ("more", "types"),
    [
        ({}, [UPDATE, INSTALLATION]),
        ({"order": "installation_first"}, [INSTALLATION, UPDATE]),
        ({"repeat": 2}, [UPDATE, UPDATE, INSTALLATION, INSTALLATION]),
        ({"repeat": 4, "only": INSTALLATION}, [INSTALLATION] * 4),
        ({"only": UPDATE}, [UPDATE]),
        ({"only": "none"}, []),
    ],
)
def test_both_events_come_in_either_order_once_often_or_never(
    teams: TeamsProcess, more: dict[str, Any], types: list[str]
) -> None:
    heard = install(teams, **more)
    assert [activity["type"] for activity in heard] == types
    assert len({activity["id"] for activity in heard}) == len(types)
    ada = teams.person(0).aad_object_id
    assert teams.get("/page/state", person=ada)["teams"][0]["has_bot"]


def test_nobody_has_no_name_and_no_object_id(teams: TeamsProcess) -> None:
    heard = install(teams, by_nobody=True)
    assert len(heard) == 2
    for activity in heard:
        assert list(activity["from"]) == ["id"]
        assert teams.company.person(activity["from"]["id"]) is None


def test_a_removal_is_newer_than_the_installation_and_about_the_team(teams: TeamsProcess) -> None:
    added = list(install(teams, channel="ops"))
    body = {"person": "ada@acme.example", "team": "Payments", "order": "installation_first"}
    assert teams.post("/_sandbox/uninstall", body).json() == {"statuses": [200, 200]}
    installation, update = teams.bot.activities[2:]
    assert (installation["type"], installation["action"]) == (INSTALLATION, "remove")
    assert (update["type"], update["channelData"]["eventType"]) == (UPDATE, "teamMemberRemoved")
    assert update["membersRemoved"] == [{"id": update["recipient"]["id"]}]
    for activity in (installation, update):
        assert activity["conversation"]["id"] == teams.company.teams[0].id
        assert activity["timestamp"] > added[-1]["timestamp"]
    ada = teams.person(0).aad_object_id
    assert not teams.get("/page/state", person=ada)["teams"][0]["has_bot"]
    assert teams.post("/_sandbox/install", {"person": "bo@acme.example", "team": "Payments"}).is_success
    assert teams.get("/page/state", person=ada)["teams"][0]["has_bot"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"team": "Nowhere"}, 404),
        ({"channel": "nowhere"}, 404),
        ({"channel": "alerts"}, 404),
        ({"person": "nobody"}, 404),
        ({"person": "sam@other.example"}, 403),
        ({"repeat": 0}, 422),
        ({"repeat": 5}, 422),
        ({"order": "random"}, 422),
        ({"only": "message"}, 422),
    ],
)
def test_what_cannot_be_installed_is_refused(teams: TeamsProcess, body: dict[str, Any], status: int) -> None:
    wanted = {"person": "ada@acme.example", "team": "Payments"} | body
    assert teams.post("/_sandbox/install", wanted).status_code == status
    assert teams.bot.activities == []
