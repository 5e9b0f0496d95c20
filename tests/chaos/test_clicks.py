"""Presses under every kind of trouble: one effect, one outcome, an answer in time."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.chaos.buttons import data_of, on_screen
from tests.chaos.chat import Chat
from tests.chaos.company import ACCOUNT, BO_EMAIL, DI_EMAIL, TEAMS_PATIENCE, Company, Incident
from tests.chaos.conftest import CROWD
from tests.chaos.invariants import in_sync
from tests.chaos.room import made_for
from tests.support.waiting import eventually
from workflows.verbs.click import Click, Clicker

pytestmark = pytest.mark.anyio

CARD = "application/vnd.microsoft.card.adaptive"
SENTENCE = "application/vnd.microsoft.activity.message"


async def test_a_click_delivered_again_under_the_same_id_and_under_new_ones_is_done_once(
    company: Company,
) -> None:
    incident = await shown(company)
    deliveries: list[dict[str, Any]] = [{"after": 0}, {"after": 0.05}]
    deliveries += [{"after": after, "new_id": True} for after in (0.1, 2)]
    answers = await incident.click("acknowledge", deliveries=deliveries)
    assert {kind(answer) for answer in answers} == {CARD}
    assert all("Acknowledged by Bo Call" in str(answer["body"]) for answer in answers)
    assert await incident.changes_by_buttons() == ["acknowledged"]
    assert await incident.outcomes() == ["done"]
    await in_sync(incident)


@pytest.mark.slow
async def test_a_click_delivered_again_half_a_minute_later_is_done_once(company: Company) -> None:
    """The incident is resolved and its run has ended; the press is still the same one."""
    incident = await shown(company)
    first, again = await incident.click(
        "resolve", deliveries=[{"after": 0}, {"after": 30, "new_id": True}], by=DI_EMAIL
    )
    assert "Resolved by Di Pager" in str(first["body"])
    assert "Resolved by Di Pager" in str(again["body"])
    assert "ℹ️" not in str(again["body"]), "no word of an incident that was resolved already"
    assert await incident.changes_by_buttons() == ["resolved"]
    await in_sync(incident)


async def test_twenty_people_at_once_change_the_status_once_and_each_has_an_outcome(company: Company) -> None:
    incident = await shown(company)
    crowd = _people(20)
    answers = await _all_acknowledge(incident, crowd)
    assert max(answer["ms"] for answer in answers) < TEAMS_PATIENCE
    assert {kind(answer) for answer in answers} <= {CARD, SENTENCE}
    cards = [str(answer["body"]) for answer in answers if kind(answer) == CARD]
    assert len([card for card in cards if "ℹ️" not in card]) == 1, "one of them is told that it was done"
    assert all("working on it" in str(a["body"]) for a in answers if kind(a) == SENTENCE)

    await eventually(lambda: _has_outcomes(incident, len(crowd)))
    rows = await company.rows("SELECT * FROM click WHERE incident_id = $1", incident.id)
    people = {person["aad_object_id"] for person in company.people if person["email"] in crowd}
    assert {row["aad_object_id"] for row in rows} == people
    assert Counter(row["outcome"] for row in rows) == {"done": 1, "already": len(crowd) - 1}
    (first,) = (row["person_name"] for row in rows if row["outcome"] == "done")
    assert all(f"Acknowledged by {first}" in card and "'verb': 'acknowledge'" not in card for card in cards)
    assert await incident.changes_by_buttons() == ["acknowledged"]
    await in_sync(incident)


async def test_clicks_in_the_incidents_own_chat_and_elsewhere_at_once_change_the_status_once(
    company: Company,
) -> None:
    """Bo's click in the incident's own chat is delivered four times, while others press in the channel."""
    incident = await shown(company)
    (followed,) = incident.chats
    room = await made_for(incident)
    own, crowd = incident.chats[-1], _people(10)
    in_own, in_followed = [on_screen(await incident.card(place), "acknowledge") for place in (own, followed)]
    deliveries: list[dict[str, Any]] = [{"after": 0}, {"after": 0.05}]
    deliveries += [{"after": after, "new_id": True} for after in (0.1, 2)]
    answers = await asyncio.gather(
        _all_acknowledge(incident, crowd),
        incident.click("acknowledge", by=BO_EMAIL, message=in_own, deliveries=deliveries),
        incident.click("acknowledge", by=DI_EMAIL, message=in_own),
        incident.click("acknowledge", by=DI_EMAIL, message=in_followed),
    )
    assert max(answer["ms"] for each in answers for answer in each) < TEAMS_PATIENCE

    clicks = len(crowd) + 3
    await eventually(lambda: _has_outcomes(incident, 1 + clicks))
    rows = await company.rows(
        "SELECT * FROM click WHERE incident_id = $1 AND verb = 'acknowledge'", incident.id
    )
    assert Counter(row["outcome"] for row in rows) == {"done": 1, "already": clicks - 1}
    (first,) = (row["person_name"] for row in rows if row["outcome"] == "done")
    assert await incident.changes_by_buttons() == ["acknowledged"]
    await incident.agrees(f"Acknowledged by {first}")
    await in_sync(incident)
    assert await room.violations() == []


async def test_two_hundred_people_at_once_are_told_the_truth(company: Company) -> None:
    """How long they wait, ``make bench`` measures: here the simulator is as busy as the product."""
    incident = await shown(company)
    crowd = _people(200)
    answers = await _all_acknowledge(incident, crowd)
    told = {email: str(answer["body"]) for email, answer in zip(crowd, answers, strict=True)}
    turned_away = {email for email, body in told.items() if "Try again in a moment" in body}
    taken = set(crowd) - turned_away
    assert all(CARD in told[email] or "working on it" in told[email] for email in taken)
    incident.expected_outcomes -= len(turned_away)

    await eventually(lambda: _has_outcomes(incident, len(taken)))
    rows = await company.rows("SELECT aad_object_id FROM click WHERE incident_id = $1", incident.id)
    people = {person["aad_object_id"]: person["email"] for person in company.people}
    assert {people[row["aad_object_id"]] for row in rows} == taken
    assert await incident.changes_by_buttons() == ["acknowledged"]
    await in_sync(incident)


async def test_an_acknowledge_on_a_card_that_has_not_heard_of_the_resolve_changes_nothing(
    company: Company,
) -> None:
    incident = await company.incident()  # a webhook that PagerDuty loses reaches no other conversation
    await incident.shown_and_recorded()
    await company.pagerduty.fault("webhook", "lose", match={"incident": incident.id})
    await incident.becomes("resolved")
    (answer,) = await incident.click("acknowledge")
    assert "Already resolved by Ada Ops; nothing was changed." in str(answer["body"])
    assert (await company.pagerduty.incident(incident.id))["status"] == "resolved"
    assert await incident.outcomes() == ["stale"]
    await in_sync(incident)


@pytest.mark.parametrize(
    ("fault", "outcome", "reason"),
    [
        ({"do": "status", "status": 503}, "failed", "PagerDuty did not answer"),
        ({"do": "status", "status": 403}, "refused", "does not allow Bo Call"),
        ({"do": "status", "status": 401}, "refused", "does not accept your link any more"),
        ({"do": "status", "status": 429, "retry_after": 60}, "failed", "PagerDuty is limiting requests"),
    ],
    ids=["down", "refuses", "unlinked elsewhere", "rate limited"],
)
async def test_a_click_that_pagerduty_does_not_do_says_why_and_may_be_made_again(
    company: Company, fault: dict[str, Any], outcome: str, reason: str
) -> None:
    incident = await shown(company)
    await company.pagerduty.fault("rest", times=50, match={"method": "PUT", "incident": incident.id}, **fault)
    (answer,) = await incident.click("resolve")
    assert answer["ms"] < TEAMS_PATIENCE
    await eventually(lambda: _has_outcomes(incident, 1))
    assert await incident.outcomes() == [outcome]
    if kind(answer) == CARD:
        assert reason in str(answer["body"])
    else:
        await eventually(lambda: _was_told(incident, BO_EMAIL, reason))
    await company.pagerduty.clear_faults()
    pressed = await incident.card()
    if kind(answer) == CARD:  # the message is left as it was: an edit would take the answer off the screen
        pressed["data"] = data_of(answer, "resolve")
    else:
        before = data_of(pressed["versions"][0], "resolve")
        await eventually(lambda: _has_another_button(incident, "resolve", before))
    (answer,) = await incident.click("resolve", message=pressed)
    assert "Resolved by Bo Call" in str(answer["body"])
    assert await incident.changes_by_buttons() == ["resolved"]
    await in_sync(incident)


async def test_a_click_for_which_pagerduty_takes_three_seconds_is_done_once(company: Company) -> None:
    """Muster asks again after two; what PagerDuty does late is not done twice."""
    incident = await shown(company)
    await company.pagerduty.fault("rest", "slow", seconds=3, match={"method": "PUT", "incident": incident.id})
    (answer,) = await incident.click("acknowledge")
    assert answer["ms"] < TEAMS_PATIENCE
    assert "working on it" in str(answer["body"])
    await incident.shows("Acknowledged by Bo Call")
    await eventually(lambda: _was_written(incident, 2))
    assert await incident.outcomes() == ["done"]
    assert await incident.changes_by_buttons() == ["acknowledged"]
    await in_sync(incident)


async def test_a_click_whose_answer_from_pagerduty_is_lost_is_done_once(company: Company) -> None:
    incident = await shown(company)
    await company.pagerduty.fault("rest", "lose_answer", match={"method": "PUT", "incident": incident.id})
    await incident.click("acknowledge")
    await incident.shows("Acknowledged by Bo Call")
    assert await incident.outcomes() == ["done"]
    assert await incident.changes_by_buttons() == ["acknowledged"]
    await in_sync(incident)


@pytest.mark.slow
async def test_a_click_while_the_worker_is_away_is_done_when_it_is_back(company: Company) -> None:
    incident = await shown(company)
    await company.product.stop("worker", seconds=3)
    (answer,) = await incident.click("acknowledge")
    assert answer["ms"] < TEAMS_PATIENCE
    assert "working on it" in str(answer["body"])
    await incident.shows("Acknowledged by Bo Call")
    assert await incident.outcomes() == ["done"]
    assert await incident.changes_by_buttons() == ["acknowledged"]
    await in_sync(incident)


async def test_a_click_that_comes_five_minutes_late_is_reported_and_not_done(company: Company) -> None:
    incident = await company.incident()
    await incident.shown_and_recorded()
    (run,) = await incident.runs()
    bo = next(person for person in company.people if person["email"] == BO_EMAIL)
    link = await company.rows("SELECT id FROM user_link WHERE aad_object_id = $1", bo["aad_object_id"])
    teams_id = await company.rows("SELECT teams_id FROM person WHERE aad_object_id = $1", bo["aad_object_id"])
    click = Click(
        key=f"late-{incident.id}",
        verb="resolve",
        person=Clicker(
            aad_object_id=bo["aad_object_id"],
            teams_id=teams_id[0]["teams_id"],
            name=bo["name"],
            link=link[0]["id"],
        ),
        message=(await incident.card())["id"],
        received_at=datetime.now(UTC) - timedelta(minutes=5, seconds=1),
        correlation="late",
    )
    incident.expected_outcomes += 1
    await company.temporal.get_workflow_handle(run.id).signal("click", click)
    await eventually(lambda: _was_told(incident, BO_EMAIL, "reached Muster only minutes later"))
    assert await incident.outcomes() == ["late"]
    assert await incident.changes_by_buttons() == []
    await in_sync(incident)


@pytest.mark.slow
async def test_a_link_that_is_revoked_between_the_click_and_the_call_is_not_acted_on(
    company: Company,
) -> None:
    incident = await shown(company)
    await company.product.stop("worker", seconds=4)
    email = f"person{CROWD - 1:03}@acme.example"
    (answer,) = await incident.click("resolve", by=email)
    assert "working on it" in str(answer["body"])
    person = next(person for person in company.people if person["email"] == email)
    (link,) = await company.rows(
        "DELETE FROM user_link WHERE aad_object_id = $1 RETURNING *", person["aad_object_id"]
    )
    assert link["account"] == ACCOUNT
    await eventually(lambda: _was_told(incident, email, "was removed meanwhile"), within=30)
    assert await incident.outcomes() == ["refused"]
    assert await incident.changes_by_buttons() == []
    await company.rows(f"INSERT INTO user_link OVERRIDING SYSTEM VALUE VALUES ({_slots(link)})", *link)
    await in_sync(incident)


async def shown(company: Company) -> Incident:
    """An incident whose card is in its channel, and in a chat that follows it."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    await (await Chat.opened(company)).follow(incident)
    await incident.shown_and_recorded()
    return incident


