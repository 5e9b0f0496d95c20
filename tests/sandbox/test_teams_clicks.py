"""Buttons: how a click reaches the bot, and what its answers do."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest
from teams_rig import Answer, Rig, card, card_answer, message, running_rig

MESSAGE_TYPE = "application/vnd.microsoft.activity.message"
ERROR_TYPE = "application/vnd.microsoft.error"
WENT_WRONG = "Something went wrong. Please try again."
UNREACHABLE = "Unable to reach app. Please try again."


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with running_rig(tmp_path_factory.mktemp("teams")) as running:
        yield running


@pytest.fixture
def bot(rig: Rig) -> Iterator[httpx.Client]:
    rig.reset()
    with rig.connector() as client:
        yield client


@pytest.fixture
def sent(rig: Rig, bot: httpx.Client) -> str:
    answer = bot.post(
        f"v3/conversations/{rig.channel}/activities", json=message("one", "acknowledge", "note")
    )
    return str(answer.json()["id"])


def click(rig: Rig, sent: str, verb: str = "acknowledge", **more: Any) -> httpx.Response:
    body = {"person": "ada@acme.example", "conversation": rig.channel, "message": sent, "verb": verb}
    return rig.post("/_sandbox/click", body | more)


def click_on_page(rig: Rig, sent: str, person: int = 0, **more: Any) -> dict[str, Any]:
    body = {
        "person": rig.person(person).aad_object_id,
        "conversation": rig.channel,
        "message": sent,
        "action": {"verb": "acknowledge", "data": {"of": "acknowledge"}, "id": None},
    }
    answer = rig.post("/page/invoke", body | more)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def shown_to(rig: Rig, person: int) -> dict[str, Any] | None:
    reader = rig.person(person).aad_object_id
    (only,) = rig.get(f"/page/conversations/{rig.channel}/messages", person=reader)["messages"]
    private: dict[str, Any] | None = only["private_card"]
    return private


def test_a_click_is_the_invoke_that_teams_sends(rig: Rig, sent: str) -> None:
    rig.bot.answer = lambda _: card_answer("done")
    answer = click(rig, sent, inputs={"note": "hi"}).json()["answers"]
    assert [(a["status"], a["body"]) for a in answer] == [card_answer("done")]
    (invoke,) = rig.bot.activities
    ada = rig.person(0)
    assert (invoke["type"], invoke["name"], invoke["channelId"]) == (
        "invoke",
        "adaptiveCard/action",
        "msteams",
    )
    assert invoke["replyToId"] == sent
    assert invoke["from"] == {"id": ada.teams_id, "name": ada.name, "aadObjectId": ada.aad_object_id}
    assert invoke["recipient"]["id"] == f"28:{rig.company.bot_app_id}"
    assert invoke["conversation"] == {
        "conversationType": "channel",
        "isGroup": True,
        "id": f"{rig.channel};messageid={sent}",
        "tenantId": rig.company.tenant_id,
    }
    assert invoke["channelData"]["tenant"] == {"id": rig.company.tenant_id}
    assert invoke["channelData"]["channel"] == {"id": rig.channel}
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
    rig: Rig, bot: httpx.Client, sent: str
) -> None:
    rig.bot.answer = lambda _: (
        200,
        {"statusCode": 200, "type": card_answer("")[1]["type"], "value": card("p")},
    )
    click_on_page(rig, sent)
    bot.put(f"v3/conversations/{rig.channel}/activities/{sent}", json=message("two", "acknowledge"))
    click_on_page(rig, sent)
    click(rig, sent)
    click(rig, sent, data="hostile")
    clicked = [a["value"]["action"]["data"] for a in rig.bot.activities[-2:]]
    assert clicked == [{"of": "acknowledge", "text": "two"}, "hostile"]
    assert click(rig, sent, verb="note").status_code == 404


def test_deliveries_repeat_under_the_same_or_a_new_id(rig: Rig, sent: str) -> None:
    deliveries = [{"after": 0}, {"after": 0.2}, {"after": 0.5, "new_id": True}]
    assert len(click(rig, sent, deliveries=deliveries).json()["answers"]) == 3
    first, second, third = rig.bot.activities
    assert first == second
    assert third["id"] != first["id"]
    assert third["timestamp"] > first["timestamp"]
    assert third | first == first


def test_strangers_and_unknown_messages_cannot_be_clicked(rig: Rig, sent: str) -> None:
    chat = rig.personal_chat(rig.person(1))
    assert click(rig, sent, conversation=chat).status_code == 404
    assert click(rig, "1").status_code == 404
    assert click(rig, sent, person="nobody").status_code == 404
    assert rig.bot.activities == []


def test_a_card_answer_replaces_the_card_for_one_person_until_the_next_edit(
    rig: Rig, bot: httpx.Client, sent: str
) -> None:
    rig.bot.answer = lambda _: card_answer("mine")
    assert click_on_page(rig, sent) == {"result": "card", "card": card("mine"), "text": "", "error": ""}
    assert (shown_to(rig, 0), shown_to(rig, 1)) == (card("mine"), None)
    bot.put(f"v3/conversations/{rig.channel}/activities/{sent}", json=message("two"))
    assert shown_to(rig, 0) is None


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
    rig: Rig, sent: str, answer: Answer, expected: tuple[str, str, str]
) -> None:
    rig.bot.answer = lambda _: answer
    result = click_on_page(rig, sent)
    assert (result["result"], result["text"], result["error"]) == expected
    assert len(rig.bot.activities) == 1


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
    rig: Rig, sent: str, answer: Answer
) -> None:
    answers = iter([answer, card_answer("second time")])
    rig.bot.answer = lambda _: next(answers)
    assert click_on_page(rig, sent)["error"] == UNREACHABLE
    deadline = time.monotonic() + 5
    while shown_to(rig, 0) != card("second time"):
        assert time.monotonic() < deadline
    first, second = rig.bot.activities
    assert first == second


def test_clicks_are_concurrent(rig: Rig, sent: str) -> None:
    all_here = Barrier(4)

    def answer_once_all_are_here(_: dict[str, Any]) -> Answer:
        all_here.wait(5)
        return card_answer("done")

    rig.bot.answer = answer_once_all_are_here
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda person: click_on_page(rig, sent, person), range(4)))
    assert [result["card"] for result in results] == [card("done")] * 4
