"""Temporal's own page, as an operator uses it."""

from urllib.parse import urlencode

from playwright.async_api import Page, expect


class TemporalUi:
    """A window on the Temporal UI."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._workflows = f"{url}/namespaces/default/workflows"

    async def open_workflow(self, name: str, *, query: str) -> None:
        """Find a workflow by its search attributes and open it."""
        await self.page.goto(f"{self._workflows}?{urlencode({'query': query})}")
        await self.page.get_by_role("link", name=name, exact=True).first.click()
        await expect(self.page.get_by_role("heading", name=name)).to_be_visible()

    async def open_only(self, beginning: str, *, query: str) -> None:
        """Open the one workflow that is found with such an id."""
        await self.page.goto(f"{self._workflows}?{urlencode({'query': query})}")
        found = self.page.get_by_role("link", name=beginning)
        await expect(found.first).to_be_visible()
        (name,) = {text.strip() for text in await found.all_inner_texts()}
        await found.first.click()
        await expect(self.page.get_by_role("heading", name=name)).to_be_visible()

    async def expect_status(self, status: str) -> None:
        """The state of the run that is open, once it is over."""
        await expect(self.page.get_by_role("main").get_by_text(status, exact=True).first).to_be_visible()

    async def expect_details(self, *texts: str) -> None:
        """The run's current details, which stand in a frame of their own, hold all these words."""
        await self.page.get_by_role("tab", name="User Metadata").click()
        details = self.page.frame_locator("main iframe").last.locator("body")
        for text in texts:
            await expect(details).to_contain_text(text)

    async def fold_input(self) -> None:
        """Close what the run's input holds in its turn, so that the rest of it is seen whole."""
        marks = self.page.locator(".cm-foldGutter").first.get_by_title("Fold line", exact=True)
        for _ in range(await marks.count() - 1):
            await marks.last.click()

    async def expect_timeline(self, *rows: str) -> None:
        """These rows are in the Timeline in this order, among others; the page has the newest at the top."""
        timeline = self.page.get_by_role("main").locator("svg [role=button]")
        await expect(timeline).to_contain_text(list(reversed(rows)))
