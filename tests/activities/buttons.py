"""The buttons of an incident's card, pressed as their activity sees it."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.pagerduty.verbs import VerbActivities
from muster.store import clicks, links
from muster.store.pool import Pool
from tests.support.pagerduty_account import ADA_USER, COMPANY
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from workflows.channel_incident.activities import DoVerb, VerbDone
from workflows.channel_incident.messages import CardKey
from workflows.verbs.click import Click, Clicker
from workflows.verbs.outcomes import Outcome
from workflows.verbs.verb import VerbName


class Buttons:
    """Clicks the buttons of an incident's card, and looks at what PagerDuty was told."""

    def __init__(self, activities: VerbActivities, side: PagerDuty, pool: Pool, incident: str) -> None:
        self.activities = activities
        self.side = side
        self.pool = pool
        self.incident = incident
        self.card = CardKey(account=COMPANY.account, incident_id=incident, conversation="19:ops")

    async def request(
        self, verb: VerbName, *, user: str = ADA_USER, key: str = "k1", linked: bool = True
    ) -> DoVerb:
        person = self.side.person(user)
        link = await links.link_of(
            self.pool, tenant=COMPANY.tenant_id, aad_object_id=person.aad_object_id, account=COMPANY.account
        )
        return DoVerb(
            card=self.card,
            click=Click(
                key=key,
                verb=verb,
                person=Clicker(
                    aad_object_id=person.aad_object_id,
                    teams_id=person.teams_id,
                    name=person.name,
                    link=link if linked else None,
                ),
                message="1700000000001",
                received_at=datetime(2026, 1, 1, 10, tzinfo=UTC),
                correlation="f:1",
            ),
        )

    async def click(self, verb: VerbName, *, attempt: int = 1, **who: Any) -> VerbDone:
        return await self.run(await self.request(verb, **who), attempt=attempt)

    async def run(self, request: DoVerb, *, attempt: int = 1) -> VerbDone:
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(environment.info, attempt=attempt)
        return await environment.run(self.activities.change_status, request)

    async def fails(self, verb: VerbName, **who: Any) -> ApplicationError:
        with pytest.raises(ApplicationError) as failed:
            await self.click(verb, **who)
        return failed.value

    async def told(self) -> list[tuple[str, str, int]]:
        """Every change of status that reached PagerDuty: user, status, its answer."""
        return [
            (write["user"], write["body"]["incident"]["status"], write["status"])
            for write in (await self.side.records())["writes"]
            if write["method"] == "PUT" and write["path"] == f"/incidents/{self.incident}"
        ]

    async def read(self) -> int:
        """How often PagerDuty was asked for the incident."""
        reads = (await self.side.records())["reads"]
        return len([one for one in reads if one["path"] == f"/incidents/{self.incident}"])

    async def recorded(self, key: str = "k1") -> Outcome | None:
        return await clicks.outcome_of(self.pool, key)
