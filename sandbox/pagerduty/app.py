"""The simulator as a FastAPI application: its routes, its middleware, and its background work."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from sandbox.company import Company
from sandbox.faults import fault_router
from sandbox.id_token_changes import id_token_router
from sandbox.own_pages import OwnPagesOnly
from sandbox.pagerduty import sandbox_api, sandbox_teams, sandbox_workflows
from sandbox.pagerduty.error_handlers import add_error_handlers
from sandbox.pagerduty.identity import discovery, token_endpoint
from sandbox.pagerduty.identity import pages as identity_pages
from sandbox.pagerduty.identity import sandbox_api as identity_sandbox_api
from sandbox.pagerduty.page.actions import action_router
from sandbox.pagerduty.page.rendering import STATIC, Pages
from sandbox.pagerduty.page.routes import page_router
from sandbox.pagerduty.page.service_pages import ServicePages
from sandbox.pagerduty.page.workflow_actions import workflow_action_router
from sandbox.pagerduty.page.workflow_pages import workflow_page_router
from sandbox.pagerduty.rest import (
    account,
    alerts,
    incident_details,
    incident_workflows,
    incidents,
    webhook_subscriptions,
)
from sandbox.pagerduty.rest.middleware import RestMiddleware
from sandbox.pagerduty.simulator import Options, Simulator, assemble
from sandbox.serving import Dated


class PagerDutyApp(FastAPI):
    """The account as an application; ``state.simulator`` has the objects behind it.

    Every answer is dated by the account's clock, the answer to an unexpected error too.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with a date."""
        simulator: Simulator = self.state.simulator
        await Dated(super().__call__, simulator.clock.now)(scope, receive, send)


def build_app(company: Company, options: Options) -> FastAPI:
    """The account as an application; ``app.state.simulator`` has the objects behind it."""
    simulator = assemble(company, options)
    app = PagerDutyApp(title="PagerDuty simulator", lifespan=_lifespan, openapi_url=None)
    app.state.simulator = simulator
    app.include_router(incidents.router)
    app.include_router(incident_details.router)
    app.include_router(alerts.router)
    app.include_router(account.router)
    app.include_router(webhook_subscriptions.router)
    app.include_router(incident_workflows.router)
    app.include_router(token_endpoint.router)
    app.include_router(discovery.router)
    app.include_router(identity_pages.router)
    app.mount("/oauth/static", StaticFiles(directory=identity_pages.STATIC))
    app.include_router(sandbox_api.router)
    app.include_router(sandbox_teams.router)
    app.include_router(sandbox_workflows.router)
    app.include_router(identity_sandbox_api.router)
    app.include_router(id_token_router(simulator.identity.id_token_changes))
    app.include_router(fault_router(simulator.faults, sandbox_api.FAULTS))
    pages = Pages(simulator)
    app.include_router(page_router(simulator, pages))
    app.include_router(workflow_page_router(simulator, pages))
    app.include_router(workflow_action_router(simulator))
    app.include_router(action_router(simulator))
    app.mount("/app/static", StaticFiles(directory=STATIC))
    add_error_handlers(app, pages)
    app.add_middleware(RestMiddleware, simulator=simulator)
    app.add_middleware(ServicePages)
    app.add_middleware(OwnPagesOnly, form_paths=("/oauth/token",))
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    simulator: Simulator = app.state.simulator
    async with simulator.store.snapshots.running():
        simulator.resume()
        timers = asyncio.create_task(simulator.timers.run())
        yield
        timers.cancel()
        await asyncio.gather(timers, return_exceptions=True)
        await simulator.stop()
        await simulator.close()
