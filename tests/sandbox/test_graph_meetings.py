"""Graph's createOrGet of online meetings, the policy that allows it, and what an address to join leads to."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from sandbox.company import Person
from tests.sandbox.meetings import (
    company_of_organizers,
    create_or_get_of,
    entry,
    events_of,
    grant_policy,
    meeting,
)
from tests.sandbox.office import Office, running_office
from tests.schemas.exchange import exchange_of
from tests.schemas.graph import graph_api
from tests.support.connections import request


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office"), company=company_of_organizers()) as office:
        yield office


@pytest.fixture
def allowed(office: Office) -> Office:
    """The office with a policy for everybody that counts."""
    grant_policy(office)
    return office


def asked(office: Office, person: Person, *people: Person, **more: Any) -> httpx.Response:
    return office.patient("POST", create_or_get_of(person), meeting(*people, **more))


def behind(office: Office, join_address: str) -> dict[str, Any]:
    """What the page tells of the meeting of this address."""
    key = unquote(join_address.split("/")[5])
    shown: dict[str, Any] = office.teams.get(f"/page/meetings/{key}")
    return shown


def test_a_meeting_is_created_once_and_got_again(allowed: Office) -> None:
    ada, bo = allowed.person("Ada"), allowed.person("Bo")
    first = asked(allowed, ada, bo)
    again = asked(allowed, ada, subject="Another", startDateTime=None, endDateTime=None)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    made = first.json()
    assert made["joinWebUrl"].startswith("https://teams.microsoft.com/l/meetup-join/19%3ameeting_")
    assert made["audioConferencing"]["tollNumber"] == "+12065550100"
    assert made["participants"]["organizer"]["identity"]["user"]["id"] == ada.aad_object_id
    assert allowed.teams.get("/page/calendar", person=ada.email) == [], "it is in no calendar"


def test_another_key_or_another_organizer_is_another_meeting(allowed: Office) -> None:
    ada, bo = allowed.person("Ada"), allowed.person("Bo")
    answers = [asked(allowed, ada), asked(allowed, bo), asked(allowed, ada, externalId="another")]
    assert [one.status_code for one in answers] == [201, 201, 201]
    assert len({one.json()["joinWebUrl"] for one in answers}) == 3


def test_without_times_a_meeting_is_now_for_an_hour(allowed: Office) -> None:
    made = allowed.call("POST", create_or_get_of(allowed.person("Ada")), {"externalId": "now"}).json()
    assert made["startDateTime"] < made["endDateTime"]
    started = allowed.call(
        "POST",
        create_or_get_of(allowed.person("Ada")),
        {"externalId": "then", "startDateTime": "2026-11-30T10:00:00Z"},
    )
    assert started.json()["endDateTime"] == "2026-11-30T11:00:00Z"


@pytest.mark.parametrize(
    "wrong",
    [
        {"externalId": ""},
        {"externalId": None},
        {"startDateTime": None},
        {"endDateTime": "2026-11-30T09:00:00Z"},
        {"endDateTime": "soon"},
        {"participants": {"attendees": "everybody"}},
        {"transactionId": "a key of calendars"},
    ],
)
def test_what_teams_refuses_of_a_meeting(allowed: Office, wrong: dict[str, Any]) -> None:
    body = meeting() | wrong
    assert allowed.refused("POST", create_or_get_of(allowed.person("Ada")), body) == (400, "BadRequest")


def test_without_a_policy_teams_refuses_and_names_the_app(office: Office) -> None:
    answer = asked(office, office.person("Ada"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Forbidden")
    app = office.teams.company.bot_app_id
    assert answer.json()["error"]["message"] == (
        f"No application access policy found for this app {app} on the user"
    )


def test_a_policy_counts_half_an_hour_after_it_was_granted(office: Office) -> None:
    ada = office.person("Ada")
    grant_policy(office, after=1790)
    assert asked(office, ada).status_code == 403
    grant_policy(office, after=10)
    assert asked(office, ada).status_code == 201, "granted again it keeps its time"
    assert request("DELETE", f"{office.teams.url}/_sandbox/access-policy").status_code == 204
    assert asked(office, ada).status_code == 403, "it is taken back at once"
    assert office.teams.get("/_sandbox/access-policy") == {"counts_from": {}}


def test_a_policy_for_one_person_is_for_nobody_else(office: Office) -> None:
    grant_policy(office, office.person("Ada"))
    assert asked(office, office.person("Ada")).status_code == 201
    assert asked(office, office.person("Bo")).status_code == 403


def test_who_has_a_policy_of_their_own_has_not_everybodys(office: Office) -> None:
    grant_policy(office)
    grant_policy(office, office.person("Ada"), after=0)
    assert asked(office, office.person("Ada")).status_code == 403, "their own does not count yet"
    assert asked(office, office.person("Bo")).status_code == 201


def test_an_entry_of_a_calendar_needs_no_policy(office: Office) -> None:
    made = office.call("POST", events_of(office.person("Ada")), entry())
    assert made.json()["isOnlineMeeting"] is True


def test_whom_teams_does_not_know_has_no_meeting(allowed: Office) -> None:
    gone = allowed.person("Cy")
    allowed.microsoft.sandbox("POST", f"people/{gone.email}", {"deleted": True})
    for key in (
        allowed.person("Lee").aad_object_id,
        allowed.person("Ada").email,
        allowed.microsoft.stranger.aad_object_id,
        gone.aad_object_id,
    ):
        refused = allowed.refused("POST", f"/users/{key}/onlineMeetings/createOrGet", meeting())
        assert refused == (404, "UnknownError")
    assert allowed.refused("POST", create_or_get_of(allowed.guest), meeting()) == (403, "Forbidden")


def test_who_has_no_mailbox_has_meetings_all_the_same(allowed: Office) -> None:
    assert asked(allowed, allowed.person("Max")).status_code == 201


def test_without_audio_conferencing_there_is_no_telephone_number(allowed: Office) -> None:
    assert asked(allowed, allowed.person("Ned")).json()["audioConferencing"] is None


def test_meetings_need_their_own_permission(allowed: Office) -> None:
    allowed.revoke("OnlineMeetings.ReadWrite.All")
    answer = asked(allowed, allowed.person("Ada"))
    assert answer.status_code == 403
    one_of = graph_api().permissions_of(exchange_of(answer, under="/v1.0"))
    assert f"one of '{', '.join(one_of)}'" in answer.json()["error"]["message"]


@pytest.mark.parametrize("do", ["lose_answer", "status", "status_after"])
def test_faults_come_before_or_after_the_meeting_is_made(allowed: Office, do: str) -> None:
    ada = allowed.person("Ada")
    more = {} if do == "lose_answer" else {"status": 503}
    allowed.fault("meeting", do, match={"person": ada.aad_object_id}, **more)
    if do == "lose_answer":
        with pytest.raises(httpx.TransportError):
            asked(allowed, ada)
    else:
        assert asked(allowed, ada).status_code == 503
    assert asked(allowed, ada).status_code == (201 if do == "status" else 200)


def test_calls_that_graph_has_and_the_simulator_has_not_are_refused(allowed: Office) -> None:
    ada = allowed.person("Ada").aad_object_id
    headers = {"Authorization": f"Bearer {allowed.microsoft.graph_token()}"}
    answer = allowed.http.post(f"/v1.0/users/{ada}/onlineMeetings", json={}, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


def test_behind_an_address_is_who_would_be_there(allowed: Office) -> None:
    ada, bo = allowed.person("Ada"), allowed.person("Bo")
    made = allowed.call("POST", events_of(ada), entry(bo, allowed.guest)).json()
    shown = behind(allowed, made["onlineMeeting"]["joinUrl"])
    assert (shown["organizer"], shown["invited"]) == ("Ada Ops", ["Bo Call", "Greta Guest"])
    assert shown["dial_in"] == f"+1 206 555 0100,,{made['onlineMeeting']['conferenceId']}#"
    assert shown["starts_at"] == "2026-11-30T10:00:00+00:00"
    (in_calendar,) = allowed.teams.get("/page/calendar", person=bo.email)
    assert in_calendar == shown
    plain = asked(allowed, ada, bo).json()
    assert behind(allowed, plain["joinWebUrl"])["invited"] == ["Bo Call"]


def test_the_page_of_calendars_is_there(office: Office) -> None:
    page = request("GET", f"{office.teams.url}/calendar")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "/page/static/js/calendar.js" in page.text


def test_behind_the_address_of_a_deleted_entry_is_nothing(office: Office) -> None:
    ada = office.person("Ada")
    made = office.call("POST", events_of(ada), entry()).json()
    assert office.call("DELETE", f"{events_of(ada)}/{made['id']}").status_code == 204
    key = unquote(made["onlineMeeting"]["joinUrl"].split("/")[5])
    assert request("GET", f"{office.teams.url}/page/meetings/{key}").status_code == 404


def test_a_reset_takes_back_policies_and_meetings(allowed: Office) -> None:
    ada = allowed.person("Ada")
    assert asked(allowed, ada).status_code == 201
    allowed.reset()
    assert asked(allowed, ada).status_code == 403
    grant_policy(allowed)
    assert asked(allowed, ada).status_code == 201
