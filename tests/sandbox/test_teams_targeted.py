"""Messages that one person of a channel sees: what the connector takes and refuses, and who knows of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.teams_process import TeamsProcess, card, card_answer, events, message, running_teams

TARGETED = {"isTargetedActivity": "true"}
DAY = 24 * 3600
ADA, BO, CY, SAM = 0, 1, 2, 6
GONE = (404, "ActivityNotFoundInConversation")


@pytest.fixture
def bot(teams: TeamsProcess) -> Iterator[httpx.Client]:
    teams.reset()
    with teams.connector() as client:
        yield client


def activities(teams: TeamsProcess, activity: str = "", conversation: str | None = None) -> str:
    address = f"v3/conversations/{conversation or teams.channel}/activities"
    return f"{address}/{activity}" if activity else address


def to(teams: TeamsProcess, person: int, text: str = "for one", *verbs: str) -> dict[str, Any]:
    return message(text, *verbs) | {"recipient": {"id": teams.person(person).teams_id}}


def send(teams: TeamsProcess, bot: httpx.Client, person: int = BO, *verbs: str) -> str:
    sent = bot.post(activities(teams), params=TARGETED, json=to(teams, person, "for one", *verbs))
    assert sent.status_code == 201, sent.text
    return str(sent.json()["id"])


def refusal(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def seen_by(teams: TeamsProcess, person: int) -> list[dict[str, Any]]:
    """What the page shows to this person, without the author and the times."""
    reader = teams.person(person).aad_object_id
    shown: list[dict[str, Any]] = teams.get(f"/page/conversations/{teams.channel}/messages", person=reader)[
        "messages"
    ]
    return shown


def advance(teams: TeamsProcess, seconds: float) -> dict[str, Any]:
    answer = teams.post("/_sandbox/clock", {"advance": seconds})
    assert answer.status_code == 200
    clock: dict[str, Any] = answer.json()
    return clock


def test_a_message_for_one_person_is_made_edited_and_deleted(teams: TeamsProcess, bot: httpx.Client) -> None:
    sent = send(teams, bot)
    edited = bot.put(activities(teams, sent), params=TARGETED, json=message("edited"))
    assert (edited.status_code, edited.json()) == (200, {"id": sent})
    (kept,) = teams.messages(teams.channel)
    assert (kept["to"], kept["reply_to"], kept["deleted_at"], kept["notification"]) == (
        teams.person(BO).aad_object_id,
        None,
        None,
        "",
    )
    assert [one["activity"]["attachments"] for one in kept["versions"]] == [
        message("for one")["attachments"],
        message("edited")["attachments"],
    ]
    assert bot.delete(activities(teams, sent), params=TARGETED).status_code == 200
    assert teams.messages(teams.channel)[0]["deleted_at"] is not None
    for again in (
        bot.put(activities(teams, sent), params=TARGETED, json=message("again")),
        bot.delete(activities(teams, sent), params=TARGETED),
    ):
        assert refusal(again) == GONE


@pytest.mark.parametrize("recipient", [None, {}, {"id": ""}, {"id": 7}, "29:bo"])
def test_a_message_for_one_person_names_the_person(
    teams: TeamsProcess, bot: httpx.Client, recipient: Any
) -> None:
    body = message("for nobody") | {"recipient": recipient}
    assert refusal(bot.post(activities(teams), params=TARGETED, json=body)) == (400, "BadArgument")
    assert refusal(bot.post(activities(teams), params=TARGETED, json=message("for nobody"))) == (
        400,
        "BadArgument",
    )
    assert teams.messages(teams.channel) == []


@pytest.mark.parametrize("named", ["a stranger", "nobody", "by another id"])
def test_only_a_member_by_the_teams_id_is_a_recipient(
    teams: TeamsProcess, bot: httpx.Client, named: str
) -> None:
    keys = {
        "a stranger": teams.person(SAM).teams_id,
        "nobody": "29:nobody",
        "by another id": teams.person(BO).aad_object_id,
    }
    body = message("for one") | {"recipient": {"id": keys[named]}}
    answer = bot.post(activities(teams), params=TARGETED, json=body)
    assert refusal(answer) == (404, "BotNotInConversationRoster")
    assert teams.messages(teams.channel) == []


def test_a_person_who_left_the_team_is_no_recipient(teams: TeamsProcess, bot: httpx.Client) -> None:
    left = {"team": "Payments", "event": "teamMemberRemoved", "person": teams.person(BO).email}
    assert teams.post("/_sandbox/team", left).is_success
    answer = bot.post(activities(teams), params=TARGETED, json=to(teams, BO))
    assert refusal(answer) == (404, "BotNotInConversationRoster")


def test_an_edit_and_a_deletion_name_no_recipient(teams: TeamsProcess, bot: httpx.Client) -> None:
    sent = send(teams, bot)
    where = activities(teams, sent)
    assert refusal(bot.put(where, params=TARGETED, json=to(teams, BO))) == (400, "BadArgument")
    deletion = bot.request("DELETE", where, params=TARGETED, json={"recipient": {"id": "29:x"}})
    assert refusal(deletion) == (400, "BadArgument")
    (kept,) = teams.messages(teams.channel)
    assert (len(kept["versions"]), kept["deleted_at"]) == (1, None)


def test_a_chat_with_one_person_has_none(teams: TeamsProcess, bot: httpx.Client) -> None:
    chat = teams.personal_chat(teams.person(BO))
    answer = bot.post(activities(teams, conversation=chat), params=TARGETED, json=to(teams, BO))
    assert refusal(answer) == (400, "BadArgument")
    assert teams.messages(chat) == []


def test_a_call_of_the_other_kind_does_not_find_the_message(teams: TeamsProcess, bot: httpx.Client) -> None:
    targeted = send(teams, bot)
    shared = bot.post(activities(teams), json=message("for all")).json()["id"]
    for sent, params in ((targeted, {}), (targeted, {"isTargetedActivity": "false"}), (shared, TARGETED)):
        edit = bot.put(activities(teams, sent), params=params, json=message("changed"))
        assert refusal(edit) == GONE
        assert refusal(bot.delete(activities(teams, sent), params=params)) == GONE
    assert [(len(m["versions"]), m["deleted_at"]) for m in teams.messages(teams.channel)] == [(1, None)] * 2


def test_nobody_replies_to_it(teams: TeamsProcess, bot: httpx.Client) -> None:
    sent = send(teams, bot)
    assert refusal(bot.post(activities(teams, sent), json=message("reply"))) == GONE
    thread = activities(teams, conversation=f"{teams.channel};messageid={sent}")
    assert refusal(bot.post(thread, params=TARGETED, json=to(teams, BO))) == GONE
    assert refusal(bot.get(f"{activities(teams, sent)}/members")) == GONE
    person = {"person": teams.person(BO).aad_object_id, "conversation": teams.channel}
    assert teams.post("/page/say", person | {"text": "Why?", "reply_to": sent}).status_code == 404
    assert len(teams.messages(teams.channel)) == 1


def test_in_a_thread_it_stands_under_the_post(teams: TeamsProcess, bot: httpx.Client) -> None:
    root = bot.post(activities(teams), json=message("for all")).json()["id"]
    thread = activities(teams, conversation=f"{teams.channel};messageid={root}")
    for address in (thread, activities(teams, root)):
        assert bot.post(address, params=TARGETED, json=to(teams, BO)).status_code == 201
    bos = teams.person(BO).aad_object_id
    assert [(m["to"], m["reply_to"]) for m in teams.messages(teams.channel)][1:] == [(bos, root)] * 2


def test_its_person_alone_sees_it_and_has_nothing_unread(teams: TeamsProcess, bot: httpx.Client) -> None:
    with events(teams, ADA) as adas, events(teams, BO) as bos:
        sent = send(teams, bot)
        name, shown = bos.get(timeout=5)
        assert (name, shown["id"], shown["targeted"]) == ("message", sent, True)
        bot.put(activities(teams, sent), params=TARGETED, json=message("edited"))
        name, shown = bos.get(timeout=5)
        assert (name, shown["attachments"]) == ("message", message("edited")["attachments"])
        assert [m["id"] for m in seen_by(teams, BO)] == [sent]
        assert seen_by(teams, ADA) == []

        bot.delete(activities(teams, sent), params=TARGETED)
        name, shown = bos.get(timeout=5)
        assert (name, shown["deleted"], shown["attachments"]) == ("message", True, [])
        assert seen_by(teams, BO) == []

        shared = bot.post(activities(teams), json=message("for all")).json()["id"]
        for heard in (adas, bos):
            name, shown = heard.get(timeout=5)
            assert (name, shown["id"], shown["targeted"]) == ("message", shared, False)
            assert heard.get(timeout=5) == ("unread", {"conversation": teams.channel, "unread": 1})


def test_its_person_alone_clicks_its_buttons(teams: TeamsProcess, bot: httpx.Client) -> None:
    sent = send(teams, bot, BO, "link")
    teams.bot.answer = lambda _: card_answer("linked")

    def click(person: int) -> httpx.Response:
        body = {"conversation": teams.channel, "message": sent, "verb": "link"}
        return teams.post("/_sandbox/click", body | {"person": teams.person(person).email})

    def click_on_page(person: int) -> httpx.Response:
        action = {"verb": "link", "data": {"of": "link"}}
        body = {"conversation": teams.channel, "message": sent, "action": action}
        return teams.post("/page/invoke", body | {"person": teams.person(person).aad_object_id})

    assert click(ADA).status_code == 404
    assert click_on_page(ADA).status_code == 404
    assert teams.bot.activities == []
    assert click(BO).json()["answers"][0]["status"] == 200
    assert click_on_page(BO).json()["card"] == card("linked")
    bo = teams.person(BO)
    for invoke in teams.bot.activities:
        assert (invoke["name"], invoke["replyToId"]) == ("adaptiveCard/action", sent)
        assert invoke["from"]["aadObjectId"] == bo.aad_object_id
        assert invoke["conversation"]["id"] == f"{teams.channel};messageid={sent}"
    assert [m["private_card"] for m in seen_by(teams, BO)] == [card("linked")]


def test_nobody_deletes_it_but_the_bot(teams: TeamsProcess, bot: httpx.Client) -> None:
    sent = send(teams, bot)
    for person, status in ((ADA, 404), (BO, 403)):
        body = {"person": teams.person(person).email, "conversation": teams.channel, "message": sent}
        assert teams.post("/_sandbox/delete", body).status_code == status
        assert teams.post("/page/delete", body).status_code == status
    assert teams.messages(teams.channel)[0]["deleted_at"] is None


def test_it_is_gone_after_a_day_on_the_simulators_clock(teams: TeamsProcess, bot: httpx.Client) -> None:
    sent = send(teams, bot)
    shared = bot.post(activities(teams), json=message("for all")).json()["id"]
    assert teams.get("/_sandbox/clock")["ahead"] == 0
    assert advance(teams, DAY - 60)["ahead"] == DAY - 60
    assert bot.put(activities(teams, sent), params=TARGETED, json=message("in time")).status_code == 200
    later = send(teams, bot)
    with events(teams, BO) as heard:
        assert advance(teams, 60)["ahead"] == DAY
        name, shown = heard.get(timeout=5)
        assert (name, shown["id"], shown["deleted"]) == ("message", sent, True)
        assert refusal(bot.put(activities(teams, sent), params=TARGETED, json=message("late"))) == GONE
        assert refusal(bot.delete(activities(teams, sent), params=TARGETED)) == GONE
        assert [m["id"] for m in seen_by(teams, BO)] == [shared, later]
    assert teams.get("/_sandbox/clock")["ahead"] == 0, "the reset took the clock back"


def test_it_goes_by_itself_when_its_time_comes(teams: TeamsProcess, bot: httpx.Client) -> None:
    sent = send(teams, bot)
    with events(teams, BO) as heard:
        advance(teams, DAY - 2)
        name, shown = heard.get(timeout=10)
        assert (name, shown["id"], shown["deleted"]) == ("message", sent, True)
    assert refusal(bot.delete(activities(teams, sent), params=TARGETED)) == GONE


def test_tokens_and_send_limits_keep_real_time(teams: TeamsProcess, bot: httpx.Client) -> None:
    answers = [bot.post(activities(teams), params=TARGETED, json=to(teams, BO)) for _ in range(4)]
    answers += [bot.post(activities(teams), json=message("for all")) for _ in range(3)]
    advance(teams, 30 * DAY)
    answers.append(bot.post(activities(teams), params=TARGETED, json=to(teams, BO)))
    assert [one.status_code for one in answers] == [201] * 7 + [429]
    assert int(answers[-1].headers["Retry-After"]) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
def test_the_switch_refuses_all_of_them_and_nothing_else(
    teams: TeamsProcess, bot: httpx.Client, status: int
) -> None:
    sent = send(teams, bot)
    refused = {"status": status, "code": "NotHere", "message": "Not in this tenant."}
    assert teams.post("/_sandbox/targeted", {"refused": refused}).status_code == 204
    where = activities(teams, sent)
    for answer in (
        bot.post(activities(teams), params=TARGETED, json=to(teams, BO)),
        bot.put(where, params=TARGETED, json=message("edited")),
        bot.delete(where, params=TARGETED),
    ):
        assert refusal(answer) == (status, "NotHere")
        assert answer.json()["error"]["message"] == "Not in this tenant."
    assert bot.post(activities(teams), json=message("for all")).status_code == 201
    assert teams.post("/_sandbox/targeted", {"refused": None}).status_code == 204
    assert bot.delete(where, params=TARGETED).status_code == 200


def test_a_reset_takes_the_switch_back(teams: TeamsProcess, bot: httpx.Client) -> None:
    refused = {"status": 403, "code": "NotHere", "message": "No."}
    assert teams.post("/_sandbox/targeted", {"refused": refused}).is_success
    teams.reset()
    send(teams, bot)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"refused": {"status": 500, "code": "x", "message": ""}},
        {"refused": {"status": 403, "code": "", "message": ""}},
        {"refused": {"status": 403}},
    ],
)
def test_what_the_switch_does_not_know_is_refused(teams: TeamsProcess, body: dict[str, Any]) -> None:
    assert teams.post("/_sandbox/targeted", body).status_code == 422


def test_the_clock_does_not_go_back(teams: TeamsProcess) -> None:
    assert teams.post("/_sandbox/clock", {"advance": -1}).status_code == 422


@pytest.mark.parametrize("on", ["create", "edit", "delete", "reply"])
def test_a_fault_can_be_meant_for_them_alone(teams: TeamsProcess, bot: httpx.Client, on: str) -> None:
    shared = bot.post(activities(teams), json=message("for all")).json()["id"]
    targeted = send(teams, bot)
    match = {"conversation": teams.channel, "targeted": "true"}
    fault = {"on": on, "do": "status", "status": 503, "match": match}
    assert teams.post("/_sandbox/faults", fault).status_code == 201

    def call(*, for_one: bool) -> int:
        sent, params = (targeted, TARGETED) if for_one else (shared, {})
        match on:
            case "create":
                body = to(teams, BO) if for_one else message("new")
                return bot.post(activities(teams), params=params, json=body).status_code
            case "reply":
                body = to(teams, BO) if for_one else message("new")
                return bot.post(activities(teams, shared), params=params, json=body).status_code
            case "edit":
                return bot.put(activities(teams, sent), params=params, json=message("new")).status_code
            case _:
                return bot.delete(activities(teams, sent), params=params).status_code

    assert call(for_one=False) in (200, 201)
    assert call(for_one=True) == 503


@pytest.mark.parametrize("on", ["edit", "delete"])
def test_a_fault_can_let_one_be_gone(teams: TeamsProcess, bot: httpx.Client, on: str) -> None:
    sent = send(teams, bot)
    fault = {"on": on, "do": "gone", "match": {"message": sent, "targeted": "true"}}
    assert teams.post("/_sandbox/faults", fault).status_code == 201
    method = "PUT" if on == "edit" else "DELETE"
    for _ in range(2):
        answer = bot.request(method, activities(teams, sent), params=TARGETED, json=message("y"))
        assert refusal(answer) == GONE
    assert seen_by(teams, BO) == []


def test_a_lost_answer_leaves_the_message(teams: TeamsProcess, bot: httpx.Client) -> None:
    fault = {"on": "create", "do": "lose_answer", "match": {"targeted": "true"}}
    assert teams.post("/_sandbox/faults", fault).status_code == 201
    with pytest.raises(httpx.RemoteProtocolError):
        bot.post(activities(teams), params=TARGETED, json=to(teams, BO))
    assert [m["to"] for m in teams.messages(teams.channel)] == [teams.person(BO).aad_object_id]


def test_a_restart_keeps_them_with_their_life_and_the_clock(tmp_path: Path) -> None:
    with running_teams(tmp_path) as teams:
        with teams.connector() as bot:
            sent = send(teams, bot, CY)
        advance(teams, DAY - 600)
        before = teams.records()
        teams.stop()
        teams.start()
        assert teams.records() == before
        assert teams.get("/_sandbox/clock")["ahead"] == DAY - 600
        assert [m["id"] for m in seen_by(teams, CY)] == [sent]
        assert seen_by(teams, BO) == []
        with teams.connector() as bot:
            edited = bot.put(activities(teams, sent), params=TARGETED, json=message("after"))
            assert edited.status_code == 200
            advance(teams, 600)
            late = bot.put(activities(teams, sent), params=TARGETED, json=message("late"))
            assert refusal(late) == GONE
