"""Graph's calls about entries of calendars, as Exchange answers them."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.graph_errors import GraphError
from sandbox.teams.graph.throttle import MailboxThrottle
from tests.sandbox.meetings import KEY, attendee, company_of_organizers, entry, events_of
from tests.sandbox.office import Office, running_office
from tests.schemas.exchange import exchange_of
from tests.schemas.graph import graph_api

NOT_ALLOWED = (400, "ErrorPropertyValidationFailure")
NOT_READ = (400, "RequestBodyRead")


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office"), company=company_of_organizers()) as office:
        yield office


def created(office: Office, name: str, **more: Any) -> dict[str, Any]:
    """A new entry in this person's calendar."""
    answer = office.call("POST", events_of(office.person(name)), entry(office.person("Bo"), **more))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def read(office: Office, name: str, made: dict[str, Any]) -> dict[str, Any]:
    answer = office.call("GET", f"{events_of(office.person(name))}/{made['id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def calendar(office: Office, name: str) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = office.teams.get("/page/calendar", person=office.person(name).email)
    return shown


def test_an_entry_has_a_meeting_with_address_and_telephone_number(office: Office) -> None:
    ada = office.person("Ada")
    made = created(office, "Ada")
    assert made["isOnlineMeeting"] is True
    assert made["onlineMeetingProvider"] == "teamsForBusiness"
    assert made["organizer"]["emailAddress"] == {"name": ada.name, "address": ada.email}
    joining = made["onlineMeeting"]
    assert joining["joinUrl"].startswith("https://teams.microsoft.com/l/meetup-join/19%3ameeting_")
    assert joining["joinUrl"].endswith(f"%22Oid%22%3a%22{ada.aad_object_id}%22%7d")
    assert joining["tollNumber"] == "+1 206 555 0100"
    assert len(joining["conferenceId"]) == 9
    assert made["start"] == {"dateTime": "2026-11-30T10:00:00.0000000", "timeZone": "UTC"}
    for name, wanted in {
        "showAs": "free",
        "isReminderOn": False,
        "responseRequested": False,
        "allowNewTimeProposals": False,
        "transactionId": KEY,
    }.items():
        assert made[name] == wanted
    assert read(office, "Ada", made) == made


def test_the_same_request_again_is_the_entry_that_is_there(office: Office) -> None:
    made = created(office, "Ada")
    assert created(office, "Ada") == made
    assert len(calendar(office, "Ada")) == 1


def test_the_same_key_with_another_body_is_refused_and_names_the_entry(office: Office) -> None:
    made = created(office, "Ada")
    changed = entry(office.person("Bo"), subject="Another")
    refused = office.call("POST", events_of(office.person("Ada")), changed)
    assert refused.status_code == 400
    error = refused.json()["error"]
    assert (error["code"], error["@event.existingEventId"]) == ("ErrorDuplicateTransactionId", made["id"])
    assert read(office, "Ada", made)["subject"] == made["subject"]


def test_the_same_request_is_the_same_entry_also_after_a_change(office: Office) -> None:
    made = created(office, "Ada")
    path = f"{events_of(office.person('Ada'))}/{made['id']}"
    assert office.call("PATCH", path, {"subject": "✓ Incident #42"}).status_code == 200
    again = created(office, "Ada")
    assert (again["id"], again["subject"]) == (made["id"], "✓ Incident #42")


def test_the_same_key_in_another_mailbox_is_another_entry(office: Office) -> None:
    first, second = created(office, "Ada"), created(office, "Bo")
    assert first["id"] != second["id"]
    assert first["onlineMeeting"]["joinUrl"] != second["onlineMeeting"]["joinUrl"]
    path = f"{events_of(office.person('Bo'))}/{first['id']}"
    assert office.refused("GET", path) == (404, "ErrorItemNotFound")


def test_entries_without_a_key_and_with_others_are_all_different(office: Office) -> None:
    made = [created(office, "Ada", transactionId=key) for key in (None, None, KEY, f"{KEY}-2")]
    assert len({one["id"] for one in made}) == 4


def test_an_entry_is_found_by_its_key_among_the_newest_and_by_no_filter(office: Office) -> None:
    ada = office.person("Ada")
    made = [created(office, "Ada", transactionId=f"key-{number}") for number in range(3)]
    filtered = office.call("GET", f"{events_of(ada)}?$filter=transactionId eq 'key-1'")
    assert filtered.status_code == 400
    assert filtered.json()["error"] | {"innerError": None} == {
        "code": "ErrorInvalidProperty",
        "message": "The property 'TransactionId' does not support filtering.",
        "innerError": None,
    }
    query = "$orderby=createdDateTime desc&$top=2&$select=id,transactionId"
    first = office.call("GET", f"{events_of(ada)}?{query}").json()
    assert [one["transactionId"] for one in first["value"]] == ["key-2", "key-1"]
    assert set(first["value"][0]) == {"@odata.etag", "id", "transactionId"}
    rest = office.call("GET", first["@odata.nextLink"].partition("/v1.0")[2]).json()
    assert [one["id"] for one in rest["value"]] == [made[0]["id"]]
    assert "@odata.nextLink" not in rest


def test_attendees_are_replaced_by_the_whole_list(office: Office) -> None:
    made = created(office, "Ada")
    path = f"{events_of(office.person('Ada'))}/{made['id']}"
    people = [office.person("Di"), office.person("Cy")]
    changed = office.call("PATCH", path, {"attendees": [attendee(one) for one in people]})
    assert changed.status_code == 200
    assert [one["emailAddress"]["name"] for one in changed.json()["attendees"]] == ["Di Pager", "Cy Net"]
    assert changed.json()["onlineMeeting"] == made["onlineMeeting"]
    assert [len(calendar(office, name)) for name in ("Ada", "Bo", "Cy", "Di")] == [1, 0, 1, 1]


def test_a_deleted_entry_is_gone_with_its_meeting_and_frees_its_key(office: Office) -> None:
    made = created(office, "Ada")
    path = f"{events_of(office.person('Ada'))}/{made['id']}"
    assert office.call("DELETE", path).status_code == 204
    assert office.refused("DELETE", path) == (404, "ErrorItemNotFound")
    assert office.refused("GET", path) == (404, "ErrorItemNotFound")
    assert calendar(office, "Bo") == []
    assert created(office, "Ada")["id"] != made["id"]


@pytest.mark.parametrize("name", ["Lee", "Pia"])
def test_without_teams_an_entry_comes_back_without_a_meeting(office: Office, name: str) -> None:
    made = created(office, name)
    assert (made["isOnlineMeeting"], made["onlineMeetingProvider"]) == (False, "unknown")
    assert made["onlineMeeting"] is None
    assert calendar(office, name)[0]["meeting"] is None


def test_without_audio_conferencing_a_meeting_has_no_telephone_number(office: Office) -> None:
    assert set(created(office, "Ned")["onlineMeeting"]) == {"joinUrl"}


def test_who_has_no_mailbox_has_no_calendar(office: Office) -> None:
    nobody = "00000000-0000-4000-9000-00000000dead"
    gone = office.person("Cy")
    office.microsoft.sandbox("POST", f"people/{gone.email}", {"deleted": True})
    for person in (office.person("Max"), office.guest):
        assert office.refused("POST", events_of(person), entry()) == (404, "MailboxNotEnabledForRESTAPI")
    for key in (nobody, "nobody@acme.example", office.microsoft.stranger.email, gone.aad_object_id):
        assert office.refused("POST", f"/users/{key}/events", entry()) == (404, "ErrorInvalidUser")
    assert office.call("POST", f"/users/{office.person('Ada').email}/events", entry()).status_code == 201


def test_a_disabled_account_keeps_its_calendar_and_is_told_by_the_directory(office: Office) -> None:
    cy = office.person("Cy")
    office.microsoft.sandbox("POST", f"people/{cy.email}", {"enabled": False})
    assert created(office, "Cy")["isOnlineMeeting"] is True
    path = f"/users/{cy.aad_object_id}?$select=id,accountEnabled"
    assert office.call("GET", path).json()["accountEnabled"] is False
    office.revoke("User.Read.All")
    assert office.refused("GET", path) == (403, "Authorization_RequestDenied")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"subject": "x" * 256}, NOT_ALLOWED),
        ({"subject": 42}, NOT_READ),
        ({"start": None}, NOT_READ),
        ({"end": {"dateTime": "2026-11-30T09:59:59", "timeZone": "UTC"}}, NOT_ALLOWED),
        ({"end": {"dateTime": "soon", "timeZone": "UTC"}}, NOT_READ),
        (
            {"end": {"dateTime": "2026-11-30T11:00:00", "timeZone": "Moon"}},
            (400, "TimeZoneNotSupportedException"),
        ),
        ({"attendees": [{"emailAddress": {"address": "nobody"}}]}, (400, "ErrorInvalidRecipients")),
        ({"attendees": "everybody"}, NOT_READ),
        ({"isOnlineMeeting": "yes"}, NOT_READ),
        ({"onlineMeetingProvider": "zoom"}, NOT_READ),
        ({"showAs": "asleep"}, NOT_READ),
        ({"body": {"contentType": "markdown", "content": ""}}, NOT_READ),
        ({"title": "Incident #42"}, NOT_READ),
    ],
)
def test_what_exchange_refuses_of_a_new_entry(
    office: Office, change: dict[str, Any], refusal: tuple[int, str]
) -> None:
    assert office.refused("POST", events_of(office.person("Ada")), entry() | change) == refusal
    assert calendar(office, "Ada") == []


