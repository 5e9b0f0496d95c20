"""Teams: who is a member with which role, and what people see of the private teams of others."""

import itertools
from typing import Any

import pytest

from sandbox.company import Company, PagerDutyTeam, Service, TeamMember
from sandbox.pagerduty.roles import ROLE_NAMES
from tests.schemas.exchange import exchange_of
from tests.schemas.pagerduty import rest_api
from tests.support.pagerduty_account import (
    ADA_USER,
    BO_USER,
    COMPANY,
    CY_USER,
    DI_USER,
    EVE_USER,
    SimulatedAccount,
    running_account,
)

pytestmark = pytest.mark.anyio

PUBLIC, PRIVATE, FRAUD_REVIEW = "PTEAM01", "PTEAM03", "PSVC004"


async def answered(account: SimulatedAccount, path: str, user: str | None = None, **query: Any) -> Any:
    """The answer's JSON, after a look into PagerDuty's schema; None for 404."""
    answer = await account.call("GET", path, user=user, params=query)
    rest_api().check_answer(exchange_of(answer))
    assert answer.status_code in (200, 404), answer.text
    return answer.json() if answer.status_code == 200 else None


async def roles(account: SimulatedAccount, team: str, user: str | None = None) -> dict[str, str]:
    members = (await answered(account, f"/teams/{team}/members", user))["members"]
    return {one["user"]["id"]: one["role"] for one in members}


async def hidden_incident(account: SimulatedAccount) -> str:
    """A new incident of the private team's service."""
    service = {"id": FRAUD_REVIEW, "type": "service_reference"}
    return str((await account.trigger(service=service))["id"])


async def gets(account: SimulatedAccount, user: str | None, incident: str) -> list[bool]:
    """For each object of the private team, whether this reader gets it."""
    paths = (
        f"/services/{FRAUD_REVIEW}",
        f"/teams/{PRIVATE}",
        f"/teams/{PRIVATE}/members",
        "/escalation_policies/PEP0003",
        f"/incidents/{incident}",
        f"/incidents/{incident}/notes",
        f"/incidents/{incident}/alerts",
        f"/incidents/{incident}/log_entries",
    )
    return [await answered(account, path, user) is not None for path in paths]


async def test_a_team_has_members_with_roles_of_their_own(account: SimulatedAccount) -> None:
    assert await roles(account, PUBLIC, BO_USER) == {ADA_USER: "manager", BO_USER: "responder"}
    bo = (await answered(account, f"/users/{BO_USER}", BO_USER, **{"include[]": "teams"}))["user"]
    assert [team["id"] for team in bo["teams"]] == [PUBLIC]
    service = (await answered(account, "/services/PSVC001", BO_USER, **{"include[]": "teams"}))["service"]
    assert [team["id"] for team in service["teams"]] == [PUBLIC]


async def test_a_base_role_is_no_role_in_a_team(account: SimulatedAccount) -> None:
    await account.sandbox("POST", "/role", {"user": ADA_USER, "role": "observer"})
    assert (await roles(account, PUBLIC))[ADA_USER] == "manager"


@pytest.mark.parametrize(
    ("user", "sees"), [(None, True), (ADA_USER, True), (EVE_USER, True), (CY_USER, True), (BO_USER, False)]
)
async def test_a_private_team_is_unknown_to_others(
    account: SimulatedAccount, user: str | None, sees: bool
) -> None:
    incident = await hidden_incident(account)
    assert set(await gets(account, user, incident)) == {sees}
    for path, key in (("/services", FRAUD_REVIEW), ("/teams", PRIVATE), ("/incidents", incident)):
        listed = (await answered(account, path, user))[path.strip("/")]
        assert (key in [one["id"] for one in listed]) is sees
    eve = (await answered(account, f"/users/{EVE_USER}", user))["user"]
    assert (PRIVATE in [team["id"] for team in eve["teams"]]) is sees


async def test_a_manager_by_base_role_sees_no_private_team_of_others(account: SimulatedAccount) -> None:
    incident = await hidden_incident(account)
    assert (await answered(account, f"/users/{DI_USER}", DI_USER))["user"]["role"] == "user"
    assert set(await gets(account, DI_USER, incident)) == {False}


async def test_nobody_changes_what_they_cannot_see(account: SimulatedAccount) -> None:
    hidden, open_one = (
        await hidden_incident(account),
        (await account.monitored())["id"],
    )
    service = {"id": FRAUD_REVIEW, "type": "service_reference"}
    policy = {"id": "PEP0003", "type": "escalation_policy_reference"}
    one = {"type": "incident", "id": hidden, "status": "resolved"}
    note = {"note": {"content": "Seen"}}
    new = {"incident": {"type": "incident", "title": "New", "service": service}}
    sources = {"source_incidents": [{"id": hidden, "type": "incident_reference"}]}
    expected = [
        ((404, 2100), await account.put(hidden, user=DI_USER, status="resolved")),
        ((404, 2100), await account.call("POST", f"/incidents/{hidden}/notes", note, user=DI_USER)),
        ((404, 2100), await account.merge(open_one, hidden, user=DI_USER)),
        ((400, 1004), await account.call("PUT", "/incidents", {"incidents": [one]}, user=DI_USER)),
        ((400, 1004), await account.call("PUT", f"/incidents/{open_one}/merge", sources, user=DI_USER)),
        ((400, 2001), await account.call("POST", "/incidents", new, user=DI_USER)),
        ((400, 2001), await account.put(open_one, user=DI_USER, service=service)),
        ((400, 1014), await account.put(open_one, user=DI_USER, escalation_policy=policy)),
    ]
    for refusal, answer in expected:
        assert (answer.status_code, answer.json()["error"]["code"]) == refusal, answer.text
    assert (await account.get(hidden))["status"] == "triggered"
    assert (await account.put(hidden, user=EVE_USER, status="resolved")).status_code == 200