def kind(answer: dict[str, Any]) -> str:
    """What an answer draws."""
    return str(answer["body"]["type"])


def _slots(row: Any) -> str:
    return ", ".join(f"${number}" for number in range(1, len(row) + 1))


async def _has_outcomes(incident: Incident, count: int) -> bool:
    return len(await incident.outcomes()) == count


async def _was_written(incident: Incident, times: int) -> bool:
    """PagerDuty has dealt with so many changes, whatever it said."""
    writes = (await incident.company.pagerduty.records())["writes"]
    return [write["path"] for write in writes].count(f"/incidents/{incident.id}") == times


async def _was_told(incident: Incident, email: str, text: str) -> bool:
    return any(text in told for told in await incident.told_privately(email))


async def _has_another_button(incident: Incident, verb: str, data: Any) -> bool:
    return bool(data_of((await incident.card())["versions"][-1], verb) != data)


def _people(count: int) -> list[str]:
    return [f"person{number:03}@acme.example" for number in range(count)]


async def _all_acknowledge(incident: Incident, crowd: list[str]) -> list[dict[str, Any]]:
    """The answers to these people, who press at once."""
    card = on_screen(await incident.card(), "acknowledge")
    sent = [incident.click("acknowledge", by=email, message=card) for email in crowd]
    return [answer for (answer,) in await asyncio.gather(*sent)]
