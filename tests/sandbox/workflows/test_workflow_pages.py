"""The console's pages about workflows: people make, run and read them there."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from sandbox.company.ready_automation import CHAT_AND_MEETING, CONNECTION
from tests.sandbox.test_pagerduty_console import PHONE, keep_screenshot
from tests.sandbox.workflows.workflow_calls import (
    CHAT,
    MEETING,
    TOKEN,
    answers_in_time,
    ended,
    run,
)
from tests.support.called_api import CalledApi, Told
from tests.support.chromium import chromium
from tests.support.pagerduty_account import SimulatedAccount

pytestmark = pytest.mark.anyio


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def run_workflow(page: Page, name: str) -> None:
    await page.get_by_test_id("run-workflow").click()
    await page.get_by_test_id("workflow-select").select_option(label=name)
    await page.get_by_test_id("run-workflow-submit").click()
    await page.wait_for_url(re.compile(r"/app/workflow-runs/\w+$"))


@pytest.mark.browser
async def test_a_workflow_is_run_on_an_incident_and_each_step_is_told(
    account: SimulatedAccount, api: CalledApi, browser: Browser
) -> None:
    exists = {"error": {"message": "The incident chat group already exists."}}
    api.answers = {
        "/dedicated_chat": [Told(201, {"chat": CHAT}), Told(200, {"chat": CHAT}), Told(409, exists)],
        "/meeting": [Told(201, {"meeting": MEETING})],
        "/messages": [Told(201, {"result": "Success"})],
    }
    incident = (await account.trigger())["id"]
    page = await browser.new_page()
    await page.goto(f"{account.url}/app/incidents/{incident}")
    await run_workflow(page, "Chat and meeting in Teams")
    await expect(page.get_by_test_id("run-state")).to_have_text("Completed")
    steps = page.get_by_test_id("step")
    await expect(steps.get_by_test_id("result")).to_have_text(["Success"] * 6)
    await expect(steps.nth(0)).to_contain_text(CHAT["url"])
    await expect(steps.last).to_contain_text(f"The meeting: {MEETING['url']}")
    await keep_screenshot(page, "workflow-run-desktop")

    await page.goto(f"{account.url}/app/incidents/{incident}")
    await run_workflow(page, "Chat and meeting in Teams")
    await expect(page.get_by_test_id("run-state")).to_have_text("Completed with error")
    await expect(steps.nth(0)).to_contain_text("The incident chat group already exists.")
    await page.goto(f"{account.url}/app/incidents/{incident}")
    await expect(page.get_by_role("complementary").get_by_test_id("run-state")).to_have_text(
        ["Completed with error", "Completed"]
    )
    await keep_screenshot(page, "incident-with-runs-desktop")


@pytest.mark.browser
async def test_a_custom_action_is_a_button_on_the_incidents_of_its_service(
    account: SimulatedAccount, api: CalledApi, browser: Browser
) -> None:
    incident = (await account.trigger())["id"]
    dark = await browser.new_context(color_scheme="dark", viewport=PHONE)
    page = await dark.new_page()
    await page.goto(f"{account.url}/app/incidents/{incident}")
    await page.get_by_role("button", name="Open a Teams chat").click()
    await expect(page.get_by_test_id("action-call")).to_contain_text("Open a Teams chat delivered · 200")
    await page.get_by_role("button", name="Open a Teams meeting").click()
    await expect(page.get_by_test_id("action-call")).to_have_count(2)
    assert sorted(api.paths) == ["POST /v1/custom-actions/chat", "POST /v1/custom-actions/meeting"]
    await keep_screenshot(page, "custom-actions-phone-dark")
    other = (await account.trigger(service={"id": "PSVC002", "type": "service_reference"}))["id"]
    await page.goto(f"{account.url}/app/incidents/{other}")
    await expect(page.get_by_test_id("run-workflow")).to_be_visible()
    await expect(page.get_by_test_id("custom-action")).to_have_count(0)


@pytest.mark.browser
async def test_connections_are_checked_and_workflows_are_disabled(
    account: SimulatedAccount, api: CalledApi, browser: Browser
) -> None:
    page = await browser.new_page()
    await page.goto(f"{account.url}/app/workflows")
    connection = page.get_by_test_id("connection")
    await expect(connection.get_by_test_id("health")).to_have_text("Not checked yet")
    await page.get_by_test_id("check-connection").click()
    await expect(connection.get_by_test_id("health")).to_have_text("Healthy")
    api.answers = {"/health": [Told(401)]}
    await page.get_by_test_id("new-connection").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Connection name").fill("Other")
    await form.get_by_label("Authentication headers").fill("Authorization: Bearer secret-1")
    await form.get_by_label("Allowed hostnames").fill("127.0.0.1\n*.acme.example")
    await form.get_by_label("Health check URL").fill(f"{api.url}/v1/health")
    await form.get_by_test_id("new-connection-submit").click()
    await expect(connection.filter(has_text="Other")).to_contain_text("Answered with status 401")
    await expect(connection.filter(has_text="Other")).to_contain_text("Authorization: ****")
    assert api.called[-1].headers["authorization"] == "Bearer secret-1"

    security = page.get_by_test_id("workflow").filter(has_text="Security breach")
    await security.get_by_role("button", name="Disable").click()
    await expect(security).to_contain_text("Disabled")
    await keep_screenshot(page, "workflows-desktop")
    phone = await (await browser.new_context(color_scheme="dark", viewport=PHONE)).new_page()
    await phone.goto(f"{account.url}/app/workflows")
    await keep_screenshot(phone, "workflows-phone-dark")
    await page.get_by_role("link", name="Chat and meeting in Teams").click()
    await expect(page.get_by_test_id("step")).to_have_count(4)
    assert page.url.endswith(CHAT_AND_MEETING)
    await keep_screenshot(page, "workflow-desktop")


@pytest.mark.browser
async def test_a_workflow_is_built_and_run(
    account: SimulatedAccount, api: CalledApi, browser: Browser
) -> None:
    api.answers = {"/operations/1": [Told(200, {"state": "working"}), Told(200, {"state": "done"})]}
    page = await browser.new_page()
    await page.goto(f"{account.url}/app/workflows")
    await page.get_by_test_id("new-workflow").click()
    await page.get_by_test_id("workflow-name").fill("Tell and wait")

    async def add(action: str, **inputs: str) -> None:
        await page.get_by_test_id("action").select_option(label=action)
        await page.get_by_test_id("add-action").click()
        step = page.get_by_test_id("step").last
        for name, value in inputs.items():
            await step.get_by_label(name.replace("_", " "), exact=True).fill(value)

    await add("Send POST Request", URL=f"{api.url}/v1/incidents/{{{{incident.id}}}}/messages", Body="{}")
    await page.get_by_test_id("step").last.get_by_label("Authentication Headers").select_option(CONNECTION)
    loop = {"Delay_between_loops": "0", "Maximum_loops": "5"}
    done = "steps['Send GET Request'].fields['Response Body'] matches part 'done'"
    await add("Loop Until", Condition=done, **loop)
    await add("Send GET Request", URL=f"{api.url}/v1/operations/1")
    await page.get_by_test_id("step").last.get_by_label("Inside the loop before it").check()
    await add("Send DELETE Request", URL="https://muster.example/")
    await page.get_by_test_id("step").last.get_by_role("button", name="Remove").click()
    await keep_screenshot(page, "new-workflow-desktop")
    await page.get_by_test_id("publish").click()
    await page.wait_for_url(re.compile(r"/app/workflows/P\w+$"))

    incident = (await account.trigger())["id"]
    await page.goto(f"{account.url}/app/incidents/{incident}")
    await run_workflow(page, "Tell and wait")
    await expect(page.get_by_test_id("run-state")).to_have_text("Completed")
    await expect(page.get_by_test_id("step")).to_have_count(4)
    assert api.paths == [f"POST /v1/incidents/{incident}/messages", *["GET /v1/operations/1"] * 2]
    await keep_screenshot(page, "workflow-loop-desktop")


@pytest.mark.browser
async def test_a_workflow_that_could_not_run_is_refused(account: SimulatedAccount, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{account.url}/app/workflows/new")
    await page.get_by_test_id("workflow-name").fill("Wrong")
    await page.get_by_test_id("action").select_option(label="Send GET Request")
    await page.get_by_test_id("add-action").click()
    await page.get_by_test_id("step").get_by_label("Inside the loop before it").check()
    await page.get_by_test_id("publish").click()
    await expect(page.get_by_role("status")).to_contain_text("no loop is before it")


async def test_no_secret_is_shown(account: SimulatedAccount, api: CalledApi) -> None:
    api.answers = answers_in_time()
    incident = (await account.trigger())["id"]
    key = await run(account, CHAT_AND_MEETING, incident)
    await ended(account, key)
    pages = ("workflows", f"workflows/{CHAT_AND_MEETING}", f"workflow-runs/{key}", f"incidents/{incident}")
    shown = [f"/app/{page}" for page in pages]
    shown += ["/_sandbox/workflows", "/_sandbox/workflow_runs", "/_sandbox/records"]
    for path in shown:
        answer = await account.http.get(path)
        assert answer.status_code == 200
        assert TOKEN not in answer.text, path
