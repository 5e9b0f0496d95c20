"""Our own requests to PagerDuty are as PagerDuty describes them, and so are the answers we learn from."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import httpx
import pytest

from muster.clients.http import open_pool
from muster.clients.pagerduty.app_scopes import INCIDENTS, SCOPES
from muster.clients.pagerduty.oauth import PERSON_SCOPES
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from sandbox.company import Person
from tests.contract.wire import Wire
from tests.schemas.exchange import Exchange
from tests.schemas.pagerduty import rest_api
from tests.support.pagerduty_account import BO_USER, SimulatedAccount, running_account
from workflows.errors import Conflict, CredentialRejected, Forbidden, NotFound, OutsideError, RateLimited
from workflows.incident.values import Status

pytestmark = pytest.mark.anyio


class Ours:
    """Our client with a record of the wire."""

    def __init__(self, http: httpx.AsyncClient, wire: Wire, simulated: SimulatedAccount) -> None:
        self.wire = wire
        self.account = simulated.configured
        self.client = PagerDutyClient(http)
        self.tokens = AppTokens(http, {self.account.key: self.account})

    async def read(self, incident: str) -> object:
        """As the app reads in the background."""
        token = await self.tokens.get(self.account.key, INCIDENTS)
        return await self.client.get_incident(self.account, incident, token=token)

    async def tell(self, incident: str, status: Status, person: Person) -> object:
        """As a press does it."""
        return await self.client.change_status(
            self.account, incident, status, token=person.access_token, from_email=person.email
        )

    @property
    def rest(self) -> list[Exchange]:
        """What the REST schema describes: all but the token endpoint's."""
        return [exchange for exchange in self.wire.exchanges if exchange.path != "/oauth/token"]


@pytest.fixture(scope="module")
async def simulated() -> AsyncIterator[SimulatedAccount]:
    async with running_account(listen=False) as simulated:
        yield simulated


@pytest.fixture
async def ours(simulated: SimulatedAccount) -> AsyncIterator[Ours]:
    async with calling(simulated) as ours:
        yield ours


@asynccontextmanager
async def calling(simulated: SimulatedAccount) -> AsyncIterator[Ours]:
    """Our client; at the end every REST exchange must have been as described."""
    wire = Wire()
    async with open_pool(transport=wire) as http:
        ours = Ours(http, wire, simulated)
        yield ours
    for exchange in ours.rest:
        rest_api().check_request(exchange)
        rest_api().check_answer(exchange)
        assert exchange.headers["accept"] == "application/vnd.pagerduty+json;version=2"
        assert exchange.headers["authorization"].startswith("Bearer ")


@pytest.fixture
async def incident(simulated: SimulatedAccount) -> str:
    return str((await simulated.trigger())["id"])


async def test_an_incident_is_read_as_the_app(ours: Ours, incident: str) -> None:
    await ours.read(incident)
    token, read = ours.wire.exchanges
    assert {name for name, _ in read.query} == {"include[]"}
    assert rest_api().scope_of(read) in SCOPES
    # Without a schema: the form of RFC 6749, with PagerDuty's account in the scope.
    assert token.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(token.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": [ours.account.client_id],
        "client_secret": [ours.account.client_secret.get_secret_value()],
        "scope": [f"as_account-us.acme {' '.join(SCOPES)}"],
    }


async def test_notes_are_read_as_the_app(ours: Ours, simulated: SimulatedAccount, incident: str) -> None:
    await simulated.add_note(incident, "Rolled back")
    token = await ours.tokens.get(ours.account.key, INCIDENTS)
    (note,) = await ours.client.list_notes(ours.account, incident, token=token)
    assert note["content"] == "Rolled back"
    (read,) = ours.rest
    assert rest_api().scope_of(read) in SCOPES


async def test_a_note_is_written_as_the_person(
    ours: Ours, simulated: SimulatedAccount, incident: str
) -> None:
    bo = simulated.person(BO_USER)
    await ours.client.add_note(
        ours.account, incident, "Rolled back", token=bo.access_token, from_email=bo.email
    )
    (note,) = await ours.client.list_notes(ours.account, incident, token=bo.access_token)
    assert (note["content"], note["user"]["id"]) == ("Rolled back", BO_USER)
    written, _ = ours.rest
    assert written.headers["from"] == bo.email
    assert written.sent == {"note": {"content": "Rolled back"}}
    assert rest_api().scope_of(written) == "incidents.write"


async def test_a_status_is_changed_as_the_person(
    ours: Ours, simulated: SimulatedAccount, incident: str
) -> None:
    for status in ("acknowledged", "resolved"):
        await ours.tell(incident, status, simulated.person(BO_USER))
    assert [exchange.sent["incident"] for exchange in ours.rest] == [
        {"type": "incident_reference", "status": "acknowledged"},
        {"type": "incident_reference", "status": "resolved"},
    ]
    for exchange in ours.rest:
        assert exchange.headers["from"] == simulated.person(BO_USER).email
        # A person's token comes from a grant that asks for what the presses need.
        assert rest_api().scope_of(exchange) == "incidents.write"


