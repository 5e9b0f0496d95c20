"""The Bot Connector client: what it sends, and what its failures mean."""

import json

import httpx
import pytest

from muster.clients.expiring import Expiring, ExpiringCache
from muster.clients.http import open_pool
from muster.clients.teams.connector import ConnectorClient, connector_client
from muster.clients.teams.refusal import TargetedRefused
from muster.config_file import TeamsRegistration
from tests.support.settings import settings_for
from workflows.errors import (
    BotRemoved,
    CardGone,
    Conflict,
    ConversationUnavailable,
    CredentialRejected,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
    RefusedForNow,
    RequestInvalid,
)

pytestmark = pytest.mark.anyio

APP_ID = "0a5cf8a4-0000-4000-8000-0000000000aa"
URL, TENANT, CHANNEL = (
    "https://smba.trafficmanager.net/emea/",
    "8f0c1f5e-0000-4000-8000-000000000001",
    "19:ops@thread.tacv2",
)
CARD = {"type": "message", "attachments": []}


class Connector:
    """The connector's side: records requests, answers what a test queued, else success."""

    def __init__(self):
        self.requests = []
        self.answers = []
        self.tokens_fetched = 0

    def handle(self, request):
        self.requests.append(request)
        if not self.answers:
            return httpx.Response(201, json={"id": "1700000000001"})
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def refuse(self, status, code="", **extra):
        body = {"error": {"code": code, "message": "…"}}
        self.answers.append(httpx.Response(status, json=body, **extra))

    async def token(self, tenant):
        self.tokens_fetched += 1
        return Expiring(f"token-{self.tokens_fetched}-of-{tenant}", 3600)

    @property
    def paths(self):
        return [(request.method, request.url.raw_path.decode()) for request in self.requests]


@pytest.fixture
def connector():
    return Connector()


@pytest.fixture
async def client(connector):
    registration = TeamsRegistration(tenant=TENANT, app_id=APP_ID, app_secret="not used here")
    async with open_pool(transport=httpx.MockTransport(connector.handle)) as pool:
        yield ConnectorClient(
            pool,
            ExpiringCache(connector.token),
            registrations={TENANT: registration},
            service_hosts=("smba.trafficmanager.net",),
        )


def send(client):
    return client.send(URL, TENANT, CHANNEL, CARD)


def edit(client):
    return client.update(URL, TENANT, CHANNEL, "17", CARD)


def reply(client):
    return client.reply(URL, TENANT, CHANNEL, "17", CARD)


def send_targeted(client):
    return client.send_targeted(URL, TENANT, CHANNEL, "29:ada", CARD)


def edit_targeted(client):
    return client.update_targeted(URL, TENANT, CHANNEL, "17", CARD)


def open_chat(client):
    return client.open_personal(URL, TENANT, "29:ada")


def read_member(client):
    return client.get_member(URL, TENANT, CHANNEL, "29:ada")


async def test_a_message_is_sent_to_its_conversation(client, connector):
    assert await client.send(URL, TENANT, CHANNEL, CARD) == "1700000000001"
    assert connector.paths == [("POST", "/emea/v3/conversations/19%3Aops%40thread.tacv2/activities")]
    assert json.loads(connector.requests[0].content) == CARD
    assert connector.requests[0].headers["authorization"] == f"Bearer token-1-of-{TENANT}"


@pytest.mark.parametrize("conversation", [CHANNEL, f"{CHANNEL};messageid=1"])
async def test_a_reply_goes_to_the_thread_of_its_root(client, connector, conversation):
    await client.reply(URL, TENANT, conversation, "1700000000001", CARD)
    thread = "19%3Aops%40thread.tacv2%3Bmessageid%3D1700000000001"
    assert connector.paths == [("POST", f"/emea/v3/conversations/{thread}/activities")]


