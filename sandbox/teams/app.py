"""The Teams simulator: its objects, its routes, and its background work."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from sandbox.company import Company
from sandbox.faults import FaultBook, fault_router
from sandbox.graph_tokens import GraphTokens
from sandbox.own_pages import OwnPagesOnly
from sandbox.signing_key import SigningKey
from sandbox.snapshot import Snapshots, read_snapshot
from sandbox.teams.activities import Activities
from sandbox.teams.announcements import Announcements
from sandbox.teams.bot_endpoint import BotEndpoint
from sandbox.teams.chat_events import ChatEvents
from sandbox.teams.chat_life import ChatLife
from sandbox.teams.chats_api import chats_api_router, page_chats_router
from sandbox.teams.clicks import Clicks
from sandbox.teams.connector import connector_router, teams_router
from sandbox.teams.connector_calls import FAULTS, ConnectorCalls
from sandbox.teams.conversations import Conversations
from sandbox.teams.deliveries import Deliveries, Waits
from sandbox.teams.errors import ConnectorError
from sandbox.teams.extension_api import extension_router
from sandbox.teams.graph.access_policy import AccessPolicies
from sandbox.teams.graph.route import FAULTS as GRAPH_FAULTS
from sandbox.teams.graph.route import GraphRoute
from sandbox.teams.installations import Installations
from sandbox.teams.meetings_api import access_policy_router, page_meetings_router
from sandbox.teams.message_extension import MessageExtension
from sandbox.teams.operations import WriteOperations
from sandbox.teams.page_api import page_router
from sandbox.teams.page_files import PAGE, files_router, renderer_path
from sandbox.teams.page_teams_api import page_teams_router
from sandbox.teams.playground import playground_router
from sandbox.teams.rate_limits import RateWindows
from sandbox.teams.refreshes import Refreshes
from sandbox.teams.roster import Roster
from sandbox.teams.roster_operations import RosterOperations
from sandbox.teams.sandbox_api import sandbox_router
from sandbox.teams.server_sent_events import ServerSentEvents
from sandbox.teams.snapshot import take
from sandbox.teams.state import State
from sandbox.teams.targeted import TargetedMessages
from sandbox.teams.targeted_api import targeted_router
from sandbox.teams.team_events import TeamEvents
from sandbox.teams.team_life import TeamLife
from sandbox.teams.team_operations import TeamOperations
from sandbox.teams.teams_api import teams_api_router
from sandbox.teams.tokens import BotTokens, ChannelTokens, metadata_router
from sandbox.teams.user_actions import UserActions
from sandbox.trust import trust

SERVICE_PATH = "/teams"


@dataclass(frozen=True)
class Options:
    """The options of the simulator."""

    port: int
    folder: Path
    """The folder of the signing key."""
    bot_url: str
    state_file: Path | None = None
    ports: Mapping[str, int] = field(default_factory=dict)
    """The sandbox's ports by name: addresses in an older snapshot follow them."""
    temporal_ui: str | None = None
    playground_port: int | None = None
    """Where Microsoft's Agents Playground listens, if it is used."""

    @property
    def base_url(self) -> str:
        """The simulator's http address."""
        return f"http://127.0.0.1:{self.port}"


