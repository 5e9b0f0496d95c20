"""`muster check`: whether the credentials work, and which addresses the others must be given."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from muster.settings import Settings


def check(
    *,
    addresses: Annotated[
        bool, typer.Option("--addresses/--no-addresses", help="Print the addresses too.")
    ] = True,
) -> None:
    """Try each credential of muster.toml; print the addresses that Microsoft and PagerDuty must be given.

    A line for each credential on standard error, which ends with `: works` where nothing is wrong.
    """
    from muster.cli.configuration import checked_settings, say_unknown_variables

    settings = checked_settings(both_sides=True)
    say_unknown_variables()
    from muster.logging import configure_logging
    from muster.public_addresses import public_addresses

    configure_logging("CRITICAL", "check")  # its lines say all that there is to say
    for address in public_addresses(settings) if addresses else ():
        sys.stdout.write(
            f"{address.title}, {address.where}:\n  {settings.public_url.rstrip('/')}{address.path}\n"
        )
    sys.stdout.flush()
    if not asyncio.run(_all_work(settings)):
        raise typer.Exit(1)


async def _all_work(settings: "Settings") -> bool:
    from muster.cli.output import say
    from muster.clients.http import open_pool
    from muster.clients.pagerduty.tokens import AppTokens
    from muster.clients.teams.clouds import clouds_of
    from muster.clients.teams.token import bot_tokens
    from muster.clients.way_out import way_out
    from muster.credentials import try_credentials

    problems, way = 0, way_out(settings)
    async with open_pool(way) as http:
        bots = bot_tokens(settings.teams, clouds_of(settings), way)
        apps = AppTokens(http, settings.accounts)
        async for tried in try_credentials(settings, bots=bots, apps=apps):
            say(tried.name, tried.problem or "works")
            problems += tried.problem is not None
    return problems == 0
