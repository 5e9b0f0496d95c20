"""Our clients of Graph against the simulators: what they send and get is held against the description."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from muster.clients.expiring import Expiring, ExpiringCache
from muster.clients.graph.app_calls import AppCalls
from muster.clients.http import open_pool
from muster.clients.teams.clouds import CLOUDS
from tests.contract.wire import Wire
from tests.sandbox.office import Office
from tests.schemas.graph import graph_api

NewCalls = Callable[[], AppCalls]
"""Calls without a token: what a kept one may do, it may do while it lives."""


@asynccontextmanager
async def described_calls(office: Office) -> AsyncIterator[NewCalls]:
    """Calls to the office's Graph; at the end every request must have been as described."""
    wire = Wire(under="/v1.0", verify=office.microsoft.tls())

    async def token(_: str) -> Expiring[str]:
        return Expiring(office.microsoft.graph_token(), 3600)

    clouds = {office.microsoft.tenant: replace(CLOUDS["public"], graph=office.microsoft.authority)}
    async with open_pool(transport=wire) as pool:
        yield lambda: AppCalls(pool, ExpiringCache(token), clouds)
    for exchange in wire.exchanges:
        graph_api().check_request(exchange)
