"""A team that comes aboard: who installs the app, whom Muster writes to, and what people do in a browser.

Teams come aboard one after the other, each test with one of its own. The consent is the tenant's, so
``newcomer`` takes it back first.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from temporalio.client import WorkflowExecutionDescription

from sandbox.company import Channel, Team
from sandbox.company import Company as SandboxCompany
from tests.chaos.company import ADA_EMAIL, Company
from tests.support.plain_browser import Page, PlainBrowser
from tests.support.waiting import eventually

TEAM_NAMES = (
    "Payments",
    "Platform",
    "Search",
    "Billing",
    "Returns",
    "Loyalty",
    "Shipping",
    "Pricing",
    "Delivery",
    "Reports",
    "Partners",
)
CONNECTED, CONSENTED = "You've successfully connected the {team} team to PagerDuty.", "Thank you."
WELCOME = "Muster is connected to PagerDuty"
AUTHORIZE, CONSENT = "Authorize", "Authorize and complete setup"
"""Titles of the buttons that open a link."""
EXPAND = "not_admin"
"""The verb of *I'm not a PagerDuty Admin*."""

Json = Mapping[str, Any]


def with_more_teams(company: SandboxCompany) -> SandboxCompany:
    """The company with a team of each name, so that every test has one that nobody has heard of."""
    model = company.teams[0]
    more = tuple(
        Team(
            id=(general := f"19:{name.lower()}-general@thread.tacv2"),
            aad_group_id=f"00000000-0000-4000-9000-{number:012}",
            name=name,
            channels=(
                Channel(id=general, name="General"),
                Channel(id=f"19:{name.lower()}-ops@thread.tacv2", name="ops"),
            ),
            members=model.members,
        )
        for number, name in enumerate(TEAM_NAMES)
        if name not in {team.name for team in company.teams}
    )
    return company.model_copy(update={"teams": (*company.teams, *more)})


