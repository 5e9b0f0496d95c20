"""The set-up of a team, as its workflow has its messages shown and its rows kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.teams.notices import NoticeActivities
from muster.security.sealing import KeyRing
from muster.store import link_offers, notices, teams
from muster.store.link_offers import Offer
from muster.store.notices import Message, NoticeKey
from muster.store.pool import Pool
from tests.support.settings import KEYS
from tests.support.teams_service import TeamsService
from workflows.person import Person
from workflows.team_setup.activities import NoticeShown, ShowNotice
from workflows.team_setup.view import NoticeView, Showing

SUBJECT = "setup/payments"
AT = datetime(2026, 1, 1, 10, tzinfo=UTC)
RING = KeyRing.parse(KEYS)


class Setup:
    """The team Payments, whose installer is Cy."""

    def __init__(self, teams_side: TeamsService, pool: Pool, activities: NoticeActivities) -> None:
        self.pool = pool
        self.teams_side = teams_side
        self.activities = activities
        self.team = teams_side.company.teams[0].id
        self.tenant = teams_side.company.tenant_id
        cy = teams_side.company.people[2]
        self.person = Person(aad_object_id=cy.aad_object_id, teams_id=cy.teams_id, name=cy.name)

    async def lives_at(self, service_url: str) -> None:
        """The team, and nobody's private chat, is known to live there."""
        await teams.first_seen(
            self.pool,
            id=self.team,
            tenant=self.tenant,
            name=None,
            aad_group_id=None,
            service_url=service_url,
        )

    async def offer(self, request: str = "1") -> Offer:
        return await link_offers.make(
            self.pool,
            RING,
            kind="authorize",
            tenant=self.tenant,
            team=self.team,
            account="acme",
            request=request,
            life=timedelta(hours=1),
        )

    def private(self, showing: Showing = "open", **more: Any) -> ShowNotice:
        """The installer's card."""
        return self._request(
            "installer/1", self.person.aad_object_id, self.person, "installer", showing, **more
        )

    def welcome(self, **more: Any) -> ShowNotice:
        """The greeting in General."""
        return self._request("welcome/1", self.team, None, "welcome", "open", **more)

    def _request(
        self, name: str, recipient: str, person: Person | None, kind: Any, showing: Showing, **more: Any
    ) -> ShowNotice:
        content = more.pop("content", f"{name} {showing} {more}")
        view = NoticeView(
            kind=kind,
            name=name,
            showing=showing,
            team=self.team,
            team_name="Payments",
            account="acme",
            **more,
        )
        return ShowNotice(
            subject=SUBJECT,
            name=name,
            recipient=recipient,
            person=person,
            tenant=self.tenant,
            team=self.team,
            view=view,
            content=content,
        )

    async def show(
        self, request: ShowNotice, *, asked_at: datetime = AT, by: NoticeActivities | None = None
    ) -> NoticeShown:
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, scheduled_time=asked_at)
        shown: NoticeShown = await environment.run((by or self.activities).show_notice, request)
        return shown

    async def message(self, request: ShowNotice) -> Message | None:
        """What the row of a notice knows."""
        return await notices.message(self.pool, NoticeKey(request.subject, request.name, request.recipient))

    async def chat(self) -> str:
        """The installer's private chat with the bot."""
        return str(
            await self.pool.fetchval(
                "SELECT private_conversation FROM person WHERE aad_object_id = $1", self.person.aad_object_id
            )
        )
