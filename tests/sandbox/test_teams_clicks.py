"""Buttons: how a click reaches the bot, and what its answers do."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from tests.sandbox.teams_process import Answer, TeamsProcess, card, card_answer, message
from tests.support.waiting import wait_until

MESSAGE_TYPE = "application/vnd.microsoft.activity.message"
ERROR_TYPE = "application/vnd.microsoft.error"
WENT_WRONG = "Something went wrong. Please try again."
UNREACHABLE = "Unable to reach app. Please try again."


@pytest.fixture
def bot(teams: TeamsProcess) -> Iterator[httpx.Client]:
    teams.reset()
    with teams.connector() as client:
        yield client


@pytest.fixture
def sent(teams: TeamsProcess, bot: httpx.Client) -> str:
    answer = bot.post(
        f"v3/conversations/{teams.channel}/activities", json=message("one", "acknowledge", "note")
    )
    return str(answer.json()["id"])


def click(teams: TeamsProcess, sent: str, verb: str = "acknowledge", **more: Any) -> httpx.Response:
    body = {"person": "ada@acme.example", "conversation": teams.channel, "message": sent, "verb": verb}
    return teams.post("/_sandbox/click", body | more)


def click_on_page(teams: TeamsProcess, sent: str, person: int = 0, **more: Any) -> dict[str, Any]:
    body = {
        "person": teams.person(person).aad_object_id,
        "conversation": teams.channel,
        "message": sent,
        "action": {"verb": "acknowledge", "data": {"of": "acknowledge"}, "id": None},
    }
    answer = teams.post("/page/invoke", body | more)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def shown_to(teams: TeamsProcess, person: int) -> dict[str, Any] | None:
    reader = teams.person(person).aad_object_id
    (only,) = teams.get(f"/page/conversations/{teams.channel}/messages", person=reader)["messages"]
    private: dict[str, Any] | None = only["private_card"]
    return private


def test_a_click_is_the_invoke_that_teams_sends(teams: TeamsProcess, sent: str) -> None:
    teams.bot.answer = lambda _: card_answer("done")
    answer = click(teams, sent, inputs={"note": "hi"}).json()["answers"]
    assert [(a["status"], a["body"]) for a in answer] == [card_answer("done")]
    (invoke,) = teams.bot.activities
    ada = teams.person(0)
    assert (invoke["type"], invoke["name"], invoke["channelId"]) == (
        "invoke",
        "adaptiveCard/action",
        "msteams",
    )
    assert invoke["replyToId"] == sent
    assert invoke["from"] == {"id": ada.teams_id, "name": ada.name, "aadObjectId": ada.aad_object_id}
    assert invoke["recipient"]["id"] == f"28:{teams.company.bot_app_id}"
    assert invoke["conversation"] == {
        "conversationType": "channel",
        "isGroup": True,
        "id": f"{teams.channel};messageid={sent}",
        "tenantId": teams.company.tenant_id,
    }
    assert invoke["channelData"]["tenant"] == {"id": teams.company.tenant_id}
    assert invoke["channelData"]["channel"] == {"id": teams.channel}
    assert invoke["value"] == {
        "action": {
            "type": "Action.Execute",
            "id": "acknowledge",
            "verb": "acknowledge",
            "data": {"of": "acknowledge", "text": "one", "note": "hi"},
        },
        "trigger": "manual",
    }


def test_data_comes_from_the_latest_shared_version_or_as_given(
    teams: TeamsProcess, bot: httpx.Client, sent: str
) -> None:
    teams.bot.answer = lambda _: (
        200,
        {"statusCode": 200, "type": card_answer("")[1]["type"], "value": card("p")},
    )
    click_on_page(teams, sent)
    bot.put(f"v3/conversations/{teams.channel}/activities/{sent}", json=message("two", "acknowledge"))
    click_on_page(teams, sent)
    click(teams, sent)
    click(teams, sent, data="hostile")
    clicked = [a["value"]["action"]["data"] for a in teams.bot.activities[-2:]]
    assert clicked == [{"of": "acknowledge", "text": "two"}, "hostile"]
    assert click(teams, sent, verb="note").status_code == 404


def test_deliveries_repeat_under_the_same_or_a_new_id(teams: TeamsProcess, sent: str) -> None:
    deliveries = [{"after": 0}, {"after": 0.2}, {"after": 0.5, "new_id": True}]
    assert len(click(teams, sent, deliveries=deliveries).json()["answers"]) == 3
    first, second, third = teams.bot.activities
    assert first == second
    assert third["id"] != first["id"]
    assert third["timestamp"] > first["timestamp"]
    assert third | first == first


def test_strangers_and_unknown_messages_cannot_be_clicked(teams: TeamsProcess, sent: str) -> None:
    chat = teams.personal_chat(teams.person(1))
    assert click(teams, sent, conversation=chat).status_code == 404
    assert click(teams, "1").status_code == 404
    assert click(teams, sent, person="nobody").status_code == 404
    assert teams.bot.activities == []


def test_a_card_answer_replaces_the_card_for_one_person_until_the_next_edit(
    teams: TeamsProcess, bot: httpx.Client, sent: str
) -> None:
    teams.bot.answer = lambda _: card_answer("mine")
    assert click_on_page(teams, sent) == {"result": "card", "card": card("mine"), "text": "", "error": ""}
    assert (shown_to(teams, 0), shown_to(teams, 1)) == (card("mine"), None)
    bot.put(f"v3/conversations/{teams.channel}/activities/{sent}", json=message("two"))
    assert shown_to(teams, 0) is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((200, {"statusCode": 200, "type": MESSAGE_TYPE, "value": "Noted"}), ("message", "Noted", "")),
        ((200, {"statusCode": 200, "type": MESSAGE_TYPE, "value": " "}), ("none", "", "")),
        ((200, {"statusCode": 500, "type": ERROR_TYPE, "value": {"code": "x"}}), ("error", "", WENT_WRONG)),
        ((500, None), ("error", "", WENT_WRONG)),
        ((403, {"detail": "no"}), ("error", "", WENT_WRONG)),
    ],
)
def test_final_answers_are_shown_and_not_repeated(
    teams: TeamsProcess, sent: str, answer: Answer, expected: tuple[str, str, str]
) -> None:
    teams.bot.answer = lambda _: answer
    result = click_on_page(teams, sent)
    assert (result["result"], result["text"], result["error"]) == expected
    assert len(teams.bot.activities) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (200, None),
        (200, []),
        (200, {"statusCode": 200, "type": MESSAGE_TYPE}),
        (
            200,
            {
                "statusCode": 200,
                "type": "application/vnd.microsoft.card.adaptive",
                "value": {"type": "Other"},
            },
        ),
    ],
)
def test_an_unreadable_answer_is_shown_and_delivered_again_at_once(
    teams: TeamsProcess, sent: str, answer: Answer
) -> None:
    answers = iter([answer, card_answer("second time")])
    teams.bot.answer = lambda _: next(answers)
    assert click_on_page(teams, sent)["error"] == UNREACHABLE
    wait_until(lambda: shown_to(teams, 0) == card("second time"), within=5)
    first, second = teams.bot.activities
    assert first == second


def test_clicks_are_concurrent(teams: TeamsProcess, sent: str) -> None:
    all_here = Barrier(4)

    def answer_once_all_are_here(_: dict[str, Any]) -> Answer:
        all_here.wait(5)
        return card_answer("done")

    teams.bot.answer = answer_once_all_are_here
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda person: click_on_page(teams, sent, person), range(4)))
    assert [result["card"] for result in results] == [card("done")] * 4
