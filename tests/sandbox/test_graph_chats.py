"""Graph's calls about chats: by Graph's address, over the conversations that people see in Teams."""

from typing import Any

import httpx
import pytest

from sandbox.graph_errors import GraphError
from sandbox.teams.graph.apps import catalog_id_of
from sandbox.teams.graph.throttle import GraphThrottle
from tests.sandbox.office import GRAPH, Office, chat, member
from tests.schemas.exchange import exchange_of
from tests.schemas.graph import graph_api

BEGINNING = "0001-01-01T00:00:00Z"


def test_a_chat_is_there_for_its_people_at_once(office: Office) -> None:
    made = office.created("Bo", "Di")
    assert (made["topic"], made["chatType"], made["tenantId"]) == (
        "Incident #42 Checkout",
        "group",
        office.microsoft.tenant,
    )
    assert made["webUrl"].startswith("https://teams.microsoft.com/l/chat/19%3A")
    assert office.names(made["id"]) == ["Bo", "Di"]
    chats = office.teams.get("/page/state", person=office.person("Di").aad_object_id)["chats"]
    assert [one["name"] for one in chats if one["id"] == made["id"]] == ["Incident #42 Checkout"]


def test_people_are_added_with_history_and_removed_by_their_membership(office: Office) -> None:
    made = office.created("Bo", "Di")
    added = office.call(
        "POST",
        f"/chats/{made['id']}/members",
        member(office.person("Ada"), visibleHistoryStartDateTime=BEGINNING),
    )
    assert (added.status_code, added.content) == (201, b"")
    again = office.call("POST", f"/chats/{made['id']}/members", member(office.person("Bo")))
    assert again.status_code == 201
    assert office.names(made["id"]) == ["Bo", "Di", "Ada"]
    assert [one["visibleHistoryStartDateTime"] for one in office.members(made["id"])][2] == BEGINNING
    membership = office.members(made["id"])[2]["id"]
    assert added.headers["Location"] == f"/chats('{made['id']}')/members('{membership}')"
    path = f"/chats/{made['id']}/members/{membership}"
    assert office.call("DELETE", path).status_code == 204
    assert office.call("DELETE", path).status_code == 404
    assert office.names(made["id"]) == ["Bo", "Di"]


def test_a_guest_is_a_guest_and_nobody_else_is(office: Office) -> None:
    made = office.created("Bo", "Di")
    path = f"/chats/{made['id']}/members"
    assert office.call("POST", path, member(office.guest, "owner")).status_code == 400
    assert office.call("POST", path, member(office.person("Ada"), "guest")).status_code == 400
    assert office.call("POST", path, member(office.guest, "guest")).status_code == 201
    assert [one["roles"] for one in office.members(made["id"])][-1] == ["guest"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"topic": "Incident: 42"}, 400),
        ({"topic": "x" * 251}, 400),
        ({"topic": "🔥" * 126}, 400),
        ({"topic": "🔥" * 125}, 201),
        ({"topic": None}, 201),
        ({"chatType": "oneOnOne"}, 400),
        ({"members": []}, 400),
        ({"members": "everybody"}, 400),
    ],
)
def test_what_graph_refuses_of_a_new_chat(office: Office, change: dict[str, Any], status: int) -> None:
    body = chat(office.person("Bo"), office.person("Di")) | change
    assert office.call("POST", "/chats", body).status_code == status


@pytest.mark.parametrize(
    "wrong",
    [
        {"roles": []},
        {"roles": ["member"]},
        {"@odata.type": "#microsoft.graph.conversationMember"},
        {"user@odata.bind": "somebody"},
    ],
)
def test_what_graph_refuses_of_a_member(office: Office, wrong: dict[str, Any]) -> None:
    made = office.created("Bo", "Di")
    body = member(office.person("Ada")) | wrong
    assert office.call("POST", f"/chats/{made['id']}/members", body).status_code == 400


