"""The API's composition root: settings → clients → routes."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from fastapi import FastAPI

from api.bot.adapter import TeamsAdapter
from api.bot.bot import MusterBot
from api.bot.clicks import ClickHandler
from api.bot.route import bot_router
from api.bot.token import BotTokenVerifier
from api.gateway import Gateway
from api.health import health_router
from api.webhooks.fan_out import FanOut
from api.webhooks.route import webhook_router
from muster.clients.http import open_pool as open_http_pool
from muster.clients.teams.connector import connector_client
from muster.clients.teams.jwks import BotKeys
from muster.logging import configure_logging
from muster.memory import settle
from muster.security.sealing import KeyRing
from muster.settings import Settings
from muster.store.migrate import require_schema
from muster.store.pool import Pool, open_pool
from muster.temporal.client import connect, goodbye, require_search_attributes
from workflows.channel_incident.messages import Timing

log = structlog.stdlib.get_logger(__name__)


def create_app(settings: Settings) -> FastAPI:
    """The HTTP edge. Its dependencies are opened when it starts and closed when it stops."""
    configure_logging(settings.log_level, "api")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await _compose(app, settings, stack)
            settle()
            log.info("serving", url=settings.public_url)
            yield
        await goodbye()

    return FastAPI(title="Muster", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)


async def check(settings: Settings) -> None:
    """Open what the edge cannot start without, and close it again.

    To be done before the server runs, which buries a failure of its start in a traceback. Raises
    ``DatabaseUnreachable``, ``SchemaMissing``, ``TemporalUnreachable`` or ``SearchAttributesMissing``.
    """
    async with AsyncExitStack() as stack:
        await _open_store(settings, stack)
        try:
            await _open_gateway(settings)
        except Exception:  # the process ends with it, by its own exit code and not by an abort
            await goodbye()
            raise


async def _open_store(settings: Settings, stack: AsyncExitStack) -> Pool:
    pool = await open_pool(settings.database_url.get_secret_value(), size=20)
    stack.push_async_callback(pool.close)
    await require_schema(pool)
    return pool


async def _open_gateway(settings: Settings) -> Gateway:
    client = await connect(settings)
    await require_search_attributes(client)
    return Gateway(client, task_queue=settings.task_queue)


async def _compose(app: FastAPI, settings: Settings, stack: AsyncExitStack) -> None:
    keys = KeyRing.parse(settings.keys.get_secret_value())
    pool = await _open_store(settings, stack)
    gateway = await _open_gateway(settings)
    http = await stack.enter_async_context(open_http_pool(verify=ssl.create_default_context()))
    connector = connector_client(settings, http)
    timing = Timing(edit_interval=settings.edit_interval, grace=settings.grace)
    app.include_router(health_router(pool, gateway))
    app.include_router(
        webhook_router(
            pool=pool, keys=keys, fan_out=FanOut(pool, gateway, timing), accounts=settings.accounts
        )
    )
    app.include_router(
        bot_router(
            verifier=BotTokenVerifier(
                BotKeys(http, settings.bot_metadata_url),
                [registration.app_id for registration in settings.teams.values()],
            ),
            adapter=TeamsAdapter(connector),
            bot=MusterBot(ClickHandler(pool, gateway, timing)),
            registrations=settings.teams,
            service_hosts=settings.service_hosts,
        )
    )
