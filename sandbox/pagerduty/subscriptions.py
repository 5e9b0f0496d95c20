"""Webhook subscriptions: who gets which events, and whether they get them at the moment."""

from collections.abc import Sequence
from datetime import timedelta

from sandbox.clock import Clock
from sandbox.pagerduty import errors
from sandbox.pagerduty.ids import new_id, new_secret
from sandbox.pagerduty.live import Live
from sandbox.pagerduty.model import Filter, Header, Incident, Subscription
from sandbox.pagerduty.store import Store

LIMIT = 10
"""Subscriptions per service, per team, and on the account."""

DROPS_UNTIL_DISABLED = 3
DISABLED_FOR = timedelta(hours=24)


class Subscriptions:
    """The account's subscriptions."""

    def __init__(self, store: Store, clock: Clock, live: Live) -> None:
        self._store = store
        self._clock = clock
        self._live = live

    def all(self) -> list[Subscription]:
        """Oldest first."""
        return list(self._store.state.subscriptions.values())

    def find(self, subscription_id: str) -> Subscription | None:
        """The subscription, if there is (still) one of this id."""
        return self._store.state.subscriptions.get(subscription_id)

    def get(self, subscription_id: str) -> Subscription:
        """The subscription; 2100 where there is none."""
        subscription = self.find(subscription_id)
        if subscription is None:
            raise errors.not_found()
        return subscription

    def interested(self, event_type: str, incident: Incident, team: str) -> list[Subscription]:
        """Those that get an event of this incident, whose service belongs to ``team``."""
        scopes = (
            Filter(type="account_reference"),
            Filter(type="service_reference", id=incident.service),
            Filter(type="team_reference", id=team),
        )
        return [
            subscription
            for subscription in self.all()
            if subscription.active and event_type in subscription.events and subscription.filter in scopes
        ]

    def create(
        self,
        *,
        url: str,
        description: str | None,
        events: Sequence[str],
        wanted: Filter,
        custom_headers: Sequence[Header],
        active: bool,
    ) -> Subscription:
        """A new subscription with a secret of its own; 2019 beyond the limit."""
        if sum(1 for other in self.all() if other.filter == wanted) >= LIMIT:
            raise errors.limit_reached(f"At most {LIMIT} webhook subscriptions can have the same filter")
        return self._keep(
            Subscription(
                id=new_id("P"),
                method_id=new_id("P"),
                url=url,
                description=description,
                events=tuple(events),
                filter=wanted,
                secrets=(new_secret(),),
                custom_headers=tuple(custom_headers),
                active=active,
            )
        )

    def update(self, subscription_id: str, changes: dict[str, object]) -> Subscription:
        """Another description, other events, another filter, or on and off."""
        return self._keep(self.get(subscription_id).model_copy(update=changes))

    def delete(self, subscription_id: str) -> None:
        """End it; what waits for it is lost."""
        self.get(subscription_id)
        del self._store.state.subscriptions[subscription_id]
        self._changed()

    def add_secret(self, subscription_id: str) -> Subscription:
        """Begin a rotation: from now on webhooks carry a signature by the new secret and one by the old."""
        subscription = self.get(subscription_id)
        return self._keep(
            subscription.model_copy(update={"secrets": (new_secret(), subscription.secrets[0])})
        )

    def drop_old_secret(self, subscription_id: str) -> Subscription:
        """End a rotation: only the newest secret signs."""
        subscription = self.get(subscription_id)
        return self._keep(subscription.model_copy(update={"secrets": subscription.secrets[:1]}))

    def is_disabled(self, subscription: Subscription) -> bool:
        """Whether it is being punished for refusing webhooks."""
        return subscription.disabled_until is not None and self._clock.now() < subscription.disabled_until

    def enable(self, subscription_id: str) -> Subscription:
        """Let it have webhooks again."""
        return self.update(subscription_id, {"drops": 0, "disabled_until": None})

    def accepted(self, subscription_id: str) -> None:
        """A webhook arrived: refusals before it do not count any more."""
        subscription = self.find(subscription_id)
        if subscription is not None and subscription.drops:
            self._keep(subscription.model_copy(update={"drops": 0}))

    def refused(self, subscription_id: str) -> bool:
        """A webhook was dropped; tells whether that was one too many."""
        subscription = self.find(subscription_id)
        if subscription is None:
            return False
        drops = subscription.drops + 1
        if drops < DROPS_UNTIL_DISABLED:
            self._keep(subscription.model_copy(update={"drops": drops}))
            return False
        until = self._clock.now() + DISABLED_FOR
        self._keep(subscription.model_copy(update={"drops": 0, "disabled_until": until}))
        return True

    def _keep(self, subscription: Subscription) -> Subscription:
        self._store.state.subscriptions[subscription.id] = subscription
        self._changed()
        return subscription

    def _changed(self) -> None:
        self._store.changed()
        self._live.changed()