async def test_an_edit_and_a_deletion_name_their_message(client, connector):
    await client.update(URL, TENANT, CHANNEL, "17", CARD)
    await client.delete(URL, TENANT, CHANNEL, "17")
    path = "/emea/v3/conversations/19%3Aops%40thread.tacv2/activities/17"
    assert connector.paths == [("PUT", path), ("DELETE", path)]


async def test_a_targeted_message_names_its_person_once(client, connector):
    """Teams refuses an edit that names a recipient."""
    named = CARD | {"recipient": {"id": "29:bo"}}
    assert await client.send_targeted(URL, TENANT, CHANNEL, "29:ada", named) == "1700000000001"
    await client.update_targeted(URL, TENANT, CHANNEL, "17", named)
    await client.delete_targeted(URL, TENANT, CHANNEL, "17")
    path, query = "/emea/v3/conversations/19%3Aops%40thread.tacv2/activities", "?isTargetedActivity=true"
    assert connector.paths == [
        ("POST", f"{path}{query}"),
        ("PUT", f"{path}/17{query}"),
        ("DELETE", f"{path}/17{query}"),
    ]
    sent, edited, deleted = (request.content for request in connector.requests)
    assert json.loads(sent) == CARD | {"recipient": {"id": "29:ada"}}
    assert json.loads(edited) == CARD
    assert deleted == b""


@pytest.mark.parametrize("code", ["", "BadArgument", "BotDisabledByAdmin", "ActivityNotFoundInConversation"])
@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
async def test_a_targeted_message_that_teams_does_not_take_is_refused_as_such(
    client, connector, status, code
):
    connector.refuse(status, code)
    with pytest.raises(TargetedRefused) as refused:
        await send_targeted(client)
    assert (refused.value.status, refused.value.code) == (status, code or None)
    assert len(connector.requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (401, "BotNotRegistered", CredentialRejected),
        (402, "", RefusedForNow),
        (408, "", OutcomeUnknown),
        (409, "", RefusedForNow),
        (412, "PreconditionFailed", Conflict),
        (413, "MessageSizeTooBig", RequestInvalid),
        (429, "Throttled", RateLimited),
        (500, "", OutcomeUnknown),
        (502, "", OutcomeUnknown),
        (503, "", OutcomeUnknown),
    ],
)
async def test_what_else_refuses_a_targeted_message_is_typed_as_for_any(
    client, connector, status, code, failure
):
    for call in (send_targeted, send):
        for _ in range(2 if status == 401 else 1):
            connector.refuse(status, code)
        with pytest.raises(OutsideError) as refused:
            await call(client)
        assert type(refused.value) is failure


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (400, "BadArgument", RefusedForNow),
        (403, "ServiceError", CardGone),
        (403, "BotNotInConversationRoster", BotRemoved),
        (404, "ActivityNotFoundInConversation", CardGone),
        (405, "", RequestInvalid),
        (429, "", RateLimited),
        (501, "", OutcomeUnknown),
    ],
)
async def test_an_edit_of_a_targeted_message_is_refused_as_any_edit(client, connector, status, code, failure):
    for call in (edit_targeted, edit):
        connector.refuse(status, code)
        with pytest.raises(OutsideError) as refused:
            await call(client)
        assert type(refused.value) is failure


async def test_a_personal_conversation_is_opened_for_a_person(client, connector):
    connector.answers.append(httpx.Response(200, json={"id": "a:1"}))
    assert await client.open_personal(URL, TENANT, "29:ada") == "a:1"
    assert json.loads(connector.requests[0].content) == {
        "bot": {"id": f"28:{APP_ID}"},
        "members": [{"id": "29:ada"}],
        "isGroup": False,
        "tenantId": TENANT,
        "channelData": {"tenant": {"id": TENANT}},
    }


@pytest.mark.parametrize("key", ["aadObjectId", "objectId"])
async def test_a_member_is_read_in_both_spellings(client, connector, key):
    connector.answers.append(
        httpx.Response(200, json={"id": "29:ada", "name": "Ada", key: APP_ID.upper(), "new": 1})
    )
    member = await client.get_member(URL, TENANT, CHANNEL, "29:ada")
    assert (member.id, member.name, member.aad_object_id) == ("29:ada", "Ada", APP_ID)


