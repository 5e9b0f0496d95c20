"""``pagerduty.read_rights``: who somebody is at PagerDuty and what they see of a service, each time anew."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.pagerduty import rights as module
from activities.pagerduty.rights import RightsActivities
from muster.clients.pagerduty.oauth import PERSON_SCOPES
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.config_file import PagerDutyAccount
from muster.linked_people.person_token import PersonTokens
from muster.linked_people.team_members import TeamReader
from muster.store.links import LinkedUser
from muster.store.pool import Pool
from sandbox.company import Company, PagerDutyTeam, TeamMember
from tests.support.linked_people import LinkedPerson, link
from tests.support.pagerduty_account import (
    ADA_USER,
    BO_USER,
    COMPANY,
    CY_USER,
    DI_USER,
    EVE_USER,
    running_account,
)
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.rights_table import EXPECTED, MAY, NOBODY, Case
from workflows.connect_channel.activities import ReadRights, RightsRead
from workflows.connect_channel.state import Unread
from workflows.rights import Rights, SeenService, ServiceTeam, why_not_connect, why_not_disconnect

pytestmark = pytest.mark.anyio

CHECKOUT, PRIVATE = "PSVC001", "PSVC004"
PAYMENTS, FRAUD = "PTEAM01", "PTEAM03"


@dataclass
class Cy:
    """Who asks: a person whose link has every scope, and whose roles a test sets."""

    activities: RightsActivities
    person: LinkedPerson
    side: PagerDuty

    async def asks(self, service: str = CHECKOUT) -> RightsRead:
        request = ReadRights(account=COMPANY.account, link=self.person.link, service=service)
        read: RightsRead = await ActivityEnvironment().run(self.activities.read_rights, request)
        return read

    async def rights(self, service: str = CHECKOUT) -> Rights:
        read = await self.asks(service)
        assert read.rights is not None, read.unread
        assert read.unread is None
        return read.rights

    async def fails(self) -> ApplicationError:
        with pytest.raises(ApplicationError) as failed:
            await self.asks()
        return failed.value

    async def becomes(self, role: str) -> None:
        await self.side.sandbox("POST", "/role", {"user": CY_USER, "role": role})

    async def team(self, team: str, members: dict[str, str], **more: str) -> None:
        listed = [{"user": user, "role": role} for user, role in members.items()]
        await self.side.sandbox("POST", f"/teams/{team}", {"members": listed, **more})

    async def paths(self) -> list[str]:
        return [read["path"] for read in (await self.side.records())["reads"]]


@pytest.fixture
async def cy(
    pagerduty_side: PagerDuty,
    pool: Pool,
    http: httpx.AsyncClient,
    accounts: dict[str, PagerDutyAccount],
    person_tokens: PersonTokens,
) -> Cy:
    activities = RightsActivities(PagerDutyClient(http), accounts, person_tokens)
    person = await link(pagerduty_side, pool, CY_USER, scope=" ".join(PERSON_SCOPES))
    return Cy(activities, person, pagerduty_side)


async def answer(cy: Cy, case: Case) -> str:
    await cy.becomes(case.base_role)
    members = {EVE_USER: "manager"} | ({} if case.team_role == NOBODY else {CY_USER: case.team_role})
    await cy.team(FRAUD, members, default_role="none" if case.team == "private" else "manager")
    rights = await cy.rights(PRIVATE)
    assert why_not_connect(rights) == why_not_disconnect(rights)
    return why_not_connect(rights) or MAY


async def test_the_whole_table_holds_at_pagerduty(cy: Cy) -> None:
    assert {case: await answer(cy, case) for case in EXPECTED} == EXPECTED


async def test_whoever_may_not_connect_hears_who_can(cy: Cy) -> None:
    await cy.team(
        PAYMENTS,
        {ADA_USER: "manager", BO_USER: "responder", CY_USER: "observer", DI_USER: "manager"},
    )
    team = ServiceTeam(id=PAYMENTS, name="Payments", role="observer", managers=("Ada Ops", "Di Pager"))
    assert await cy.rights() == Rights(
        user=CY_USER,
        name="Cy Net",
        role="limited_user",
        service=SeenService(id=CHECKOUT, name="Checkout", teams=(team,)),
    )


async def test_nobody_is_told_to_ask_themselves(cy: Cy) -> None:
    await cy.becomes("read_only_user")
    await cy.team(PAYMENTS, {CY_USER: "manager", EVE_USER: "manager"})
    service = (await cy.rights()).service
    assert service is not None
    assert [team.managers for team in service.teams] == [("Eve Stand",)]
    assert why_not_connect(await cy.rights()) == "role_too_low"


@pytest.mark.parametrize("role", ["owner", "admin", "user"])
async def test_no_team_is_read_where_the_base_role_decides(cy: Cy, role: str) -> None:
    await cy.becomes(role)
    rights = await cy.rights()
    assert rights.service is not None
    assert [team.name for team in rights.service.teams] == ["Payments"]
    assert await cy.paths() == [f"/users/{CY_USER}", f"/services/{CHECKOUT}"]


async def test_each_reading_sees_what_was_changed_a_moment_ago(cy: Cy) -> None:
    assert why_not_connect(await cy.rights()) == "role_too_low"
    await cy.team(PAYMENTS, {CY_USER: "manager"})
    assert why_not_connect(await cy.rights()) is None
    await cy.team(PAYMENTS, {CY_USER: "responder"})
    assert why_not_connect(await cy.rights()) == "role_too_low"
    await cy.becomes("user")
    assert why_not_connect(await cy.rights()) is None


async def test_a_disabled_service_is_seen_as_one(cy: Cy) -> None:
    await cy.side.sandbox("POST", f"/services/{CHECKOUT}", {"state": "disabled"})
    service = (await cy.rights()).service
    assert service is not None
    assert service.is_disabled


@pytest.mark.parametrize("service", ["PNOBODY", "../users/PUSER01", "PSVC001/integrations", "?"])
async def test_what_is_no_service_is_unknown(cy: Cy, service: str) -> None:
    assert (await cy.rights(service)).service is None


async def test_a_deleted_service_is_unknown_and_an_admin_may_disconnect_it(cy: Cy) -> None:
    await cy.side.sandbox("POST", f"/services/{CHECKOUT}", {"state": "deleted"})
    assert why_not_disconnect(await cy.rights()) == "unknown_service"
    await cy.becomes("admin")
    assert why_not_connect(await cy.rights()) == "unknown_service"
    assert why_not_disconnect(await cy.rights()) is None


async def test_a_team_that_vanishes_while_it_is_read_has_no_members(cy: Cy) -> None:
    await cy.side.fault(
        "rest",
        "status",
        match={"path": f"/teams/{PAYMENTS}/members"},
        status=404,
        body={"error": {"code": 2100}},
    )
    service = (await cy.rights()).service
    assert service is not None
    assert service.teams == (ServiceTeam(id=PAYMENTS, name="Payments"),)


# Not read


async def unread(cy: Cy) -> Unread | None:
    read = await cy.asks()
    assert read.rights is None
    return read.unread


async def test_without_a_link_nobody_is_asked_for(cy: Cy) -> None:
    await cy.person.unlink()
    assert await unread(cy) == "link_removed"
    assert await cy.paths() == []


async def test_an_expired_token_is_refreshed_first(cy: Cy) -> None:
    await cy.person.age(1.01)
    assert (await cy.rights()).role == "limited_user"
    assert await cy.person.refreshes() == 1


async def test_a_token_that_pagerduty_rejects_is_replaced_once(cy: Cy) -> None:
    await cy.side.sandbox("POST", "/clock", {"advance": 25 * 3600})
    assert (await cy.rights()).role == "limited_user"
    assert await cy.person.refreshes() == 1


@pytest.mark.parametrize("path", [f"/users/{CY_USER}", f"/services/{CHECKOUT}", f"/teams/{PAYMENTS}/members"])
async def test_a_token_that_is_rejected_right_after_its_refresh_is_told_as_that(cy: Cy, path: str) -> None:
    rejection = {"match": {"path": path}, "status": 401, "body": {"error": {"code": 2006}}}
    await cy.side.fault("rest", "status", times=2, **rejection)
    assert await unread(cy) == "link_rejected"
    assert await cy.person.refreshes() == 1


async def test_a_link_that_pagerduty_does_not_refresh_has_ended(cy: Cy) -> None:
    await cy.person.age(1.01)
    await cy.side.http.delete(f"/_sandbox/identity/delegations?user={CY_USER}")
    assert await unread(cy) == "link_ended"


async def test_an_app_that_pagerduty_refuses_is_not_the_persons_fault(cy: Cy) -> None:
    await cy.person.age(1.01)
    await cy.side.fault("token", "status", status=401, body={"error": "invalid_client"})
    assert await unread(cy) == "app_refused"
    assert await cy.person.row() is not None


async def test_a_user_whom_the_account_has_no_more_is_not_an_unknown_service(cy: Cy) -> None:
    await cy.side.fault(
        "rest", "status", match={"path": f"/users/{CY_USER}"}, status=404, body={"error": {"code": 2100}}
    )
    assert await unread(cy) == "user_gone"


@pytest.mark.parametrize("lacking", ["users.read", "services.read", "teams.read"])
async def test_a_link_without_a_scope_may_not_read_and_says_so(cy: Cy, pool: Pool, lacking: str) -> None:
    scope = " ".join(one for one in PERSON_SCOPES if one != lacking)
    cy.person = await link(cy.side, pool, CY_USER, scope=scope)
    assert await unread(cy) == "forbidden"


# PagerDuty is down


@pytest.mark.parametrize("path", [f"/users/{CY_USER}", f"/services/{CHECKOUT}", f"/teams/{PAYMENTS}/members"])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"do": "status", "status": 503}, "ProviderUnavailable"),
        ({"do": "status", "status": 429, "retry_after": 9}, "RateLimited"),
        ({"do": "lose_answer"}, "ProviderUnavailable"),
    ],
)
async def test_a_pagerduty_that_cannot_tell_is_an_error_of_its_condition(
    cy: Cy, path: str, fault: dict[str, Any], kind: str
) -> None:
    await cy.side.fault("rest", match={"path": path}, **fault)
    failed = await cy.fails()
    assert (failed.type, failed.non_retryable) == (kind, False)
    assert (await cy.rights()).role == "limited_user", "nothing is kept of the failure"


async def test_a_slow_pagerduty_ends_the_attempt_by_its_own_error(
    cy: Cy,
    http: httpx.AsyncClient,
    accounts: dict[str, PagerDutyAccount],
    person_tokens: PersonTokens,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_READ_SECONDS", 0.3)
    cy.activities = RightsActivities(PagerDutyClient(http), accounts, person_tokens)
    await cy.side.fault("rest", "slow", match={"path": f"/services/{CHECKOUT}"}, seconds=1)
    assert (await cy.fails()).type == "ProviderUnavailable"


async def test_an_account_that_is_configured_no_more_is_refused(
    cy: Cy, accounts: dict[str, PagerDutyAccount]
) -> None:
    accounts.clear()
    failed = await cy.fails()
    assert (failed.type, failed.non_retryable) == ("RequestInvalid", True)


# Many members


def crowded(*managers: int) -> Company:
    """The company with 230 more people in the team Payments; these of them are managers."""
    cy = COMPANY.person(CY_USER)
    assert cy is not None
    crowd = [
        cy.model_copy(
            update={
                "name": f"Member {number}",
                "email": f"member{number}@acme.example",
                "pagerduty_user": f"PMANY{number:03}",
                "access_token": f"pdus+_member-{number}",
                "linked": False,
            }
        )
        for number in range(230)
    ]
    members = tuple(
        TeamMember(user=str(one.pagerduty_user), role="manager" if number in managers else "observer")
        for number, one in enumerate(crowd)
    )
    teams = (PagerDutyTeam(id=PAYMENTS, name="Payments", members=members), *COMPANY.pagerduty_teams[1:])
    return COMPANY.model_copy(update={"people": (*COMPANY.people, *crowd), "pagerduty_teams": teams})


async def member_sees(
    http: httpx.AsyncClient, company: Company, number: int
) -> tuple[ServiceTeam, list[str]]:
    """What this member reads of the team, and by which calls."""
    async with running_account(listen=False, company=company) as side:
        user = LinkedUser(
            pagerduty_user=f"PMANY{number:03}",
            name=f"Member {number}",
            email=f"member{number}@acme.example",
            access_token=f"pdus+_member-{number}",
        )
        reader = TeamReader(PagerDutyClient(http), side.configured, user)
        team = await reader.completed(ServiceTeam(id=PAYMENTS, name="Payments"))
        return team, [read["path"] for read in (await side.records())["reads"]]


async def test_a_member_on_the_third_page_is_found(http: httpx.AsyncClient) -> None:
    team, calls = await member_sees(http, crowded(229), 229)
    assert team.role == "manager"
    assert len(calls) == 3


async def test_managers_of_all_pages_are_counted_and_some_named(http: httpx.AsyncClient) -> None:
    team, calls = await member_sees(http, crowded(3, 99, 100, 150, 199, 200, 229), 50)
    assert team.role == "observer"
    assert team.managers == ("Member 3", "Member 99", "Member 100", "Member 150", "Member 199")
    assert team.more_managers == 2
    assert len(calls) == 3
