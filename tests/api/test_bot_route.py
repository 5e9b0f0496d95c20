"""``POST /api/messages``: who is let in, and what Teams gets for an answer."""

import asyncio
import itertools
import json
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from botbuilder.core.teams import TeamsActivityHandler
from botbuilder.schema import AdaptiveCardInvokeResponse
from fastapi import FastAPI

from api.bot.activity import InboundActivity
from api.bot.adapter import TeamsAdapter
from api.bot.composition import muster_bot
from api.bot.places import Places
from api.bot.route import bot_router
from api.bot.sightings import Sightings
from api.bot.token import BotTokenVerifier
from muster.cards.sentences import BROKEN, UNREACHABLE
from muster.clients.expiring import Expiring, ExpiringCache
from muster.clients.http import open_pool
from muster.clients.teams.connector import ConnectorClient
from muster.clients.teams.jwks import BotKeys
from muster.config_file import TeamsRegistration
from muster.lenient_json import read_json
from muster.store import accounts
from tests.api.team_bot import RecordingGateway
from tests.schemas.message_extension import check_extension_answer
from tests.support.person_readers import readers_in_an_api
from tests.support.settings import settings_for
from tests.workflows.channel_incident.running import QUICK

pytestmark = pytest.mark.anyio

SERVICE_URL = "https://smba.trafficmanager.net/emea/"
APP_ID, OTHER_APP_ID = "0a5cf8a4-0000-4000-8000-0000000000aa", "0a5cf8a4-0000-4000-8000-0000000000bb"
FOREIGN_TENANT = "44444444-4444-4444-4444-444444444444"
ADA = "a0d00000-0000-4000-8000-000000000001"
TENANT, OTHER_TENANT = "22222222-2222-2222-2222-222222222222", "33333333-3333-3333-3333-333333333333"
CARD = {"type": "AdaptiveCard", "version": "1.5", "body": []}
NOT_REACHABLE = {
    "statusCode": 200,
    "type": "application/vnd.microsoft.activity.message",
    "value": "Muster is not reachable right now. Try again in a moment.",
}
JSON = {"Content-Type": "application/json"}
CONVERSATION = "19:ops@thread.tacv2;messageid=1700000000001"


class Bot(TeamsActivityHandler):
    """Answers clicks with a card and messages with an echo; ``before_answering`` runs first."""

    def __init__(self):
        self.clicks = []
        self.before_answering = None

    async def on_adaptive_card_invoke(self, turn_context, invoke_value):
        self.clicks.append((turn_context.activity.from_property.aad_object_id, invoke_value.action["verb"]))
        if self.before_answering:
            await self.before_answering()
        card = AdaptiveCardInvokeResponse(
            status_code=200, type="application/vnd.microsoft.card.adaptive", value=CARD
        )
        return card

    async def on_message_activity(self, turn_context):
        await turn_context.send_activity(f"You said {turn_context.activity.text}")


def registration(tenant, app_id):
    return TeamsRegistration(tenant=tenant, app_id=app_id, app_secret="not used here")


@pytest.fixture
def bot():
    return Bot()


@pytest.fixture
def sent():
    """The requests that reached the connector."""
    return []


@pytest.fixture
async def teams(framework, framework_pool, bot, sent):
    """Posts to the route as the Bot Framework does."""
    async with serving(framework, framework_pool, lambda _: bot, sent) as teams:
        yield teams


@pytest.fixture
async def muster(framework, framework_pool, sent, pool, database_url):
    """The same, with the product's own bot; what it would tell Temporal is recorded."""
    for tenant in (TENANT, OTHER_TENANT):
        await accounts.upsert_tenant(pool, id=tenant, name="Acme")
    sightings, gateway = Sightings(pool), RecordingGateway()
    settings = settings_for(database_url, "127.0.0.1:1")

    def own(connector):
        return muster_bot(settings, QUICK, pool, gateway, connector, sightings, readers)

    async with (
        open_pool() as http,
        readers_in_an_api(settings, pool, http, gateway) as readers,
        serving(framework, framework_pool, own, sent) as teams,
    ):
        yield teams
    await sightings.finish()


