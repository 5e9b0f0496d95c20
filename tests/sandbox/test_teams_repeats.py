"""What Teams does with activities that the bot leaves unanswered, with its seconds cut short."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.teams_process import Answer, TeamsProcess, card_answer, message
from tests.support.waiting import wait_until

ALL = 4


@pytest.fixture
def bot(teams: TeamsProcess) -> Iterator[httpx.Client]:
    teams.reset()
    assert teams.post("/_sandbox/waits", {"answer": 0.3, "new_id": 0.1}).status_code == 204
    with teams.connector() as client:
        yield client


def answers(teams: TeamsProcess, *wanted: Answer) -> None:
    waiting = iter(wanted)
    teams.bot.answer = lambda _: next(waiting)


def heard(teams: TeamsProcess, expected: int) -> list[dict[str, Any]]:
    wait_until(lambda: len(teams.bot.activities) == expected, within=5)
    return list(teams.bot.activities)


def click(teams: TeamsProcess, bot: httpx.Client) -> httpx.Response:
    sent = bot.post(f"v3/conversations/{teams.channel}/activities", json=message("x", "acknowledge"))
    clicked = {
        "person": teams.person(0).aad_object_id,
        "conversation": teams.channel,
        "message": sent.json()["id"],
        "action": {"verb": "acknowledge", "data": {}},
    }
    return teams.post("/page/invoke", clicked)


def say(teams: TeamsProcess) -> httpx.Response:
    return teams.post(
        "/_sandbox/say", {"person": "ada@acme.example", "conversation": teams.channel, "text": "help"}
    )


def install(teams: TeamsProcess) -> httpx.Response:
    body = {"person": "ada@acme.example", "team": "Payments", "only": "installationUpdate"}
    return teams.post("/_sandbox/install", body)


EVENTS = pytest.mark.parametrize("send", [say, install])
Send = Callable[[TeamsProcess], httpx.Response]


def test_a_silent_bot_hears_a_click_four_times(teams: TeamsProcess, bot: httpx.Client) -> None:
    answers(teams, *[(200, None)] * ALL)
    click(teams, bot)
    first, second, third, fourth = heard(teams, ALL)
    assert first == second
    assert third == fourth
    assert third["id"] != first["id"]
    assert third["timestamp"] > first["timestamp"]
    assert third["value"] == first["value"]


def test_repeats_of_a_click_end_with_the_first_good_answer(teams: TeamsProcess, bot: httpx.Client) -> None:
    answers(teams, (200, None), (200, None), card_answer("at last"))
    click(teams, bot)
    heard(teams, 3)
    reader = teams.person(0).aad_object_id

    def shown() -> bool:
        (only,) = teams.get(f"/page/conversations/{teams.channel}/messages", person=reader)["messages"]
        return only["private_card"] is not None

    wait_until(shown, within=5)


@EVENTS
def test_whatever_is_unanswered_comes_again_under_the_same_id(
    teams: TeamsProcess, bot: httpx.Client, send: Send
) -> None:
    held = threading.Event()

    def answer(_: dict[str, Any]) -> Answer:
        if len(teams.bot.activities) == 1:
            held.wait(5)
        return 200, None

    teams.bot.answer = answer
    status = send(teams).json()
    assert status.get("status", *status.get("statuses", [None])) is None
    first, second = heard(teams, 2)
    held.set()
    assert first == second


@EVENTS
def test_a_bot_that_always_fails_hears_it_four_times(
    teams: TeamsProcess, bot: httpx.Client, send: Send
) -> None:
    answers(teams, *[(503, None)] * ALL)
    send(teams)
    deliveries = heard(teams, ALL)
    assert deliveries == [deliveries[0]] * ALL


@EVENTS
@pytest.mark.parametrize("status", [200, 202, 400, 403])
def test_an_answer_is_an_answer(teams: TeamsProcess, bot: httpx.Client, send: Send, status: int) -> None:
    answers(teams, (status, None), (200, None))
    send(teams)
    say(teams)
    first, other = heard(teams, 2)
    assert first["id"] != other["id"]


def test_a_reset_ends_the_repeats_and_the_short_waits(teams: TeamsProcess, bot: httpx.Client) -> None:
    teams.post("/_sandbox/waits", {"answer": 0.01})
    teams.bot.answer = lambda _: (500, None)
    say(teams)
    teams.reset()
    before = len(teams.bot.activities)
    teams.bot.answer = lambda _: (500, None)
    say(teams)
    assert len(teams.bot.activities) == before + 1


@pytest.mark.parametrize("body", [{"answer": 0}, {"new_id": -1}, {"seconds": 1}])
def test_a_wait_that_cannot_be_is_refused(
    teams: TeamsProcess, bot: httpx.Client, body: dict[str, Any]
) -> None:
    assert teams.post("/_sandbox/waits", body).status_code == 422
