"""The account put together: every part once, and what needs several of them."""

from dataclasses import dataclass
from pathlib import Path

from sandbox.clock import Clock
from sandbox.company import Company
from sandbox.faults import FaultBook
from sandbox.pagerduty.credentials import Credentials
from sandbox.pagerduty.delivery import Delivery
from sandbox.pagerduty.desk import Desk
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.events import EVENT_TYPES, envelope, ping_data
from sandbox.pagerduty.ids import new_id
from sandbox.pagerduty.live import Live
from sandbox.pagerduty.model import Filter, Subscription
from sandbox.pagerduty.rate_limit import RateLimit
from sandbox.pagerduty.sending import Sender
from sandbox.pagerduty.store import State, Store
from sandbox.pagerduty.subscriptions import Subscriptions


@dataclass(frozen=True)
class Options:
    """How a simulator is run."""

    public_url: str
    """The address under which callers and people reach it."""
    webhook_url: str | None = None
    """Where the account's first subscription delivers; without it there is none."""
    state: Path | None = None
    """The snapshot's file; without it the state lives in memory alone."""
    requests_per_minute: int = 960


@dataclass(frozen=True)
class Simulator:
    """The parts that the API, the console and the sandbox's own calls work with."""

    company: Company
    clock: Clock
    faults: FaultBook
    live: Live
    directory: Directory
    store: Store
    subscriptions: Subscriptions
    sender: Sender
    delivery: Delivery
    desk: Desk
    credentials: Credentials
    rate_limit: RateLimit

    def ping(self, subscription: Subscription) -> None:
        """Send a test event, whatever the subscription asks for."""
        event = envelope("pagey.ping", ping_data(), at=self.clock.tick(), agent=None)
        self.delivery.publish(subscription, event, None)

    async def reset(self) -> None:
        """The state after the first start; ids and incident numbers go on."""
        await self.delivery.stop()
        self.faults.clear()
        self.clock.reset()
        self.store.reset()
        self.live.changed()


def assemble(company: Company, options: Options) -> Simulator:
    """Build every part; nothing runs yet."""
    clock, live, faults = Clock(), Live(), FaultBook()
    directory = Directory(company, options.public_url)
    store = Store(options.state, lambda: _first_state(company, options), clock)
    subscriptions = Subscriptions(store, clock, live)
    sender = Sender(clock)
    delivery = Delivery(
        store=store, subscriptions=subscriptions, sender=sender, clock=clock, faults=faults, live=live
    )
    desk = Desk(
        store=store,
        directory=directory,
        clock=clock,
        subscriptions=subscriptions,
        delivery=delivery,
        live=live,
    )
    return Simulator(
        company=company,
        clock=clock,
        faults=faults,
        live=live,
        directory=directory,
        store=store,
        subscriptions=subscriptions,
        sender=sender,
        delivery=delivery,
        desk=desk,
        credentials=Credentials(directory, store, clock),
        rate_limit=RateLimit(options.requests_per_minute, clock),
    )


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
