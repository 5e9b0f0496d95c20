"""PagerDuty as a person sees it: the simulator's page."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from playwright.async_api import Locator, Page, expect


class PagerDutyConsole:
    """One person's PagerDuty."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def sign_in_as(self, name: str) -> None:
        """Become somebody else."""
        switch = self.page.get_by_test_id("person-switch")
        await switch.select_option(label=name)
        await expect(switch.locator("option:checked")).to_have_text(name)

    async def trigger(self, title: str, *, service: str, priority: str) -> str:
        """Fill in and send the form for a new incident; its id."""
        await self.page.get_by_test_id("new-incident").click()
        form = self.page.get_by_role("dialog")
        await form.get_by_test_id("incident-title").fill(title)
        await form.get_by_test_id("incident-service").select_option(label=service)
        await form.get_by_label("Priority").select_option(label=priority)
        await form.get_by_test_id("create-incident").click()
        await self.page.wait_for_url(re.compile(r"/app/incidents/\w+$"))
        await self.expect_status("Triggered")
        return urlsplit(self.page.url).path.rpartition("/")[2]

    async def address_of_service(self, name: str) -> str:
        """What the address bar of a service's page says: what people copy."""
        await self.page.get_by_role("link", name="Services").click()
        await self.page.get_by_role("link", name=name, exact=True).click()
        await expect(self.page.get_by_role("heading", level=1, name=name)).to_be_visible()
        return self.page.url

    async def expect_status(self, status: str) -> None:
        """The state of the incident that is open."""
        await expect(self.page.get_by_test_id("status")).to_have_text(status)

    async def expect_acknowledged_by(self, name: str) -> None:
        """The open incident names who took it."""
        await self.expect_status("Acknowledged")
        acknowledged = self.page.get_by_text("Acknowledged by", exact=True)
        await expect(acknowledged.locator("xpath=following-sibling::dd[1]")).to_contain_text(name)

    async def add_note(self, text: str) -> None:
        """Write a note to the open incident."""
        await self.page.get_by_test_id("note-text").fill(text)
        await self.page.get_by_test_id("add-note").click()
        await expect(self.page.get_by_role("list").get_by_text(text)).to_be_visible()

    async def open_incident(self, title: str) -> None:
        """Click an incident in the list."""
        await self.page.get_by_role("link", name=title, exact=True).click()
        await expect(self.page.get_by_role("heading", name=title)).to_be_visible()

    async def ask_for_help(self, name: str) -> None:
        """Ask somebody to help with the open incident."""
        await self.page.get_by_role("button", name="Add responders").click()
        form = self.page.get_by_role("dialog")
        await form.get_by_label("Whom").select_option(label=name)
        await form.get_by_role("button", name="Ask", exact=True).click()
        await expect(self.page.get_by_text("Responders", exact=True)).to_be_visible()

    async def expect_bridge(self, *texts: str) -> None:
        """The open incident's conference bridge says this."""
        bridge = self.page.get_by_text("Conference bridge", exact=True).locator(
            "xpath=following-sibling::dd[1]"
        )
        for text in texts:
            await expect(bridge).to_contain_text(text)

    async def expect_note(self, text: str) -> None:
        """The open incident has one note that says this."""
        await expect(self.page.get_by_role("list").get_by_text(text)).to_have_count(1)

    async def run_workflow(self, name: str) -> None:
        """Run a workflow on the open incident; the run's page is open then."""
        await self.page.get_by_test_id("run-workflow").click()
        await self.page.get_by_test_id("workflow-select").select_option(label=name)
        await self.page.get_by_test_id("run-workflow-submit").click()
        await self.page.wait_for_url(re.compile(r"/app/workflow-runs/\w+$"))

    async def begin_workflow(self, name: str) -> None:
        """Begin a workflow that is started by hand."""
        await self.page.get_by_role("link", name="Workflows").first.click()
        await self.page.get_by_test_id("new-workflow").click()
        await self.page.get_by_test_id("workflow-name").fill(name)

    async def add_action(
        self, action: str, name: str, inputs: Mapping[str, str], *, connection: str = "", inside: bool = False
    ) -> None:
        """Add a step to the workflow that is begun; ``inside`` the loop before it."""
        await self.page.get_by_test_id("action").select_option(label=action)
        await self.page.get_by_test_id("add-action").click()
        step = self.page.get_by_test_id("step").last
        await step.get_by_label("Name of the step").fill(name)
        for label, value in inputs.items():
            await step.get_by_label(label, exact=True).fill(value)
        if connection:
            await step.get_by_label("Authentication Headers").select_option(label=connection)
        if inside:
            await step.get_by_label("Inside the loop before it").check()

    async def publish(self) -> None:
        """Publish the workflow that is begun."""
        await self.page.get_by_test_id("publish").click()
        await self.page.wait_for_url(re.compile(r"/app/workflows/P\w+$"))

    def step(self, name: str) -> Locator:
        """What the open run tells of a step; of one that a loop repeats, each time."""
        heading = self.page.get_by_role("heading", name=name, exact=True)
        return self.page.get_by_test_id("step").filter(has=heading)

    @property
    def repeated_step(self) -> Locator:
        """The last step of the open run, where a loop has done it and may do it again."""
        running = self.page.get_by_test_id("result").filter(has_text="Running")
        return self.page.locator("[data-testid=step].inside:last-child").filter(has_not=running)

    async def expect_step(self, name: str, result: str, *texts: str | re.Pattern[str]) -> None:
        """The last time that the open run did the step it ended so, and tells this."""
        step = self.step(name).last
        await expect(step.get_by_test_id("result")).to_have_text(result)
        for text in texts:
            await expect(step).to_contain_text(text)

    async def set_priority(self, name: str) -> None:
        """Change the open incident's priority."""
        await self.page.get_by_test_id("priority-select").select_option(label=name)

    async def resolve(self) -> None:
        """Resolve the open incident."""
        await self.page.get_by_test_id("resolve").click()
        await self.expect_status("Resolved")
