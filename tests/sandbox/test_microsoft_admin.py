"""The buttons of a signed-in admin."""

from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest

from tests.sandbox.microsoft_process import MicrosoftProcess, Visitor, number_of
from tests.sandbox.office import Office, running_office

CREATE_CHATS = "Chat.Create"
ONLY_ADMINS = 90094


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture
def office(started: Office) -> Office:
    started.reset()
    return started


@pytest.fixture
def admin(office: Office) -> Visitor:
    """Mia, signed in."""
    return signed_in(office.microsoft)


def signed_in(microsoft: MicrosoftProcess) -> Visitor:
    visitor = Visitor(microsoft)
    visitor.sign_in(microsoft.admin)
    return visitor


def click(visitor: Visitor, path: str) -> httpx.Response:
    """Send the empty form of the page's button with this address."""
    page = visitor.get("/")
    assert f'action="{path}"' in page.text
    return sent(visitor, str(page.url.join(path)))


def sent(visitor: Visitor, path: str) -> httpx.Response:
    return visitor.post(path, {}, {"Sec-Fetch-Site": "same-origin"})


def roles(office: Office) -> list[str]:
    """What a token that is issued now shows."""
    claims: dict[str, Any] = jwt.decode(office.microsoft.graph_token(), options={"verify_signature": False})
    shown: list[str] = claims["roles"]
    return shown


def test_a_permission_is_taken_back_and_granted_again(office: Office, admin: Visitor) -> None:
    back = click(admin, f"/permissions/{CREATE_CHATS}/take-back")
    assert (back.status_code, back.headers["Location"]) == (303, "/#permissions")
    everything = list(office.microsoft.company.bot_permissions)
    assert roles(office) == [one for one in everything if one != CREATE_CHATS]
    assert sent(admin, f"/permissions/{CREATE_CHATS}/take-back").status_code == 303, (
        "once more changes nothing"
    )
    office.microsoft.consent(delay=60)
    assert click(admin, f"/permissions/{CREATE_CHATS}/grant").status_code == 303
    assert CREATE_CHATS not in roles(office), "a grant is seen late"
    office.microsoft.sandbox("POST", "clock", {"advance": 61})
    assert sorted(roles(office)) == sorted(everything)


def test_a_token_that_is_held_already_keeps_what_is_taken_back(office: Office, admin: Visitor) -> None:
    headers = {"Authorization": f"Bearer {office.microsoft.graph_token()}"}
    sent(admin, "/permissions/Organization.Read.All/take-back")
    assert office.http.get("/v1.0/organization", headers=headers).status_code == 200
    assert office.call("GET", "/organization").status_code == 403
    assert "already holds shows the permission for up to an hour" in admin.get("/").text


def test_a_permission_that_nobody_asks_for_is_not_found(admin: Visitor) -> None:
    for change in ("take-back", "grant"):
        assert sent(admin, f"/permissions/Mail.Read/{change}").status_code == 404


@pytest.mark.parametrize("who", ["nobody", "Ada", "Mia, whose account is off"])
def test_whoever_is_no_admin_sees_no_button_and_is_refused(office: Office, who: str) -> None:
    visitor = Visitor(office.microsoft)
    if who != "nobody":
        visitor.sign_in(office.person(who[:3]))
    if who.startswith("Mia"):
        office.microsoft.sandbox("POST", f"people/{office.microsoft.admin.email}", {"enabled": False})
    before = office.microsoft.consent()
    assert "<form" not in visitor.get("/").text
    for path in (
        f"/permissions/{CREATE_CHATS}/take-back",
        f"/permissions/{CREATE_CHATS}/grant",
    ):
        assert number_of(sent(visitor, path)) == ONLY_ADMINS
    assert office.microsoft.consent() == before


def test_a_form_of_another_page_changes_nothing(office: Office, admin: Visitor) -> None:
    path = f"/permissions/{CREATE_CHATS}/take-back"
    assert admin.post(path, {}, {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert CREATE_CHATS in office.microsoft.consent()["granted"]
