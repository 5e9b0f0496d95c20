"""Group chats and the app's search on the simulator's page, as a person uses them in a window."""

from playwright.async_api import Locator, Page, expect

from tests.e2e.teams_window import Conversation, TeamsWindow


class ChatWindow:
    """A window in which a person opens chats, changes who is in them, and searches for cards."""

    def __init__(self, window: TeamsWindow) -> None:
        self.window = window
        self.page: Page = window.page

    async def open_new(self, *people: str, topic: str = "") -> Conversation:
        """Open a chat with these people from the list."""
        await self.page.get_by_test_id("new-chat").click()
        dialog = self.page.get_by_test_id("chat-dialog")
        for name in people:
            await dialog.get_by_role("checkbox", name=name).check()
        await dialog.get_by_label("Topic").fill(topic)
        await dialog.get_by_role("button", name="Open").click()
        await expect(dialog).to_have_count(0)
        await expect(self.people).to_be_visible()
        return Conversation(self.page)

    @property
    def people(self) -> Locator:
        """The button of the open chat that tells how many people are in it."""
        return self.page.get_by_test_id("people")

    async def members(self) -> list[str]:
        """Who is in the open chat, the app too."""
        await self.people.click()
        names = await self.page.get_by_test_id("member").all_inner_texts()
        await self.page.keyboard.press("Escape")
        return [name.splitlines()[-1] for name in names]

    async def choose(self, item: str) -> Locator:
        """Choose an item of the open chat's menu; its dialog."""
        await self.people.click()
        await self.page.get_by_role("menuitem", name=item, exact=True).click()
        dialog = self.page.get_by_role("dialog")
        await expect(dialog).to_be_visible()
        return dialog

    async def confirm(self, dialog: Locator, label: str) -> None:
        """Answer a dialog, and wait until it is closed."""
        await dialog.get_by_role("button", name=label, exact=True).click()
        await expect(dialog).to_have_count(0)

    async def add_people(self, *people: str) -> None:
        """Add people to the open chat."""
        dialog = await self.choose("Add people")
        for name in people:
            await dialog.get_by_role("checkbox", name=name).check()
        await self.confirm(dialog, "Add")

    async def remove(self, name: str) -> None:
        """Remove somebody, or the app, from the open chat."""
        await self.confirm(await self.choose(name), "Remove")

    async def add_app(self) -> None:
        """Add the app to the open chat by its menu."""
        await self.confirm(await self.choose("Add Muster"), "Add")

    async def rename(self, topic: str) -> None:
        """Give the open chat another topic."""
        dialog = await self.choose("Rename chat")
        await dialog.get_by_label("Topic").fill(topic)
        await self.confirm(dialog, "Rename")
        heading = self.page.get_by_role("main").get_by_role("heading", level=1, name=topic, exact=True)
        await expect(heading).to_be_visible()

    async def search(self, words: str = "") -> Locator:
        """Open the search beside the box to write in, and type; where it shows what was found."""
        await self.page.get_by_test_id("search-open").click()
        panel = self.page.get_by_test_id("search-panel")
        if words:
            await panel.get_by_test_id("search-box").fill(words)
        return panel

    async def preview(self, title: str) -> Locator:
        """Choose a result of the open search; its card as it will be shared."""
        panel = self.page.get_by_test_id("search-panel")
        await panel.get_by_test_id("search-result").filter(has_text=title).click()
        preview = panel.get_by_test_id("search-preview")
        await expect(preview).to_be_visible()
        return preview

    async def send(self) -> None:
        """Share the card that is previewed."""
        await self.page.get_by_test_id("share").click()
        await expect(self.page.get_by_test_id("search-panel")).to_be_hidden()

    async def share(self, title: str, *, words: str) -> None:
        """Search for these words, share the one incident that is found, and take the offer to add the app."""
        panel = await self.search(words)
        await expect(panel.get_by_test_id("search-result")).to_have_count(1)
        await self.preview(title)
        await self.send()
        await self.add_offered_app()

    async def add_offered_app(self) -> None:
        """Take the offer to add the app."""
        dialog = self.page.get_by_test_id("add-app-dialog")
        await expect(dialog).to_be_visible()
        await self.confirm(dialog, "Add")
