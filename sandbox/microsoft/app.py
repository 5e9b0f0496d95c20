"""The Microsoft simulator: its objects, its routes, and which of them answer where."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.app_tokens import ConnectorTokens
from sandbox.clock import Clock
from sandbox.company import Company
from sandbox.faults import FaultBook, fault_router
from sandbox.graph_tokens import GraphTokens
from sandbox.id_token_changes import IdTokenChanges, id_token_router
from sandbox.microsoft.access_policy import AccessPolicy
from sandbox.microsoft.admin_consent import AdminConsent, admin_consent_router
from sandbox.microsoft.authority import document_router, token_router
from sandbox.microsoft.authorize import Authorization, authorize_router
from sandbox.microsoft.calls import FAULTS
from sandbox.microsoft.codes import Codes
from sandbox.microsoft.consent import Consent, initial_state
from sandbox.microsoft.directory import Directory
from sandbox.microsoft.errors import EntraError
from sandbox.microsoft.graph import Graph, graph_router
from sandbox.microsoft.home import home_router
from sandbox.microsoft.id_tokens import IdTokens
from sandbox.microsoft.page.rendering import STATIC, Pages
from sandbox.microsoft.registration import Registration
from sandbox.microsoft.sandbox_api import people_router, sandbox_router
from sandbox.microsoft.sessions import Sessions
from sandbox.microsoft.state import Store
from sandbox.microsoft.teams_graph import TeamsGraph
from sandbox.microsoft.tenant_admin import tenant_admin_router
from sandbox.microsoft.token_endpoint import TokenEndpoint
from sandbox.own_pages import OwnPagesOnly
from sandbox.signing_key import SigningKey
from sandbox.trust import trust


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of the simulator."""

    port: int
    tls_port: int
    folder: Path
    """The folder of the certificates and of the signing key."""
    redirect_uris: Collection[str] = ()
    consented: bool = False
    """Start with everything granted that the registration asks for."""
    teams_url: str | None = None
    """The Teams simulator: it answers Graph's calls about chats, calendars and meetings, and has the policy
    for these."""
    state_file: Path | None = None
    ports: Mapping[str, int] = field(default_factory=dict)
    """The sandbox's ports by name: addresses in an older snapshot follow them."""

    @property
    def browser_url(self) -> str:
        """The address of the pages."""
        return f"http://localhost:{self.port}"

    @property
    def authority_url(self) -> str:
        """The address that programs use."""
        return f"https://127.0.0.1:{self.tls_port}"


class MicrosoftSimulator:
    """Every part, wired; ``asgi`` answers on both ports."""

    def __init__(self, company: Company, options: Options) -> None:
        self._company = company
        self._options = options
        self._key = SigningKey.kept_in(options.folder)
        self._clock = Clock()
        self._faults = FaultBook()
        self._id_token_changes = IdTokenChanges()
        self._registration = Registration(company, options.redirect_uris)
        self._store = Store(
            options.state_file,
            lambda: initial_state(company.bot_permissions, consented=options.consented),
            self._clock,
            options.ports,
        )
        self._directory = Directory(company, self._store)
        self._consent = Consent(self._store, self._clock)
        self._codes = Codes(self._store, self._clock)
        self._graph_tokens = GraphTokens(self._key, company)
        self._pages = Pages(company, self._consent)
        self._http = httpx.AsyncClient(verify=trust(), trust_env=False, timeout=60)
        self._for_programs = self._https_app()
        self._for_browsers = self._http_app()

    def asgi(self) -> ASGIApp:
        """The application: what programs use over https, everything else over http."""

        async def by_scheme(scope: Scope, receive: Receive, send: Send) -> None:
            app = self._for_programs if scope.get("scheme") == "https" else self._for_browsers
            await app(scope, receive, send)

        return by_scheme

    def reset(self) -> None:
        """Go back to the state after the start."""
        self._faults.clear()
        self._id_token_changes.clear()
        self._store.reset()

    def _https_app(self) -> FastAPI:
        app = FastAPI(title="Entra and Graph, as programs use them", openapi_url=None)

        @app.exception_handler(EntraError)
        async def refused(_: Request, error: EntraError) -> Response:
            return error.response()

        options, company, key = self._options, self._company, self._key
        endpoint = TokenEndpoint(
            company=company,
            directory=self._directory,
            registration=self._registration,
            consent=self._consent,
            codes=self._codes,
            connector_tokens=ConnectorTokens(key, company),
            graph_tokens=self._graph_tokens,
            id_tokens=IdTokens(key, company, options.authority_url, self._id_token_changes),
        )
        graph = Graph(company, self._directory, self._graph_tokens, options.authority_url)
        app.include_router(
            document_router(self._registration, key, options.authority_url, options.browser_url)
        )
        app.include_router(token_router(endpoint, self._store, self._clock, self._faults))
        of_teams = TeamsGraph(self._http, options.teams_url, self._directory, options.authority_url)
        app.include_router(graph_router(graph, of_teams, self._store, self._clock, self._faults))
        return app

    def _http_app(self) -> FastAPI:
        app = FastAPI(title="Entra, as a browser sees it", openapi_url=None, lifespan=self._lifespan)

        @app.exception_handler(EntraError)
        async def refused(request: Request, error: EntraError) -> Response:
            return self._pages.refused(request, error)

        company, registration, pages = self._company, self._registration, self._pages
        sessions = Sessions(self._store, company)
        authorization = Authorization(
            registration, self._directory, self._consent, self._codes, self._store, self._clock
        )
        admin_consent = AdminConsent(
            company, self._directory, registration, self._consent, self._store, self._clock
        )
        app.include_router(authorize_router(company, authorization, sessions, pages))
        app.include_router(admin_consent_router(company, admin_consent, sessions, pages))
        policy = AccessPolicy(self._http, self._options.teams_url, company)
        app.include_router(home_router(company, self._directory, registration, sessions, policy, pages))
        app.include_router(tenant_admin_router(company, self._directory, sessions, self._consent, policy))
        app.include_router(sandbox_router(self._store, self._consent, self._clock, self.reset))
        app.include_router(people_router(company, self._directory))
        app.include_router(id_token_router(self._id_token_changes))
        app.include_router(fault_router(self._faults, FAULTS))
        app.mount("/static", StaticFiles(directory=STATIC))
        app.add_middleware(OwnPagesOnly)
        return app

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        async with self._http, self._store.snapshots.running():
            yield