@asynccontextmanager
async def serving(framework, framework_pool, bot_of, sent):
    registrations = {
        TENANT: registration(TENANT, APP_ID),
        OTHER_TENANT: registration(OTHER_TENANT, OTHER_APP_ID),
    }
    hosts = ("smba.trafficmanager.net",)

    def connector(request):
        sent.append(request)
        return httpx.Response(201, json={"id": "1700000000002"})

    async def token(tenant):
        return Expiring(f"token-of-{tenant}", 3600)

    async with open_pool(transport=httpx.MockTransport(connector)) as pool:
        client = ConnectorClient(pool, ExpiringCache(token), registrations=registrations, service_hosts=hosts)
        app = FastAPI()
        app.include_router(
            bot_router(
                verifier=BotTokenVerifier(
                    BotKeys(framework_pool, framework.metadata_url), {APP_ID, OTHER_APP_ID}
                ),
                adapter=TeamsAdapter(client),
                bot=bot_of(client),
                registrations=registrations,
                service_hosts=hosts,
                places=Places(64, 40),
            )
        )
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://muster.example"
        ) as http:
            yield Teams(http, framework)


class Teams:
    def __init__(self, http, framework):
        self._http = http
        self._framework = framework

    async def post(self, activity, *, token=None, **options):
        headers = {"Authorization": token or self._framework.token()} | options.pop("headers", {})
        body = {"json": activity} if "content" not in options else {}
        return await self._http.post("/api/messages", headers=headers, **body, **options)


