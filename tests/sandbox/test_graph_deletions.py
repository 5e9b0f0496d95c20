"""A chat that Graph deletes: nobody has it any more, the bot is not in it, and one is deleted in a second."""

import time

import pytest

from sandbox.teams.graph.apps import catalog_id_of
from tests.sandbox.office import GRAPH, Office

MESSAGE = {"type": "message", "text": "Hi"}


def test_a_deleted_chat_leaves_the_rail_and_the_bot_is_not_in_it(office: Office) -> None:
    made = office.created("Bo", "Di")
    app = f"{GRAPH}/appCatalogs/teamsApps/{catalog_id_of(office.teams.company)}"
    office.call("POST", f"/chats/{made['id']}/installedApps", {"teamsApp@odata.bind": app})
    with office.teams.connector() as bot:
        path = f"v3/conversations/{made['id']}"
        assert bot.get(f"{path}/pagedmembers").status_code == 200
        assert office.call("DELETE", f"/chats/{made['id']}").status_code == 204
        assert bot.get(f"{path}/pagedmembers").status_code == 404
        assert bot.post(f"{path}/activities", json=MESSAGE).status_code == 404
    rail = office.teams.get("/page/state", person=office.person("Di").aad_object_id)["chats"]
    assert made["id"] not in [one["id"] for one in rail]
    assert office.call("DELETE", f"/chats/{made['id']}").status_code in (404, 429)


def test_one_chat_is_deleted_in_a_second(office: Office) -> None:
    first, second = (office.created("Bo", "Di")["id"] for _ in range(2))
    begins = time.monotonic()
    assert office.call("DELETE", f"/chats/{first}").status_code == 204
    refused = office.call("DELETE", f"/chats/{second}")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert office.patient("DELETE", f"/chats/{second}").status_code == 204
    assert time.monotonic() - begins >= 1


@pytest.mark.parametrize(("do", "status", "is_there"), [("status", 503, True), ("status_after", 503, False)])
def test_a_deletion_fails_as_it_is_ordered_to(office: Office, do: str, status: int, is_there: bool) -> None:
    made = office.created("Bo", "Di")
    office.fault("chat", do, status=status, match={"method": "DELETE"})
    assert office.patient("DELETE", f"/chats/{made['id']}").status_code == status
    assert (office.call("GET", f"/chats/{made['id']}").status_code == 200) is is_there
