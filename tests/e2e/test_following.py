"""An incident in chats: found, shared, followed, as loud as somebody wants, and left in one of them."""

import pytest
from playwright.async_api import expect

from sandbox.up.supervision.launch import Launched
from tests.e2e.chat_window import ChatWindow
from tests.e2e.screens import PICTURES, SCREENS, Screen, keep
from tests.e2e.teams_window import Conversation
from tests.e2e.windows import Windows
from tests.support.simulators import P1, P3, PagerDuty, Teams

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

ADA_USER, DI_USER = "PUSER01", "PUSER04"
TITLE = "Card payments time out in eu-west-1"
NOTE = "Traffic moved to the second acquirer."
ROOM, MANAGERS = "Payments war room", "Managers on duty"
LOUD, QUIET = "Ada Ops chose all", "Di Pager chose none"
FOLLOWS = "Muster posts the live card here in a moment."
*_, PHONE_IN_THE_DARK = SCREENS
_PICTURED = Screen("chat", width=1100, height=1080, scale=1.5)
"""The picture of docs/chats.md."""


class Onlookers:
    """One person in a chat, on every screen; who clicks is another."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._chats: list[tuple[str, ChatWindow, Conversation]] = []

    async def open(self, name: str, chat: str) -> Conversation:
        """Open the chat on every screen; the conversation on the first."""
        for screen in SCREENS:
            window = ChatWindow(await self._windows.teams(name, screen))
            self._chats.append((screen.name, window, await window.window.open_chat(chat)))
        return self._chats[0][2]

    async def expect_card(self, *texts: str, picture: str) -> None:
        """The live card holds these words on all of them; a picture of each is kept."""
        for screen, window, chat in self._chats:
            await chat.card(TITLE).expect(*texts)
            await chat.card(TITLE).show()
            await keep(window.page, f"{picture}-{screen}")


async def test_an_incident_is_followed_in_two_chats_and_left_in_one(
    stack: Launched, windows: Windows, pagerduty: PagerDuty, records: Teams
) -> None:
    ops = await windows.teams("Bo Call")
    in_ops = (await ops.open_channel("Payments", "ops")).card(TITLE)
    incident = await pagerduty.trigger(TITLE, priority=P3)
    number = (await pagerduty.incident(incident))["incident_number"]
    await in_ops.expect("Triggered")

    # Ada finds it by words of its title and shares it in a chat, where Bo reads it.
    ada = ChatWindow(await windows.teams("Ada Ops", _PICTURED))
    room = await ada.open_new("Bo Call", "Di Pager", topic=ROOM)
    panel = await ada.search("card payments eu-west")
    await expect(panel.get_by_test_id("search-result")).to_have_count(1)
    await keep(ada.page, "following-1-found")
    await ada.preview(TITLE)
    await keep(ada.page, "following-2-preview")
    await ada.send()
    await ada.add_offered_app()
    shared = room.shared(TITLE)
    await shared.expect(
        "Triggered", "P3 · High", "A picture, as of", "cannot edit a message that somebody shares"
    )
    await shared.expect_buttons("Follow here", "Open in PagerDuty")
    bo = Onlookers(windows)
    seen_by_bo = await bo.open("Bo Call", ROOM)

    # She follows it there: the bot's own card is live, and has the buttons.
    await shared.click("Follow here")
    await ada.window.close_toast(FOLLOWS)
    live = room.card(TITLE)
    await live.expect("Triggered", "P3 · High", "Bo Call")
    await live.expect_buttons("Acknowledge", "Resolve", "Create Meeting", "•••", "Open in PagerDuty")
    await bo.expect_card("Triggered", picture="following-3-live")
    await seen_by_bo.shared(TITLE).click("Follow here")
    await seen_by_bo.shared(TITLE).expect("This incident is followed here already.")
    await seen_by_bo.shared(TITLE).expect_buttons("Open the live card", "Open in PagerDuty")
    await seen_by_bo.shared(TITLE).click_on_page("Open the live card")
    await seen_by_bo.card(TITLE).expect_pointed_at()

    # Di has it in another chat, on her phone; the two chats and the channel have a preset each.
    di = ChatWindow(await windows.teams("Di Pager", PHONE_IN_THE_DARK))
    managers = await di.open_new("Ada Ops", topic=MANAGERS)
    await di.share(TITLE, words=f"#{number}")
    await keep(di.page, "following-4-shared-phone-dark")
    await managers.shared(TITLE).click("Follow here")
    await di.window.close_toast(FOLLOWS)
    in_managers = managers.card(TITLE)
    await in_managers.expect("Triggered")
    await room.mention_bot("updates all")
    await room.expect_said(LOUD)
    await managers.mention_bot("updates none")
    await managers.expect_said(QUIET)

    # What is done in one place is seen in all three, and said as each of them wants it.
    await live.click("Acknowledge")
    for card in (live, in_ops, in_managers):
        await card.expect("Acknowledged by Ada Ops")
    await pagerduty.add_note(incident, NOTE)
    await pagerduty.update(incident, priority={"type": "priority_reference", "id": P1})
    await room.expect_said(LOUD, f"Note by Ada Ops: {NOTE}", "Priority raised to P1 by Ada Ops")
    await in_ops.expect_replies("Priority raised to P1 by Ada Ops")
    for card in (live, in_ops, in_managers):
        await card.expect("P1 · High", NOTE)
    await managers.expect_said(QUIET)
    await bo.expect_card("P1 · High", picture="following-5-all-updates")
    await seen_by_bo.card(TITLE).expect_pointed_at()  # an edit takes no mark away
    await keep(ada.page, _PICTURED.name, folder=PICTURES)
    await in_ops.show()
    await keep(ops.page, "following-5-highlights-only")
    await in_managers.show()
    await keep(di.page, "following-5-no-updates")

    # The room stops following: its card keeps its last state, and the others go on.
    await live.choose("Stop following", picture="following-6-menu")
    stopped = ("Acknowledged by Ada Ops", "Not followed here any more since", "Ada Ops stopped it.")
    await live.expect(*stopped)
    await live.expect_buttons("Open in PagerDuty")
    await bo.expect_card(*stopped, picture="following-7-stopped")
    await in_managers.click("Resolve")
    for card in (in_ops, in_managers):
        await card.expect("Resolved by Di Pager")
    await in_ops.expect_replies("Priority raised to P1", "Resolved by Di Pager")
    await managers.expect_said(QUIET)
    await live.expect(*stopped)
    await room.expect_said(LOUD, "Note by Ada Ops", "Priority raised to P1")
    assert await pagerduty.changes(incident) == [(ADA_USER, "acknowledged"), (DI_USER, "resolved")]

    # Who looks at the picture only now gets a newer one; Ada's is less than a minute old.
    await di.window.back()
    seen_by_di = (await di.window.open_chat(ROOM)).shared(TITLE)
    await seen_by_di.expect("Resolved by Di Pager", "A picture, as of")
    await seen_by_di.show()
    await keep(di.page, "following-8-seen-anew-phone-dark")
    await shared.expect("Triggered")
