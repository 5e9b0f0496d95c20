"""The buttons of a signed-in admin: single permissions, and the Teams admin's policy for meetings."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from sandbox.up.servers.ports import free_port
from tests.e2e.setting_up import keep_page_on_every_screen
from tests.sandbox.meetings import create_or_get_of, grant_policy, meeting
from tests.sandbox.microsoft_process import MicrosoftProcess, Visitor, number_of, running_microsoft
from tests.sandbox.office import Office, running_office
from tests.support.chromium import chromium

CREATE_CHATS = "Chat.Create"
ONLY_ADMINS = 90094
POLICY = "Application access policy for meetings"


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


def shown_policy(visitor: Visitor) -> str:
    """The text of the section, without its buttons and explanations."""
    section = visitor.get("/").text.partition(POLICY)[2]
    rows = re.findall(r"<li>(.*?)</li>", section, re.DOTALL)
    return "; ".join(" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows)


# Permissions


def test_a_permission_is_taken_back_and_granted_again(office: Office, admin: Visitor) -> None:
    back = click(admin, f"/permissions/{CREATE_CHATS}/take-back")
    assert (back.status_code, back.headers["Location"]) == (303, "/#permissions")
    everything = list(office.microsoft.company.bot_permissions)
    assert roles(office) == [one for one in everything if one != CREATE_CHATS]
    again = sent(admin, f"/permissions/{CREATE_CHATS}/take-back")
    assert again.status_code == 303, "taken back by another window meanwhile"
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
        "/access-policy/grant",
        "/access-policy/take-back",
        "/access-policy/half-an-hour",
    ):
        assert number_of(sent(visitor, path)) == ONLY_ADMINS
    assert office.microsoft.consent() == before
    assert shown_policy(visitor) == "Nobody not granted"


def test_a_form_of_another_page_changes_nothing(office: Office, admin: Visitor) -> None:
    for path in (f"/permissions/{CREATE_CHATS}/take-back", "/access-policy/grant"):
        assert admin.post(path, {}, {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert CREATE_CHATS in office.microsoft.consent()["granted"]
    assert shown_policy(admin) == "Nobody not granted"


# The policy for meetings


def test_a_policy_counts_half_an_hour_later_and_is_taken_back_at_once(office: Office, admin: Visitor) -> None:
    def made() -> int:
        return office.patient("POST", create_or_get_of(office.person("Ada")), meeting()).status_code

    back = click(admin, "/access-policy/grant")
    assert (back.status_code, back.headers["Location"]) == (303, "/#access-policy")
    assert re.fullmatch(r"Everybody counts in 30 minutes, at \d\d:\d\d UTC", shown_policy(admin))
    assert made() == 403
    assert click(admin, "/access-policy/half-an-hour").status_code == 303
    assert shown_policy(admin) == "Everybody counts"
    assert made() == 201
    assert click(admin, "/access-policy/take-back").status_code == 303
    assert shown_policy(admin) == "Nobody not granted"
    assert made() == 403


def test_people_with_a_grant_of_their_own_are_named(office: Office, admin: Visitor) -> None:
    grant_policy(office, office.person("Ada"))
    assert shown_policy(admin) == "Ada Ops counts"
    click(admin, "/access-policy/grant")
    assert re.fullmatch(
        r"Everybody else counts in 30 minutes, at .+ UTC; Ada Ops counts", shown_policy(admin)
    )


def test_the_section_says_that_teams_is_down(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with running_microsoft(tmp_path, "--teams-url", nobody) as microsoft:
        admin = signed_in(microsoft)
        assert sent(admin, "/access-policy/grant").status_code == 303
        page = admin.get("/").text
        assert "The Teams simulator, which has the policy, does not answer." in page
        assert 'action="/access-policy' not in page


# As people see it


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.mark.anyio
@pytest.mark.browser
async def test_an_admin_takes_a_permission_away_and_follows_the_help(
    office: Office, browser: Browser
) -> None:
    page = await browser.new_page()
    await page.goto(f"{office.microsoft.url}/sign-in")
    await page.get_by_role("button", name=office.microsoft.admin.name).click()
    await button(page, "Take back Calendars.ReadWrite").click()
    row = page.get_by_role("listitem").filter(has_text="Calendars.ReadWrite")
    await expect(row.get_by_text("not granted")).to_be_visible()
    await button(page, "Grant to everybody").click()
    await expect(page.get_by_text("counts in 30 minutes")).to_be_visible()
    await keep_page_on_every_screen(page, "microsoft-admin-1-policy-waits")
    await page.set_viewport_size({"width": 320, "height": 700})
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    await button(page, "Let half an hour pass").click()
    await expect(page.get_by_text("counts", exact=True)).to_be_visible()
    await expect(button(page, "Let half an hour pass")).to_have_count(0)
    await button(page, "Take back the access policy").click()
    await expect(page.get_by_text("Nobody")).to_be_visible()
    await button(page, "Grant Calendars.ReadWrite").click()
    await expect(row.get_by_text("granted", exact=True)).to_be_visible()
    await keep_page_on_every_screen(page, "microsoft-admin-2-all-granted")
    await page.close()


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)
