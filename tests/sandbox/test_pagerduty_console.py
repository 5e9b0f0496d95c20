"""The console: what people do there is what the API would do, and open pages follow without a reload."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, FloatRect, Locator, Page, ViewportSize, expect

from tests.support.chromium import chromium
from tests.support.pagerduty_account import ADA_USER, BO_USER, CY_USER, DI_USER, SimulatedAccount

FROM_THE_PAGE = {"Sec-Fetch-Site": "same-origin"}
PHONE = ViewportSize(width=390, height=844)

pytestmark = pytest.mark.anyio

SCREENSHOTS = Path(__file__).parents[1] / ".artifacts" / "pagerduty"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def submit(account: SimulatedAccount, path: str, user: str = ADA_USER, **fields: str) -> None:
    """Send a form of the console as this person."""
    answer = await account.http.post(
        f"/app{path}", data=fields, headers={"Cookie": f"person={user}", **FROM_THE_PAGE}
    )
    assert answer.status_code == 303, answer.text


async def test_every_page_shows(account: SimulatedAccount) -> None:
    incident = (await account.trigger(title="<b>Disk</b> & co"))["id"]
    for path in (
        "/incidents",
        f"/incidents/{incident}",
        "/services",
        "/services/PSVC001",
        f"/users/{BO_USER}",
        "/on-call",
        "/webhooks",
    ):
        page = await account.http.get(f"/app{path}")
        assert page.status_code == 200
        assert "<b>Disk" not in page.text
    assert (await account.http.get("/")).headers["location"] == "/app/incidents"


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/incidents/QNONE",
        "/incidents/QNONE/acknowledge",
        "/incidents?tab=strange",
        "/services/PNONE",
        "/users/PNONE",
        "/<b>bold",
    ],
)
async def test_an_unknown_page_shows_a_way_back(account: SimulatedAccount, path: str) -> None:
    answer = await account.http.get(f"/app{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert 'href="/app/incidents">Back to the incidents' in answer.text
    assert 'data-testid="person-switch"' in answer.text
    assert "<b>bold" not in answer.text


async def test_an_unknown_address_of_the_api_is_told_in_its_words(account: SimulatedAccount) -> None:
    answer = await account.call("GET", "/nowhere")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == 2100


async def test_forms_do_what_the_api_does(account: SimulatedAccount) -> None:
    wanted = {"title": "Disk full", "service": "PSVC002", "urgency": "low", "priority": "PPRIO02"}
    await submit(account, "/incidents", BO_USER, **wanted)
    (incident,) = (await account.call("GET", "/incidents")).json()["incidents"]
    path = f"/incidents/{incident['id']}"
    await submit(account, f"{path}/acknowledge", CY_USER)
    await submit(account, f"{path}/unacknowledge", CY_USER)
    await submit(account, f"{path}/priority", priority="")
    await submit(account, f"{path}/title", title="Disk nearly full")
    await submit(account, f"{path}/urgency", urgency="high")
    await submit(account, f"{path}/escalate", level="2")
    await submit(account, f"{path}/reassign", to="PEP0002")
    await submit(account, f"{path}/reassign", to=CY_USER)
    await submit(account, f"{path}/note", content="Deleted the logs")
    await submit(account, f"{path}/status-update", message="Nearly done")
    await submit(account, f"{path}/responders", target=DI_USER, message="Please help")
    await submit(account, f"{path}/reply", DI_USER, reply="joined")
    await submit(account, f"{path}/resolve")
    await submit(account, f"{path}/reopen")
    webhooks = await account.receiver.expect(
        "incident.triggered",
        "incident.acknowledged",
        "incident.unacknowledged",
        "incident.priority_updated",
        "incident.escalated",
        "incident.delegated",
        "incident.reassigned",
        "incident.annotated",
        "incident.status_update_published",
        "incident.responder.added",
        "incident.responder.replied",
        "incident.resolved",
        "incident.reopened",
    )
    agents = [one.event["agent"]["id"] for one in webhooks]
    assert agents[:2] == [BO_USER, CY_USER]
    assert webhooks[10].event["data"]["state"] == "joined"
    now = await account.get(incident["id"])
    assert (now["title"], now["urgency"], now["priority"]) == ("Disk nearly full", "high", None)


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("escalate", {"level": "high"}),
        ("explode", {}),
        ("note", {"content": ""}),
        ("reassign", {"to": "PNONE"}),
    ],
)
async def test_forms_that_make_no_sense_are_refused(
    account: SimulatedAccount, action: str, fields: dict[str, str]
) -> None:
    incident = (await account.trigger())["id"]
    answer = await account.http.post(
        f"/app/incidents/{incident}/{action}", data=fields, headers=FROM_THE_PAGE
    )
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["message"]


async def test_a_page_hears_at_once_of_what_happened_while_it_loaded(account: SimulatedAccount) -> None:
    page = (await account.http.get("/app/incidents")).text
    (seen,) = re.findall(r'data-seen="(\d+)"', page)
    await account.trigger()
    async with account.http.stream("GET", f"/app/live?seen={seen}") as stream:
        lines = stream.aiter_lines()
        assert [await anext(lines) for _ in range(3)] == ["retry: 1000", "", "event: change"]


@pytest.mark.browser
async def test_two_people_at_their_consoles_change_incidents_in_their_own_names(
    account: SimulatedAccount, browser: Browser
) -> None:
    ada = await (await browser.new_context()).new_page()
    bo = await (await browser.new_context(color_scheme="dark", viewport=PHONE)).new_page()
    await ada.goto(f"{account.url}/")
    await bo.goto(f"{account.url}/app/incidents")
    await bo.get_by_test_id("person-switch").select_option(label="Bo Call")

    await ada.get_by_test_id("new-incident").click()
    await ada.get_by_test_id("incident-title").fill("Checkout is slow")
    await ada.get_by_test_id("incident-service").select_option(label="Checkout")
    await ada.get_by_test_id("incident-urgency").select_option("low")
    await ada.get_by_test_id("create-incident").click()
    await expect(ada.get_by_test_id("status")).to_have_text("Triggered")

    row = bo.get_by_test_id("incident-row")
    await expect(row).to_contain_text("Checkout is slow")
    await row.get_by_role("link").click()
    await bo.get_by_test_id("acknowledge").click()
    await expect(ada.get_by_test_id("status")).to_have_text("Acknowledged")
    await expect(ada.get_by_role("complementary")).to_contain_text("Bo Call")

    await ada.get_by_test_id("note-text").fill("Rolled back")
    await ada.get_by_test_id("add-note").click()
    await ada.get_by_test_id("priority-select").select_option(label="P1")
    await expect(bo.get_by_role("main")).to_contain_text("Rolled back")
    await keep_screenshot(ada, "incident-desktop")
    await keep_screenshot(bo, "incident-phone-dark")
    await bo.get_by_test_id("resolve").click()
    await expect(ada.get_by_test_id("status")).to_have_text("Resolved")
    await account.receiver.expect(
        "incident.triggered",
        "incident.acknowledged",
        "incident.annotated",
        "incident.priority_updated",
        "incident.resolved",
    )


@pytest.mark.browser
async def test_an_incident_is_merged_into_another(account: SimulatedAccount, browser: Browser) -> None:
    target = await account.monitored(title="Payments down")
    for title in ("Checkout is slow", "Disk full"):
        await account.monitored(title=title, alerts=[{"summary": f"{title}!", "source": "probe-1"}])
    resolved = (await account.trigger(title="Long over"))["id"]
    await account.put(resolved, status="resolved")
    page = await browser.new_page()
    await page.goto(f"{account.url}/app/incidents")
    await page.get_by_role("link", name="Checkout is slow").click()
    await expect(page.get_by_test_id("alert")).to_contain_text("Checkout is slow!")
    await expect(page.get_by_test_id("alert")).to_contain_text("probe-1")
    await page.get_by_test_id("merge").click()
    summary = f"[#{target['incident_number']}] Payments down"
    options = page.get_by_test_id("merge-target").get_by_role("option")
    assert {name[name.index("]") + 2 :] for name in await options.all_text_contents()} == {
        "Payments down",
        "Disk full",
    }
    await page.get_by_test_id("merge-target").select_option(label=summary)
    await page.get_by_test_id("merge-submit").click()
    await expect(page.get_by_test_id("status")).to_have_text("Resolved")
    await keep_screenshot(page, "merged-desktop")
    await page.get_by_test_id("merged-into").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Payments down")
    await expect(page.get_by_text("Checkout is slow!")).to_be_visible()
    count = 1 + target["alert_counts"]["all"]
    await expect(page.get_by_test_id("alert")).to_have_count(count)
    await keep_screenshot(page, "alerts-desktop")


@pytest.mark.browser
async def test_a_type_is_chosen_and_alerts_and_what_is_pending_are_shown(
    account: SimulatedAccount, browser: Browser
) -> None:
    page = await (await browser.new_context(viewport=PHONE)).new_page()
    await page.goto(f"{account.url}/app/incidents")
    await page.get_by_test_id("new-incident").click()
    await page.get_by_test_id("incident-title").fill("Checkout is slow")
    await page.get_by_test_id("incident-type").select_option(label="Security breach")
    await keep_screenshot(page, "new-incident-phone")
    await page.get_by_test_id("create-incident").click()
    await expect(page.get_by_test_id("alert").first).to_contain_text("Checkout is slow")
    runbook = page.get_by_role("link", name="Runbook Checkout").first
    await expect(runbook).to_have_attribute("href", "https://runbooks.acme.example/checkout")
    await expect(page.get_by_role("complementary")).to_contain_text("Escalates in 30 minutes")
    await page.get_by_test_id("type-select").select_option(label="Major Incident")
    await keep_screenshot(page, "alerts-phone")
    webhooks = await account.receiver.expect("incident.triggered", "incident.incident_type.changed")
    types = [webhook.event["data"]["incident_type"]["name"] for webhook in webhooks]
    assert types == ["security_breach", "major_default"]


@pytest.mark.browser
async def test_an_error_is_shown_and_a_subscription_is_enabled(
    account: SimulatedAccount, browser: Browser
) -> None:
    account.receiver.answers = [400] * 3
    for _ in range(3):
        incident = (await account.trigger())["id"]
    await account.until(lambda: "waiting" not in account.webhook_states())
    page = await browser.new_page()
    await page.goto(f"{account.url}/app/webhooks")
    await page.get_by_test_id("enable").click()
    await page.get_by_test_id("ping").click()
    await expect(page.get_by_test_id("delivery").first).to_contain_text("delivered")
    await keep_screenshot(page, "webhooks-desktop")

    await page.goto(f"{account.url}/app/incidents/{incident}")
    await account.fault("webhook", "lose", times=2)
    await page.route("**/app/live?*", lambda route: route.abort())
    await page.reload()
    await account.put(incident, status="resolved")
    await page.get_by_test_id("resolve").click()
    await expect(page.get_by_role("status")).to_contain_text("Incident Already Resolved")


@pytest.mark.browser
async def test_a_list_has_no_column_for_priorities_if_none_is_set(
    account: SimulatedAccount, browser: Browser
) -> None:
    await account.trigger()
    page = await browser.new_page()
    await page.goto(f"{account.url}/app/incidents")
    row = page.get_by_test_id("incident-row")
    await expect(row).to_have_count(1)
    without = await place_of(row.get_by_role("link"))
    status = await place_of(row.get_by_test_id("status"))
    assert 0 < without["x"] - status["x"] - status["width"] < 24

    await account.trigger(priority={"id": "PPRIO01", "type": "priority_reference"})
    await expect(row).to_have_count(2)
    await expect(row.first).to_contain_text("P1")
    for title in await row.get_by_role("link").all():
        assert (await place_of(title))["x"] == without["x"]


async def place_of(element: Locator) -> FloatRect:
    place = await element.bounding_box()
    assert place is not None
    return place


async def keep_screenshot(page: Page, name: str) -> None:
    await page.screenshot(path=SCREENSHOTS / f"{name}-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.png")