def activity(**changes):
    """A message in a channel, as Teams sends it; a change to ``None`` leaves the field out."""
    whole = {
        "type": "message",
        "id": "1700000000009",
        "timestamp": "2026-01-01T10:00:00.123Z",
        "channelId": "msteams",
        "serviceUrl": SERVICE_URL,
        "from": {"id": "29:ada", "name": "Ada Ops", "aadObjectId": ADA},
        "recipient": {"id": f"28:{APP_ID}", "name": "Muster"},
        "conversation": {
            "id": CONVERSATION,
            "conversationType": "channel",
            "isGroup": True,
            "tenantId": TENANT,
        },
        "channelData": {"tenant": {"id": TENANT}},
        "text": "hello",
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def click(**changes):
    sent = {
        "type": "invoke",
        "name": "adaptiveCard/action",
        "replyToId": "1700000000001",
        "text": None,
        "value": {
            "action": {"type": "Action.Execute", "verb": "acknowledge", "data": {"incident": "Q1"}},
            "trigger": "manual",
        },
    }
    return activity(**(sent | changes))


async def test_a_click_is_answered_with_the_bots_card(teams, bot):
    response = await teams.post(click())
    assert (response.status_code, response.json()) == (
        200,
        {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": CARD},
    )
    assert bot.clicks == [(ADA, "acknowledge")]


async def test_a_message_is_answered_in_its_thread_through_our_connector(teams, sent):
    response = await teams.post(activity())
    assert (response.status_code, response.content) == (200, b"")
    (request,) = sent
    assert request.url.raw_path.decode() == (
        "/emea/v3/conversations/19%3Aops%40thread.tacv2%3Bmessageid%3D1700000000001/activities"
    )
    assert request.headers["authorization"] == f"Bearer token-of-{TENANT}"
    assert json.loads(request.content)["text"] == "You said hello"


async def test_tenants_people_and_apps_are_the_same_in_either_case(teams, bot, sent, framework):
    shouting = {"aadObjectId": ADA.upper(), "id": "29:ada", "name": "Ada Ops"}
    where = {"channelData": {"tenant": {"id": TENANT.upper()}}, "from": shouting}
    token = framework.token(aud=APP_ID.upper())
    assert (await teams.post(click(**where), token=token)).json()["statusCode"] == 200
    assert (await teams.post(activity(**where), token=token)).status_code == 200
    assert [person for person, _ in bot.clicks] == [ADA.upper()], "what botbuilder reads is not ours"
    assert sent[0].headers["authorization"] == f"Bearer token-of-{TENANT}"


async def test_a_service_address_is_the_same_in_either_case(teams, bot):
    shouting = SERVICE_URL.replace("https://smba", "HTTPS://SMBA")
    assert (await teams.post(click(serviceUrl=shouting))).json()["statusCode"] == 200
    assert len(bot.clicks) == 1


async def test_fields_that_teams_adds_are_ignored(teams):
    sent = click(brandNew={"x": 1})
    sent["value"]["brandNew"] = sent["from"]["brandNew"] = 1
    assert (await teams.post(sent)).json()["statusCode"] == 200


async def test_without_a_good_token_nothing_gets_in(teams, bot, framework, stranger):
    for token in ("Basic x", "Bearer x", framework.token(signed_by=stranger), framework.token(exp=1)):
        response = await teams.post(click(), token=token)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json()["detail"]
    assert bot.clicks == []


HUGE = {
    "wide": b'{"a": [' + b"{}," * 85_000 + b"{}]}",
    "deep": b"[" * 200_000,
    "cut": b'{"a": [' + b"{}," * 85_000,
    "an activity": json.dumps(activity(text="x" * 200_000)).encode(),
}


@pytest.fixture
def parsed(monkeypatch):
    """The sizes of the bodies that were parsed, by whichever reader."""
    sizes = []

    def counting(reader):
        def read(raw):
            sizes.append(len(raw))
            return reader(raw)

        return read

    monkeypatch.setattr("api.bot.admission.read_json", counting(read_json))
    monkeypatch.setattr(InboundActivity, "model_validate_json", counting(InboundActivity.model_validate_json))
    return sizes


class Body:
    """A body, and how many of its pieces were read."""

    def __init__(self, whole):
        self._whole = whole
        self.read = 0

    async def __aiter__(self):
        for start in range(0, len(self._whole), 65536):
            self.read += 1
            yield self._whole[start : start + 65536]


@pytest.mark.parametrize("name", HUGE)
async def test_what_has_no_good_token_is_never_parsed(teams, framework, stranger, parsed, name):
    """To parse it would cost a hundred times as much as to refuse it, and anybody can send it."""
    refused = ("Basic x", "Bearer x", framework.token(signed_by=stranger), framework.token(exp=1))
    for token in (*refused, framework.token(key_id="made-up", signed_by=stranger)):
        body = Body(HUGE[name])
        response = await teams.post(None, content=body, token=token, headers=JSON)
        assert (response.status_code, parsed, body.read) == (401, [], 0)
    assert (await teams.post(None, content=HUGE[name], headers=JSON)).status_code in (200, 400)
    assert parsed == [len(HUGE[name])], "the check sees who parses"


async def test_what_is_declared_too_large_or_of_another_type_is_refused_before_its_token(teams, framework):
    framework.answering.clear()
    large = await teams.post(None, content=b"x" * 300_000, headers=JSON)
    text = await teams.post(None, content=b"x", headers={"Content-Type": "text/plain"})
    assert (large.status_code, text.status_code, framework.requests) == (413, 415, 0)


@pytest.mark.parametrize(
    ("changes", "claims"),
    [
        ({}, {"exp": 1}),
        ({"id": "f:1 "}, {}),
        ({"serviceUrl": "https://smba.trafficmanager.net/amer/"}, {}),
        ({"channelData": {"tenant": {"id": FOREIGN_TENANT}}}, {}),
        ({"serviceUrl": "https://evil.example/"}, {"serviceurl": "https://evil.example/"}),
    ],
)
async def test_nobody_is_known_before_everything_is_checked(teams, framework, monkeypatch, changes, claims):
    known = []
    monkeypatch.setattr("api.bot.admission.known", lambda: known.append("known"))
    refused = await teams.post(click(**changes), token=framework.token(**claims))
    assert (refused.status_code in (400, 401, 403), known) == (True, [])
    assert (await teams.post(click())).status_code == 200
    assert known == ["known"]


async def test_a_token_for_another_service_address_is_refused(teams, bot):
    response = await teams.post(click(serviceUrl="https://smba.trafficmanager.net/amer/"))
    assert (response.status_code, bot.clicks) == (401, [])


@pytest.mark.parametrize(
    "where",
    [
        {"channelData": {"tenant": {"id": FOREIGN_TENANT}}},
        {"channelData": None, "conversation": {"id": "19:x", "tenantId": FOREIGN_TENANT}},
        {"channelData": {}, "conversation": {"id": "19:x"}},
        {"channelData": {"tenant": {"id": OTHER_TENANT}}},
    ],
)
async def test_a_click_from_a_tenant_that_is_not_this_apps_is_refused(teams, bot, where):
    response = await teams.post(click(**where))
    assert (response.status_code, bot.clicks) == (403, [])


async def test_a_service_address_that_is_not_allowed_is_refused_and_sent_nothing(teams, bot, framework, sent):
    evil = "https://evil.example/emea/"
    response = await teams.post(click(serviceUrl=evil), token=framework.token(serviceurl=evil))
    assert (response.status_code, bot.clicks, sent) == (403, [], [])


async def test_a_click_is_answered_503_while_the_keys_cannot_be_had(teams, framework):
    framework.down = True
    assert (await teams.post(click())).status_code == 503


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"\xff\xfe", 400),
        (b"[" * 5000, 400),
        (b"{}", 400),
        (json.dumps(activity(channelId="webchat")).encode(), 400),
        (json.dumps(activity(conversation="19:x")).encode(), 400),
        (json.dumps(activity(serviceUrl=None)).encode(), 400),
        (json.dumps(activity(timestamp="yesterday")).encode(), 400),
        (json.dumps(activity(entities=5)).encode(), 400),
        (json.dumps(activity(text="x" * 300_000)).encode(), 413),
    ],
)
async def test_a_body_of_another_shape_is_refused_with_a_detail(teams, content, status):
    response = await teams.post(None, content=content, headers=JSON)
    assert response.status_code == status
    assert response.json()["detail"]


