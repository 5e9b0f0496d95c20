"""Calendars, meetings and accounts of Graph: what is sent, and answers that are odd."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest

from muster.attendees import Attendee
from muster.clients.expiring import Expiring, ExpiringCache
from muster.clients.graph.accounts import AccountsClient
from muster.clients.graph.app_calls import AppCalls
from muster.clients.graph.calendar import CalendarClient, WantedEntry
from muster.clients.graph.errors import NO_POLICY
from muster.clients.graph.joining import DialIn, Joining
from muster.clients.graph.meetings import Meeting, MeetingsClient, Participant, WantedMeeting
from muster.clients.http import open_pool
from muster.clients.teams.clouds import CLOUDS
from workflows.errors import Forbidden, ProviderUnavailable, RequestInvalid

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 30, 10, tzinfo=UTC)
ENTRY = WantedEntry(
    "key", "Incident #42", "<p>", START, START + timedelta(hours=1), (Attendee("a@b.c", "A"),)
)
MEETING = WantedMeeting(
    "key", "Incident #42", START, START + timedelta(hours=1), (Participant("bo", "bo@acme.example"),)
)
URL = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0"
ROLES = ["Calendars.ReadWrite", "OnlineMeetings.ReadWrite.All", "User.Read.All"]


class Graph:
    """Graph's side: records requests and gives one answer."""

    def __init__(self):
        self.requests = []
        self.answer = httpx.Response(200, json={})

    def handle(self, request):
        self.requests.append(request)
        return self.answer

    def says(self, status=200, **body):
        self.answer = httpx.Response(status, json=body)


@pytest.fixture
def graph():
    return Graph()


@pytest.fixture
async def calls(graph):
    async def token(_):
        return Expiring(jwt.encode({"roles": ROLES}, "k" * 32), 3600)

    clouds = {"tenant": replace(CLOUDS["public"], graph="https://graph.example")}
    async with open_pool(transport=httpx.MockTransport(graph.handle)) as pool:
        yield AppCalls(pool, ExpiringCache(token), clouds)


async def test_an_entry_sent_twice_is_the_same_byte_for_byte(graph, calls):
    graph.says(201, id="entry", isOnlineMeeting=True)
    for _ in range(2):
        await CalendarClient(calls).create("tenant", "ada/ops", ENTRY)
    first, second = graph.requests
    assert first.content == second.content
    assert first.url.raw_path == b"/v1.0/users/ada%2Fops/events"
    sent = json.loads(first.content)
    assert sent["start"] == {"dateTime": "2026-11-30T10:00:00", "timeZone": "UTC"}
    assert sent["attendees"] == [{"type": "required", "emailAddress": {"address": "a@b.c", "name": "A"}}]


@pytest.mark.parametrize(
    ("online", "joining"),
    [
        (None, None),
        ("soon", None),
        ({"joinUrl": None}, None),
        ({"joinUrl": "javascript:alert(1)"}, None),
        ({"joinUrl": f"{URL}{'x' * 2048}"}, None),
        ({"joinUrl": URL}, Joining(URL, None)),
        ({"joinUrl": URL, "tollNumber": "+1 206 555 0100"}, Joining(URL, None)),
        (
            {"joinUrl": URL, "tollNumber": "+1 206\n555 0100", "conferenceId": "123456789"},
            Joining(URL, DialIn("+1 206 555 0100", "123456789")),
        ),
    ],
)
async def test_how_an_entry_is_joined_is_read_leniently(graph, calls, online, joining):
    graph.says(201, id="entry", isOnlineMeeting=True, onlineMeeting=online)
    made = await CalendarClient(calls).create("tenant", "ada", ENTRY)
    assert made == ("entry", True, joining)


async def test_an_entry_is_looked_for_among_the_newest(graph, calls):
    entries = [{"id": "1", "transactionId": None}, "odd", {"id": "2", "transactionId": "key"}]
    graph.says(value=entries)
    found = await CalendarClient(calls).find("tenant", "ada", "key")
    assert found is not None
    assert found.id == "2"
    assert dict(graph.requests[0].url.params) == {
        "$orderby": "createdDateTime desc",
        "$top": "100",
        "$select": "id,transactionId,isOnlineMeeting,onlineMeeting",
    }


async def test_a_success_without_what_it_must_hold_may_be_sent_again(graph, calls):
    graph.says(201, isOnlineMeeting=True)
    with pytest.raises(ProviderUnavailable):
        await CalendarClient(calls).create("tenant", "ada", ENTRY)
    for answer in ({}, {"id": "meeting"}, {"joinWebUrl": URL}, {"id": "meeting", "joinWebUrl": "soon"}):
        graph.says(201, **answer)
        with pytest.raises(ProviderUnavailable):
            await MeetingsClient(calls).create_or_get("tenant", "ada", MEETING)
    graph.says(id="ada", accountEnabled=None)
    with pytest.raises(ProviderUnavailable):
        await AccountsClient(calls).read("tenant", "ada")


async def test_a_meeting_is_asked_for_with_its_key_and_its_people(graph, calls):
    graph.says(id="meeting", joinWebUrl=URL, audioConferencing=None)
    made = await MeetingsClient(calls).create_or_get("tenant", "ada", MEETING)
    assert made == Meeting("meeting", Joining(URL, None))
    assert json.loads(graph.requests[0].content) == {
        "externalId": "key",
        "subject": "Incident #42",
        "startDateTime": "2026-11-30T10:00:00Z",
        "endDateTime": "2026-11-30T11:00:00Z",
        "participants": {
            "attendees": [{"identity": {"user": {"id": "bo"}}, "upn": "bo@acme.example"}],
        },
    }


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (403, "Forbidden", "No application access policy found for this app 6dc4 on the user"),
        (403, "General", "No Application Access Policy found for this app."),
        (404, "UnknownError", "No application access policy found for this app."),
    ],
)
async def test_a_missing_policy_is_known_by_its_words(graph, calls, status, code, message):
    graph.says(status, error={"code": code, "message": message})
    with pytest.raises(Forbidden) as failed:
        await MeetingsClient(calls).create_or_get("tenant", "ada", MEETING)
    assert failed.value.code == NO_POLICY


async def test_an_unknown_tenant_is_asked_nothing(graph, calls):
    with pytest.raises(RequestInvalid):
        await MeetingsClient(calls).create_or_get("another", "ada", MEETING)
    assert graph.requests == []


async def test_errors_hold_neither_token_nor_body(graph, calls):
    graph.says(400, error={"code": "RequestBodyRead", "message": "a secret"})
    with pytest.raises(RequestInvalid) as failed:
        await CalendarClient(calls).create("tenant", "ada", ENTRY)
    token = graph.requests[0].headers["Authorization"].removeprefix("Bearer ")
    assert token not in str(failed.value)
    assert "secret" not in str(failed.value)