async def test_a_team_is_read_by_its_id(client, connector):
    connector.answers.append(
        httpx.Response(
            200, json={"id": "19:t", "name": " Pay\nments ", "aadGroupId": APP_ID.upper(), "new": 1}
        )
    )
    team = await client.get_team(URL, TENANT, "19:t@thread.tacv2")
    assert (team.id, team.name, team.aad_group_id) == ("19:t", "Pay ments", APP_ID)
    assert connector.paths == [("GET", "/emea/v3/teams/19%3At%40thread.tacv2")]


async def test_the_channels_of_a_team_are_read_and_general_has_no_name(client, connector):
    listed = [{"id": "19:t", "name": None}, {"id": "19:c", "name": "ops", "type": "standard"}]
    connector.answers.append(httpx.Response(200, json={"conversations": listed}))
    channels = await client.get_channels(URL, TENANT, "19:t")
    assert [(channel.id, channel.name) for channel in channels] == [("19:t", ""), ("19:c", "ops")]
    assert connector.paths == [("GET", "/emea/v3/teams/19%3At/conversations")]


def read_team(client):
    return client.get_team(URL, TENANT, "19:t")


def read_channels(client):
    return client.get_channels(URL, TENANT, "19:t")


@pytest.mark.parametrize("read", [read_team, read_channels])
@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (404, "", NotFound),
        (404, "NotFound", NotFound),
        (403, "BotNotInConversationRoster", BotRemoved),
        (429, "", RateLimited),
        (403, "ServiceError", RefusedForNow),
        (500, "", ProviderUnavailable),
        (200, "", ProviderUnavailable),
    ],
)
async def test_what_is_not_told_of_a_team_is_typed_by_its_condition(
    client, connector, read, status, code, error
):
    connector.refuse(status, code)
    with pytest.raises(error):
        await read(client)


async def test_no_token_goes_to_another_host(client, connector):
    with pytest.raises(RequestInvalid):
        await client.send("https://smba.trafficmanager.net.evil.example/", TENANT, CHANNEL, CARD)
    assert (connector.requests, connector.tokens_fetched) == ([], 0)


async def test_a_rejected_token_is_replaced_once(client, connector):
    connector.refuse(401)
    await client.send(URL, TENANT, CHANNEL, CARD)
    await client.send(URL, TENANT, CHANNEL, CARD)
    sent = [request.headers["authorization"].split()[1] for request in connector.requests]
    assert sent == [f"token-{number}-of-{TENANT}" for number in (1, 2, 2)]


async def test_a_second_rejection_in_a_row_is_the_credentials(client, connector):
    connector.refuse(401, "BotNotRegistered")
    connector.refuse(401, "BotNotRegistered")
    with pytest.raises(CredentialRejected) as refused:
        await client.send(URL, TENANT, CHANNEL, CARD)
    assert (refused.value.code, len(connector.requests)) == ("BotNotRegistered", 2)


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (400, "BadSyntax", RefusedForNow),
        (400, "BadArgument", RefusedForNow),
        (400, "", RefusedForNow),
        (401, "BotNotRegistered", CredentialRejected),
        (402, "", RefusedForNow),
        (403, "BadArgument", RefusedForNow),
        (403, "BotDisabledByAdmin", ConversationUnavailable),
        (403, "BotNotInConversationRoster", BotRemoved),
        (403, "ConversationBlockedByUser", BotRemoved),
        (403, "Forbidden", RefusedForNow),
        (403, "ForbiddenOperationException", BotRemoved),
        (403, "InvalidBotApiHost", RequestInvalid),
        (403, "MessageWritesBlocked", BotRemoved),
        (403, "NotEnoughPermissions", Forbidden),
        (403, "", RefusedForNow),
        (404, "ActivityNotFoundInConversation", CardGone),
        (404, "", RefusedForNow),
        (408, "", OutcomeUnknown),
        (409, "", RefusedForNow),
        (412, "PreconditionFailed", Conflict),
        (413, "MessageSizeTooBig", RequestInvalid),
        (413, "", RequestInvalid),
        (415, "", RequestInvalid),
        (418, "NobodyKnows", RefusedForNow),
        (429, "Throttled", RateLimited),
        (500, "ServiceError", OutcomeUnknown),
        (502, "BotDisabledByAdmin", OutcomeUnknown),
        (502, "", OutcomeUnknown),
        (503, "", OutcomeUnknown),
        (504, "", OutcomeUnknown),
    ],
)
@pytest.mark.parametrize("call", [send, reply, edit])
async def test_a_refusal_is_typed_by_its_condition(client, connector, status, code, failure, call):
    for _ in range(2 if status == 401 else 1):
        connector.refuse(status, code)
    with pytest.raises(OutsideError) as refused:
        await call(client)
    assert type(refused.value) is failure
    assert len(connector.requests) == (2 if status == 401 else 1), "the caller alone repeats a call"


