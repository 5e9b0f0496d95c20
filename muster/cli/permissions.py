"""`muster permissions`: what Muster asks for in Microsoft's cloud, and the policy beside it."""

import sys
from typing import Annotated

import typer


def permissions(
    *,
    powershell: Annotated[
        bool,
        typer.Option("--powershell", help="Print the commands that let the app make meetings instead."),
    ] = False,
    tenant: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Whose registration, where muster.toml has several."),
    ] = None,
) -> None:
    """Print the table of permissions, or with --powershell a tenant's application access policy."""
    if not powershell:
        from muster.permissions import as_markdown

        sys.stdout.write(as_markdown())
        return
    from muster.cards.access_policy import access_policy_commands
    from muster.cli.configuration import checked_settings, say_unknown_variables
    from muster.cli.registration import registration_of

    settings = checked_settings()
    say_unknown_variables()
    chosen = registration_of(settings, tenant, about="permissions")
    sys.stdout.write(
        access_policy_commands(
            name=chosen.name, tenant=chosen.tenant, app_id=chosen.app_id, cloud=chosen.cloud
        )
    )
