"""An account that nobody has connected a service of: who connects one, and what comes of it.

All tests share one team, whose app was installed and authorized in the real way; each has its own channels.
Whatever a test connects is disconnected at its end: the next one begins without a subscription.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg

from muster.public_addresses import webhook_path
from muster.seed import Seed, seed
from sandbox.company import Channel, Team, read_company
from sandbox.company import Company as SandboxCompany
from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.supervision.launch import Launched
from tests.chaos.company import ACCOUNT, DI_EMAIL, Company, Incident
from tests.chaos.newcomer import newcomer
from tests.chaos.place import Place
from tests.support.settings import settings_for
from tests.support.waiting import eventually

TEAM = "Orders"
A_SERVICE, ANOTHER_SERVICE = "PSVC001", "PSVC002"
_CHANNELS = 40
_PATH = "/webhook_subscriptions"
_NEVER = "service.deleted"
"""A type of event that nothing here causes."""
_ANOTHER_INSTALLATION = "11111111-2222-4333-8444-555555555555"
_A_MARKER = "0" * 32


def with_channels(company: SandboxCompany) -> SandboxCompany:
    """The company with a team of many channels."""
    general = Channel(id="19:orders-general@thread.tacv2", name="General")
    others = (
        Channel(id=f"19:orders-{number:02}@thread.tacv2", name=f"orders-{number:02}")
        for number in range(_CHANNELS)
    )
    team = Team(
        id=general.id,
        aad_group_id="00000000-0000-4000-b000-000000000000",
        name=TEAM,
        channels=(general, *others),
        members=company.teams[0].members,
    )
    return company.model_copy(update={"teams": (*company.teams, team)})


def channels_of(company: SandboxCompany) -> tuple[Channel, ...]:
    """Those in which nothing was said yet: the set-up's welcome goes to another one."""
    return next(team for team in company.teams if team.name == TEAM).channels[2:]


class FirstConnection:
    """The account while its first service is connected, and what becomes of its subscription."""

    def __init__(self, company: Company, channels: Iterator[Channel]) -> None:
        self.company = company
        self._channels = channels
        self.places: list[Place] = []
        self.incidents: list[Incident] = []
        self.others: Sequence[Mapping[str, Any]] = ()
        """Subscriptions that this installation has not made, as they were before."""
        self._before: Mapping[str, int] = {}
        """How many calls and webhooks PagerDuty had recorded."""

    # What people do

    def place(self, service: str = A_SERVICE) -> Place:
        """A service and a channel of the test's own."""
        place = Place(self.company, next(self._channels), service)
        self.places.append(place)
        return place

    async def trigger(self, service: str = A_SERVICE) -> Incident:
        """Something breaks."""
        incident = await self.company.incident(service=service)
        self.incidents.append(incident)
        return incident

    # What is seen of it in PagerDuty

    async def ours(self) -> list[dict[str, Any]]:
        """The subscriptions that carry this installation's id and send to its address, oldest first."""
        found = await self.company.rows("SELECT id::text FROM installation")
        ours = [f"Muster {row['id']} /" for row in found]
        return [
            one
            for one in await self.company.pagerduty.subscriptions()
            if one["delivery_method"]["url"] == self.url
            and any(one["description"].startswith(mark) for mark in ours)
        ]

    @property
    def url(self) -> str:
        """Where events are to arrive."""
        return self.company.api + webhook_path(ACCOUNT)

    async def is_there(self) -> bool:
        """PagerDuty has a subscription of ours."""
        return bool(await self.ours())

    async def is_asked(self) -> bool:
        """PagerDuty has told which subscriptions there are, and is asked for one next."""
        reads = (await self.company.pagerduty.records())["reads"][self._before["reads"] :]
        return any(one["path"] == _PATH for one in reads)

    async def made(self) -> list[int]:
        """What each creation of a subscription was answered, or would have been."""
        writes = (await self.company.pagerduty.records())["writes"][self._before["writes"] :]
        return [one["status"] for one in writes if (one["method"], one["path"]) == ("POST", _PATH)]

    async def deleted(self) -> dict[str, datetime]:
        """When each subscription was deleted that is not there any more."""
        writes = (await self.company.pagerduty.records())["writes"][self._before["writes"] :]
        return {
            one["path"].removeprefix(f"{_PATH}/"): datetime.fromisoformat(one["at"])
            for one in writes
            if (one["method"], one["status"]) == ("DELETE", 204)
        }

    async def webhooks(self) -> list[dict[str, Any]]:
        """All that this test's incidents sent, with every attempt to deliver it, oldest first."""
        webhooks = (await self.company.pagerduty.records())["webhooks"]
        return [one for one in webhooks[self._before["webhooks"] :] if one["incident"] is not None]

    async def statuses(self) -> set[int]:
        """What the attempts to deliver them were answered, but for those without an answer."""
        attempts = [attempt for one in await self.webhooks() for attempt in one["attempts"]]
        return {attempt["status"] for attempt in attempts if attempt["status"] is not None}

    # What Muster knows of it

    async def subscriptions(self) -> list[asyncpg.Record]:
        """The rows of subscriptions that go on."""
        return await self.company.rows("SELECT * FROM webhook_subscription WHERE ended_at IS NULL")

    async def intents(self) -> list[asyncpg.Record]:
        """The rows of those whose secret is not stored."""
        return await self.company.rows("SELECT * FROM subscription_intent ORDER BY created_at")

    async def let_late_creations_be_over(self) -> None:
        """Two minutes have passed since each creation whose answer was lost."""
        await self.company.rows(
            """UPDATE subscription_intent SET given_up_at = now() - interval '1 hour'
               WHERE given_up_at IS NOT NULL"""
        )

    # How it begins and ends

    async def begins(self) -> None:
        """Nobody has subscribed, but for another installation and a copy of this one's database."""
        company = self.company
        assert await self.ours() == [], "the test before left a subscription"
        if not await company.pagerduty.subscriptions():
            # Nothing has asked for the installation's id yet, and a copy has the same.
            await company.rows("INSERT INTO installation DEFAULT VALUES ON CONFLICT DO NOTHING")
            (own,) = await company.rows("SELECT id::text FROM installation")
            elsewhere = "https://copy.example" + webhook_path(ACCOUNT)
            await company.pagerduty.subscribe(
                self.url, f"Muster {_ANOTHER_INSTALLATION} / {_A_MARKER}", _NEVER
            )
            await company.pagerduty.subscribe(elsewhere, f"Muster {own['id']} / {_A_MARKER}", _NEVER)
        self.others = await company.pagerduty.subscriptions()
        records = await company.pagerduty.records()
        self._before = {kind: len(recorded) for kind, recorded in records.items()}

    async def ends(self) -> None:
        """Resolve what is open, disconnect what is connected, and see that the subscription is gone."""
        for incident in self.incidents:
            await incident.becomes("resolved")
            await incident.shows("Resolved")  # until then it is followed
        for place in self.places:
            if any(row["ended_at"] is None for row in await place.rows()):
                await place.disconnect()
        await eventually(self._is_gone, within=60)

    async def _is_gone(self) -> bool:
        await self.let_late_creations_be_over()
        return not (await self.ours() or await self.subscriptions() or await self.intents())


