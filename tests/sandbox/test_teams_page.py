"""What the page sees and does: who sees what, live events, unread marks, writing."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.teams_process import TeamsProcess, events, message
from tests.support.connections import request
from tests.support.waiting import wait_until


@pytest.fixture
def bot(teams: TeamsProcess) -> Iterator[httpx.Client]:
    teams.reset()
    with teams.connector() as client:
        yield client


def send(bot: httpx.Client, conversation: str, content: dict[str, Any]) -> str:
    sent = bot.post(f"v3/conversations/{conversation}/activities", json=content)
    assert sent.status_code == 201
    return str(sent.json()["id"])


def test_the_page_lists_people_bot_and_links(teams: TeamsProcess, bot: httpx.Client) -> None:
    answer = teams.get("/page/people")
    assert answer["tenant"] == "Acme"
    assert answer["bot"] == {"id": f"28:{teams.company.bot_app_id}", "name": "Muster"}
    assert answer["links"] == {"temporal_ui": "http://127.0.0.1:8233"}
    assert answer["people"][0] == {
        "id": teams.person(0).aad_object_id,
        "name": "Ada Ops",
        "email": "ada@acme.example",
        "job_title": "Head of operations",
        "about": "PagerDuty account owner",
        "linked": True,
        "has_pagerduty_user": True,
        "initials": "AO",
    }
    about = {person["name"]: person["about"] for person in answer["people"]}
    assert about == {
        "Ada Ops": "PagerDuty account owner",
        "Bo Call": "PagerDuty responder",
        "Cy Net": "PagerDuty responder",
        "Di Pager": "PagerDuty manager",
        "Eve Stand": "PagerDuty responder",
        "Mia Tenant": "Microsoft admin, no PagerDuty user",
        "Sam Stranger": "of another organization",
    }


def test_lists_hold_what_the_person_may_see(teams: TeamsProcess, bot: httpx.Client) -> None:
    bo = teams.person(1)
    lists = teams.get("/page/state", person=bo.aad_object_id)
    assert [t["name"] for t in lists["teams"]] == ["Payments", "Platform"]
    assert lists["teams"][0]["channels"][1] == {
        "id": teams.channel,
        "name": "ops",
        "type": "standard",
        "has_bot": True,
        "unread": 0,
    }
    assert [t["has_bot"] for t in lists["teams"]] == [True, True]
    chat = teams.personal_chat(bo)
    assert lists["chats"] == [
        {
            "id": chat,
            "kind": "personal",
            "name": "Muster",
            "topic": "",
            "has_bot": True,
            "members": [bo.aad_object_id],
            "unread": 0,
            "last": None,
        }
    ]

    send(bot, chat, {"type": "message", "text": "**Hello** Bo"})
    send(bot, teams.channel, message("card"))
    lists = teams.get("/page/state", person=bo.aad_object_id)
    assert lists["chats"][0]["last"]["text"] == "**Hello** Bo"
    assert (lists["chats"][0]["unread"], lists["teams"][0]["channels"][1]["unread"]) == (1, 1)
    assert request("GET", f"{teams.url}/page/state?person=nobody").status_code == 404


@pytest.mark.parametrize(
    ("said", "notified"),
    [
        ({"text": "#42 Checkout is slow\nopen"}, "#42 Checkout is slow"),
        ({"text": "#42 Checkout is slow", "summary": "Triggered"}, "#42 Checkout is slow"),
        ({"summary": "Triggered"}, "The bot sent you a card"),
        ({"text": "  ", "summary": "Triggered"}, "The bot sent you a card"),
        ({}, "The bot sent you a card"),
    ],
)
def test_a_locked_phone_shows_the_text_of_a_card_and_ignores_its_summary(
    teams: TeamsProcess, bot: httpx.Client, said: dict[str, str], notified: str
) -> None:
    chat = teams.personal_chat(teams.person(1))
    sent = send(bot, chat, message("card") | said)
    assert [m["notification"] for m in teams.messages(chat)] == [notified]
    lists = teams.get("/page/state", person=teams.person(1).aad_object_id)
    assert lists["chats"][0]["last"]["text"] == notified
    edit = message("card") | {"text": "An edit"}
    assert bot.put(f"v3/conversations/{chat}/activities/{sent}", json=edit).status_code == 200
    assert [m["notification"] for m in teams.messages(chat)] == [notified], "an edit notifies nobody"


def test_a_person_deletes_on_the_page_what_they_may(teams: TeamsProcess, bot: httpx.Client) -> None:
    ada, bo = teams.person(0).aad_object_id, teams.person(1).aad_object_id
    sent = send(bot, teams.channel, message("one"))
    wanted = {"person": ada, "conversation": teams.channel, "message": sent}
    assert teams.post("/page/delete", wanted | {"message": "1"}).status_code == 404
    assert teams.post("/page/delete", wanted).status_code == 204
    (shown,) = teams.get(f"/page/conversations/{teams.channel}/messages", person=bo)["messages"]
    assert (shown["deleted"], shown["notification"]) == (True, "")
    chat = teams.personal_chat(teams.person(1))
    foreign = {"conversation": chat, "message": send(bot, chat, message("for Bo"))}
    assert teams.post("/page/delete", {"person": ada} | foreign).is_error
    assert teams.post("/page/delete", {"person": bo} | foreign).status_code == 403


def test_a_private_chat_is_closed_to_others(teams: TeamsProcess, bot: httpx.Client) -> None:
    chat = teams.personal_chat(teams.person(1))
    ada = teams.person(0).aad_object_id
    assert request("GET", f"{teams.url}/page/conversations/{chat}/messages?person={ada}").is_error
    body = {"person": ada, "conversation": chat}
    assert teams.post("/page/read", body).is_error
    assert teams.post("/page/say", body | {"text": "hi"}).is_error
    with events(teams, 0) as heard:
        send(bot, chat, {"type": "message", "text": "for Bo"})
        send(bot, teams.channel, {"type": "message", "text": "for all"})
        name, shown = heard.get(timeout=5)
        assert (name, shown["text"]) == ("message", "for all")


def test_an_event_has_the_whole_message(teams: TeamsProcess, bot: httpx.Client) -> None:
    with events(teams, 2) as heard:
        sent = send(bot, teams.channel, message("one"))
        name, shown = heard.get(timeout=5)
        created_at = shown["created_at"]
        assert name == "message"
        assert shown == {
            "conversation": teams.channel,
            "id": sent,
            "reply_to": None,
            "from": {"id": f"28:{teams.company.bot_app_id}", "name": "Muster", "bot": True},
            "created_at": created_at,
            "edited_at": None,
            "deleted": False,
            "summary": "",
            "text": "",
            "text_format": "markdown",
            "attachments": message("one")["attachments"],
            "notification": "The bot sent you a card",
            "private_card": None,
            "targeted": False,
        }
        assert heard.get(timeout=5) == ("unread", {"conversation": teams.channel, "unread": 1})

        bot.put(f"v3/conversations/{teams.channel}/activities/{sent}", json=message("two"))
        _, shown = heard.get(timeout=5)
        assert (shown["attachments"], shown["created_at"]) == (message("two")["attachments"], created_at)
        assert shown["edited_at"] > created_at

        bot.delete(f"v3/conversations/{teams.channel}/activities/{sent}")
        _, shown = heard.get(timeout=5)
        assert (shown["deleted"], shown["attachments"]) == (True, [])
        reader = teams.person(2).aad_object_id
        opened = teams.get(f"/page/conversations/{teams.channel}/messages", person=reader)
        assert (opened["kind"], opened["name"], opened["team"]) == ("channel", "ops", "Payments")
        assert opened["messages"] == [{k: v for k, v in shown.items() if k != "conversation"}]


def test_reading_clears_the_unread_count_of_the_reader_alone(teams: TeamsProcess, bot: httpx.Client) -> None:
    send(bot, teams.channel, message("one"))
    body = {"person": teams.person(0).aad_object_id, "conversation": teams.channel}
    with events(teams, 0) as heard:
        assert teams.post("/page/read", body).is_success
        assert heard.get(timeout=5) == ("unread", {"conversation": teams.channel, "unread": 0})
        bo = teams.get("/page/state", person=teams.person(1).aad_object_id)
        assert bo["teams"][0]["channels"][1]["unread"] == 1


def test_a_message_reaches_the_other_members_and_a_mentioned_bot(
    teams: TeamsProcess, bot: httpx.Client
) -> None:
    ada = teams.person(0)
    said = {"person": ada.aad_object_id, "conversation": teams.channel}
    assert teams.post("/page/say", said | {"text": "lunch?"}).is_success
    assert teams.post("/page/say", said | {"text": "muster@acme.example and @Musterers"}).is_success
    assert teams.bot.activities == []
    root, _ = (m["id"] for m in teams.messages(teams.channel))
    assert teams.post("/page/say", said | {"text": "@Muster help", "reply_to": root}).is_success

    (heard,) = teams.bot.activities
    assert heard["text"] == "<at>Muster</at> help"
    assert heard["entities"][0] == {
        "type": "mention",
        "mentioned": {"id": f"28:{teams.company.bot_app_id}", "name": "Muster"},
        "text": "<at>Muster</at>",
    }
    assert heard["conversation"]["id"] == f"{teams.channel};messageid={root}"
    assert heard["channelData"]["team"] == {"id": teams.company.teams[0].id}
    mine = teams.get("/page/state", person=ada.aad_object_id)["teams"][0]["channels"][1]["unread"]
    theirs = teams.get("/page/state", person=teams.person(1).aad_object_id)["teams"][0]["channels"][1][
        "unread"
    ]
    assert (mine, theirs) == (0, 3)


def test_mentions_stand_where_they_were_written(teams: TeamsProcess, bot: httpx.Client) -> None:
    ada, bo = teams.person(0), teams.person(1)
    said = {"person": ada.aad_object_id, "conversation": teams.channel}
    assert teams.post("/page/say", said | {"text": "Ask @bo call, @muster: help"}).is_success
    (heard,) = teams.bot.activities
    assert heard["text"] == "Ask <at>Bo Call</at>, <at>Muster</at>: help"
    mentioned = [(e["text"], e["mentioned"]["id"]) for e in heard["entities"] if e["type"] == "mention"]
    assert mentioned == [
        ("<at>Bo Call</at>", bo.teams_id),
        ("<at>Muster</at>", f"28:{teams.company.bot_app_id}"),
    ]
    reader = ada.aad_object_id
    shown = teams.get(f"/page/conversations/{teams.channel}/messages", person=reader)
    everybody = ["Muster", *(p.name for p in teams.company.colleagues)]
    assert [m["name"] for m in shown["members"]] == everybody


def test_a_bot_that_is_not_in_the_team_cannot_be_mentioned(teams: TeamsProcess, bot: httpx.Client) -> None:
    teams.post("/_sandbox/uninstall", {"person": "ada@acme.example", "team": "Payments", "only": "none"})
    ada = teams.person(0).aad_object_id
    said = {"person": ada, "conversation": teams.channel, "text": "@Muster help"}
    assert teams.post("/page/say", said).is_success
    assert teams.bot.activities == []
    shown = teams.get(f"/page/conversations/{teams.channel}/messages", person=ada)
    assert [m["name"] for m in shown["members"]] == [p.name for p in teams.company.colleagues]
    assert [t["has_bot"] for t in teams.get("/page/state", person=ada)["teams"]] == [False, True]


def test_a_person_adds_and_removes_the_app_on_the_page(teams: TeamsProcess, bot: httpx.Client) -> None:
    ada, team = teams.person(0).aad_object_id, teams.company.teams[0]
    removal = {"person": ada, "team": team.id}
    with events(teams, 1) as heard:
        assert teams.post("/page/uninstall", removal).status_code == 204
        assert heard.get(timeout=5) == ("lists", {})
        wait_until(lambda: len(teams.bot.activities) == 2, within=5)
        assert teams.post("/page/install", removal | {"channel": teams.channel}).status_code == 204
        assert heard.get(timeout=5) == ("lists", {})
        wait_until(lambda: len(teams.bot.activities) == 4, within=5)
        assert [a.get("action") for a in teams.bot.activities] == [None, "remove", None, "add"]
        assert teams.bot.activities[-1]["conversation"]["id"] == teams.channel


def test_only_a_member_adds_the_app(teams: TeamsProcess, bot: httpx.Client) -> None:
    sam, team = teams.person(6), teams.company.teams[0]
    body = {"person": sam.email, "team": team.id}
    assert teams.post("/page/install", body | {"channel": teams.channel}).status_code == 403
    assert teams.post("/page/uninstall", body).status_code == 403
    ada = {"person": "ada@acme.example", "team": team.id}
    assert teams.post("/page/install", ada | {"channel": "nowhere"}).status_code == 404
    assert teams.post("/page/install", ada | {"team": "nowhere", "channel": "ops"}).status_code == 404
    assert teams.bot.activities == []


def test_somebody_of_another_organization_writes_from_their_own_tenant(
    teams: TeamsProcess, bot: httpx.Client
) -> None:
    sam = teams.person(6)
    assert sam.tenant not in (None, teams.company.tenant_id)
    assert teams.get("/page/state", person=sam.aad_object_id)["teams"] == []
    chat = teams.personal_chat(sam)
    opening = {"members": [{"id": sam.teams_id}], "channelData": {"tenant": {"id": sam.tenant}}}
    assert bot.post("v3/conversations", json=opening).status_code == 403
    said = {"person": sam.aad_object_id, "conversation": chat, "text": "authorize KEY"}
    assert teams.post("/page/say", said).is_success
    (heard,) = teams.bot.activities
    assert heard["channelData"]["tenant"] == {"id": sam.tenant}
    assert heard["conversation"]["tenantId"] == sam.tenant
    assert bot.post("v3/conversations", json=opening).status_code == 201
    foreign = opening | {"channelData": {"tenant": {"id": teams.company.tenant_id}}}
    assert bot.post("v3/conversations", json=foreign).status_code == 400
    send(bot, chat, {"type": "message", "text": "Not here"})
    assert teams.get("/page/state", person=sam.aad_object_id)["chats"][0]["unread"] == 1
    member = bot.get(f"v3/conversations/{chat}/members/{sam.aad_object_id}").json()
    assert member["tenantId"] == sam.tenant


def test_a_personal_chat_needs_no_mention(teams: TeamsProcess, bot: httpx.Client) -> None:
    ada = teams.person(0)
    chat = teams.personal_chat(ada)
    assert teams.post("/_sandbox/say", {"person": ada.email, "conversation": chat, "text": "help"}).is_success
    (heard,) = teams.bot.activities
    assert heard["text"] == "help"
    assert heard["conversation"] == {
        "conversationType": "personal",
        "id": chat,
        "tenantId": teams.company.tenant_id,
    }
    assert heard["id"] == teams.messages(chat)[0]["id"]


@pytest.mark.parametrize("body", [{}, {"person": "ada@acme.example"}, {"text": ""}])
def test_malformed_requests_are_refused(teams: TeamsProcess, bot: httpx.Client, body: dict[str, Any]) -> None:
    for path in ("/page/say", "/page/read", "/page/invoke", "/_sandbox/click", "/_sandbox/say"):
        assert teams.post(path, body).status_code == 422


def test_an_unknown_person_gets_nothing(teams: TeamsProcess, bot: httpx.Client) -> None:
    for path in ("state", "events", f"conversations/{teams.channel}/messages"):
        answer = request("GET", f"{teams.url}/page/{path}", params={"person": "nobody"})
        assert answer.status_code == 404
