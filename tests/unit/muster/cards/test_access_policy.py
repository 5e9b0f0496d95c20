"""The PowerShell of a tenant: its own ids, and nothing in it that a name could run."""

import re

import pytest

from muster.cards.access_policy import access_policy_commands, quoted

TENANT = "8f0c1f5e-0000-4000-8000-000000000001"
APP = "8f0c1f5e-0000-4000-8000-0000000000aa"
QUOTED = {
    "plain": ("Muster", "'Muster'"),
    "single quote": ("Ada's", "'Ada''s'"),
    "every quote that counts as one": (
        "'\u2018\u2019\u201a\u201b",
        "'''\u2018\u2018\u2019\u2019\u201a\u201a\u201b\u201b'",
    ),
    "two at once": ("''", "''''''"),
    "variable and command": ("$env:X $(Remove-Item .)", "'$env:X $(Remove-Item .)'"),
    "backtick and double quote": ('`n"x"', "'`n\"x\"'"),
    "end of a command": ("x; Remove-Item .", "'x; Remove-Item .'"),
    "nothing": ("", "''"),
}


def commands(name: str = "Muster", cloud: str = "public") -> str:
    return access_policy_commands(name=name, tenant=TENANT, app_id=APP, cloud=cloud)


def lines_that_run(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("case", QUOTED)
def test_a_text_is_quoted_so_that_it_stays_a_text(case: str) -> None:
    text, written = QUOTED[case]
    assert quoted(text) == written


def test_the_policy_names_the_tenants_own_app_and_is_granted_to_everybody() -> None:
    *_, connect, new, grant = lines_that_run(commands())
    assert connect == f"Connect-MicrosoftTeams -TenantId '{TENANT}'"
    policy = f"'MUSTER_ACCESS_POLICY_{APP}'"
    assert new.startswith(f"New-CsApplicationAccessPolicy -Identity {policy} -AppIds '{APP}' -Description '")
    assert grant == f"Grant-CsApplicationAccessPolicy -PolicyName {policy} -Global"


@pytest.mark.parametrize(
    "name", ["x'; Remove-Item . #", "x\u2019; Remove-Item . #", "x\n# '; Remove-Item .\n"]
)
def test_no_name_ends_its_quotes(name: str) -> None:
    text = re.sub(r"(?m)^#.*\n", "", commands("NAME")).replace("NAME", quoted(name)[1:-1])
    assert text in re.sub(r"(?m)^# (?!').*\n", "", commands(name))
    outside = re.sub("'(?:[^'\u2018-\u201b]|(['\u2018-\u201b])\\1)*'", "", text)
    assert "Remove-Item" not in outside


@pytest.mark.parametrize(
    ("cloud", "environment"),
    [("gcc-high", "TeamsGCCH"), ("dod", "TeamsDOD"), ("gcc", None), ("public", None)],
)
def test_a_cloud_of_its_own_is_named(cloud: str, environment: str | None) -> None:
    (connect,) = (line for line in lines_that_run(commands(cloud=cloud)) if line.startswith("Connect"))
    assert connect.partition(" -TeamsEnvironmentName ")[2] == (f"'{environment}'" if environment else "")
