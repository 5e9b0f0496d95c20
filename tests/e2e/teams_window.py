"""Teams as a person sees it: the simulator's page in a window of their own."""

import re
import time

from playwright.async_api import Locator, Page, expect

from tests.e2e.screens import keep


class TeamsWindow:
    """One person's Teams."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def open_channel(self, team: str, name: str) -> "Conversation":
        """Click a channel in the list."""
        await self._channel(team, name).click()
        return await self._opened(name)

    async def open_chat(self, name: str) -> "Conversation":
        """Click a chat in the list."""
        await self._chat(name).click()
        return await self._opened(name)

    async def expect_unread(self, team: str, name: str, *, count: int) -> None:
        """The channel's mark in the list: so many messages not seen yet."""
        await expect(self._channel(team, name).get_by_role("img", name=f"{count} unread")).to_be_visible()

    async def expect_read(self, team: str, name: str) -> None:
        """The channel has no mark."""
        await expect(self._channel(team, name).get_by_role("img")).to_have_count(0)

    async def expect_open(self, name: str) -> None:
        """This channel or chat is open."""
        await self._opened(name)

    async def expect_no_chat(self, name: str) -> None:
        """There is no such chat in the list."""
        await expect(self._chat(name)).to_have_count(0)

    async def expect_unread_chat(self, name: str) -> None:
        """The chat has a message that was not seen yet."""
        mark = self._chat(name).get_by_role("img", name=re.compile(r"\d+ unread"))
        await expect(mark).to_be_visible()

    async def expect_no_unread_chat(self) -> None:
        """Nobody wrote to this person in private."""
        chats = self.page.get_by_test_id("chat")
        await expect(chats.get_by_role("img", name=re.compile(r"\d+ unread"))).to_have_count(0)

    async def expect_toast(self, text: str) -> None:
        """A short message at the edge of the window."""
        await expect(self.page.get_by_test_id("toast")).to_contain_text(text)

    async def close_toast(self, text: str) -> None:
        """A short message at the edge of the window, which is read and closed."""
        await self.expect_toast(text)
        await self.page.get_by_test_id("toast").get_by_role("button", name="Close").click()

    async def add_app(self, channel: str, *, team: str | None = None) -> "Conversation":
        """Add the app by the offer in the list; its dialog is answered with this team and channel."""
        dialog = await self.begin_to_add_app()
        if team is not None:
            await dialog.get_by_label("Team").select_option(team)
        await dialog.get_by_role("radio", name=channel, exact=True).check()
        await dialog.get_by_role("button", name="Add").click()
        await expect(dialog).to_have_count(0)
        return await self._opened(channel)

    async def begin_to_add_app(self) -> Locator:
        """Open the dialog that adds the app."""
        await self.page.get_by_test_id("add-app").click()
        dialog = self.page.get_by_test_id("add-app-dialog")
        await expect(dialog).to_be_visible()
        return dialog

    async def begin_to_remove_app(self, team: str) -> Locator:
        """Open the dialog that removes the app, by the team's menu."""
        await self.page.get_by_role("button", name=f"More options for {team}").click()
        await self.page.get_by_role("menuitem", name="Remove Muster").click()
        dialog = self.page.get_by_test_id("remove-app-dialog")
        await expect(dialog).to_be_visible()
        return dialog

    async def choose(self, of: str, item: str, *, confirm: str, name: str | None = None) -> None:
        """Choose an item of a team's or channel's menu, and answer its dialog, with a new name if it asks."""
        await self.page.get_by_role("button", name=f"More options for {of}", exact=True).click()
        await self.page.get_by_role("menuitem", name=item, exact=True).click()
        dialog = self.page.get_by_test_id("team-dialog")
        if name is not None:
            await dialog.get_by_label("Name").fill(name)
        await dialog.get_by_role("button", name=confirm, exact=True).click()
        await expect(dialog).to_have_count(0)

    async def back(self) -> None:
        """Go back to the list, where a phone shows one thing at a time."""
        button = self.page.get_by_test_id("back")
        if await button.is_visible():
            await button.click()

    def _channel(self, team: str, name: str) -> Locator:
        return self.page.locator(f'[data-testid="channel"][data-team="{team}"][data-name="{name}"]')

    def _chat(self, name: str) -> Locator:
        return self.page.locator(f'[data-testid="chat"][data-name="{name}"]')

    async def _opened(self, name: str) -> "Conversation":
        heading = self.page.get_by_role("main").get_by_role("heading", level=1, name=name, exact=True)
        await expect(heading).to_be_visible()
        return Conversation(self.page)