async def test_user_service_and_team_are_read_as_the_person(ours: Ours, simulated: SimulatedAccount) -> None:
    token = simulated.person(BO_USER).access_token
    await ours.client.get_user(ours.account, BO_USER, token=token)
    service = await ours.client.get_service(ours.account, "PSVC001", token=token)
    for team in service["teams"]:
        await ours.client.list_team_members(ours.account, team["id"], token=token)
    assert [exchange.status for exchange in ours.rest] == [200, 200, 200]
    assert {rest_api().scope_of(exchange) for exchange in ours.rest} <= set(PERSON_SCOPES)


async def test_open_incidents_are_listed_as_the_app(simulated: SimulatedAccount) -> None:
    await simulated.reset()
    async with calling(simulated) as ours:
        token = await ours.tokens.get(ours.account.key, INCIDENTS)
        made = [str((await simulated.trigger(title=f"Nr {number}"))["id"]) for number in range(3)]
        await simulated.put(made[0], status="resolved")
        await simulated.put(made[1], status="acknowledged")

        async def found(**which: int) -> tuple[tuple[str, ...], bool]:
            page = await ours.client.list_open_incidents(ours.account, "PSVC001", token=token, **which)
            return page.ids, page.more

        newest, more = await found(most=1)
        rest, no_more = await found(most=1, offset=1)
        assert ({*newest, *rest}, more, no_more) == ({*made[1:]}, True, False)
        await simulated.sandbox("POST", "/clock", {"advance": 40 * 86_400})
        token = await ours.tokens.renew(ours.account.key, token, INCIDENTS)
        later = str((await simulated.trigger(title="A month later"))["id"])
        assert await found(most=50) == ((later, *newest, *rest), False), "the newest first"
        asked = [exchange for exchange in ours.rest if exchange.path == "/incidents"]
        assert {rest_api().scope_of(exchange) for exchange in asked} == {"incidents.read"}
    await simulated.reset()


async def test_incidents_are_searched_as_the_person(simulated: SimulatedAccount) -> None:
    await simulated.reset()
    async with calling(simulated) as ours:
        token = simulated.person(BO_USER).access_token
        made = [await simulated.trigger(title=f"Nr {number}") for number in range(3)]
        await simulated.put(str(made[0]["id"]), status="resolved")
        await simulated.put(str(made[1]["id"]), status="acknowledged")
        number = made[2]["incident_number"]
        one = await ours.client.get_incident_by_number(ours.account, number, token=token)
        assert one["id"] == made[2]["id"]
        with pytest.raises(NotFound):
            await ours.client.get_incident_by_number(ours.account, 10**12, token=token)

        async def found(*statuses: Status, of_all_time: bool) -> set[str]:
            listed = await ours.client.list_newest_incidents(
                ours.account, statuses, token=token, of_all_time=of_all_time
            )
            return {incident["title"] for incident in listed}

        assert await found("triggered", "acknowledged", of_all_time=True) == {"Nr 1", "Nr 2"}
        assert await found("resolved", of_all_time=False) == {"Nr 0"}
        await simulated.sandbox("POST", "/clock", {"advance": 40 * 86_400})
        assert await found("triggered", "acknowledged", of_all_time=True) == {"Nr 1", "Nr 2"}
        assert await found("resolved", of_all_time=False) == set(), "older than a month"
        assert {rest_api().scope_of(exchange) for exchange in ours.rest} == {"incidents.read"}
        assert "incidents.read" in PERSON_SCOPES
    await simulated.reset()


async def refusal(call: Awaitable[object]) -> tuple[type[OutsideError], str | None]:
    with pytest.raises(OutsideError) as refused:
        await call
    return type(refused.value), refused.value.code


async def test_what_pagerduty_refuses_is_typed_by_its_condition(
    ours: Ours, simulated: SimulatedAccount, incident: str
) -> None:
    bo = simulated.person(BO_USER)
    stranger = bo.model_copy(update={"access_token": "pdus+_nobody"})
    assert await refusal(ours.read("QNONE")) == (NotFound, "2100")
    assert await refusal(ours.tell("QNONE", "acknowledged", bo)) == (NotFound, "2100")
    assert await refusal(ours.tell(incident, "acknowledged", stranger)) == (CredentialRejected, "2006")
    await ours.tell(incident, "acknowledged", bo)
    assert await refusal(ours.tell(incident, "acknowledged", bo)) == (Conflict, "1002")
    await ours.tell(incident, "resolved", bo)
    assert await refusal(ours.tell(incident, "resolved", bo)) == (Conflict, "2001")
    token = await ours.tokens.get(ours.account.key, INCIDENTS)
    reading_teams = ours.client.list_team_members(ours.account, "PTEAM01", token=token)
    assert await refusal(reading_teams) == (Forbidden, "2010"), "the app's token is not asked for teams"


async def test_a_rate_limit_says_when_it_ends() -> None:
    async with running_account(listen=False, per_minute=2) as simulated, calling(simulated) as ours:
        for _ in range(2):
            assert await refusal(ours.tell("QNONE", "acknowledged", simulated.person(BO_USER))) == (
                NotFound,
                "2100",
            )
        with pytest.raises(RateLimited) as refused:
            await ours.tell("QNONE", "acknowledged", simulated.person(BO_USER))
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 60