def with_field(path, odd):
    """A click that has this in one of its fields."""
    whole = click()
    *parents, last = path
    inside = whole
    for name in parents:
        inside = inside[name]
    inside[last] = odd
    return whole


async def post_odd(teams, whole):
    """Post what Python's client would not write: a lone surrogate goes out as its escape."""
    content = json.dumps(whole).encode()
    return await teams.post(None, content=content, headers=JSON)


EXACT = [
    ("id",),
    ("type",),
    ("name",),
    ("replyToId",),
    ("serviceUrl",),
    ("from", "id"),
    ("from", "aadObjectId"),
    ("recipient", "id"),
    ("conversation", "id"),
    ("conversation", "tenantId"),
    ("channelData", "tenant", "id"),
]


@pytest.mark.parametrize(
    "odd",
    [5, True, {}, ["a"], "f:1\r\nX-Evil: 1", "f:1\x00", "f:1 ", "f:\ud83d", "f:é", "f:\u202e1", "x" * 513],
)
@pytest.mark.parametrize("path", EXACT, ids=".".join)
async def test_what_must_be_exact_is_refused_where_it_is_not(teams, bot, path, odd):
    """Cleaned or cut, an id names something else, and it goes into headers, rows and logs."""
    response = await post_odd(teams, with_field(path, odd))
    assert (response.status_code, bot.clicks) == (400, [])
    assert response.json()["detail"]


@pytest.mark.parametrize("odd", [5, "", "yesterday", {}, [1], True, "2026-01-01T10:00:00Z\ud83d"])
@pytest.mark.parametrize("field", ["timestamp", "localTimestamp", "expiration", "entities", "membersAdded"])
async def test_a_field_that_botbuilder_cannot_read_is_a_bad_request(teams, bot, field, odd):
    response = await post_odd(teams, click(**{field: odd}))
    assert response.status_code in (200, 400)
    if response.status_code == 200:
        assert response.json()["statusCode"] == 200
        assert len(bot.clicks) == 1


KINDS = [
    {"type": "message"},
    {"type": "conversationUpdate", "membersAdded": [{"id": "29:bo"}]},
    {"type": "conversationUpdate", "membersRemoved": [{"id": "29:bo"}]},
    {"type": "installationUpdate", "action": "add"},
    {"type": "messageReaction", "reactionsAdded": [{"type": "like"}]},
    {"type": "messageUpdate"},
    {"type": "messageDelete"},
    {"type": "event", "name": "application/vnd.microsoft.meetingStart", "value": {"Id": "1"}},
    {"type": "invoke", "name": "composeExtension/query", "value": {"commandId": "x"}},
    {"type": "invoke", "name": "fileConsent/invoke", "value": {"action": "accept"}},
    {"type": "invoke", "name": "task/fetch", "value": {"data": {}}},
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.get("name") or kind["type"])
async def test_no_odd_field_of_any_activity_is_a_failure_of_ours(muster, kind):
    whole = activity(**kind)
    whole["channelData"] |= {"eventType": "channelCreated", "team": {"id": "19:t"}, "channel": {"id": "19:c"}}
    odd: list[Any] = [None, 5, True, "odd", "\ud83d\x00", [], [None], [5], [{}], {}, {"id": {}}]
    for field, value in itertools.product([*whole, "value", "membersAdded", "attachments"], odd):
        response = await post_odd(muster, whole | {field: value})
        assert response.status_code in (200, 400, 401, 403, 501), (field, value)
    for field, value in itertools.product(["eventType", "team", "channel"], odd):
        damaged = whole | {"channelData": whole["channelData"] | {field: value}}
        assert (await post_odd(muster, damaged)).status_code in (200, 400, 501), (field, value)