@pytest.mark.parametrize(
    ("call", "status", "code", "failure"),
    [
        (send, 403, "ServiceError", RefusedForNow),
        (reply, 403, "ServiceError", CardGone),
        (edit, 403, "ServiceError", CardGone),
        (send, 404, "ConversationNotFound", ConversationUnavailable),
        (reply, 404, "ConversationNotFound", CardGone),
        (edit, 404, "ConversationNotFound", ConversationUnavailable),
        (read_member, 404, "ConversationNotFound", ConversationUnavailable),
        (read_member, 404, "MemberNotFoundInConversation", NotFound),
        (read_member, 404, "", NotFound),
        (open_chat, 404, "", NotFound),
        (open_chat, 403, "", RefusedForNow),
        (open_chat, 503, "", ProviderUnavailable),
    ],
)
async def test_a_refusal_is_typed_by_what_was_asked(client, connector, call, status, code, failure):
    connector.refuse(status, code)
    with pytest.raises(OutsideError) as refused:
        await call(client)
    assert type(refused.value) is failure
    assert refused.value.code == (code or None)


async def test_a_blocked_conversation_says_so_in_its_sub_code(client, connector):
    body = {"error": {"code": "Forbidden", "subCode": "MessageWritesBlocked"}}
    connector.answers.append(httpx.Response(403, json=body))
    with pytest.raises(BotRemoved) as refused:
        await client.send(URL, TENANT, CHANNEL, CARD)
    assert refused.value.code == "MessageWritesBlocked"


async def test_a_sub_code_that_nobody_knows_leaves_the_code(client, connector):
    body = {"error": {"code": "BotNotInConversationRoster", "subCode": "New"}}
    connector.answers.append(httpx.Response(403, json=body))
    with pytest.raises(BotRemoved):
        await client.send(URL, TENANT, CHANNEL, CARD)


async def test_a_refusal_of_the_moment_waits_as_long_as_it_asks(client, connector):
    connector.refuse(403, "BadArgument", headers={"Retry-After": "3"})
    with pytest.raises(RefusedForNow) as refused:
        await client.send(URL, TENANT, CHANNEL, CARD)
    assert refused.value.retry_after == 3


async def test_a_limit_says_how_long_to_wait(client, connector):
    connector.refuse(429, "Throttled", headers={"Retry-After": "3"})
    with pytest.raises(RateLimited) as refused:
        await client.send(URL, TENANT, CHANNEL, CARD)
    assert refused.value.retry_after == 3


