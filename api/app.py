"""The API's composition root: settings → dependencies → routes → server."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from fastapi import FastAPI

from api.bot.adapter import TeamsAdapter
from api.bot.composition import muster_bot
from api.bot.places import Places
from api.bot.route import bot_router
from api.bot.sightings import Sightings
from api.bot.token import token_verifier
from api.gateway import Gateway
from api.health import dependency_checks
from api.links.assembly import link_routers
from api.oauth.recipients import Recipients
from api.oauth.reports import Reports
from api.person_readers import running_readers
from api.public.app import Beside, public_app
from api.public.incidents import Incidents
from api.public.public_api import PublicApi
from api.rooms import RoomStarts
from api.strangers import Strangers
from api.webhooks.fan_out import FanOut
from api.webhooks.route import webhook_router
from muster.clients.entra.consent import ConsentPages
from muster.clients.entra.sign_in import SignIns
from muster.clients.http import open_pool as open_http_pool
from muster.clients.pagerduty.oauth import OAuthClient
from muster.clients.pagerduty.refresh import RefreshClient
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.clients.teams.clouds import clouds_of
from muster.clients.teams.connector import connector_client
from muster.clients.teams.jwks import BotKeys
from muster.clients.way_out import way_out
from muster.closing_slash import WithoutClosingSlash
from muster.garbage_collection import exclude_startup_objects
from muster.health import health_app
from muster.linked_people.link_refresh import LinkRefresh
from muster.logging import configure_logging
from muster.public_addresses import MICROSOFT_RETURN_PATH, PAGERDUTY_RETURN_PATH, return_address
from muster.security.sealing import KeyRing
from muster.serving import Server
from muster.settings import Settings
from muster.slow_callers import Limits
from muster.store import accounts
from muster.store.migrate import require_schema
from muster.store.pool import open_pool
from muster.temporal.client import temporal_client
from muster.temporal.search_attributes import require_search_attributes
from muster.variables import warn_of_unknown
from workflows.account_link import messages as account_link
from workflows.channel_incident.messages import Timing
from workflows.team_setup import messages as team_setup

log = structlog.stdlib.get_logger(__name__)


async def serve(settings: Settings) -> None:
    """Serve the API until SIGTERM or SIGINT, then finish the requests in work.

    Nothing listens before every dependency is open; raises what ``opened_app`` raises.
    """
    configure_logging(settings.log_level, "api")
    warn_of_unknown(os.environ)
    async with opened_app(settings) as app:
        limits = Limits(
            header_within=settings.header_within,
            body_within=settings.body_within,
            keep_alive=settings.keep_alive,
            waiting=settings.waiting_connections,
            connections=settings.connections,
        )
        server = Server(app, host=settings.host, port=settings.port, limits=limits)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, server.handle_exit, number, None)
        exclude_startup_objects()
        log.info("serving", url=settings.public_url)
        await server.serve()


@asynccontextmanager
async def opened_app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The application over its open dependencies, which are closed at the end of the block.

    Raises ``DatabaseUnreachable``, ``SchemaMissing``, ``TemporalUnreachable`` or ``SearchAttributesMissing``.
    """
    keys = KeyRing.parse(settings.keys.get_secret_value())
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(await open_pool(settings.database, size=20))
        await require_schema(pool)
        await accounts.write_configured(pool, settings.accounts.values(), settings.teams)
        client = await stack.enter_async_context(temporal_client(settings, repeats=False))
        await require_search_attributes(client)
        gateway = Gateway(client, task_queue=settings.task_queue)
        stack.push_async_callback(gateway.finish)
        way = way_out(settings)
        http = await stack.enter_async_context(open_http_pool(way))
        connector = connector_client(settings, http)
        sightings = Sightings(pool)
        stack.push_async_callback(sightings.finish)
        refresh_pool = await stack.enter_async_context(await open_pool(settings.database, size=4))
        reading = running_readers(
            settings,
            pagerduty=PagerDutyClient(http),
            refresh=LinkRefresh(RefreshClient(http), refresh_pool, settings.accounts, keys),
            gateway=gateway,
            pool=pool,
            keys=keys,
        )
        readers = await stack.enter_async_context(reading)
        timing = Timing(edit_interval=settings.edit_interval, grace=settings.grace)
        app = FastAPI(title="Muster", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
        incidents = Incidents(
            pool, PagerDutyClient(http), AppTokens(http, settings.accounts), settings.accounts
        )
        app.add_middleware(Beside, public=public_app(PublicApi(settings, pool, gateway, incidents)))
        app.add_middleware(WithoutClosingSlash)
        app.add_middleware(Strangers)  # around the other: the last one added is the first one asked
        app.router.routes.extend(health_app(dependency_checks(pool, gateway)).routes)
        app.include_router(
            webhook_router(
                pool=pool,
                keys=keys,
                fan_out=FanOut(pool, gateway, timing, RoomStarts(settings.rooms, grace=settings.room_grace)),
                accounts=settings.accounts,
            )
        )
        app.include_router(
            bot_router(
                verifier=token_verifier(settings, lambda url: BotKeys(http, url)),
                adapter=TeamsAdapter(connector),
                bot=muster_bot(settings, timing, pool, gateway, connector, sightings, readers),
                registrations=settings.teams,
                service_hosts=settings.service_hosts,
                places=Places(settings.places, settings.places_per_card),
            )
        )
        recipients = Recipients(
            pool,
            of_teams=team_setup.Deadlines(link=settings.link_life),
            of_people=account_link.Deadlines(link=settings.link_life),
        )
        reports = await stack.enter_async_context(Reports(pool, gateway, recipients).running())
        clouds, to_microsoft = clouds_of(settings), return_address(settings, MICROSOFT_RETURN_PATH)
        for router in link_routers(
            settings,
            pool=pool,
            keys=keys,
            reports=reports,
            oauth=OAuthClient(http, return_address(settings, PAGERDUTY_RETURN_PATH)),
            consent_pages=ConsentPages(http, settings.teams, clouds, to_microsoft),
            sign_ins=SignIns(http, settings.teams, clouds, way, to_microsoft),
        ):
            app.include_router(router)
        yield app