async def test_a_large_body_without_a_length_is_not_read_to_its_end(teams):
    read = 0

    async def endless():
        nonlocal read
        while True:
            read += 1
            yield b"x" * 65536

    response = await teams.post(None, content=endless(), headers=JSON)
    assert response.status_code == 413
    assert read < 10


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_another_content_type_is_refused(teams, content_type):
    content = json.dumps(activity()).encode()
    response = await teams.post(None, content=content, headers={"Content-Type": content_type})
    assert response.status_code == 415


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        "acknowledge",
        {"action": None},
        {"action": {"type": "Action.Submit", "verb": "acknowledge"}},
        {"action": {"type": "Action.Execute"}},
        {"action": {"type": "Action.Execute", "verb": ""}},
        {"action": {"type": "Action.Execute", "verb": 5}},
    ],
)
async def test_a_malformed_click_is_answered_so_that_teams_shows_it(teams, bot, value):
    response = await teams.post(click(value=value))
    assert (response.status_code, bot.clicks) == (200, [])
    answer = response.json()
    assert (answer["statusCode"], answer["type"]) == (400, "application/vnd.microsoft.error")
    assert answer["value"]["message"]


async def test_an_invoke_that_the_bot_does_not_know_still_has_an_answer(teams):
    response = await teams.post(click(name="fileConsent/invoke", value={"action": "accept"}))
    assert response.status_code == 501
    assert response.json()["detail"]


async def test_a_click_that_fails_is_answered(teams, bot):
    async def fail():
        raise RuntimeError("a bug")

    bot.before_answering = fail
    response = await teams.post(click())
    assert response.status_code == 200
    assert response.json()["statusCode"] == 500
    assert "a bug" not in response.text


async def test_a_click_whose_handler_does_not_end_is_answered_within_three_seconds(teams, bot):
    """It may have been taken, so that nobody can say that it was not."""
    bot.before_answering = asyncio.Event().wait
    async with asyncio.timeout(3):
        response = await teams.post(click())
    assert response.json()["statusCode"] == 500
    assert "went wrong" in response.json()["value"]["message"]


async def test_a_click_is_answered_within_three_seconds_of_its_arrival(teams, bot, framework):
    """However long the look at its token takes."""
    framework.answering.clear()
    async with asyncio.timeout(3):
        response = await teams.post(click())
    framework.answering.set()
    assert (response.json(), bot.clicks) == (NOT_REACHABLE, [])


async def test_nothing_waits_for_the_keys_longer_than_a_click_may(teams, bot, sent, framework, parsed):
    """Nobody knows yet what it is; and of what may be a stranger's, little is read."""
    consent = {"type": "invoke", "name": "fileConsent/invoke", "value": {"action": "accept"}}
    members = {"type": "conversationUpdate", "membersAdded": [{"id": "29:bo"}]}
    bodies = [json.dumps(activity(**kind)).encode() for kind in ({}, members, consent)]
    framework.answering.clear()
    async with asyncio.timeout(3):
        responses = await asyncio.gather(
            *(teams.post(None, content=body, headers=JSON) for body in (*bodies, *HUGE.values(), b"[", b""))
        )
    framework.answering.set()
    assert {(response.status_code, response.json()["detail"]) for response in responses} == {
        (503, NOT_REACHABLE["value"])
    }
    assert (bot.clicks, sent) == ([], [])
    assert sorted(parsed) == sorted([*map(len, bodies), 1, 0])


async def test_a_search_that_cannot_be_answered_is_answered_in_the_extensions_form(teams, bot, framework):
    search = {"type": "invoke", "name": "composeExtension/query", "value": {"commandId": "findIncident"}}

    async def fail(*_):
        raise RuntimeError("a bug")

    bot.on_teams_messaging_extension_query = fail
    framework.answering.clear()
    async with asyncio.timeout(3):
        late = await teams.post(activity(**search))
    framework.answering.set()
    broken = await teams.post(activity(**search))
    for answer, said in ((broken, BROKEN), (late, UNREACHABLE)):
        assert answer.status_code == 200
        check_extension_answer(answer.json())
        assert answer.json()["composeExtension"] == {"type": "message", "text": said}


async def test_a_click_whose_body_does_not_come_while_the_keys_do_not_is_answered_in_time(teams, framework):
    async def half():
        yield b"{"
        await asyncio.Event().wait()

    framework.answering.clear()
    async with asyncio.timeout(3.2):
        response = await teams.post(None, content=half(), headers=JSON)
    framework.answering.set()
    assert response.status_code == 503
