"""The connector: what it does, what it refuses, and that its answers have the published shapes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.sandbox.teams_process import TeamsProcess, message
from tests.schemas.connector import connector_api
from tests.schemas.exchange import exchange_of
from tests.support.connections import request


def check(response: httpx.Response) -> None:
    """Fail unless the answer is one that Microsoft's description of the connector has."""
    response.read()
    connector_api().check_answer(exchange_of(response, under="/teams"))


@pytest.fixture
def bot(teams: TeamsProcess) -> Iterator[httpx.Client]:
    teams.reset()
    with teams.connector() as client:
        client.event_hooks = {"response": [check]}
        yield client


def activities(conversation: str, activity: str | None = None) -> str:
    """The address with everything quoted that may be."""
    end = "" if activity is None else f"/{activity}"
    return f"v3/conversations/{quote(conversation, safe='')}/activities{end}"


def refusal(response: httpx.Response) -> tuple[int, str]:
    body = response.json()
    assert body["error"]["message"]
    return response.status_code, body["error"]["code"]


def thread(teams: TeamsProcess, text: str = "hello", conversation: str | None = None) -> dict[str, Any]:
    return {
        "isGroup": True,
        "bot": {"id": f"28:{teams.company.bot_app_id}"},
        "channelData": {
            "channel": {"id": conversation or teams.channel},
            "tenant": {"id": teams.company.tenant_id},
        },
        "activity": message(text),
    }


def test_a_message_lives_and_every_version_is_kept(teams: TeamsProcess, bot: httpx.Client) -> None:
    sent = bot.post(activities(teams.channel), json=message("one"))
    assert sent.status_code == 201
    sent_id = sent.json()["id"]
    assert sent_id.isdecimal()

    edited = bot.put(activities(teams.channel, sent_id), json=message("two"))
    assert (edited.status_code, edited.json()) == (200, {"id": sent_id})
    assert bot.delete(activities(teams.channel, sent_id)).status_code == 200

    (kept,) = teams.messages(teams.channel)
    texts = [
        v["activity"]["attachments"][0]["content"]["body"][0]["items"][0]["text"] for v in kept["versions"]
    ]
    assert texts == ["one", "two"]
    assert kept["id"] == sent_id
    assert kept["deleted_at"] > kept["created_at"]
    assert (kept["reply_to"], kept["to"]) == (None, None)
    assert refusal(bot.put(activities(teams.channel, sent_id), json=message("three"))) == (
        404,
        "ActivityNotFoundInConversation",
    )


def test_replies_join_the_thread_by_either_address(teams: TeamsProcess, bot: httpx.Client) -> None:
    opened = bot.post("v3/conversations", json=thread(teams))
    assert opened.status_code == 201
    root = opened.json()["activityId"]
    assert opened.json()["id"] == f"{teams.channel};messageid={root}"

    by_thread = bot.post(activities(opened.json()["id"]), json=message("by thread")).json()["id"]
    by_activity = bot.post(activities(teams.channel, by_thread), json=message("by activity")).json()["id"]
    replies = {m["id"]: m["reply_to"] for m in teams.messages(teams.channel)}
    assert replies == {root: None, by_thread: root, by_activity: root}
    assert bot.put(activities(opened.json()["id"], by_activity), json=message("edited")).status_code == 200


def test_a_personal_chat_is_always_the_same(teams: TeamsProcess, bot: httpx.Client) -> None:
    person = teams.person(1)

    def opened(member: str) -> dict[str, Any]:
        body = {"members": [{"id": member}], "channelData": {"tenant": {"id": teams.company.tenant_id}}}
        response = bot.post("v3/conversations", json=body)
        assert response.status_code == 201, response.text
        answer: dict[str, Any] = response.json()
        return answer

    chat = opened(person.teams_id)["id"]
    assert opened(person.aad_object_id)["id"] == chat
    assert bot.post(activities(chat), json={"type": "message", "text": "hi"}).status_code == 201
    (found,) = (c for c in teams.records()["conversations"] if c["id"] == chat)
    assert (found["kind"], found["members"]) == ("personal", [person.aad_object_id])


@pytest.mark.parametrize("member", ["ada@acme.example", "29:nobody"])
def test_a_chat_needs_an_id_that_teams_knows(teams: TeamsProcess, bot: httpx.Client, member: str) -> None:
    body = {"members": [{"id": member}], "tenantId": teams.company.tenant_id}
    assert refusal(bot.post("v3/conversations", json=body)) == (404, "MemberNotFoundInConversation")


@pytest.mark.parametrize(
    "change",
    [
        {"channelData": {"channel": {"id": "c"}}},
        {"channelData": {"tenant": {"id": "another"}}},
        {"activity": None},
        {"members": [{"id": "29:a"}, {"id": "29:b"}]},
        {"activity": {"type": "message"}},
        {"activity": {"type": "message", "attachments": [{"contentType": "x", "content": 1}, 7]}},
    ],
)
def test_a_malformed_conversation_is_refused(
    teams: TeamsProcess, bot: httpx.Client, change: dict[str, Any]
) -> None:
    assert refusal(bot.post("v3/conversations", json=thread(teams) | change)) == (400, "BadSyntax")


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"type":"invoke"}', b'{"type":"message"}'])
def test_a_malformed_activity_is_refused(teams: TeamsProcess, bot: httpx.Client, body: bytes) -> None:
    assert refusal(bot.post(activities(teams.channel), content=body)) == (400, "BadSyntax")


