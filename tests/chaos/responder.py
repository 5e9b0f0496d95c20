"""Somebody who is not linked yet: what they do in Teams and in a browser, and what is known of their link.

Each test has one of its own; ``responder`` gives it a browser in which nobody is signed in.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from temporalio.client import WorkflowExecutionDescription

from sandbox.company import Company as SandboxCompany
from sandbox.company import Person
from tests.chaos.company import ACCOUNT, Company
from tests.chaos.newcomer import link_of
from tests.support.plain_browser import Page, PlainBrowser
from tests.support.waiting import eventually
from workflows.ids import AccountLinkId

LINK_ACCOUNTS = "Link Accounts"
"""Title of the button that opens a link."""
LINKED = "You've successfully linked your user accounts."
RESPONDERS = 16

_CARD = "application/vnd.microsoft.card.adaptive"


def with_responders(company: SandboxCompany) -> SandboxCompany:
    """The company with people in every team who have a PagerDuty user and are not linked to it."""
    model = company.people[1]
    more = tuple(
        model.model_copy(
            update={
                "name": f"Responder {number:02}",
                "email": f"responder{number:02}@acme.example",
                "aad_object_id": f"00000000-0000-4000-a000-{number:012}",
                "teams_id": f"29:1responder{number:02}",
                "pagerduty_user": f"PRESP{number:02}",
                "access_token": f"{model.access_token}responder{number:02}",
                "linked": False,
            }
        )
        for number in range(RESPONDERS)
    )
    members = tuple(person.aad_object_id for person in more)
    teams = tuple(team.model_copy(update={"members": team.members + members}) for team in company.teams)
    return company.model_copy(update={"people": company.people + more, "teams": teams})


def responders_of(company: SandboxCompany) -> list[Person]:
    """Those people."""
    return [person for person in company.people if person.email.startswith("responder")]


class Responder:
    """One person, and their browser."""

    def __init__(self, company: Company, person: Person, tenant: str, browser: PlainBrowser) -> None:
        self.company = company
        self.browser = browser
        self.name, self.email, self.id = person.name, person.email, person.aad_object_id
        self.user = str(person.pagerduty_user)
        self.run_id = str(AccountLinkId(tenant, person.aad_object_id, ACCOUNT))
        """Of the run that owns their offer; their messages have rows under it."""
        self.lock = self.run_id
        """The text behind the lock under which their links and offers change."""

    # What they do

    async def write(self, text: str) -> None:
        """Write to the bot in private."""
        chat = await self.company.chat_of(self.email)
        await self.company.teams.say(person=self.email, conversation=chat["id"], text=text)

    async def asks_for_a_link(self) -> str:
        """Send ``linkUser``, and wait until the message is there and recorded; its link."""
        await self.write("linkUser")
        await self.is_offered()
        return await self.link()

    async def up_to_microsoft(self, link: str) -> Page:
        """Follow a link; Microsoft's page that asks who one is."""
        page = await self.browser.open(link)
        assert page.status == 200, page.text
        return await self.browser.submit(page, "Continue to Microsoft")

    async def up_to_pagerduty(self, page: Page) -> Page:
        """Sign in at Microsoft, and at PagerDuty; the page that asks whether the app may.

        Where the browser did all of that before, it is asked nothing.
        """
        while page.has_button(self.name):
            page = await self.browser.submit(page, self.name)
        return page

    async def up_to_the_end(self, link: str) -> Page:
        """The page that asks last, on the way from a link."""
        return await self.up_to_pagerduty(await self.up_to_microsoft(link))

    async def links(self, link: str) -> None:
        """Use the link, up to the page of success."""
        page = await self.up_to_the_end(link)
        page = await self.browser.submit(page, "Allow") if page.has_button("Allow") else page
        assert (page.status, LINKED in page.text) == (200, True), page.text

    async def expire(self) -> None:
        """Let the life of their access token be over: the next click needs a refresh."""
        await self.company.rows(
            """UPDATE user_link
               SET refreshed_at = now() - interval '25 h', expires_at = now() - interval '1 h'
               WHERE aad_object_id = $1""",
            self.id,
        )

    # What they see

    async def messages(self) -> list[dict[str, Any]]:
        """The cards that they alone see, wherever they are, oldest first."""
        return sorted(
            (
                message
                for conversation in (await self.company.teams.records())["conversations"]
                for message in conversation["messages"]
                if message["to"] == self.id or conversation["members"] == [self.id]
                if _CARD in str(message["versions"][0])
            ),
            key=lambda message: str(message["created_at"]),
        )

    async def offered_links(self) -> list[str]:
        """Where the button of each card leads that has one now, oldest first."""
        links = [link_of(message, LINK_ACCOUNTS) for message in await self.messages()]
        return [link for link in links if link]

    async def link(self) -> str:
        """The newest link."""
        return (await self.offered_links())[-1]

    async def is_told(self, *texts: str, within: float = 60) -> None:
        """Wait until one card says all of this."""

        async def shown() -> bool:
            latest = [str(message["versions"][-1]) for message in await self.messages()]
            return any(all(text in card for text in texts) for card in latest)

        await eventually(shown, within=within)

    async def is_offered(self) -> None:
        """Wait until their newest message holds an open link, and its row knows it."""

        async def recorded() -> bool:
            notices = await self.notices()
            is_recorded = bool(notices) and notices[-1]["showing"] == "open" and notices[-1]["activity_id"]
            return bool(is_recorded and await self.offered_links())

        await eventually(recorded, within=60)

    # What Muster knows of it

    async def rows(self) -> list[asyncpg.Record]:
        """The rows of their link."""
        return await self.company.rows("SELECT * FROM user_link WHERE aad_object_id = $1", self.id)

    async def ended(self) -> list[asyncpg.Record]:
        """Those that ended although they wanted them."""
        return await self.company.rows("SELECT * FROM ended_link WHERE aad_object_id = $1", self.id)

    async def offers(self) -> list[asyncpg.Record]:
        """Their offers, oldest first."""
        query = """SELECT o.*, v.state FROM link_offer o JOIN offered_link v USING (id)
                   WHERE o.person = $1 ORDER BY id"""
        return await self.company.rows(query, self.id)

    async def states(self) -> list[str]:
        """What became of each offer."""
        return [offer["state"] for offer in await self.offers()]

    async def notices(self) -> list[asyncpg.Record]:
        """The rows of their messages."""
        return await self.company.rows(
            "SELECT * FROM notice WHERE subject = $1 ORDER BY begun_at", self.run_id
        )

    async def run(self) -> WorkflowExecutionDescription:
        """The latest run of their offer."""
        return await self.company.temporal.get_workflow_handle(self.run_id).describe()

    async def spent(self) -> bool:
        """An offer has been spent."""
        return "spent" in await self.states()

    async def reported(self) -> bool:
        """The run knows it."""
        return any(offer["reported_at"] for offer in await self.offers())

    async def refreshes(self) -> list[Mapping[str, Any]]:
        """Every refresh that reached PagerDuty for them, by its own records."""
        tokens = (await self.company.pagerduty.records())["tokens"]
        return [one for one in tokens if (one["grant_type"], one["user"]) == ("refresh_token", self.user)]


@asynccontextmanager
async def responder(company: Company, person: Person, tenant: str) -> AsyncIterator[Responder]:
    """A person whom nobody has linked."""
    browser = PlainBrowser()
    try:
        yield Responder(company, person, tenant, browser)
    finally:
        await browser.close()
