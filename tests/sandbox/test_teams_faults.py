"""Each fault of the table, on the calls it is meant for."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.teams_process import TeamsProcess, message
from tests.support.connections import request
from tests.support.waiting import wait_until


@pytest.fixture
def bot(teams: TeamsProcess) -> Iterator[httpx.Client]:
    teams.reset()
    with teams.connector() as client:
        yield client


def activities(teams: TeamsProcess, activity: str = "") -> str:
    return f"v3/conversations/{teams.channel}/activities" + (f"/{activity}" if activity else "")


def order(teams: TeamsProcess, on: str, do: str, **more: Any) -> None:
    fault = {"on": on, "do": do, "match": {"conversation": teams.channel}} | more
    answer = teams.post("/_sandbox/faults", fault)
    assert answer.status_code == 201, answer.text


def last_call(teams: TeamsProcess) -> tuple[int | None, str | None]:
    call = teams.records()["calls"][-1]
    return call["status"], call["fault"]


def test_a_call_whose_answer_is_lost_was_done(teams: TeamsProcess, bot: httpx.Client) -> None:
    order(teams, "create", "lose_answer")
    with pytest.raises(httpx.RemoteProtocolError):
        bot.post(activities(teams), json=message("x"))
    assert len(teams.messages(teams.channel)) == 1
    assert last_call(teams) == (201, "lose_answer")
    assert bot.post(activities(teams), json=message("y")).status_code == 201


def test_a_late_call_is_cut_now_and_done_afterwards(teams: TeamsProcess, bot: httpx.Client) -> None:
    sent = bot.post(activities(teams), json=message("x")).json()["id"]
    order(teams, "edit", "late", seconds=0.5)
    with pytest.raises(httpx.RemoteProtocolError):
        bot.put(activities(teams, sent), json=message("late"))
    assert last_call(teams) == (None, "late")
    assert bot.put(activities(teams, sent), json=message("in time")).status_code == 200
    wait_until(lambda: len(teams.messages(teams.channel)[0]["versions"]) == 3, within=5)
    shown = teams.messages(teams.channel)[0]["versions"][-1]["activity"]
    assert shown["attachments"] == message("late")["attachments"]
    assert [c["status"] for c in teams.records()["calls"]] == [201, 200, 200]


def test_a_status_is_answered_in_place_of_the_call(teams: TeamsProcess, bot: httpx.Client) -> None:
    order(
        teams, "create", "status", status=429, retry_after=3, body={"error": {"code": "Throttled"}}, times=2
    )
    for _ in range(2):
        answer = bot.post(activities(teams), json=message("x"))
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
        assert answer.json() == {"error": {"code": "Throttled"}}
    assert teams.messages(teams.channel) == []
    assert bot.post(activities(teams), json=message("x")).status_code == 201


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (403, "BadArgument", "Failed to decrypt conversation id"),
        (400, "BadSyntax", "Bad format of conversation ID"),
        (403, "ServiceError", "Unknown"),
    ],
)
def test_a_status_can_have_the_body_of_any_error(
    teams: TeamsProcess, bot: httpx.Client, status: int, code: str, text: str
) -> None:
    body = {"error": {"code": code, "message": text}}
    order(teams, "create", "status", status=status, body=body)
    answer = bot.post(activities(teams), json=message("x"))
    assert (answer.status_code, answer.json()) == (status, body)
    assert teams.messages(teams.channel) == []


def test_a_status_is_answered_after_the_call(teams: TeamsProcess, bot: httpx.Client) -> None:
    order(teams, "create", "status_after", status=502)
    assert bot.post(activities(teams), json=message("x")).status_code == 502
    assert len(teams.messages(teams.channel)) == 1


def test_a_slow_call_is_done_in_the_end(teams: TeamsProcess, bot: httpx.Client) -> None:
    order(teams, "create", "slow", seconds=0.4)
    assert bot.post(activities(teams), json=message("x")).status_code == 201
    assert teams.records()["calls"][-1]["ms"] >= 400


@pytest.mark.parametrize("on", ["edit", "reply", "delete"])
def test_a_gone_message_is_unknown_from_now_on(teams: TeamsProcess, bot: httpx.Client, on: str) -> None:
    sent = bot.post(activities(teams), json=message("x")).json()["id"]
    order(teams, on, "gone", match={"message": sent})
    method = {"edit": "PUT", "reply": "POST", "delete": "DELETE"}[on]
    for _ in range(2):
        answer = bot.request(method, activities(teams, sent), json=message("y"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ActivityNotFoundInConversation")


@pytest.mark.parametrize("on", ["edit", "delete"])
@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, (404, "ActivityNotFoundInConversation")),
        ({"status": 404}, (404, "ActivityNotFoundInConversation")),
        ({"status": 403}, (403, "ServiceError")),
    ],
)
def test_a_gone_message_answers_as_the_fault_asks(
    teams: TeamsProcess, bot: httpx.Client, on: str, asked: dict[str, Any], told: tuple[int, str]
) -> None:
    sent = bot.post(activities(teams), json=message("x")).json()["id"]
    order(teams, on, "gone", match={"message": sent}, **asked)
    ordered = "PUT" if on == "edit" else "DELETE"
    for method in (ordered, "PUT", "DELETE"):
        answer = bot.request(method, activities(teams, sent), json=message("y"))
        assert (answer.status_code, answer.json()["error"]["code"]) == told
    answer = bot.post(activities(teams, sent), json=message("a reply"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ActivityNotFoundInConversation")


def test_a_message_that_a_person_deleted_answers_edits_with_a_service_error(
    teams: TeamsProcess, bot: httpx.Client
) -> None:
    sent = bot.post(activities(teams), json=message("x")).json()["id"]
    said = {"person": teams.person(0).email, "conversation": teams.channel, "message": sent}
    assert teams.post("/_sandbox/delete", said).status_code == 204
    assert teams.post("/_sandbox/delete", said).status_code == 404
    assert teams.messages(teams.channel)[0]["deleted_at"] is not None
    assert teams.bot.activities == [], "Teams does not tell the bot"
    for method in ("PUT", "DELETE"):
        answer = bot.request(method, activities(teams, sent), json=message("y"))
        assert answer.status_code == 403
        assert answer.json() == {"error": {"code": "ServiceError", "message": "Unknown"}}
    assert len(teams.messages(teams.channel)[0]["versions"]) == 1


def test_a_chat_has_no_owner_who_deletes_messages_of_others(teams: TeamsProcess, bot: httpx.Client) -> None:
    chat = teams.personal_chat(teams.person(0))
    sent = bot.post(f"v3/conversations/{chat}/activities", json=message("x")).json()["id"]
    said = {"person": teams.person(0).email, "conversation": chat, "message": sent}
    assert teams.post("/_sandbox/delete", said).status_code == 403
    assert teams.messages(chat)[0]["deleted_at"] is None


def test_a_message_can_be_gone_as_soon_as_it_is_made(teams: TeamsProcess, bot: httpx.Client) -> None:
    order(teams, "create", "gone")
    sent = bot.post(activities(teams), json=message("x"))
    assert sent.status_code == 201
    assert bot.put(activities(teams, sent.json()["id"]), json=message("y")).status_code == 404


def test_a_removed_bot_hears_it_from_the_connector_alone(teams: TeamsProcess, bot: httpx.Client) -> None:
    order(teams, "create", "removed")
    for _ in range(2):
        answer = bot.post(activities(teams), json=message("x"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "BotNotInConversationRoster")
    assert teams.bot.activities == []
    teams.reset()
    assert bot.post(activities(teams), json=message("x")).status_code == 201


def test_members_and_opening_have_faults_of_their_own(teams: TeamsProcess, bot: httpx.Client) -> None:
    order(teams, "members", "status", status=503)
    assert bot.get(f"v3/conversations/{teams.channel}/members").status_code == 503
    order(teams, "open", "status", status=500, match={})
    chat = {"members": [{"id": teams.person(0).teams_id}], "tenantId": teams.company.tenant_id}
    assert bot.post("v3/conversations", json=chat | {"activity": message("x")}).status_code == 201
    assert bot.post("v3/conversations", json=chat).status_code == 500


def test_other_conversations_and_cleared_faults_do_not_count(teams: TeamsProcess, bot: httpx.Client) -> None:
    order(teams, "create", "status", status=500, match={"conversation": "19:other@thread.tacv2"})
    assert bot.post(activities(teams), json=message("x")).status_code == 201
    order(teams, "create", "status", status=500)
    assert request("DELETE", f"{teams.url}/_sandbox/faults").status_code == 204
    assert bot.post(activities(teams), json=message("x")).status_code == 201


@pytest.mark.parametrize(
    "fault",
    [
        {"on": "rest", "do": "slow", "seconds": 1},
        {"on": "create", "do": "duplicate"},
        {"on": "members", "do": "gone"},
        {"on": "create", "do": "late"},
        {"on": "create", "do": "status"},
        {"on": "edit", "do": "gone", "status": 500},
        {"on": "reply", "do": "gone", "status": 403},
    ],
)
def test_what_is_no_fault_is_refused(teams: TeamsProcess, fault: dict[str, Any]) -> None:
    assert teams.post("/_sandbox/faults", fault).status_code == 422


@pytest.mark.parametrize(
    ("on", "match", "allowed"),
    [
        ("create", {"message": "1700000000001"}, "conversation, targeted"),
        ("open", {"path": "/v3/conversations"}, "conversation"),
        ("edit", {"activity": "1700000000001"}, "conversation, message, targeted"),
        ("reply", {"message": 1700000000001}, "conversation, message, targeted"),
        ("delete", {"": "x"}, "conversation, message, targeted"),
        ("members", {"conversation": None}, "conversation, message"),
    ],
)
def test_what_no_call_can_match_is_refused_with_what_it_can(
    teams: TeamsProcess, on: str, match: dict[str, Any], allowed: str
) -> None:
    answer = teams.post("/_sandbox/faults", {"on": on, "do": "lose_answer", "match": match})
    (wrong,) = match
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        f'on "{on}", "match" takes these keys alone, each with a string: {allowed}; "{wrong}" is wrong',
    )


def test_the_members_of_a_message_can_be_matched(teams: TeamsProcess, bot: httpx.Client) -> None:
    sent = bot.post(activities(teams), json=message("x")).json()["id"]
    order(teams, "members", "status", status=503, match={"conversation": teams.channel, "message": sent})
    assert bot.get(f"v3/conversations/{teams.channel}/members").status_code == 200
    assert bot.get(activities(teams, f"{sent}/members")).status_code == 503
