"""The account's state in memory, and what of it outlives a restart."""

from collections.abc import Callable
from copy import copy
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sandbox.clock import Clock
from sandbox.pagerduty.model import AppToken, Incident, Read, Subscription, Webhook, Write
from sandbox.snapshot import Snapshots, Taken, read_snapshot

KEPT = 5_000
"""Reads, writes and webhooks of which a restart still knows; a webhook that waits is always kept."""


class State(BaseModel):
    """Everything that changes; the values themselves are frozen."""

    incidents: dict[str, Incident] = {}
    subscriptions: dict[str, Subscription] = {}
    webhooks: dict[str, Webhook] = {}
    writes: list[Write] = []
    reads: list[Read] = []
    app_tokens: dict[str, AppToken] = {}
    last_number: int = 0
    clock_ahead: timedelta = timedelta()


class Store:
    """Holds the state and keeps its snapshot; raises SnapshotError if an earlier one cannot be read."""

    def __init__(self, path: Path | None, fresh: Callable[[], State], clock: Clock) -> None:
        self._fresh = fresh
        self._clock = clock
        self.snapshots = Snapshots(path, self._take)
        kept = read_snapshot(path, State)
        self.state = kept or fresh()
        if kept is not None:
            clock.ahead = kept.clock_ahead

    def changed(self) -> None:
        """The state is not what the snapshot says; it will be written soon."""
        self.snapshots.changed()

    def reset(self) -> None:
        """The state after the first start, except that numbers go on."""
        last_number = self.state.last_number
        self.state = self._fresh()
        self.state.last_number = last_number
        self.changed()

    def _take(self) -> Taken:
        now, ahead = self._clock.now(), self._clock.ahead
        copied = {name: copy(value) for name, value in self.state}

        def worth_keeping() -> dict[str, Any]:
            tokens = copied["app_tokens"].items()
            return copied | {
                "webhooks": _newest_and_waiting(copied["webhooks"]),
                "writes": copied["writes"][-KEPT:],
                "reads": copied["reads"][-KEPT:],
                "app_tokens": {key: token for key, token in tokens if now < token.expires_at},
                "clock_ahead": ahead,
            }

        return worth_keeping


def _newest_and_waiting(webhooks: dict[str, Webhook]) -> dict[str, Webhook]:
    too_many = len(webhooks) - KEPT
    return {
        key: webhook
        for place, (key, webhook) in enumerate(webhooks.items())
        if place >= too_many or webhook.state == "waiting"
    }