async def test_an_app_token_sees_everything(account: SimulatedAccount) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": account.company.client_id,
        "client_secret": account.company.client_secret,
        "scope": "as_account-us.acme services.read",
    }
    token = (await account.http.post("/oauth/token", data=form)).json()["access_token"]
    answer = await account.http.get(f"/services/{FRAUD_REVIEW}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


async def test_memberships_and_privacy_change_until_the_reset(account: SimulatedAccount) -> None:
    before = await account.sandbox("GET", "/teams")
    members = [{"user": BO_USER, "role": "observer"}]
    changed = await account.sandbox("POST", f"/teams/{PUBLIC}", {"default_role": "none", "members": members})
    assert (changed["default_role"], changed["members"]) == ("none", members)
    assert await roles(account, PUBLIC, BO_USER) == {BO_USER: "observer"}
    assert await answered(account, "/services/PSVC001", DI_USER) is None
    shown = (await answered(account, f"/teams/{PUBLIC}", BO_USER))["team"]
    assert shown["default_role"] == "none"
    await account.sandbox("POST", "/reset")
    assert await account.sandbox("GET", "/teams") == before
    unknown = {"members": [{"user": "PNONE", "role": "manager"}]}
    assert (await account.http.post(f"/_sandbox/teams/{PUBLIC}", json=unknown)).status_code == 404
    assert (await account.http.post("/_sandbox/teams/PNONE", json={})).status_code == 404


def grown(count: int) -> Company:
    """The company with so many people in the Payments team, and a service of two teams and one of none."""
    people = tuple(
        COMPANY.people[1].model_copy(
            update={"pagerduty_user": f"PMORE{n:03}", "email": f"m{n}@acme.example", "access_token": f"t{n}"}
        )
        for n in range(count)
    )
    members = tuple(TeamMember(user=f"PMORE{n:03}", role="observer") for n in range(count))
    services = (
        Service(
            id="PSVC010",
            name="Both",
            description="",
            escalation_policy="PEP0001",
            team=PRIVATE,
            more_teams=(PUBLIC,),
        ),
        Service(id="PSVC011", name="Nobody's", description="", escalation_policy="PEP0001"),
    )
    payments = PagerDutyTeam(id=PUBLIC, name="Payments", members=members)
    return COMPANY.model_copy(
        update={
            "people": (*COMPANY.people, *people),
            "pagerduty_teams": (payments, *COMPANY.pagerduty_teams[1:]),
            "services": (*COMPANY.services, *services),
        }
    )


async def test_members_come_in_pages_of_at_most_a_hundred() -> None:
    async with running_account(company=grown(130), listen=False) as account:
        pages = [
            await answered(account, f"/teams/{PUBLIC}/members", limit=500, offset=offset)
            for offset in (0, 100)
        ]
    assert [(page["limit"], page["more"], len(page["members"])) for page in pages] == [
        (100, True, 100),
        (100, False, 30),
    ]
    found = [one["user"]["id"] for page in pages for one in page["members"]]
    assert found == [f"PMORE{n:03}" for n in range(130)]


async def test_a_service_can_have_several_teams_or_none() -> None:
    async with running_account(company=grown(1), listen=False) as account:
        shown = {
            (user, service): [
                team["id"]
                for team in (await answered(account, f"/services/{service}", user))["service"]["teams"]
            ]
            for user, service in itertools.product((DI_USER, EVE_USER), ("PSVC010", "PSVC011"))
        }
    assert shown == {
        (DI_USER, "PSVC010"): [PUBLIC],
        (EVE_USER, "PSVC010"): [PRIVATE, PUBLIC],
        (DI_USER, "PSVC011"): [],
        (EVE_USER, "PSVC011"): [],
    }


@pytest.mark.parametrize("base_role", ROLE_NAMES)
async def test_every_role_can_be_read_by_the_person_who_has_it(
    account: SimulatedAccount, base_role: str
) -> None:
    """A public and a private team: what eight base roles read of themselves and of the private service."""
    await account.sandbox("POST", "/role", {"user": BO_USER, "role": base_role})
    for team_role, service in itertools.product(
        ("manager", "responder", "observer", None), ("PSVC001", FRAUD_REVIEW)
    ):
        team = PUBLIC if service == "PSVC001" else PRIVATE
        members = [{"user": BO_USER, "role": team_role}] if team_role else []
        await account.sandbox("POST", f"/teams/{team}", {"members": members})
        me = (await answered(account, f"/users/{BO_USER}", BO_USER))["user"]
        assert me["role"] == base_role
        sees = team == PUBLIC or team_role is not None or base_role in ("owner", "admin")
        assert (await answered(account, f"/services/{service}", BO_USER) is not None) is sees
        if sees:
            assert (await roles(account, team, BO_USER)).get(BO_USER) == team_role
