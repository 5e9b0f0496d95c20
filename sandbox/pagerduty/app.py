"""Composition: routes, middleware, and what runs beside them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from sandbox.company import Company
from sandbox.faults import fault_router
from sandbox.pagerduty import control, oauth
from sandbox.pagerduty.page.actions import action_router
from sandbox.pagerduty.page.rendering import STATIC, Pages
from sandbox.pagerduty.page.routes import page_router
from sandbox.pagerduty.refusals import add_refusals
from sandbox.pagerduty.rest import account, conversation, incidents, webhook_subscriptions
from sandbox.pagerduty.rest.gate import Gate
from sandbox.pagerduty.simulator import Options, Simulator, assemble


def build_app(company: Company, options: Options) -> FastAPI:
    """The account as an application; its parts are in ``app.state.simulator``."""
    simulator = assemble(company, options)
    app = FastAPI(title="PagerDuty simulator", lifespan=_lifespan, openapi_url=None)
    app.state.simulator = simulator
    app.include_router(incidents.router)
    app.include_router(conversation.router)
    app.include_router(account.router)
    app.include_router(webhook_subscriptions.router)
    app.include_router(oauth.router)
    app.include_router(control.router)
    app.include_router(fault_router(simulator.faults, control.FAULTS))
    pages = Pages(simulator)
    app.include_router(page_router(simulator, pages))
    app.include_router(action_router(simulator))
    app.mount("/app/static", StaticFiles(directory=STATIC))
    add_refusals(app, pages)
    app.add_middleware(Gate, simulator=simulator)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    simulator: Simulator = app.state.simulator
    async with simulator.store.snapshots.running():
        simulator.delivery.resume()
        yield
        await simulator.delivery.stop()
        await simulator.sender.close()