def test_one_unknown_person_has_the_whole_chat_refused(office: Office) -> None:
    gone = office.person("Ada")
    office.microsoft.sandbox("POST", f"people/{gone.email}", {"deleted": True})
    for stranger in (gone, office.microsoft.stranger):
        body = chat(office.person("Bo"), office.person("Di"), stranger)
        assert office.call("POST", "/chats", body).status_code == 404
    assert office.call("GET", f"/users/{office.person('Bo').aad_object_id}/chats").json()["value"] == []


def test_a_person_is_dropped_silently_and_a_chat_takes_nobody_more(office: Office) -> None:
    office.fault("chat", "drop_member", body=[office.person("Di").aad_object_id])
    made = office.call("POST", "/chats", chat(office.person("Bo"), office.person("Di"), office.person("Ada")))
    assert made.status_code == 201
    key = made.json()["id"]
    assert office.names(key) == ["Bo", "Ada"]
    office.fault("member", "block_members", match={"method": "POST"})
    blocked = office.call("POST", f"/chats/{key}/members", member(office.person("Di")))
    assert blocked.status_code == 403
    assert "RosterAddMemberBlocked" in blocked.json()["error"]["innerError"]["message"]
    assert office.call("POST", f"/chats/{key}/members", member(office.person("Di"))).status_code == 201


def test_a_person_has_their_chats_the_newest_first_in_pages(office: Office) -> None:
    topics = [f"Chat {number}" for number in range(52)]
    for topic in topics:
        office.created("Bo", "Di", topic=topic)
    bo = office.person("Bo").aad_object_id
    first = office.patient("GET", f"/users/{bo}/chats").json()
    assert (len(first["value"]), first["value"][0]["topic"]) == (50, "Chat 51")
    assert first["@odata.nextLink"].startswith(office.microsoft.authority)
    rest = office.patient("GET", first["@odata.nextLink"].partition("/v1.0")[2]).json()
    assert [one["topic"] for one in rest["value"]] == ["Chat 1", "Chat 0"]
    assert "@odata.nextLink" not in rest
    assert len(office.patient("GET", f"/users/{bo}/chats?$top=3").json()["value"]) == 3


def test_a_chat_is_renamed_and_deleted(office: Office) -> None:
    made = office.created("Bo", "Di")
    renamed = office.call("PATCH", f"/chats/{made['id']}", {"topic": "✓ Incident #42"})
    assert (renamed.status_code, renamed.json()["topic"]) == (200, "✓ Incident #42")
    assert office.call("GET", f"/chats/{made['id']}").json()["topic"] == "✓ Incident #42"
    assert office.call("DELETE", f"/chats/{made['id']}").status_code == 204
    assert office.call("GET", f"/chats/{made['id']}").status_code == 404
    assert office.call("GET", f"/chats/{made['id']}/members").status_code == 404


def test_the_app_is_installed_once_and_posts_without_an_event(office: Office) -> None:
    made = office.created("Bo", "Di")
    path, company = f"/chats/{made['id']}/installedApps", office.teams.company
    app = {"teamsApp@odata.bind": f"{GRAPH}/appCatalogs/teamsApps/{catalog_id_of(company)}"}
    wrong = {"teamsApp@odata.bind": f"{GRAPH}/appCatalogs/teamsApps/{company.bot_app_id}"}
    with office.teams.connector() as bot:
        before = bot.post(f"v3/conversations/{made['id']}/activities", json={"type": "message", "text": "Hi"})
        assert before.status_code == 403
        assert office.call("POST", path, wrong).status_code == 404
        assert office.call("POST", path, app).status_code == 201
        assert office.call("POST", path, app).status_code == 409
        after = bot.post(f"v3/conversations/{made['id']}/activities", json={"type": "message", "text": "Hi"})
        assert after.status_code == 201
    assert office.teams.bot.activities == [], "the bot hears nothing of it"
    assert len(office.call("GET", path).json()["value"]) == 1


