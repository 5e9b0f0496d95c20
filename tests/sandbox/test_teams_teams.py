"""Teams: what the bot reads of them, and what happens to them."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.sandbox.teams_process import TeamsProcess, message
from tests.support.connections import request


@pytest.fixture
def bot(teams: TeamsProcess) -> Iterator[httpx.Client]:
    teams.reset()
    with teams.connector() as client:
        yield client


def read(bot: httpx.Client, team: str, more: str = "") -> httpx.Response:
    return bot.get(f"v3/teams/{quote(team, safe='')}{more}")


def names(bot: httpx.Client, team: str) -> list[str | None]:
    return [c["name"] for c in read(bot, team, "/conversations").json()["conversations"]]


def happens(teams: TeamsProcess, event: str, **more: Any) -> dict[str, Any]:
    answer = teams.post("/_sandbox/team", {"team": teams.company.teams[0].id, "event": event} | more)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def refusal(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_a_team_has_a_name_and_channels_of_which_general_has_none(
    teams: TeamsProcess, bot: httpx.Client
) -> None:
    team = teams.company.teams[0]
    assert read(bot, team.id).json() == {
        "id": team.id,
        "name": "Payments",
        "aadGroupId": team.aad_group_id,
        "tenantId": teams.company.tenant_id,
        "type": "standard",
        "channelCount": 3,
        "memberCount": 6,
    }
    general, ops, releases = team.channels
    assert read(bot, team.id, "/conversations").json() == {
        "conversations": [
            {"id": general.id, "name": None, "type": "standard"},
            {"id": ops.id, "name": "ops", "type": "standard"},
            {"id": releases.id, "name": "releases", "type": "standard"},
        ]
    }


@pytest.mark.parametrize("more", ["", "/conversations"])
def test_a_team_is_read_by_its_bot_alone(teams: TeamsProcess, bot: httpx.Client, more: str) -> None:
    team = teams.company.teams[0]
    anonymous = request("GET", f"{teams.url}/teams/v3/teams/{team.id}{more}")
    assert refusal(anonymous) == (401, "Unauthorized")
    assert refusal(read(bot, "19:nowhere@thread.tacv2", more)) == (404, "ConversationNotFound")
    assert refusal(read(bot, teams.channel, more)) == (404, "ConversationNotFound"), "a channel is no team"
    removal = {"person": "ada@acme.example", "team": "Payments", "only": "none"}
    assert teams.post("/_sandbox/uninstall", removal).is_success
    assert refusal(read(bot, team.id, more)) == (403, "BotNotInConversationRoster")


def test_reads_of_a_team_count_in_the_windows_of_reads(teams: TeamsProcess, bot: httpx.Client) -> None:
    team = teams.company.teams[0].id
    answers = [read(bot, team, "/conversations" if number % 2 else "") for number in range(15)]
    assert [a.status_code for a in answers] == [200] * 14 + [429]
    assert answers[-1].headers["Retry-After"] == "1"


def test_a_read_of_a_team_can_be_told_to_fail(teams: TeamsProcess, bot: httpx.Client) -> None:
    team = teams.company.teams[0].id
    fault = {"on": "team", "do": "status", "status": 502, "match": {"conversation": team}}
    assert teams.post("/_sandbox/faults", fault).status_code == 201
    assert read(bot, teams.company.teams[1].id).status_code == 200
    assert [read(bot, team).status_code for _ in range(2)] == [502, 200]
    call = teams.records()["calls"][1]
    assert (call["path"], call["conversation"], call["fault"]) == (f"/v3/teams/{team}", team, "status")


@pytest.mark.parametrize("event", ["teamRenamed", "teamrenamed"])
def test_a_renamed_team_has_its_new_name_everywhere(
    teams: TeamsProcess, bot: httpx.Client, event: str
) -> None:
    team = teams.company.teams[0]
    assert happens(teams, event, name="Money", person="bo@acme.example") == {
        "statuses": [200],
        "channel": None,
    }
    (heard,) = teams.bot.activities
    assert (heard["type"], heard["channelData"]["eventType"]) == ("conversationUpdate", event)
    assert heard["conversation"]["id"] == team.id
    assert heard["channelData"]["team"]["name"] == "Money"
    assert heard["from"]["aadObjectId"] == teams.person(1).aad_object_id
    assert read(bot, team.id).json()["name"] == "Money"
    ada = teams.person(0).aad_object_id
    assert teams.get("/page/state", person=ada)["teams"][0]["name"] == "Money"
    assert {c["team"] for c in teams.records()["conversations"]} == {"Money", "Platform", None}
    assert teams.post("/_sandbox/install", {"person": ada, "team": "Payments"}).status_code == 404


def test_channels_come_go_and_return(teams: TeamsProcess, bot: httpx.Client) -> None:
    team = teams.company.teams[0].id
    created = happens(teams, "channelCreated", name="audits")["channel"]
    assert names(bot, team) == [None, "ops", "releases", "audits"]
    happens(teams, "channelRenamed", channel="audits", name="reviews")
    assert happens(teams, "channelDeleted", channel="reviews")["channel"] == created
    assert names(bot, team) == [None, "ops", "releases"]
    address = f"v3/conversations/{created}/activities"
    assert refusal(bot.post(address, json=message("x"))) == (404, "ConversationNotFound")
    ada = teams.person(0).aad_object_id
    seen = teams.get("/page/state", person=ada)["teams"][0]["channels"]
    assert [c["name"] for c in seen] == ["General", "ops", "releases"]
    happens(teams, "channelRestored", channel=created)
    assert bot.post(address, json=message("x")).status_code == 201
    told = [(a["channelData"]["eventType"], a["channelData"]["channel"]) for a in teams.bot.activities]
    audits, reviews = {"id": created, "name": "audits"}, {"id": created, "name": "reviews"}
    assert told == [
        ("channelCreated", audits),
        ("channelRenamed", reviews),
        ("channelDeleted", reviews),
        ("channelRestored", reviews),
    ]
    assert {a["conversation"]["id"] for a in teams.bot.activities} == {team}


def test_a_deleted_team_is_gone_until_it_is_restored_with_its_bot(
    teams: TeamsProcess, bot: httpx.Client
) -> None:
    team, ada = teams.company.teams[0].id, teams.person(0).aad_object_id
    happens(teams, "teamDeleted")
    assert refusal(read(bot, team)) == (404, "ConversationNotFound")
    assert [t["name"] for t in teams.get("/page/state", person=ada)["teams"]] == ["Platform"]
    said = {"person": ada, "conversation": teams.channel, "text": "hello"}
    assert teams.post("/page/say", said).status_code == 404
    assert teams.post("/_sandbox/install", {"person": ada, "team": team}).status_code == 404
    happens(teams, "teamrestored")
    assert read(bot, team).status_code == 200
    told = [a["channelData"]["eventType"] for a in teams.bot.activities]
    assert told == ["teamDeleted", "teamrestored"]
    assert all("aadObjectId" not in a["from"] for a in teams.bot.activities), "nobody was named"


def test_people_come_and_go(teams: TeamsProcess, bot: httpx.Client) -> None:
    sam = teams.person(6)
    happens(teams, "teamMemberAdded", person=sam.email)
    assert [t["name"] for t in teams.get("/page/state", person=sam.aad_object_id)["teams"]] == ["Payments"]
    said = {"person": sam.aad_object_id, "conversation": teams.channel, "text": "@Muster help"}
    assert teams.post("/page/say", said).is_success
    heard = teams.bot.activities.pop()
    assert heard["from"]["aadObjectId"] == sam.aad_object_id
    assert heard["channelData"]["tenant"] == {"id": teams.company.tenant_id}, "that of the team"
    assert heard["conversation"]["tenantId"] == teams.company.tenant_id
    happens(teams, "teamMemberRemoved", person=sam.email)
    assert teams.get("/page/state", person=sam.aad_object_id)["teams"] == []
    account = [{"id": sam.teams_id, "aadObjectId": sam.aad_object_id}]
    assert teams.bot.activities[0]["membersAdded"] == account
    assert teams.bot.activities[1]["membersRemoved"] == account


def test_an_unknown_event_is_sent_and_changes_nothing(teams: TeamsProcess, bot: httpx.Client) -> None:
    before = teams.records()["conversations"]
    assert happens(teams, "teamBlessed") == {"statuses": [200], "channel": None}
    assert teams.bot.activities[0]["channelData"]["eventType"] == "teamBlessed"
    assert teams.records()["conversations"] == before


def test_a_bot_that_is_not_in_the_team_hears_nothing(teams: TeamsProcess, bot: httpx.Client) -> None:
    removal = {"person": "ada@acme.example", "team": "Payments", "only": "none"}
    assert teams.post("/_sandbox/uninstall", removal).is_success
    assert happens(teams, "teamRenamed", name="Money")["statuses"] == []
    assert teams.bot.activities == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"event": "teamRenamed"}, 422),
        ({"event": "channelcreated"}, 422),
        ({"event": "channelDeleted"}, 422),
        ({"event": "channelDeleted", "channel": "General"}, 422),
        ({"event": "channelDeleted", "channel": "nowhere"}, 404),
        ({"event": "teamMemberAdded"}, 422),
        ({"event": "teamArchived", "person": "nobody"}, 404),
        ({"event": "teamArchived", "team": "nowhere"}, 404),
    ],
)
def test_an_event_that_cannot_be_is_refused(
    teams: TeamsProcess, bot: httpx.Client, body: dict[str, Any], status: int
) -> None:
    assert teams.post("/_sandbox/team", {"team": "Payments"} | body).status_code == status
    assert teams.bot.activities == []