@pytest.mark.parametrize(
    ("lost", "failure"),
    [
        (httpx.ConnectError("refused"), ProviderUnavailable),
        (httpx.ConnectTimeout("slow"), ProviderUnavailable),
        (httpx.PoolTimeout("busy"), ProviderUnavailable),
        (httpx.ReadTimeout("slow"), OutcomeUnknown),
        (httpx.WriteError("cut"), OutcomeUnknown),
        (httpx.RemoteProtocolError("cut"), OutcomeUnknown),
        (httpx.Response(201, json={}), OutcomeUnknown),
        (httpx.Response(201, text="<html>"), OutcomeUnknown),
    ],
)
async def test_a_create_without_a_trustworthy_answer_is_typed_by_what_was_sent(
    client, connector, lost, failure
):
    connector.answers += [lost, lost]
    for call in (send, send_targeted):
        with pytest.raises(failure):
            await call(client)


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("slow"), httpx.Response(503)])
async def test_opening_a_conversation_and_deleting_may_be_repeated(client, connector, lost):
    connector.answers += [lost, lost, lost]
    with pytest.raises(ProviderUnavailable):
        await client.open_personal(URL, TENANT, "29:ada")
    for delete in (client.delete, client.delete_targeted):
        with pytest.raises(ProviderUnavailable):
            await delete(URL, TENANT, CHANNEL, "17")


@pytest.mark.parametrize(("status", "code"), [(404, "ActivityNotFoundInConversation"), (403, "ServiceError")])
async def test_deleting_what_is_gone_is_done(client, connector, status, code):
    for delete in (client.delete, client.delete_targeted):
        connector.refuse(status, code)
        await delete(URL, TENANT, CHANNEL, "17")


async def test_the_configured_client_sends_no_token_beyond_the_configured_tenants_and_hosts():
    settings = settings_for("postgresql://nowhere", "127.0.0.1:1", service_hosts=["teams.example"])
    async with open_pool(transport=httpx.MockTransport(lambda _: pytest.fail("it was sent"))) as pool:
        client = connector_client(settings, pool)
        with pytest.raises(RequestInvalid, match="not an allowed host"):
            await send(client)
        with pytest.raises(RequestInvalid, match="no Teams registration"):
            await client.send("https://teams.example/", TENANT, CHANNEL, CARD)


@pytest.mark.parametrize(("cloud", "goes"), [("gcc-high", True), ("public", False), ("dod", False)])
async def test_a_token_goes_to_the_hosts_of_its_tenants_cloud_alone(cloud, goes):
    async def token(tenant):
        return Expiring("token", 3600)

    sent = []

    def handle(request):
        sent.append(request)
        return httpx.Response(201, json={"id": "1"})

    registration = TeamsRegistration(tenant=TENANT, app_id=APP_ID, app_secret="x", cloud=cloud)
    async with open_pool(transport=httpx.MockTransport(handle)) as pool:
        client = ConnectorClient(
            pool, ExpiringCache(token), registrations={TENANT: registration}, service_hosts=None
        )
        calling = client.send("https://smba.infra.gov.teams.microsoft.us/gcch", TENANT, CHANNEL, CARD)
        if goes:
            assert await calling == "1"
        else:
            with pytest.raises(RequestInvalid, match="not an allowed host"):
                await calling
    assert len(sent) == goes


# Whether the bot is in a conversation


async def test_a_roster_that_is_told_says_that_the_bot_is_in_it(client, connector):
    assert await client.has_bot(URL, TENANT, CHANNEL)
    assert connector.paths == [("GET", "/emea/v3/conversations/19%3Aops%40thread.tacv2/pagedmembers")]


@pytest.mark.parametrize(
    ("status", "code"), [(403, "BotNotInConversationRoster"), (404, "ConversationNotFound")]
)
async def test_a_roster_that_is_refused_for_that_says_that_the_bot_is_not(client, connector, status, code):
    connector.refuse(status, code)
    assert not await client.has_bot(URL, TENANT, CHANNEL)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "BotDisabledByAdmin", ConversationUnavailable),
        (403, "ForbiddenOperationException", BotRemoved),
        (404, "", RefusedForNow),
        (503, "", ProviderUnavailable),
    ],
)
async def test_any_other_refusal_of_a_roster_says_nothing(client, connector, status, code, error):
    connector.refuse(status, code)
    with pytest.raises(error):
        await client.has_bot(URL, TENANT, CHANNEL)
