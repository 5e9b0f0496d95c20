"""The objects of the simulator, made once and connected to each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.clock import Clock
from sandbox.company import Company
from sandbox.company.automation import Automation, WebApiConnection
from sandbox.company.ready_automation import ready_automation
from sandbox.faults import FaultBook
from sandbox.pagerduty import errors
from sandbox.pagerduty.credentials import Credentials
from sandbox.pagerduty.custom_actions.calls import ActionCalls
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.events import EVENT_TYPES, envelope, ping_data, service_data
from sandbox.pagerduty.identity.host import IdentityHost, assemble_identity
from sandbox.pagerduty.ids import new_id
from sandbox.pagerduty.incident_commands import IncidentCommands
from sandbox.pagerduty.incident_requests import NewIncident
from sandbox.pagerduty.model import Filter, Incident, ServiceState, Subscription
from sandbox.pagerduty.plausible_alerts import plausible_alerts
from sandbox.pagerduty.rate_limit import RateLimit
from sandbox.pagerduty.server_sent_events import ServerSentEvents
from sandbox.pagerduty.store import State, Store
from sandbox.pagerduty.subscriptions import Subscriptions
from sandbox.pagerduty.timers import Timers
from sandbox.pagerduty.web_requests import WebRequests
from sandbox.pagerduty.webhook_delivery import WebhookDelivery
from sandbox.pagerduty.webhook_sender import WebhookSender
from sandbox.pagerduty.workflows import connections
from sandbox.pagerduty.workflows.calls import Calls, TeamsIntegration
from sandbox.pagerduty.workflows.library import Library
from sandbox.pagerduty.workflows.model import ConnectionCheck
from sandbox.pagerduty.workflows.runs import WorkflowRuns
from sandbox.pagerduty.workflows.starting import WorkflowStarts


@dataclass(frozen=True)
class Options:
    """The options of a simulator."""

    public_url: str
    """The address under which callers and people reach it."""
    rest_url: str | None = None
    """The address in REST's ``self`` links; by default ``public_url``."""
    identity_url: str | None = None
    """The address of the identity host, and the root of its issuer; by default ``public_url``."""
    redirect_uris: tuple[str, ...] = ()
    """The redirect URIs that the account's client is registered with."""
    keys: Path | None = None
    """The folder of the key that signs ID tokens; without it each start has a new key."""
    webhook_url: str | None = None
    """The receiver of the account's first subscription; without it the account starts with none."""
    muster_url: str | None = None
    """Where workflows reach Muster's API; they call it with ``Company.muster_token``."""
    state: Path | None = None
    """The snapshot's file; without it the state lives in memory alone."""
    ports: Mapping[str, int] = field(default_factory=dict)
    """The sandbox's ports by name: addresses in an older snapshot follow them."""
    requests_per_minute: int = 960


@dataclass(frozen=True)
class Simulator:
    """The objects that the API, the console and ``/_sandbox`` use."""

    company: Company
    clock: Clock
    faults: FaultBook
    server_sent_events: ServerSentEvents
    directory: Directory
    store: Store
    subscriptions: Subscriptions
    webhook_sender: WebhookSender
    webhook_delivery: WebhookDelivery
    incident_commands: IncidentCommands
    timers: Timers
    credentials: Credentials
    rate_limit: RateLimit
    identity: IdentityHost
    web_requests: WebRequests
    library: Library
    workflow_runs: WorkflowRuns
    workflow_starts: WorkflowStarts
    action_calls: ActionCalls

    def resume(self) -> None:
        """Go on with what the last process left behind."""
        self.webhook_delivery.resume()
        self.action_calls.resume()
        self.workflow_runs.end_interrupted()

    async def stop(self) -> None:
        """Stop everything that sends; what waits goes on after the next start."""
        await self.workflow_runs.stop()
        await self.action_calls.stop()
        await self.webhook_delivery.stop()

    async def close(self) -> None:
        """Close the connections."""
        await self.webhook_sender.close()
        await self.web_requests.close()

    async def check_connection(self, connection: WebApiConnection) -> ConnectionCheck:
        """Ask the connection's health address, and keep what it says."""
        check = await connections.check(connection, self.web_requests, self.clock)
        self.store.state.connection_checks[connection.id] = check
        self.store.changed()
        self.server_sent_events.changed()
        return check

    def ping(self, subscription: Subscription) -> None:
        """Send a test event, also to a subscription that asks for other event types."""
        event = envelope("pagey.ping", ping_data(), at=self.clock.tick(), agent=None)
        self.webhook_delivery.publish(subscription, event, None)

    def trigger(self, wanted: NewIncident, *, by: str | None = None) -> Incident:
        """Create an incident with alerts, plausible ones where none are given; ``by`` no user, by itself."""
        service = self.directory.services.get(wanted.service.id)
        if wanted.alerts is None and service is not None:
            alerts = plausible_alerts(service, wanted.title, self.store.state.last_number + 1)
            wanted = wanted.model_copy(update={"alerts": alerts})
        return self.incident_commands.create(wanted, by=by or wanted.service.id)

    def set_service_state(self, service: str, state: ServiceState) -> None:
        """Enable, disable or delete a service; subscriptions that ask for its events hear of it.

        PagerDuty brings no service back. Here a deleted one can be enabled again, which tells nobody.
        """
        before = self.directory.service_state(service)
        if state == before:
            return
        states = {key: one for key, one in self.store.state.service_states.items() if key != service}
        self.store.state.service_states = states if state == "enabled" else states | {service: state}
        self.store.changed()
        self.server_sent_events.changed()
        if before != "deleted":
            self._publish(service, "service.deleted" if state == "deleted" else "service.updated")

    def _publish(self, service: str, event_type: str) -> None:
        at, teams = self.clock.tick(), self.directory.services[service].teams
        for subscription in self.subscriptions.interested(event_type, service, teams):
            event = envelope(event_type, service_data(service, self.directory), at=at, agent=None)
            self.webhook_delivery.publish(subscription, event, None)

    def incident(self, key: str, reader: str | None) -> Incident:
        """The incident with this id or number; raises error 2100 also where the reader may not see it."""
        found = self.incident_commands.get(key)
        if not self.directory.as_seen_by(reader).sees_incidents_of(found.service):
            raise errors.not_found()
        return found

    async def reset(self) -> None:
        """Go back to the state after the first start; ids and incident numbers are not used again."""
        await self.stop()
        self.faults.clear()
        self.identity.id_token_changes.clear()
        self.clock.reset()
        self.rate_limit.reset()
        self.store.reset()
        self.server_sent_events.changed()


