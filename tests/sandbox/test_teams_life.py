"""The life of a team and its channels: what is refused, what comes back, and what the bot hears of it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.teams_process import TeamsProcess, message
from tests.schemas.connector import connector_api
from tests.schemas.exchange import exchange_of
from tests.support.waiting import wait_until

NOT_FOUND = (404, "ConversationNotFound", None)
REMOVED = (403, "BotNotInConversationRoster", None)
ARCHIVED = (403, "Forbidden", "MessageWritesBlocked")


@pytest.fixture
def bot(teams: TeamsProcess) -> Iterator[httpx.Client]:
    """Its client; every answer about conversations has a shape that Microsoft published."""

    def check(response: httpx.Response) -> None:
        response.read()
        if "/v3/conversations" in response.url.path:
            connector_api().check_answer(exchange_of(response, under="/teams"))

    teams.reset()
    with teams.connector() as client:
        client.event_hooks = {"response": [check]}
        yield client


def happens(teams: TeamsProcess, event: str, **more: Any) -> dict[str, Any]:
    answer = teams.post("/_sandbox/team", {"team": "Payments", "event": event} | more)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def on_the_page(teams: TeamsProcess, event: str, *, person: int = 0, **more: Any) -> int:
    body = {"person": teams.person(person).email, "team": teams.company.teams[0].id, "event": event}
    return teams.post("/page/team", body | more).status_code


def outcome(response: httpx.Response) -> tuple[int, str | None, str | None]:
    error = response.json().get("error", {}) if response.content else {}
    return response.status_code, error.get("code"), error.get("subCode")


def writes(teams: TeamsProcess, bot: httpx.Client, sent: str) -> set[tuple[int, str | None, str | None]]:
    """What a post, a reply, an edit, a deletion and a new thread in Payments › ops are answered."""
    activities = f"v3/conversations/{teams.channel}/activities"
    thread = {
        "isGroup": True,
        "tenantId": teams.company.tenant_id,
        "channelData": {"channel": {"id": teams.channel}},
        "activity": message("x"),
    }
    return {
        outcome(bot.post(activities, json=message("x"))),
        outcome(bot.post(f"v3/conversations/{teams.channel};messageid={sent}/activities", json=message("x"))),
        outcome(bot.put(f"{activities}/{sent}", json=message("y"))),
        outcome(bot.delete(f"{activities}/{sent}")),
        outcome(bot.post("v3/conversations", json=thread)),
    }


def told(teams: TeamsProcess) -> list[str | None]:
    return [a["channelData"].get("eventType") for a in teams.bot.activities]


@pytest.fixture
def sent(teams: TeamsProcess, bot: httpx.Client) -> str:
    """A card in Payments › ops."""
    answer = bot.post(f"v3/conversations/{teams.channel}/activities", json=message("card", "acknowledge"))
    return str(answer.json()["id"])


@pytest.mark.parametrize(
    ("gone", "back", "refused"),
    [
        ("channelDeleted", "channelRestored", NOT_FOUND),
        ("teamDeleted", "teamRestored", NOT_FOUND),
        ("teamArchived", "teamUnarchived", ARCHIVED),
    ],
)
def test_writes_are_refused_until_it_is_back_with_its_messages(
    teams: TeamsProcess, bot: httpx.Client, sent: str, gone: str, back: str, refused: tuple[int, str, str]
) -> None:
    happens(teams, gone, channel=teams.channel)
    before = teams.messages(teams.channel)
    assert writes(teams, bot, sent) == {refused}
    assert teams.messages(teams.channel) == before
    happens(teams, back, channel=teams.channel)
    assert teams.messages(teams.channel) == before
    edited = bot.put(f"v3/conversations/{teams.channel}/activities/{sent}", json=message("again"))
    assert edited.json() == {"id": sent}
    assert told(teams) == [gone, back]


def test_the_removed_app_is_refused_in_other_words_than_a_deleted_channel(
    teams: TeamsProcess, bot: httpx.Client, sent: str
) -> None:
    removal = {"person": "ada@acme.example", "team": "Payments", "only": "none"}
    assert teams.post("/_sandbox/uninstall", removal).is_success
    assert writes(teams, bot, sent) == {REMOVED}
    assert teams.post("/_sandbox/install", removal).is_success
    edited = bot.put(f"v3/conversations/{teams.channel}/activities/{sent}", json=message("again"))
    assert edited.status_code == 200


def test_people_only_read_an_archived_team_and_so_does_the_bot(
    teams: TeamsProcess, bot: httpx.Client, sent: str
) -> None:
    happens(teams, "teamArchived", person="ada@acme.example")
    ada = teams.person(0).aad_object_id
    place = {"person": ada, "conversation": teams.channel}
    action = {"verb": "acknowledge"}
    for route, more in (
        ("/page/say", {"text": "hello"}),
        ("/page/delete", {"message": sent}),
        ("/page/invoke", {"message": sent, "action": action}),
        ("/_sandbox/say", {"text": "hello"}),
        ("/_sandbox/delete", {"message": sent}),
        ("/_sandbox/click", {"message": sent} | action),
    ):
        assert outcome(teams.post(route, place | more)) == ARCHIVED, route
    shown = teams.get(f"/page/conversations/{teams.channel}/messages", person=ada)
    assert (shown["archived"], [m["id"] for m in shown["messages"]]) == (True, [sent])
    assert teams.post("/page/read", place).status_code == 204
    team = teams.company.teams[0]
    assert bot.get(f"v3/teams/{team.id}").json()["name"] == "Payments"
    assert bot.get(f"v3/conversations/{teams.channel}/members").status_code == 200
    assert told(teams) == ["teamArchived"]


def test_a_team_deleted_for_good_does_not_come_back(teams: TeamsProcess, bot: httpx.Client) -> None:
    ada = teams.person(0).aad_object_id
    happens(teams, "teamDeleted")
    assert [t["name"] for t in teams.get("/page/state", person=ada)["deleted_teams"]] == ["Payments"]
    happens(teams, "teamHardDeleted")
    assert teams.get("/page/state", person=ada)["deleted_teams"] == []
    assert told(teams) == ["teamDeleted", "teamHardDeleted"]
    restored = teams.post("/_sandbox/team", {"team": "Payments", "event": "teamRestored"})
    assert restored.status_code == 422
    assert outcome(bot.get(f"v3/teams/{teams.company.teams[0].id}")) == NOT_FOUND


def test_an_event_comes_twice_as_two_activities_or_never(teams: TeamsProcess, bot: httpx.Client) -> None:
    assert happens(teams, "teamRenamed", name="Money", repeat=2)["statuses"] == [200, 200]
    first, second = teams.bot.activities
    assert first["id"] != second["id"]
    assert first["timestamp"] <= second["timestamp"]
    assert first["channelData"] == second["channelData"]
    assert teams.post(
        "/_sandbox/team", {"team": "Money", "event": "teamArchived", "only": "none"}
    ).json() == {
        "statuses": [],
        "channel": None,
    }
    assert told(teams) == ["teamRenamed"] * 2
    assert outcome(bot.post(f"v3/conversations/{teams.channel}/activities", json=message("x"))) == ARCHIVED


def test_an_event_that_is_held_back_comes_after_the_next_one_and_is_older(
    teams: TeamsProcess, bot: httpx.Client
) -> None:
    assert happens(teams, "channelDeleted", channel="ops", after_next=True, repeat=2)["statuses"] == []
    other = {"team": "Platform", "event": "teamRenamed", "name": "Base"}
    assert teams.post("/_sandbox/team", other).json()["statuses"] == [200], "another team's"
    assert happens(teams, "channelRestored", channel="ops")["statuses"] == [200] * 3
    assert told(teams) == ["teamRenamed", "channelRestored", "channelDeleted", "channelDeleted"]
    _, restored, deleted, _ = teams.bot.activities
    assert deleted["timestamp"] <= restored["timestamp"]
    assert happens(teams, "teamArchived")["statuses"] == [200], "nothing is held back any more"


def test_a_removal_can_come_after_the_next_installation(teams: TeamsProcess, bot: httpx.Client) -> None:
    app = {"person": "ada@acme.example", "team": "Payments", "only": "installationUpdate"}
    assert teams.post("/_sandbox/uninstall", app | {"after_next": True}).json()["statuses"] == []
    assert teams.post("/_sandbox/install", app).json()["statuses"] == [200, 200]
    assert [a["action"] for a in teams.bot.activities] == ["add", "remove"]


def test_an_upgrade_is_an_installation_update_about_the_team(teams: TeamsProcess, bot: httpx.Client) -> None:
    upgrade = {"person": "ada@acme.example", "team": "Payments"}
    assert teams.post("/_sandbox/upgrade", upgrade | {"by_nobody": True}).json() == {"statuses": [200]}
    (heard,) = teams.bot.activities
    team = teams.company.teams[0]
    assert (heard["type"], heard["action"]) == ("installationUpdate", "add-upgrade")
    assert heard["conversation"]["id"] == heard["channelData"]["team"]["id"] == team.id
    assert "aadObjectId" not in heard["from"]
    assert teams.post("/_sandbox/uninstall", upgrade | {"only": "none"}).is_success
    assert teams.post("/_sandbox/upgrade", upgrade).status_code == 409


@pytest.mark.parametrize("type_", ["private", "shared"])
def test_the_app_is_in_a_private_or_shared_channel_once_it_was_added_there(
    teams: TeamsProcess, bot: httpx.Client, type_: str
) -> None:
    bo, sam = teams.person(1), teams.person(6)
    made = happens(teams, "channelCreated", name="inner", type=type_, members=[bo.email])
    channel, team = made["channel"], teams.company.teams[0].id
    assert made["statuses"] == [], "the app hears nothing of a channel that it is not in"
    listed = bot.get(f"v3/teams/{team}/conversations")
    assert channel not in listed.text
    assert outcome(bot.post(f"v3/conversations/{channel}/activities", json=message("x"))) == REMOVED

    happens(teams, "channelMemberAdded", channel="inner", by=bo.email)
    (heard,) = teams.bot.activities
    assert heard["channelData"]["channel"] == {"id": channel, "name": "inner", "type": type_}
    assert heard["membersAdded"] == [{"id": f"28:{teams.company.bot_app_id}"}]
    assert (heard["from"]["aadObjectId"], heard["conversation"]["id"]) == (bo.aad_object_id, team)
    last = bot.get(f"v3/teams/{team}/conversations").json()["conversations"][-1]
    assert last == {"id": channel, "name": "inner", "type": type_}

    said = {"person": bo.aad_object_id, "conversation": channel, "text": "help"}
    assert teams.post("/_sandbox/say", said).json()["status"] == 200
    assert teams.bot.activities[-1]["channelData"]["channel"] == {"id": channel, "type": type_}
    assert teams.post("/_sandbox/say", said | {"person": sam.email}).status_code == 404
    happens(teams, "channelMemberAdded", channel="inner", person=sam.email)
    assert teams.post("/_sandbox/say", said | {"person": sam.email}).is_success
    (seen,) = teams.get("/page/state", person=sam.aad_object_id)["teams"]
    assert [c["type"] for c in seen["channels"]] == [type_], "of the team, the one channel alone"
    happens(teams, "channelMemberRemoved", channel="inner")
    assert told(teams)[-1] == "channelMemberRemoved"
    assert outcome(bot.post(f"v3/conversations/{channel}/activities", json=message("x"))) == REMOVED


def test_a_standard_channel_says_no_type_to_the_bot(teams: TeamsProcess, bot: httpx.Client) -> None:
    said = {"person": "bo@acme.example", "conversation": teams.channel, "text": "help"}
    assert teams.post("/_sandbox/say", said).is_success
    assert teams.bot.activities[0]["channelData"]["channel"] == {"id": teams.channel}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"event": "channelCreated", "name": "ops"}, 409),
        ({"event": "channelRenamed", "channel": "ops", "name": "releases"}, 409),
        ({"event": "channelCreated", "name": "x", "members": ["bo@acme.example"]}, 422),
        ({"event": "channelCreated", "name": "x", "has_app": True}, 422),
        ({"event": "channelCreated", "name": "x", "type": "secret"}, 422),
        ({"event": "channelCreated", "name": "x", "type": "private", "members": ["nobody"]}, 404),
        ({"event": "channelMemberAdded", "channel": "ops"}, 422),
        ({"event": "channelMemberAdded"}, 422),
        ({"event": "teamArchived", "repeat": 5}, 422),
        ({"event": "teamArchived", "by": "nobody"}, 404),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    teams: TeamsProcess, bot: httpx.Client, body: dict[str, Any], status: int
) -> None:
    before = teams.records()["conversations"]
    assert teams.post("/_sandbox/team", {"team": "Payments"} | body).status_code == status
    assert (teams.records()["conversations"], teams.bot.activities) == (before, [])


def test_a_member_changes_the_team_on_the_page_and_others_do_not(
    teams: TeamsProcess, bot: httpx.Client
) -> None:
    sam = teams.person(6)
    assert on_the_page(teams, "teamMemberAdded", person=6, member=sam.email) == 403
    assert on_the_page(teams, "teamMemberAdded", member=sam.email) == 204
    wait_until(lambda: len(teams.bot.activities) == 1, within=5)
    (heard,) = teams.bot.activities
    assert heard["from"]["aadObjectId"] == teams.person(0).aad_object_id
    assert heard["membersAdded"] == [{"id": sam.teams_id, "aadObjectId": sam.aad_object_id}]
    assert on_the_page(teams, "teamArchived", person=6) == 204
    assert on_the_page(teams, "channelCreated", name="late") == 403, "archived"
    assert on_the_page(teams, "teamUnarchived") == 204
    assert on_the_page(teams, "teamDeleted") == 204
    assert on_the_page(teams, "teamRestored") == 204
    assert on_the_page(teams, "teamBlessed") == 422
    wait_until(lambda: len(teams.bot.activities) == 5, within=5)


def test_the_page_upgrades_the_app(teams: TeamsProcess, bot: httpx.Client) -> None:
    body = {"person": teams.person(0).email, "team": teams.company.teams[0].id}
    assert teams.post("/page/upgrade", body).status_code == 204
    wait_until(lambda: [a.get("action") for a in teams.bot.activities] == ["add-upgrade"], within=5)