def test_microsofts_clients_tell_the_type_beside_the_properties(office: Office) -> None:
    assert created(office, "Ada", **{"@odata.type": "#microsoft.graph.event"})["isOnlineMeeting"] is True


def test_an_entry_has_start_and_end_and_at_most_500_attendees(office: Office) -> None:
    ada, bo = office.person("Ada"), office.person("Bo")
    timeless = {name: value for name, value in entry().items() if name != "end"}
    assert office.refused("POST", events_of(ada), timeless) == NOT_ALLOWED
    made = created(office, "Ada", attendees=[attendee(bo)] * 500)
    path = f"{events_of(ada)}/{made['id']}"
    assert office.refused("PATCH", path, {"attendees": [attendee(bo)] * 501}) == NOT_ALLOWED
    assert office.refused("PATCH", path, {"showAs": "busy"}) == NOT_READ


def test_calendars_need_their_own_permission(office: Office) -> None:
    made = created(office, "Ada")
    office.revoke("Calendars.ReadWrite")
    path = f"{events_of(office.person('Ada'))}/{made['id']}"
    answer = office.call("GET", path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ErrorAccessDenied")
    assert graph_api().permissions_of(exchange_of(answer, under="/v1.0")) == ["Calendars.ReadWrite"]
    assert office.refused("DELETE", path) == (403, "ErrorAccessDenied")


def test_an_entry_without_a_provider_has_no_meeting_and_keeps_its_key(office: Office) -> None:
    office.fault("event", "no_provider", match={"method": "POST"})
    made = created(office, "Ada")
    assert (made["isOnlineMeeting"], made["onlineMeeting"]) == (False, None)
    assert created(office, "Ada")["id"] == made["id"]


def test_an_address_that_comes_later_is_told_when_its_time_has_come(office: Office) -> None:
    office.fault("event", "join_later", seconds=5)
    made = created(office, "Ada")
    assert (made["isOnlineMeeting"], made["onlineMeeting"]) == (True, None)
    assert read(office, "Ada", made)["onlineMeeting"] is None
    assert office.teams.post("/_sandbox/clock", {"advance": 5}).status_code == 200
    assert read(office, "Ada", made)["onlineMeeting"]["joinUrl"].startswith("https://teams.microsoft.com/")


@pytest.mark.parametrize("do", ["lose_answer", "status", "status_after"])
def test_faults_come_before_or_after_the_entry_is_made(office: Office, do: str) -> None:
    ada, bo = office.person("Ada"), office.person("Bo")
    office.fault(
        "event",
        do,
        match={"method": "POST", "person": ada.aad_object_id},
        **({} if do == "lose_answer" else {"status": 503}),
    )
    if do == "lose_answer":
        with pytest.raises(httpx.TransportError):
            office.call("POST", events_of(ada), entry(bo))
    else:
        assert office.call("POST", events_of(ada), entry(bo)).status_code == 503
    assert len(calendar(office, "Ada")) == (0 if do == "status" else 1)
    created(office, "Ada")
    assert len(calendar(office, "Ada")) == 1


@pytest.mark.parametrize(("do", "made_at_once"), [("slow", False), ("late_answer", True)])
def test_a_slow_entry_is_made_after_the_wait_and_a_late_answer_before(
    office: Office, do: str, made_at_once: bool
) -> None:
    office.fault("event", do, seconds=2)
    began = time.monotonic()
    making = threading.Thread(target=created, args=(office, "Ada"))
    making.start()
    while not calendar(office, "Ada") and time.monotonic() < began + 5:
        time.sleep(0.02)  # the page tells of no condition to wait for
    assert (time.monotonic() - began < 2) is made_at_once
    making.join()
    assert time.monotonic() - began >= 2


def test_calls_are_recorded_with_their_faults(office: Office) -> None:
    office.fault("event", "status", status=503)
    office.call("POST", events_of(office.person("Ada")), entry())
    created(office, "Ada")
    assert office.asked("POST", "/events") == 2
    calls = office.teams.records()["graph_calls"]
    assert [(one["status"], one["fault"]) for one in calls] == [(503, "status"), (201, None)]


def test_exchange_takes_four_calls_at_once_in_a_mailbox() -> None:
    throttle = MailboxThrottle()
    running = [throttle.admitted("ada") for _ in range(4)]
    for one in running:
        one.__enter__()
    with pytest.raises(GraphError) as refused, throttle.admitted("ada"):
        pass
    assert (refused.value.status, refused.value.code) == (429, "ApplicationThrottled")
    assert refused.value.response(None).headers["Retry-After"] == "1"
    with throttle.admitted("bo"):
        running[0].__exit__(None, None, None)
    with throttle.admitted("ada"):
        pass


def test_entries_outlive_a_restart_of_teams(office: Office) -> None:
    made = created(office, "Ada")
    office.teams.stop()
    office.teams.start()
    assert read(office, "Ada", made) == made
    assert created(office, "Ada") == made
