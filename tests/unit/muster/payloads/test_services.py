"""Services and members of teams, however odd PagerDuty's answer is."""

from typing import Any

import pytest

from muster.payloads.services import Member, members_of, service_of
from workflows.incident.values import Reference
from workflows.rights import SeenService, ServiceTeam, TeamRole


def test_a_service_has_its_name_and_teams() -> None:
    teams = [{"id": "PT1", "type": "team_reference", "summary": "Payments"}, {"id": "PT2"}, {"summary": "?"}]
    body = {"id": "PS1", "name": "Checkout\n(EU)", "status": "active", "teams": teams}
    assert service_of(body) == SeenService(
        id="PS1",
        name="Checkout (EU)",
        teams=(ServiceTeam(id="PT1", name="Payments"), ServiceTeam(id="PT2", name="PT2")),
    )


@pytest.mark.parametrize("status", ["active", "warning", "critical", "maintenance", None, ["disabled"]])
def test_only_one_status_takes_no_incidents(status: Any) -> None:
    assert not service_of({"id": "PS1", "status": status}).is_disabled
    assert service_of({"id": "PS1", "status": "disabled"}).is_disabled


@pytest.mark.parametrize("name", [None, "", " ", {"de": "Kasse"}])
def test_a_service_without_a_name_is_called_by_its_summary_or_its_id(name: Any) -> None:
    assert service_of({"id": "PS1", "name": name}).name == "PS1"
    assert service_of({"id": "PS1", "name": None, "summary": "Checkout"}).name == "Checkout"


@pytest.mark.parametrize("teams", [None, {}, "PT1", [None, 7, []]])
def test_teams_that_are_none_are_left_out(teams: Any) -> None:
    assert service_of({"id": "PS1", "teams": teams}).teams == ()


def test_members_have_a_role_or_one_that_nobody_knows() -> None:
    roles: list[Any] = ["manager", "responder", "observer", "captain", None, ["manager"]]
    page = {"members": [{"user": {"id": f"P{at}"}, "role": role} for at, role in enumerate(roles)]}
    known: tuple[TeamRole | None, ...] = ("manager", "responder", "observer", None, None, None)
    assert members_of(page) == tuple(Member(Reference(id=f"P{at}"), role) for at, role in enumerate(known))


@pytest.mark.parametrize("members", [None, {}, [None, 7, {"role": "manager"}, {"user": "P1"}, {"user": {}}]])
def test_members_that_are_nobody_are_left_out(members: Any) -> None:
    assert members_of({"members": members}) == ()