class Newcomer:
    """One team, and one person's browser."""

    def __init__(self, company: Company, team: Team, browser: PlainBrowser) -> None:
        self.company = company
        self.browser = browser
        self.id, self.name, self.channel = team.id, team.name, team.channels[1].id
        self.installer = ADA_EMAIL
        self.first_run = ""

    # What people do

    async def install(self, *, by: str = ADA_EMAIL) -> None:
        """Somebody adds the app to the team, and chooses a channel."""
        self.installer = by
        answers = await self.company.teams.install(person=by, team=self.id, channel=self.channel)
        assert set(answers) == {200}, answers
        self.first_run = (await self.run()).run_id

    async def click(self, verb: str, message: Json, *, by: str) -> None:
        """Somebody presses a button of a card in their private chat."""
        chat = await self.company.chat_of(by)
        (answer,) = await self.company.teams.click(
            person=by, conversation=chat["id"], message=message["id"], verb=verb
        )
        assert answer["status"] == 200, answer

    async def write(self, text: str, *, by: str) -> None:
        """Somebody writes to the bot in private."""
        chat = await self.company.chat_of(by)
        await self.company.teams.say(person=by, conversation=chat["id"], text=text)

    async def up_to_pagerduty(self, link: str) -> Page:
        """Follow an Authorize link, and sign in as Ada; the page that asks whether the app may."""
        await self.company.pagerduty.forget_allowances()
        page = await self.browser.open(link)
        assert (page.status, self.name in page.text) == (200, True), page.text
        page = await self.browser.submit(page, "Continue to PagerDuty")
        return await self.browser.submit(page, "Ada Ops") if page.has_button("Ada Ops") else page

    async def authorize(self, link: str) -> Page:
        """Connect the team as an admin of the account; the page at the end."""
        return await self.browser.submit(await self.up_to_pagerduty(link), "Allow")

    async def up_to_microsoft(self, link: str) -> Page:
        """Follow a consent link as Mia; the page that asks for the consent."""
        page = await self.browser.open(link)
        page = await self.browser.submit(page, "Continue to Microsoft")
        return await self.browser.submit(page, "Mia Tenant")

    async def consent(self, link: str) -> Page:
        """Consent as Mia; the page at the end."""
        return await self.browser.submit(await self.up_to_microsoft(link), "Accept")

    # What is seen of it in Teams

    async def cards(self, email: str | None = None) -> list[dict[str, Any]]:
        """The bot's messages about this team in a person's chat, oldest first."""
        chat = await self.company.chat_of(email or self.installer)
        return [message for message in chat["messages"] if self.name in str(message["versions"])]

    async def public(self) -> list[dict[str, Any]]:
        """The bot's messages in the team's channels."""
        records = await self.company.teams.records()
        return [
            message
            for conversation in records["conversations"]
            if conversation["team"] == self.name
            for message in conversation["messages"]
        ]

    async def card_with(self, title: str, email: str | None = None) -> dict[str, Any]:
        """Wait for the newest card with a button of this title that opens a link."""
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            found[:] = [m for m in await self.cards(email) if link_of(m, title)]
            return bool(found)

        await eventually(there, within=30)
        return found[-1]

    async def link(self, title: str, email: str | None = None) -> str:
        """Wait for the link of the newest card with this button."""
        return link_of(await self.card_with(title, email), title) or ""

    async def is_told(self, text: str, email: str | None = None) -> None:
        """Wait until a card in the person's chat shows this."""

        async def shown() -> bool:
            return any(text in str(message["versions"][-1]) for message in await self.cards(email))

        await eventually(shown, within=60)

    # What Muster knows of it

    async def row(self) -> asyncpg.Record:
        """The team's row."""
        (row,) = await self.company.rows("SELECT * FROM team WHERE id = $1", self.id)
        return row

    async def offers(self, kind: str = "authorize") -> list[asyncpg.Record]:
        """The team's offers of a kind, oldest first."""
        query = """SELECT o.*, v.state FROM link_offer o JOIN offered_link v USING (id)
                   WHERE o.team = $1 AND o.kind = $2 ORDER BY id"""
        return await self.company.rows(query, self.id, kind)

    async def notices(self, kind: str) -> list[asyncpg.Record]:
        """The rows of its messages of a kind."""
        query = "SELECT * FROM notice WHERE subject = $1 AND split_part(name, '/', 1) = $2 ORDER BY begun_at"
        return await self.company.rows(query, await self.workflow(), kind)

    async def workflow(self) -> str:
        """The id of its workflow."""
        return f"setup/{(await self.row())['key']}"

    async def run(self) -> WorkflowExecutionDescription:
        """The latest run of its workflow."""
        return await self.company.temporal.get_workflow_handle(await self.workflow()).describe()

    async def waits_for_an_admin(self) -> str:
        """Wait until the installer has the card and its rows know it; the Authorize link."""

        async def recorded() -> bool:
            return (await self.row())["step"] == "authorizing" and all(
                notice["activity_id"] for notice in await self.notices("installer")
            )

        link = await self.link(AUTHORIZE)
        await eventually(recorded, within=30)
        return link

    async def spent(self) -> bool:
        """An offer has been spent."""
        return any(offer["spent_at"] for offer in await self.offers())

    async def reported(self) -> bool:
        """The workflow knows it."""
        return any(offer["reported_at"] for offer in await self.offers())


def link_of(message: Json, title: str) -> str | None:
    """Where the button of this title on a message leads, as it looks now."""
    latest = message["versions"][-1]["activity"]
    return next(
        (action["url"] for action in _actions(latest) if action.get("title") == title and "url" in action),
        None,
    )


def _actions(value: Any) -> Iterator[Json]:
    """Every action at any depth."""
    if isinstance(value, Mapping):
        if str(value.get("type")).startswith("Action."):
            yield value
        for content in value.values():
            yield from _actions(content)
    elif isinstance(value, list):
        for content in value:
            yield from _actions(content)


@asynccontextmanager
async def newcomer(company: Company, team: Team) -> AsyncIterator[Newcomer]:
    """A team that nobody has heard of, in a tenant that has consented to nothing."""
    await company.microsoft.revoke_consent()
    browser = PlainBrowser()
    try:
        yield Newcomer(company, team, browser)
    finally:
        await browser.close()