def test_unknown_places_and_too_much_are_refused(teams: TeamsProcess, bot: httpx.Client) -> None:
    assert refusal(bot.post(activities("19:no@thread.tacv2"), json=message("x"))) == (
        404,
        "ConversationNotFound",
    )
    assert refusal(bot.put(activities(teams.channel, "1"), json=message("x"))) == (
        404,
        "ActivityNotFoundInConversation",
    )
    assert refusal(bot.post(activities(f"{teams.channel};messageid=1"), json=message("x"))) == (
        404,
        "ActivityNotFoundInConversation",
    )
    assert refusal(bot.post(activities(teams.channel), json=message("x" * 60_000))) == (
        413,
        "MessageSizeTooBig",
    )


def test_a_persons_message_is_not_the_bots_to_change(teams: TeamsProcess, bot: httpx.Client) -> None:
    said = teams.post(
        "/_sandbox/say", {"person": "bo@acme.example", "conversation": teams.channel, "text": "hi"}
    )
    assert refusal(bot.delete(activities(teams.channel, said.json()["id"]))) == (403, "Forbidden")


def test_only_the_bots_own_token_opens_the_connector(teams: TeamsProcess, bot: httpx.Client) -> None:
    teams.post("/_sandbox/say", {"person": "bo@acme.example", "conversation": teams.channel, "text": "hi"})
    for header in (None, "Bearer", "Basic x", "Bearer not.a.token", f"Bearer {teams.bot.tokens[0]}"):
        headers = {} if header is None else {"Authorization": header}
        answer = request(
            "POST", f"{teams.url}/teams/{activities(teams.channel)}", json=message("x"), headers=headers
        )
        check(answer)
        assert refusal(answer) == (401, "Unauthorized")
    assert [call["status"] for call in teams.records()["calls"]] == [401] * 5


def test_members_are_listed_paged_and_found_by_either_id(teams: TeamsProcess, bot: httpx.Client) -> None:
    address = f"v3/conversations/{quote(teams.channel, safe='')}"
    everybody = bot.get(f"{address}/members").json()
    assert {m["aadObjectId"] for m in everybody} == set(teams.company.teams[0].members)

    first = bot.get(f"{address}/pagedmembers", params={"pageSize": 3}).json()
    rest = bot.get(
        f"{address}/pagedmembers", params={"pageSize": 3, "continuationToken": first["continuationToken"]}
    ).json()
    assert first["members"] + rest["members"] == everybody
    assert "continuationToken" not in rest

    bo = teams.person(1)
    for key in (bo.teams_id, bo.aad_object_id):
        one = bot.get(f"{address}/members/{quote(key, safe='')}").json()
        assert (one["email"], one["tenantId"]) == (bo.email, teams.company.tenant_id)
    assert refusal(bot.get(f"{address}/members/29:x")) == (404, "MemberNotFoundInConversation")

    sent = bot.post(activities(teams.channel), json=message("x")).json()["id"]
    assert bot.get(f"{activities(teams.channel, sent)}/members").json() == everybody
    assert bot.get("v3/conversations").json()["conversations"][0]["members"]


def test_the_published_windows_hold_per_conversation(teams: TeamsProcess, bot: httpx.Client) -> None:
    def post(number: int) -> httpx.Response:
        return bot.post(activities(teams.channel), json=message(str(number)))

    with ThreadPoolExecutor(8) as at_once:  # one after the other, they may take longer than the window
        answers = sorted(at_once.map(post, range(8)), key=lambda answer: answer.status_code)
    assert [a.status_code for a in answers] == [201] * 7 + [429]
    assert refusal(answers[-1]) == (429, "Throttled")
    assert int(answers[-1].headers["Retry-After"]) == 1
    edit = bot.put(activities(teams.channel, answers[0].json()["id"]), json=message("edit"))
    assert edit.status_code == 429
    other = teams.company.teams[1].channels[1].id
    assert bot.post(activities(other), json=message("elsewhere")).status_code == 201
    assert bot.delete(activities(teams.channel, answers[0].json()["id"])).status_code == 200


def test_an_uninstalled_bot_is_refused_until_it_is_back(teams: TeamsProcess, bot: httpx.Client) -> None:
    installation = {"person": "ada@acme.example", "team": "Payments"}
    teams.post("/_sandbox/uninstall", installation)
    assert refusal(bot.post(activities(teams.channel), json=message("x"))) == (
        403,
        "BotNotInConversationRoster",
    )
    assert bot.post(activities(teams.company.teams[1].id), json=message("x")).status_code == 201
    teams.post("/_sandbox/install", installation)
    assert bot.post(activities(teams.channel), json=message("x")).status_code == 201

    heard_events = [
        (a["type"], a.get("action") or a["channelData"]["eventType"]) for a in teams.bot.activities
    ]
    assert heard_events == [
        ("conversationUpdate", "teamMemberRemoved"),
        ("installationUpdate", "remove"),
        ("conversationUpdate", "teamMemberAdded"),
        ("installationUpdate", "add"),
    ]
    team = teams.company.teams[0]
    installed = teams.bot.activities[-1]
    assert installed["conversation"]["id"] == team.id
    assert installed["channelData"]["team"] == {
        "id": team.id,
        "aadGroupId": team.aad_group_id,
        "name": team.name,
    }
    assert teams.bot.activities[2]["membersAdded"] == [{"id": installed["recipient"]["id"]}]


def test_records_have_every_call(teams: TeamsProcess, bot: httpx.Client) -> None:
    bot.post(activities(teams.channel), json=message("x"))
    (call,) = teams.records()["calls"]
    assert call | {"at": "", "ms": 0} == {
        "at": "",
        "method": "POST",
        "path": f"/v3/conversations/{teams.channel}/activities",
        "conversation": teams.channel,
        "status": 201,
        "ms": 0,
        "fault": None,
    }
