"""How people link their accounts: the message that offers it, both logins, the page at the end."""

import asyncpg
from playwright.async_api import Locator, Page, expect
from temporalio.client import ScheduleActionExecutionStartWorkflow

from muster.cards.personal_link_pages import LINKED, OTHER_PERSON, SIGN_IN_AS_SOMEONE_ELSE
from muster.temporal.client import connect
from sandbox.up.supervision.launch import Launched
from tests.e2e.setting_up import allow, expect_answer, opened, private_card, tell_bot
from tests.e2e.teams_window import TeamsWindow
from tests.support.settings import settings_for
from tests.support.waiting import eventually

OFFER = "Link Accounts"


def only_mine(window: TeamsWindow, *texts: str) -> Locator:
    """The message of the open conversation that this person alone sees, and that says all this."""
    page = window.page
    message = page.get_by_test_id("message").filter(has=page.get_by_test_id("only-you"))
    for text in texts:
        message = message.filter(has_text=text)
    return message


async def open_offer(window: TeamsWindow, message: Locator) -> Page:
    """The tab that **Link Accounts** of a message opens."""
    page = await opened(window.page, message.get_by_role("link", name=OFFER))
    await expect(page.get_by_role("heading", name="Link your Microsoft Teams")).to_be_visible()
    return page


async def sign_in_at_microsoft(page: Page, name: str) -> None:
    """On from the link's page, and be this person there."""
    await go_on(page)
    await page.get_by_role("button", name=name).click()


async def go_on(page: Page) -> None:
    """On from the link's page, which is the last one for whoever is signed in at both."""
    await page.get_by_role("button", name="Continue to Microsoft").click()


async def sign_in_at_pagerduty(page: Page, name: str) -> None:
    """Be this user there, and allow Muster what it asks for."""
    await page.get_by_role("button", name=name).click()
    await allow(page, LINKED)


async def expect_linked(page: Page, name: str) -> None:
    """The three lines of the page at the end, for a person and the user of the same name."""
    await expect(_lines(page)).to_have_text(
        [
            LINKED,
            f"All PagerDuty actions you perform as {name} in Microsoft Teams will be associated with"
            f" {name} ({_email(name)}) in PagerDuty.",
            "To undo this, send unlinkUser to Muster in a private chat.",
        ]
    )


async def expect_other_person(page: Page, name: str) -> None:
    """The page says who is signed in and names nobody else; the one button is for somebody else."""
    await expect(_lines(page)).to_have_text(
        [f"You are signed in at Microsoft as {name} ({_email(name)}).", OTHER_PERSON]
    )
    await expect(page.get_by_role("button")).to_have_text([SIGN_IN_AS_SOMEONE_ELSE])


async def link_by(window: TeamsWindow, message: Locator, name: str) -> None:
    """The whole way from a message, in a tab beside it."""
    page = await open_offer(window, message)
    await sign_in_at_microsoft(page, name)
    await sign_in_at_pagerduty(page, name)
    await expect_linked(page, name)
    await page.close()


async def unlink(window: TeamsWindow) -> None:
    """Have no link any more."""
    await tell_bot(window, "unlinkUser")
    await expect_answer(window, "You are not linked to")


async def ask_for_link(window: TeamsWindow) -> Locator:
    """Ask for it in the private chat; the message that holds it."""
    await tell_bot(window, "linkUser")
    return await private_card(window, "Link your accounts", OFFER)


async def ties(stack: Launched) -> set[tuple[str, str]]:
    """Who is tied to which PagerDuty user, by name."""
    names = {person["aad_object_id"]: person["name"] for person in stack.ready["people"]}
    connection = await asyncpg.connect(stack.ready["database_url"])
    try:
        rows = await connection.fetch("SELECT aad_object_id, pagerduty_user FROM user_link")
    finally:
        await connection.close()
    return {(names[row["aad_object_id"]], row["pagerduty_user"]) for row in rows}


async def run_upkeep(stack: Launched) -> None:
    """Trigger the Schedule of the account, and wait until its run is over."""
    client = await connect(settings_for("postgresql://unused", stack.ready["temporal"]))
    schedule = client.get_schedule_handle(f"upkeep/{stack.ready['pagerduty_account']}")
    before = len((await schedule.describe()).info.recent_actions)
    await schedule.trigger()

    async def started() -> bool:
        return len((await schedule.describe()).info.recent_actions) > before

    await eventually(started)
    action = (await schedule.describe()).info.recent_actions[-1].action
    assert isinstance(action, ScheduleActionExecutionStartWorkflow)
    run = client.get_workflow_handle(action.workflow_id, run_id=action.first_execution_run_id)
    await run.result()


def _lines(page: Page) -> Locator:
    return page.get_by_role("main").locator("p:not(.name)")


def _email(name: str) -> str:
    return f"{name.split()[0].lower()}@acme.example"
