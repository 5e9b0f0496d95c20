"""Every activity of this package, made of what a worker has opened."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

import activities
from activities.registration import registered
from activities.signals import WorkflowSignals
from activities.teams.refused_sends import RefusedSends
from activities.teams.sends import Sends
from muster.card_runs import CardRuns
from muster.clients.graph.accounts import AccountsClient
from muster.clients.graph.calendar import CalendarClient
from muster.clients.graph.chats import ChatsClient
from muster.clients.graph.client import GraphClient
from muster.clients.graph.meetings import MeetingsClient
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.subscriptions import SubscriptionClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.clients.teams.connector import ConnectorClient
from muster.config_file import PagerDutyAccount, TeamsRegistration
from muster.linked_people.person_token import PersonTokens
from muster.private_sends import PrivateSends
from muster.security.sealing import KeyRing
from muster.settings import Settings
from muster.store.pool import Pool


@dataclass(frozen=True)
class Dependencies:
    """What activities are made of. A constructor asks for a field by its name."""

    connector: ConnectorClient
    pagerduty: PagerDutyClient
    subscriptions: SubscriptionClient
    app_tokens: AppTokens
    accounts: Mapping[str, PagerDutyAccount]
    registrations: Mapping[str, TeamsRegistration]
    """By tenant."""
    keys: KeyRing
    settings: Settings
    graph: GraphClient
    chats: ChatsClient
    calendars: CalendarClient
    online_meetings: MeetingsClient
    directory: AccountsClient
    signals: WorkflowSignals
    card_runs: CardRuns
    sends: Sends
    refused_sends: RefusedSends
    person_tokens: PersonTokens
    private: PrivateSends
    pool: Pool
    details_pool: Pool
    """For reading details: a connection is held while PagerDuty answers."""
    clicks_pool: Pool
    """For clicks: a connection is held while PagerDuty answers."""
    subscription_pool: Pool
    """For changes of webhook subscriptions: likewise."""


def activities_of(dependencies: Dependencies) -> list[Callable[..., Any]]:
    """The activities of every class of this package that implements rows, each class made once.

    Raises TypeError where a constructor asks for what is no dependency, or for another type.
    """
    return registered(*(found(**_wanted(found, dependencies)) for found in implementations()))


def implementations() -> Iterator[type]:
    """Every class of this package that implements rows."""
    for found in pkgutil.walk_packages(activities.__path__, f"{activities.__name__}."):
        module = importlib.import_module(found.name)
        for _, member in inspect.getmembers(module, inspect.isclass):
            if member.__module__ == module.__name__ and registered(member):
                yield member


def _wanted(implementation: type, dependencies: Dependencies) -> dict[str, Any]:
    offered = get_type_hints(Dependencies)
    for name, kind in _asked(implementation).items():
        if offered.get(name) != kind:
            raise TypeError(f"{implementation.__name__} asks for {name}, which is no dependency of that type")
    return {name: getattr(dependencies, name) for name in _asked(implementation)}


def _asked(implementation: type) -> dict[str, Any]:
    hints = get_type_hints(implementation.__init__)  # type: ignore[misc]  # of a class, not of an instance
    hints.pop("return", None)
    return hints


def unused() -> set[str]:
    """Dependencies that no class asks for."""
    asked = {name for found in implementations() for name in _asked(found)}
    return {field.name for field in fields(Dependencies)} - asked
