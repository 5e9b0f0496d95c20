"""The PowerShell by which a Teams admin lets the app make meetings in people's names.

Source: Microsoft, *Configure application access to online meetings*, and the reference of the module
MicrosoftTeams. The permission ``OnlineMeetings.ReadWrite.All`` alone is not enough: Teams also asks for a
policy that names the app.
"""

_QUOTES = "'\u2018\u2019\u201a\u201b"
"""What PowerShell takes for a single quote, each of which ends a text that another began."""

_ENVIRONMENTS = {"gcc-high": "TeamsGCCH", "dod": "TeamsDOD"}
"""Clouds that ``Connect-MicrosoftTeams`` must be told; it finds the others by itself."""


def access_policy_commands(*, name: str, tenant: str, app_id: str, cloud: str) -> str:
    """The commands for one registration. What the configuration says stands in quotes, never in a comment."""
    make, grant = _make_and_grant(name, app_id)
    connect = f"Connect-MicrosoftTeams -TenantId {quoted(tenant)}"
    if cloud in _ENVIRONMENTS:
        connect += f" -TeamsEnvironmentName {quoted(_ENVIRONMENTS[cloud])}"
    return "\n".join(
        (
            "# Lets the app make online meetings in the name of everybody in the organization.",
            "# A Teams administrator runs this once. It takes up to 30 minutes to count.",
            "Install-Module -Name MicrosoftTeams -Scope CurrentUser",
            "Import-Module MicrosoftTeams",
            connect,
            make,
            "# Everybody has one such policy, and the next command would replace another app's. Where one is",
            "# granted already, leave the command out and add this app's id to that policy instead:",
            "#   Set-CsApplicationAccessPolicy -Identity <that policy> -AppIds @{Add=<the id above>}",
            grant,
            "",
        )
    )


def policy_commands(*, name: str, app_id: str) -> str:
    """The two commands that make and grant the policy, on one line, for whoever has connected already."""
    return "; ".join(_make_and_grant(name, app_id))


def _make_and_grant(name: str, app_id: str) -> tuple[str, str]:
    policy, app = quoted(f"MUSTER_ACCESS_POLICY_{app_id}"), quoted(app_id)
    description = quoted(f"{name} makes online meetings for incidents")
    return (
        f"New-CsApplicationAccessPolicy -Identity {policy} -AppIds {app} -Description {description}",
        f"Grant-CsApplicationAccessPolicy -PolicyName {policy} -Global",
    )


def quoted(text: str) -> str:
    """A text that PowerShell takes letter by letter: in single quotes, nothing but a quote means anything."""
    return "'" + "".join(letter * 2 if letter in _QUOTES else letter for letter in text) + "'"
