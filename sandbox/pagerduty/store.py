"""The account's state in memory, and its snapshot on disk."""

from collections.abc import Callable, Mapping
from copy import copy
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel

from sandbox.clock import Clock
from sandbox.company import DefaultRole, TeamMember
from sandbox.company.automation import CustomAction, IncidentWorkflow, WebApiConnection
from sandbox.pagerduty.custom_actions.model import ActionCall
from sandbox.pagerduty.identity.model import (
    AccessToken,
    Allowance,
    Code,
    Delegation,
    RefreshToken,
    Session,
    TokenCall,
)
from sandbox.pagerduty.model import Incident, Read, ServiceState, Subscription, Webhook, Write
from sandbox.pagerduty.workflows.model import ConnectionCheck, WorkflowRun
from sandbox.snapshot import Snapshots, Taken, read_snapshot

KEPT = 5_000
"""How many reads, writes, webhooks and so on the snapshot has; it has all that waits to be sent."""
CODES_KEPT = timedelta(days=1)
"""How long after its end a code is known, so that a second use ends what the first one began."""


Ending = TypeVar("Ending", AccessToken, Code, RefreshToken)
Sent = TypeVar("Sent", Webhook, ActionCall)


class State(BaseModel):
    """Everything that changes. The values in the collections are frozen."""

    incidents: dict[str, Incident] = {}
    subscriptions: dict[str, Subscription] = {}
    webhooks: dict[str, Webhook] = {}
    writes: list[Write] = []
    reads: list[Read] = []
    roles: dict[str, str] = {}
    """Roles of users that are not those of the company, by user."""
    default_roles: dict[str, DefaultRole] = {}
    """Default roles of teams that are not those of the company, by team."""
    memberships: dict[str, tuple[TeamMember, ...]] = {}
    """The members of teams whose members are not those of the company, by team."""
    service_states: dict[str, ServiceState] = {}
    """Services that are not enabled, by service."""
    deactivated: frozenset[str] = frozenset()
    """Users who were taken out of the account."""
    client_scopes: tuple[str, ...] | None = None
    """The scopes of the client's registration, where they are not those of the company."""
    deny_without_state: bool = False
    """Whether a denial comes back without ``state``."""
    sessions: dict[str, Session] = {}
    allowances: dict[str, Allowance] = {}
    codes: dict[str, Code] = {}
    delegations: dict[str, Delegation] = {}
    access_tokens: dict[str, AccessToken] = {}
    refresh_tokens: dict[str, RefreshToken] = {}
    token_calls: dict[str, TokenCall] = {}
    """In the order in which they arrived."""
    web_api_connections: dict[str, WebApiConnection] = {}
    """Those that were made; the ready ones are in no snapshot."""
    incident_workflows: dict[str, IncidentWorkflow] = {}
    """Those that were made."""
    custom_actions: dict[str, CustomAction] = {}
    """Those that were made."""
    connection_checks: dict[str, ConnectionCheck] = {}
    """The last check of each connection that was checked, by connection."""
    disabled_workflows: frozenset[str] = frozenset()
    workflow_runs: dict[str, WorkflowRun] = {}
    """In the order in which they began."""
    action_calls: dict[str, ActionCall] = {}
    """In the order of their clicks."""
    last_number: int = 0
    clock_ahead: timedelta = timedelta()


class Store:
    """Has the state and writes its snapshot; raises SnapshotError if the file cannot be read."""

    def __init__(
        self,
        path: Path | None,
        initial: Callable[[], State],
        clock: Clock,
        ports: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._initial = initial
        self._clock = clock
        self.snapshots = Snapshots(path, self._take, ports)
        kept = read_snapshot(path, State, ports)
        self.state = kept or initial()
        if kept is not None:
            clock.ahead = kept.clock_ahead

    def changed(self) -> None:
        """Note that the state changed: the snapshot is written soon."""
        self.snapshots.changed()

    def reset(self) -> None:
        """Go back to the state after the first start; incident numbers are not used again."""
        last_number = self.state.last_number
        self.state = self._initial()
        self.state.last_number = last_number
        self.changed()

    def _take(self) -> Taken:
        now, ahead = self._clock.now(), self._clock.ahead
        copied = {name: copy(value) for name, value in self.state}

        def worth_keeping() -> dict[str, Any]:
            return copied | {
                "webhooks": _newest_and_waiting(copied["webhooks"]),
                "workflow_runs": dict([*copied["workflow_runs"].items()][-KEPT:]),
                "action_calls": _newest_and_waiting(copied["action_calls"]),
                "writes": copied["writes"][-KEPT:],
                "reads": copied["reads"][-KEPT:],
                "token_calls": dict([*copied["token_calls"].items()][-KEPT:]),
                "codes": _ending_after(now - CODES_KEPT, copied["codes"]),
                "access_tokens": _ending_after(now, copied["access_tokens"]),
                "refresh_tokens": _ending_after(now, copied["refresh_tokens"]),
                "delegations": {key: one for key, one in copied["delegations"].items() if now < one.ends_at},
                "clock_ahead": ahead,
            }

        return worth_keeping


def _ending_after(then: datetime, kept: dict[str, Ending]) -> dict[str, Ending]:
    return {key: one for key, one in kept.items() if then < one.expires_at}


def _newest_and_waiting(sent: dict[str, Sent]) -> dict[str, Sent]:
    too_many = len(sent) - KEPT
    return {
        key: one
        for place, (key, one) in enumerate(sent.items())
        if place >= too_many or one.state == "waiting"
    }
