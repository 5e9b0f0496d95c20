"""Who may authorize, connect and disconnect: the whole table, and what stands beside it."""

from itertools import product
from typing import Any, get_args

import pytest

from sandbox.pagerduty.roles import Role
from tests.support.rights_table import EXPECTED, MAY, NOBODY, TOO_LOW, UNKNOWN, Case
from workflows.rights import (
    Rights,
    SeenService,
    ServiceTeam,
    TeamRole,
    may_authorize,
    team_roles_count,
    why_not_bring_in,
    why_not_connect,
    why_not_disconnect,
)

ADMINS = {"owner", "admin"}


def rights(role: str, *team_roles: str | None, sees: bool = True, is_disabled: bool = False) -> Rights:
    """Of a person with these roles in the teams of a service."""
    teams = tuple(
        ServiceTeam.model_validate({"id": f"PTEAM{number}", "name": "Payments", "role": team_role})
        for number, team_role in enumerate(team_roles)
    )
    service = SeenService(id="PSVC001", name="Checkout", is_disabled=is_disabled, teams=teams)
    return Rights(user="PUSER01", name="Ada Ops", role=role, service=service if sees else None)


def of(case: Case) -> Rights:
    """What PagerDuty tells the person of the case; tests/activities/test_read_rights.py asks it."""
    team_role = None if case.team_role == NOBODY else case.team_role
    is_hidden = case.team == "private" and team_role is None and case.base_role not in ADMINS
    return rights(case.base_role, team_role, sees=not is_hidden)


def test_the_table_has_every_case_once() -> None:
    team_roles = (*get_args(TeamRole), NOBODY)
    every = {Case(*one) for one in product(get_args(Role), team_roles, ("public", "private"))}
    assert set(EXPECTED) == every
    assert len(every) == 64


@pytest.mark.parametrize(("case", "answer"), EXPECTED.items(), ids=lambda one: str(one))
def test_who_may_connect_and_disconnect(case: Case, answer: str) -> None:
    assert (why_not_connect(of(case)) or MAY) == answer
    assert (why_not_disconnect(of(case)) or MAY) == answer


@pytest.mark.parametrize(("case", "answer"), EXPECTED.items(), ids=lambda one: str(one))
def test_whoever_sees_the_service_may_have_its_open_incidents_brought_in(case: Case, answer: str) -> None:
    assert (why_not_bring_in(of(case)) or MAY) == (UNKNOWN if answer == UNKNOWN else MAY)


@pytest.mark.parametrize("role", [*get_args(Role), "Owner", "", "super_admin", None, ["admin"]])
def test_owner_and_admin_alone_may_authorize(role: Any) -> None:
    assert may_authorize(role) == (role in ("owner", "admin"))


def test_being_manager_of_one_of_the_services_teams_is_enough() -> None:
    assert why_not_connect(rights("limited_user", "observer", None, "manager")) is None
    assert why_not_connect(rights("limited_user", "observer", None, "responder")) == TOO_LOW


@pytest.mark.parametrize("role", get_args(Role))
def test_a_service_without_a_team_has_no_team_managers(role: str) -> None:
    assert why_not_connect(rights(role)) == (None if role in {"owner", "admin", "user"} else TOO_LOW)


@pytest.mark.parametrize("role", get_args(Role))
def test_a_service_that_is_not_there_is_unknown_to_all_and_an_admin_may_disconnect_it(role: str) -> None:
    assert why_not_connect(rights(role, sees=False)) == UNKNOWN
    assert why_not_disconnect(rights(role, sees=False)) == (None if role in ADMINS else UNKNOWN)


@pytest.mark.parametrize("role", ["super_admin", "manager", "Admin", ""])
def test_a_base_role_that_nobody_knows_may_nothing(role: str) -> None:
    assert why_not_connect(rights(role, "manager")) == TOO_LOW
    assert why_not_disconnect(rights(role, "manager")) == TOO_LOW


def test_what_team_roles_cannot_change_needs_no_read_of_them() -> None:
    """Whom to ask is said of the others, so their teams are read even where nothing depends on the roles."""
    assert {role for role in get_args(Role) if not team_roles_count(role)} == {"owner", "admin", "user"}


def test_whether_a_service_is_disabled_is_no_matter_of_rights() -> None:
    assert why_not_connect(rights("user", None, is_disabled=True)) is None
