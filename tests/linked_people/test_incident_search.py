"""Incidents that people look for, asked of the simulator as those people."""

from collections.abc import Mapping

import httpx
import pytest

from muster.clients.pagerduty.oauth import PERSON_SCOPES
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.config_file import PagerDutyAccount
from muster.linked_people.identity import NoIdentity
from muster.linked_people.incident_search import FoundIncident, IncidentFinder, Sought
from muster.linked_people.person_token import PersonTokens
from muster.store.pool import Pool
from tests.support.linked_people import LinkedPerson, link
from tests.support.pagerduty_account import ADA_USER, COMPANY, CY_USER
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from workflows.errors import ProviderUnavailable, RateLimited, RequestInvalid

pytestmark = pytest.mark.anyio

ACCOUNT = COMPANY.account
PRIVATE, FRAUD = "PSVC004", "PTEAM03"


@pytest.fixture
def finder(
    http: httpx.AsyncClient, accounts: Mapping[str, PagerDutyAccount], person_tokens: PersonTokens
) -> IncidentFinder:
    return IncidentFinder(PagerDutyClient(http), accounts, person_tokens)


@pytest.fixture
async def ada(pagerduty_side: PagerDuty, pool: Pool) -> LinkedPerson:
    return await link(pagerduty_side, pool, ADA_USER, scope=" ".join(PERSON_SCOPES))


async def find(finder: IncidentFinder, person: LinkedPerson, text: str) -> tuple[FoundIncident, ...]:
    return await finder.find(Sought.of(text), link=person.link, account=ACCOUNT, most=10, within=10)


def titles(found: tuple[FoundIncident, ...]) -> set[str]:
    return {one.details.snapshot.title for one in found}


async def test_people_find_what_pagerduty_shows_them(finder: IncidentFinder, ada: LinkedPerson) -> None:
    cy = await link(ada.side, ada.pool, CY_USER, scope=" ".join(PERSON_SCOPES))
    await ada.side.sandbox("POST", f"/teams/{FRAUD}", {"members": [], "default_role": "none"})
    await ada.side.trigger(title="For all")
    secret = await ada.side.trigger(title="Secret", service={"id": PRIVATE, "type": "service_reference"})
    number = str(secret["incident_number"])
    assert titles(await find(finder, ada, "")) == {"For all", "Secret"}
    assert titles(await find(finder, cy, "")) == {"For all"}
    assert titles(await find(finder, ada, number)) == {"Secret"}
    assert titles(await find(finder, cy, number)) == set()


async def test_it_tells_when_an_incident_changed_last(finder: IncidentFinder, ada: LinkedPerson) -> None:
    incident = await ada.side.trigger()
    await ada.side.put(str(incident["id"]), status="resolved")
    (found,) = await find(finder, ada, "slow")
    assert (found.account, found.id, found.is_open) == (ACCOUNT, incident["id"], False)
    assert found.changed_at >= found.details.status_changed_at


async def test_a_rejected_token_is_replaced_once(finder: IncidentFinder, ada: LinkedPerson) -> None:
    await ada.side.trigger(title="There")
    await ada.side.sandbox("POST", "/faults", {"on": "rest", "times": 1, "do": "status", "status": 401})
    assert titles(await find(finder, ada, "there")) == {"There"}


@pytest.mark.parametrize(("status", "error"), [(429, RateLimited), (503, ProviderUnavailable)])
async def test_pagerduty_that_cannot_tell_now_says_so(
    finder: IncidentFinder, ada: LinkedPerson, status: int, error: type[Exception]
) -> None:
    await ada.side.sandbox("POST", "/faults", {"on": "rest", "times": 9, "do": "status", "status": status})
    with pytest.raises(error):
        await find(finder, ada, "slow")


async def test_a_slow_pagerduty_is_not_waited_for(finder: IncidentFinder, ada: LinkedPerson) -> None:
    await ada.side.sandbox("POST", "/faults", {"on": "rest", "times": 9, "do": "slow", "seconds": 5})
    with pytest.raises(ProviderUnavailable):
        await finder.find(Sought.of("slow"), link=ada.link, account=ACCOUNT, most=10, within=0.2)


async def test_nobody_is_asked_by_a_link_that_was_removed(finder: IncidentFinder, ada: LinkedPerson) -> None:
    await ada.pool.execute("DELETE FROM user_link WHERE id = $1", ada.link)
    with pytest.raises(NoIdentity) as nobody:
        await find(finder, ada, "slow")
    assert nobody.value.reason == "link_removed"


async def test_an_account_that_is_not_configured_is_refused(finder: IncidentFinder) -> None:
    with pytest.raises(RequestInvalid):
        await finder.find(Sought.of(""), link=1, account="emca", most=10, within=1)


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("", (None, ())),
        (" 42 ", (42, ("42",))),
        ("#42", (42, ("#42",))),
        ("42 43", (None, ("42", "43"))),
        ("Checkout\tADA", (None, ("checkout", "ada"))),
        ("9" * 16, (None, ("9" * 16,))),
        ("\x00\ud800", (None, ())),
    ],
)
def test_what_was_typed(text: str, sought: tuple[int | None, tuple[str, ...]]) -> None:
    read = Sought.of(text)
    assert (read.number, read.words) == sought
