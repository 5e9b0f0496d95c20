"""An embedded Temporal as the product's tests need it."""

from datetime import timedelta

from temporalio.client import Client

from muster.temporal.client import connect
from muster.temporal.search_attributes import register_search_attributes
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.support.settings import settings_for

LETS_END = timedelta(seconds=1)
"""How long a worker that ends lets activities end. Where one that is just being completed is cancelled, the
SDK may never end (docs/measured.md)."""


async def prepare(server: EmbeddedTemporal) -> None:
    """Register the search attributes that the product's workflows write."""
    await register_search_attributes(await client_of(server))


async def client_of(server: EmbeddedTemporal) -> Client:
    """The product's client of this server."""
    return await connect(settings_for("postgresql://unused", server.address))
