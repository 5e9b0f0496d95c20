"""A personal offer, as its workflow has its message shown and its rows kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.teams.link_notices import LinkNoticeActivities
from muster.person_tokens import Tokens
from muster.security.sealing import KeyRing
from muster.store import link_offers, notices
from muster.store.link_offers import Offer, PersonalSpending, Spent
from muster.store.notices import Message, NoticeKey
from muster.store.pool import Pool
from tests.support.settings import KEYS
from tests.support.teams_service import TeamsService
from workflows.account_link.activities import LinkShown, ShowLink
from workflows.account_link.view import LinkView, Showing
from workflows.ids import AccountLinkId
from workflows.person import Person

AT = datetime(2026, 1, 1, 10, tzinfo=UTC)
RING = KeyRing.parse(KEYS)
ACCOUNT = "acme"


class Link:
    """The offers of Cy, who is not linked."""

    def __init__(self, teams_side: TeamsService, pool: Pool, activities: LinkNoticeActivities) -> None:
        self.pool = pool
        self.teams_side = teams_side
        self.activities = activities
        self.tenant = teams_side.company.tenant_id
        cy = teams_side.company.people[2]
        self.person = Person(aad_object_id=cy.aad_object_id, teams_id=cy.teams_id, name=cy.name)
        self.subject = str(AccountLinkId(self.tenant, cy.aad_object_id, ACCOUNT))

    async def offer(self, request: str = "1", *, life: timedelta = timedelta(hours=1)) -> Offer:
        return await link_offers.make_personal(
            self.pool,
            tenant=self.tenant,
            person=self.person.aad_object_id,
            account=ACCOUNT,
            request=request,
            life=life,
        )

    async def spend(self, offer: int) -> Spent:
        """Cy links themselves by this offer."""
        now = datetime.now(UTC)
        tokens = Tokens("access", "refresh", ("users.read",), now, now + timedelta(hours=1))
        spending = PersonalSpending(ACCOUNT, "PCY", "Cy of PagerDuty", "cy@example.com", tokens)
        return await link_offers.spend_personal(self.pool, RING, offer, spending, b"flow")

    def request(
        self, showing: Showing = "expired", *, name: str = "link/1", asked_in: str | None = None, **more: Any
    ) -> ShowLink:
        return ShowLink(
            subject=self.subject,
            name=name,
            tenant=self.tenant,
            person=self.person,
            asked_in=asked_in,
            view=LinkView(name=name, showing=showing, account=ACCOUNT, **more),
            content=f"{name} {showing} {more}",
        )

    async def show(self, request: ShowLink, *, asked_at: datetime = AT) -> LinkShown:
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, scheduled_time=asked_at)
        shown: LinkShown = await environment.run(self.activities.show_link, request)
        return shown

    async def message(self, name: str = "link/1") -> Message | None:
        """What the row of a message knows."""
        return await notices.message(self.pool, NoticeKey(self.subject, name, self.person.aad_object_id))

    async def chat(self) -> str | None:
        """Cy's private chat with the bot."""
        found: str | None = await self.pool.fetchval(
            "SELECT private_conversation FROM person WHERE aad_object_id = $1", self.person.aad_object_id
        )
        return found