@asynccontextmanager
async def first_connection(
    company: Company, channels: Iterator[Channel], stack: Launched
) -> AsyncIterator[FirstConnection]:
    """An account without a subscription, a team that is connected to it, and Di, who is linked."""
    sandbox = read_company(DataFolder(stack.output.parent / "data").company)
    await _come_aboard(company, next(team for team in sandbox.teams if team.name == TEAM))
    await _link_di(sandbox, stack)
    first = FirstConnection(company, channels)
    await first.begins()
    yield first
    await company.pagerduty.clear_faults()
    await first.ends()


async def _come_aboard(company: Company, team: Team) -> None:
    """Install the app and authorize it; Muster reads the names of the team's channels then."""
    query = "SELECT FROM team WHERE id = $1 AND account IS NOT NULL"
    if await company.rows(query, team.id):
        return
    async with newcomer(company, team) as coming:
        await coming.install()
        await coming.authorize(await coming.waits_for_an_admin())

    async def known() -> bool:
        rows = await company.rows("SELECT FROM conversation WHERE team = $1", team.id)
        return len(rows) == len(team.channels)

    await eventually(known, within=60)


async def _link_di(sandbox: SandboxCompany, stack: Launched) -> None:
    """By a seed file's rows: how people link themselves is told by other tests."""
    di = next(person for person in sandbox.people if person.email == DI_EMAIL)
    folder = DataFolder(stack.output.parent / "data")
    settings = settings_for(stack.ready["database_url"], stack.ready["temporal"], keys=folder.key_ring())
    who = {"tenant": sandbox.tenant_id, "aad_object_id": di.aad_object_id}
    rows = {
        "people": [{**who, "teams_id": di.teams_id, "name": di.name, "email": di.email}],
        "links": [
            {
                **who,
                "account": sandbox.account,
                "pagerduty_user": di.pagerduty_user,
                "pagerduty_name": di.name,
                "pagerduty_email": di.email,
                "access_token": di.access_token,
            }
        ],
    }
    await seed(settings, Seed.model_validate(rows))