def assemble(company: Company, options: Options) -> Simulator:
    """Make the objects; nothing runs yet."""
    clock, server_sent_events, faults = Clock(), ServerSentEvents(), FaultBook()
    store = Store(options.state, lambda: _first_state(company, options), clock, options.ports)
    directory = Directory(
        company,
        options.public_url,
        options.rest_url,
        lambda: store.state,
    )
    subscriptions = Subscriptions(store, clock, server_sent_events)
    if options.webhook_url is not None:
        subscriptions.move(company.webhook_subscription, options.webhook_url)
    webhook_sender = WebhookSender(clock)
    webhook_delivery = WebhookDelivery(
        store=store,
        subscriptions=subscriptions,
        webhook_sender=webhook_sender,
        clock=clock,
        faults=faults,
        server_sent_events=server_sent_events,
    )
    incident_commands = IncidentCommands(
        store=store,
        directory=directory,
        clock=clock,
        subscriptions=subscriptions,
        webhook_delivery=webhook_delivery,
        server_sent_events=server_sent_events,
    )
    web_requests = WebRequests(faults)
    library = Library(company, _automation(company, options), store, server_sent_events)
    workflow_runs = WorkflowRuns(
        store=store,
        calls=Calls(web_requests, library, _teams(company, options)),
        incident_commands=incident_commands,
        directory=directory,
        clock=clock,
        subscriptions=subscriptions,
        webhook_delivery=webhook_delivery,
        server_sent_events=server_sent_events,
    )
    workflow_starts = WorkflowStarts(library, workflow_runs, directory)
    incident_commands.watch(workflow_starts.incident_changed)
    return Simulator(
        company=company,
        clock=clock,
        faults=faults,
        server_sent_events=server_sent_events,
        directory=directory,
        store=store,
        subscriptions=subscriptions,
        webhook_sender=webhook_sender,
        webhook_delivery=webhook_delivery,
        incident_commands=incident_commands,
        timers=Timers(incident_commands, directory, clock),
        credentials=Credentials(directory, store, clock),
        rate_limit=RateLimit(options.requests_per_minute, clock),
        identity=assemble_identity(
            company,
            directory,
            store,
            clock,
            url=(options.identity_url or options.public_url).rstrip("/"),
            redirect_uris=options.redirect_uris,
            keys=options.keys,
        ),
        web_requests=web_requests,
        library=library,
        workflow_runs=workflow_runs,
        workflow_starts=workflow_starts,
        action_calls=ActionCalls(
            store=store,
            library=library,
            web_requests=web_requests,
            incident_commands=incident_commands,
            directory=directory,
            clock=clock,
            server_sent_events=server_sent_events,
        ),
    )


def _automation(company: Company, options: Options) -> Automation:
    """Without Muster's address, nothing runs by itself."""
    if options.muster_url is None:
        return Automation()
    return ready_automation(company, options.muster_url, company.muster_token)


def _teams(company: Company, options: Options) -> TeamsIntegration | None:
    """Without Muster's address, Microsoft Teams is not connected."""
    if options.muster_url is None:
        return None
    return TeamsIntegration(options.muster_url.rstrip("/"), company.muster_token)


def _first_state(company: Company, options: Options) -> State:
    if options.webhook_url is None:
        return State()
    subscription = Subscription(
        id=company.webhook_subscription,
        method_id=new_id("P"),
        url=options.webhook_url,
        description="Muster",
        events=EVENT_TYPES,
        filter=Filter(type="account_reference"),
        secrets=(company.webhook_secret,),
    )
    return State(subscriptions={subscription.id: subscription})