class TeamsSimulator:
    """Every part, wired."""

    def __init__(self, company: Company, options: Options) -> None:
        self._options = options
        key = SigningKey.kept_in(options.folder)
        bot_tokens = BotTokens(key, company)
        service_url = f"{options.base_url}{SERVICE_PATH}/"
        self._roster = Roster(company)
        self._server_sent_events = ServerSentEvents()
        self._snapshots = Snapshots(
            options.state_file, lambda: take(self._conversations.state), options.ports
        )
        self._conversations = Conversations(
            self._roster,
            read_snapshot(options.state_file, State, options.ports) or self._roster.initial_state(0),
            self._server_sent_events,
            self._snapshots.changed,
        )
        # Less than the five seconds for which the API keeps a connection: what is sent on one that it closes
        # at that moment gets no answer.
        limits = httpx.Limits(keepalive_expiry=2)
        self._http = httpx.AsyncClient(verify=trust(), trust_env=False, limits=limits)
        activities = Activities(self._roster, service_url)
        channel_tokens = ChannelTokens(key, company)
        self._waits = Waits()
        self._deliveries = Deliveries(BotEndpoint(self._http, options.bot_url, channel_tokens), self._waits)
        self._clicks = Clicks(self._conversations, activities, self._deliveries)
        self._user_actions = UserActions(self._conversations, activities, self._deliveries)
        self._extension = MessageExtension(self._conversations, activities, self._deliveries)
        team_events = TeamEvents(self._roster, service_url)
        chat_events = ChatEvents(self._roster, service_url)
        self._announcements = Announcements(self._conversations, self._deliveries)
        self._installations = Installations(
            self._conversations, team_events, chat_events, self._announcements
        )
        self._chat_life = ChatLife(self._conversations, chat_events, self._announcements)
        self._team_life = TeamLife(self._conversations, team_events, self._announcements)
        self._faults = FaultBook()
        self._limits = RateWindows()
        self._targeted = TargetedMessages(self._conversations)
        self._refreshes = Refreshes(self._conversations, activities, self._deliveries, self._targeted.clock)
        self._policies = AccessPolicies(self._conversations, self._targeted.clock)
        self._graph = GraphRoute(
            self._conversations,
            GraphTokens(key, company),
            self._faults,
            self._policies,
            self._targeted.clock,
        )
        self._connector_calls = ConnectorCalls(self._conversations, self._faults, bot_tokens, SERVICE_PATH)
        self._app = self._plain_app(key)
        if options.playground_port is not None:
            self._app.include_router(
                playground_router(
                    self._http, options.bot_url, channel_tokens, bot_tokens, options.playground_port
                )
            )

    def asgi(self) -> ASGIApp:
        """The application."""
        return self._app

    def end_streams(self) -> None:
        """End the streams of open pages, so that the process can stop at once."""
        self._server_sent_events.close()

    async def reset(self) -> None:
        """Go back to the state after the start; message ids are not used again."""
        await self._deliveries.stop()
        await self._connector_calls.cancel_late_calls()
        self._faults.clear()
        self._waits.reset()
        self._limits.clear()
        self._targeted.reset()
        self._graph.reset()
        self._conversations.replace_state(
            self._roster.initial_state(self._conversations.state.last_message_id)
        )

    def _plain_app(self, key: SigningKey) -> FastAPI:
        app = FastAPI(title="Teams simulator", openapi_url=None, lifespan=self._lifespan)

        @app.exception_handler(ConnectorError)
        async def connector_error(_: Request, error: ConnectorError) -> Response:
            return error.response()

        writes = WriteOperations(self._conversations, self._limits, self._targeted)
        reads = RosterOperations(self._conversations, self._limits)
        of_teams = TeamOperations(self._conversations, self._limits)
        app.include_router(connector_router(self._connector_calls, writes, reads), prefix=SERVICE_PATH)
        app.include_router(teams_router(self._connector_calls, of_teams), prefix=SERVICE_PATH)
        app.include_router(self._graph.router())
        app.include_router(metadata_router(key, self._options.base_url))
        app.include_router(
            sandbox_router(
                self._conversations,
                self._clicks,
                self._user_actions,
                self._extension,
                self._waits,
                self.reset,
            )
        )
        of_the_team = (self._conversations, self._installations, self._team_life, self._announcements)
        app.include_router(teams_api_router(*of_the_team))
        app.include_router(page_teams_router(*of_the_team))
        app.include_router(chats_api_router(self._chat_life, self._announcements))
        app.include_router(
            page_chats_router(self._conversations, self._chat_life, self._installations, self._announcements)
        )
        for prefix in ("/_sandbox", "/page"):
            app.include_router(
                extension_router(
                    prefix, self._conversations, self._extension, self._user_actions, self._refreshes
                )
            )
        app.include_router(targeted_router(self._targeted))
        app.include_router(access_policy_router(self._conversations, self._policies))
        app.include_router(page_meetings_router(self._conversations))
        app.include_router(fault_router(self._faults, FAULTS | GRAPH_FAULTS))
        app.include_router(
            page_router(
                self._conversations,
                self._server_sent_events,
                self._clicks,
                self._user_actions,
                self._extension,
                self._options.temporal_ui,
            )
        )
        app.include_router(files_router(renderer_path()))
        app.mount("/page/static", StaticFiles(directory=PAGE))
        app.add_middleware(OwnPagesOnly)
        return app

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        async with self._http, self._snapshots.running():
            ending_lives = asyncio.create_task(self._targeted.end_lives(), name="end targeted messages")
            yield
            ending_lives.cancel()
            with suppress(asyncio.CancelledError):
                await ending_lives
            await self._deliveries.stop()
            await self._connector_calls.cancel_late_calls()
