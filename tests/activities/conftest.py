"""Both simulators for all tests here, and activities that reach them and a database of each test's own."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.pagerduty.incidents import IncidentActivities
from activities.pagerduty.verbs import VerbActivities
from activities.signals import WorkflowSignals
from activities.store import StoreActivities
from activities.teams.cards import CardActivities
from activities.teams.outcomes import OutcomeActivities
from activities.teams.replies import ReplyActivities
from activities.teams.sends import Sends
from muster.clients.http import open_pool as open_http_pool
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.clients.teams.connector import ConnectorClient
from muster.config_file import PagerDutyAccount, TeamsRegistration
from muster.linked_people.person_token import PersonTokens
from muster.private_sends import PrivateSends
from muster.seed import Seed, seed
from muster.store.pool import Pool, open_pool
from sandbox.up.addresses import Addresses
from sandbox.up.product import seed as rows_of
from tests.activities.buttons import Buttons
from tests.activities.card import Card, Show
from tests.support.linked_people import running_tokens
from tests.support.pagerduty_account import COMPANY
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.pagerduty_account import running_account as running_pagerduty
from tests.support.refused_sends import KeptRefusedSends
from tests.support.settings import database_at, settings_for
from tests.support.teams_service import TeamsService, teams_service
from workflows.channel_incident.activities import ShowCard, Shown


@pytest.fixture(scope="session")
async def teams_simulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TeamsService]:
    async with teams_service(COMPANY, tmp_path_factory.mktemp("teams")) as service:
        yield service


@pytest.fixture(scope="session")
async def pagerduty_simulator() -> AsyncIterator[PagerDuty]:
    async with running_pagerduty() as account:
        yield account


@pytest.fixture
async def teams_side(teams_simulator: TeamsService) -> TeamsService:
    await teams_simulator.reset()
    return teams_simulator


@pytest.fixture
async def pagerduty_side(pagerduty_simulator: PagerDuty) -> PagerDuty:
    await pagerduty_simulator.reset()
    return pagerduty_simulator


@pytest.fixture
async def pool(database_url: str, teams_simulator: TeamsService) -> AsyncIterator[Pool]:
    """The sandbox's company is in the database, and its channels live at the simulator."""
    content = Seed.model_validate(rows_of(COMPANY, Addresses.pick(), {}))
    await seed(settings_for(database_url, "127.0.0.1:1"), content)
    opened = await open_pool(database_at(database_url))
    await opened.execute("UPDATE conversation SET service_url = $1", teams_simulator.service_url)
    await opened.execute("UPDATE team SET service_url = $1", teams_simulator.service_url)
    yield opened
    await opened.close()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with open_http_pool() as client:
        yield client


@pytest.fixture
def connector(http: httpx.AsyncClient, teams_simulator: TeamsService) -> ConnectorClient:
    return teams_simulator.connector(http, teams_simulator.tokens())


@pytest.fixture
def accounts(pagerduty_simulator: PagerDuty) -> dict[str, PagerDutyAccount]:
    account = pagerduty_simulator.configured
    return {account.key: account}


@pytest.fixture
async def sends(pool: Pool) -> AsyncIterator[Sends]:
    """What the worker of a test has begun ends before its database is closed."""
    owner = Sends()
    yield owner
    owner.stop(within=timedelta(seconds=20))
    await owner.finish()


@pytest.fixture
def refused_sends() -> KeptRefusedSends:
    return KeptRefusedSends()


@pytest.fixture
def card_activities(
    connector: ConnectorClient, pool: Pool, sends: Sends, refused_sends: KeptRefusedSends
) -> CardActivities:
    return CardActivities(connector, pool, sends, refused_sends)


@pytest.fixture
async def card(teams_side: TeamsService, pool: Pool) -> Card:
    card = Card(teams_side, pool)
    await card.register()
    return card


@pytest.fixture
def show(card_activities: CardActivities) -> Show:
    async def run(request: ShowCard) -> Shown:
        shown: Shown = await ActivityEnvironment().run(card_activities.show_card, request)
        return shown

    return run


@pytest.fixture
def reply_activities(
    connector: ConnectorClient, pool: Pool, sends: Sends, refused_sends: KeptRefusedSends
) -> ReplyActivities:
    return ReplyActivities(connector, pool, sends, refused_sends)


@pytest.fixture
def private(connector: ConnectorClient, pool: Pool) -> PrivateSends:
    return PrivateSends(connector, pool)


@pytest.fixture
def outcome_activities(private: PrivateSends, sends: Sends) -> OutcomeActivities:
    lines = {"tenant": COMPANY.tenant_id, "app_id": COMPANY.bot_app_id, "app_secret": COMPANY.bot_app_secret}
    registration = TeamsRegistration.model_validate(lines)
    return OutcomeActivities(private, sends, {registration.tenant: registration})


@pytest.fixture
def incident_activities(
    http: httpx.AsyncClient, pool: Pool, accounts: dict[str, PagerDutyAccount]
) -> IncidentActivities:
    return IncidentActivities(PagerDutyClient(http), AppTokens(http, accounts), pool, accounts)


@pytest.fixture
def signals(client: Client) -> WorkflowSignals:
    """To a queue on which nobody works."""
    return WorkflowSignals(client, task_queue=f"q-{uuid.uuid4().hex[:8]}")


@pytest.fixture
async def person_tokens(
    database_url: str,
    pool: Pool,
    http: httpx.AsyncClient,
    accounts: dict[str, PagerDutyAccount],
    signals: WorkflowSignals,
) -> AsyncIterator[PersonTokens]:
    async with running_tokens(database_url, pool, http, accounts, signals) as tokens:
        yield tokens


@pytest.fixture
def verb_activities(
    http: httpx.AsyncClient, pool: Pool, accounts: dict[str, PagerDutyAccount], person_tokens: PersonTokens
) -> VerbActivities:
    return VerbActivities(PagerDutyClient(http), pool, accounts, person_tokens)


@pytest.fixture
async def incident(pagerduty_side: PagerDuty) -> str:
    """The id of an incident that was just triggered."""
    return str((await pagerduty_side.trigger())["id"])


@pytest.fixture
def buttons(verb_activities: VerbActivities, pagerduty_side: PagerDuty, pool: Pool, incident: str) -> Buttons:
    return Buttons(verb_activities, pagerduty_side, pool, incident)


@pytest.fixture
def store_activities(pool: Pool) -> StoreActivities:
    return StoreActivities(pool)
