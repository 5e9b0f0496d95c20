"""`muster migrate`: the database's schema and Temporal's search attributes."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from muster.settings import Settings


def migrate(
    *,
    wait_timeout: Annotated[
        int, typer.Option(min=1, metavar="SECONDS", help="How long to wait for the database.")
    ] = 30,
) -> None:
    """Bring the database to this version and register the search attributes."""
    from muster.cli.configuration import checked_settings, say_unknown_variables
    from muster.cli.output import say

    settings = checked_settings()
    say_unknown_variables()
    from muster.store.migrate import migrate as migrate_database
    from muster.store.migrate import migration_address
    from muster.store.pool import wait_for_database

    address = migration_address(settings)
    say("migrate", f"waiting up to {wait_timeout} s for the database at {address}")
    asyncio.run(wait_for_database(address, seconds=wait_timeout))
    asyncio.run(migrate_database(settings))
    say("migrate", f"registering search attributes at {settings.temporal_address}")
    asyncio.run(_register_search_attributes(settings))


async def _register_search_attributes(settings: "Settings") -> None:
    from muster.temporal.client import temporal_client
    from muster.temporal.search_attributes import register_search_attributes

    async with temporal_client(settings) as client:
        await register_search_attributes(client)