class Conversation:
    """The open channel or chat."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def card(self, title: str) -> "Card":
        """The live card of the incident with this title: in a channel a post, in a chat the app's message."""
        return Card(self._page, self._page.locator(".post, .bubbles .from-bot"), title)

    def shared(self, title: str) -> "Card":
        """The card of this incident that somebody shared in the chat."""
        return Card(self._page, self._page.locator(".bubbles .message:not(.from-bot)"), title)

    @property
    def box(self) -> Locator:
        """The box to write in."""
        return self._page.get_by_test_id("composer")

    @property
    def mention_menu(self) -> Locator:
        """The menu that ``@`` opens."""
        return self._page.get_by_test_id("mention-menu").and_(self._page.locator(":visible"))

    async def mention_bot(self, text: str) -> None:
        """Write to the bot with its mention, which the ``@`` menu writes."""
        await self.box.press_sequentially("@mus")
        await expect(self.mention_menu.get_by_role("option")).to_have_count(1)
        await self.box.press("Enter")
        await self.box.press_sequentially(text)
        await self.box.press("Enter")

    async def expect_message(self, *texts: str) -> None:
        """One message holds all these words."""
        messages = self._page.get_by_test_id("message")
        for text in texts:
            messages = messages.filter(has_text=text)
        await expect(messages).to_have_count(1)
        await expect(messages).to_be_visible()

    async def expect_said(self, *texts: str) -> None:
        """Beside its cards the app said these lines in the chat, and no others."""
        said = self._page.locator(".bubbles .from-bot").filter(has_not=self._page.get_by_test_id("card"))
        await expect(said).to_have_count(len(texts))
        await expect(said).to_contain_text(list(texts))


class Card:
    """An incident's card in the open conversation, and in a channel the thread under it."""

    def __init__(self, page: Page, messages: Locator, title: str) -> None:
        self._page = page
        shown = messages.filter(has=page.get_by_test_id("card").filter(has_text=title))
        # What one person alone sees may tell of the incident, too.
        self._post = shown.filter(has_not=page.get_by_test_id("only-you"))
        self._card = self._post.get_by_test_id("card")

    async def expect(self, *texts: str) -> None:
        """There is one card, and it holds all these words."""
        await expect(self._card).to_have_count(1)
        for text in texts:
            await expect(self._card).to_contain_text(text)

    async def expect_to_stay(self, *texts: str, seconds: float) -> None:
        """It comes to hold all these words, and holds them at every look for so long."""
        await self.expect(*texts)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            seen = await self._card.inner_text()
            gone = [text for text in texts if text not in seen]
            assert not gone, f"{gone} was to be seen, and is not any more: {seen}"
            await self._page.wait_for_timeout(50)

    async def expect_without(self, text: str) -> None:
        """The card does not say this."""
        await expect(self._card).not_to_contain_text(text)

    async def expect_buttons(self, *labels: str) -> None:
        """These buttons, in this order."""
        await expect(self._card.locator(".ac-pushButton")).to_have_text(list(labels))

    async def expect_replies(self, *texts: str) -> None:
        """The thread holds these replies and no others."""
        replies = self._post.get_by_test_id("reply")
        await expect(replies).to_contain_text(list(texts))
        await expect(replies).to_have_count(len(texts))

    async def click(self, label: str) -> float:
        """Press a button and wait for the bot's answer; how many seconds that took."""
        async with self._page.expect_response("**/page/invoke") as answering:
            await self.click_on_page(label)
        answer = await answering.value
        await answer.finished()
        return answer.request.timing["responseEnd"] / 1000

    async def choose(self, label: str, *, picture: str | None = None) -> float:
        """Choose from the overflow menu, of which a picture may be kept, and wait for the bot's answer.

        How many seconds that took.
        """
        async with self._page.expect_response("**/page/invoke") as answering:
            await self.choose_on_page(label, picture=picture)
        answer = await answering.value
        await answer.finished()
        return answer.request.timing["responseEnd"] / 1000

    async def choose_on_page(self, label: str, *, picture: str | None = None) -> None:
        """Choose from the overflow menu, and wait for nothing."""
        await self.click_on_page("•••")
        item = self._page.get_by_role("menuitem").filter(has_text=label)
        await expect(item).to_be_visible()
        if picture is not None:
            await keep(self._page, picture)
        await item.click()

    async def click_on_page(self, label: str) -> None:
        """Click a button that the page answers itself, without the bot."""
        # By what is read on it: a tooltip names it for screen readers.
        buttons = self._card.locator(".ac-pushButton")
        await buttons.filter(has_text=re.compile(f"^{re.escape(label)}$")).click()

    async def follow_link(self, label: str) -> None:
        """Click a link among the facts."""
        await self._card.get_by_role("link", name=label, exact=True).click()

    async def expect_pointed_at(self) -> None:
        """A link has led here."""
        await expect(self._post).to_have_class(re.compile("pointed-at"))

    async def show(self) -> None:
        """Scroll it into the middle of the window."""
        await self._post.evaluate("post => post.scrollIntoView({block: 'center'})")