def test_the_catalogs_id_is_asked_for_by_the_manifests(office: Office) -> None:
    query = f"$filter=externalId eq '{office.teams.company.bot_app_id}'"
    refused = office.call("GET", f"/appCatalogs/teamsApps?{query}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "Forbidden")
    assert "AppCatalog.Read.All" in refused.json()["error"]["message"]


NEEDS = {
    "Chat.Create": ("POST", "/chats"),
    "Chat.ReadWrite.All": ("PATCH", "/chats/{chat}"),
    "Chat.ManageDeletion.All": ("DELETE", "/chats/{chat}"),
    "ChatMember.ReadWrite.All": ("POST", "/chats/{chat}/members"),
    "TeamsAppInstallation.ReadWriteSelfForChat.All": ("POST", "/chats/{chat}/installedApps"),
    "Chat.ReadBasic.All": ("GET", "/users/{bo}/chats"),
}
ALSO_TAKEN = {"Chat.ReadBasic.All": ("Chat.ReadWrite.All",)}
"""Of what the registration asks for."""


@pytest.mark.parametrize("permission", NEEDS)
def test_each_call_needs_its_own_permission(office: Office, permission: str) -> None:
    made = office.created("Bo", "Di")
    office.revoke(permission, *ALSO_TAKEN.get(permission, ()))
    method, path = NEEDS[permission]
    bodies = {"/chats": chat(office.person("Bo"), office.person("Di"))}
    answer = office.call(
        method,
        path.format(chat=made["id"], bo=office.person("Bo").aad_object_id),
        bodies.get(path, {}) if method != "GET" else None,
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Forbidden")
    one_of = graph_api().permissions_of(exchange_of(answer, under="/v1.0"))
    assert f"one of '{', '.join(one_of)}'" in answer.json()["error"]["message"]
    assert permission in one_of


def test_graph_takes_thirty_calls_a_second() -> None:
    now = 100.0
    throttle = GraphThrottle(lambda: now)
    for _ in range(30):
        throttle.admit()
    with pytest.raises(GraphError) as refused:
        throttle.admit()
    answer = refused.value.response(None)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    now += 1
    throttle.admit()


@pytest.mark.parametrize("do", ["lose_answer", "status", "status_after"])
def test_faults_come_before_or_after_what_was_asked(office: Office, do: str) -> None:
    office.fault("chat", do, **({} if do == "lose_answer" else {"status": 503}))
    body = chat(office.person("Bo"), office.person("Di"))
    if do == "lose_answer":
        with pytest.raises(httpx.TransportError):
            office.call("POST", "/chats", body)
    else:
        assert office.call("POST", "/chats", body).status_code == 503
    bo = office.person("Bo").aad_object_id
    made = office.call("GET", f"/users/{bo}/chats").json()["value"]
    assert len(made) == (0 if do == "status" else 1)


def test_without_teams_graph_says_so(office: Office) -> None:
    office.teams.stop()
    try:
        assert office.call("GET", "/chats/19:x@thread.v2").status_code == 503
    finally:
        office.teams.start()


def test_people_are_found_by_address_with_the_full_permission_alone(office: Office) -> None:
    ada = office.person("Ada")

    def found(address: str) -> httpx.Response:
        condition = f"mail eq '{address}' or userPrincipalName eq '{address}'"
        return office.call("GET", f"/users?$filter={condition}&$select=id,mail")

    assert [one["id"] for one in found(ada.email).json()["value"]] == [ada.aad_object_id]
    assert [one["id"] for one in found(office.guest.email).json()["value"]] == [office.guest.aad_object_id]
    assert found("o''neill@acme.example").json()["value"] == []
    office.revoke("User.Read.All")
    assert found(ada.email).status_code == 403
    assert office.call("GET", f"/users/{ada.email}").status_code == 200
