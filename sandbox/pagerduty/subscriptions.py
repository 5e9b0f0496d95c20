"""Webhook subscriptions: which events each gets, and whether it is disabled at the moment."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sandbox.clock import Clock
from sandbox.pagerduty import errors
from sandbox.pagerduty.ids import new_id, new_secret
from sandbox.pagerduty.model import Filter, Header, Subscription
from sandbox.pagerduty.server_sent_events import ServerSentEvents
from sandbox.pagerduty.store import Store

LIMIT = 10
"""The most subscriptions for one service, for one team, and for the account."""

DROPS_UNTIL_DISABLED = 3
DISABLED_FOR = timedelta(hours=24)


class Subscriptions:
    """The account's subscriptions."""

    def __init__(self, store: Store, clock: Clock, server_sent_events: ServerSentEvents) -> None:
        self._store = store
        self._clock = clock
        self._server_sent_events = server_sent_events

    def all(self) -> list[Subscription]:
        """All subscriptions, oldest first."""
        return list(self._store.state.subscriptions.values())

    def find(self, subscription_id: str) -> Subscription | None:
        """The subscription with this id, or None."""
        return self._store.state.subscriptions.get(subscription_id)

    def get(self, subscription_id: str) -> Subscription:
        """The subscription with this id; raises error 2100."""
        subscription = self.find(subscription_id)
        if subscription is None:
            raise errors.not_found()
        return subscription

    def interested(self, event_type: str, service: str, teams: Iterable[str]) -> list[Subscription]:
        """The subscriptions that get this event of the service, or of an incident of it."""
        scopes = (
            Filter(type="account_reference"),
            Filter(type="service_reference", id=service),
            *(Filter(type="team_reference", id=team) for team in teams),
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
        """A new subscription with a new secret; raises error 2019 if there are too many."""
        if sum(1 for other in self.all() if other.filter == wanted) >= LIMIT:
            raise errors.limit_reached(f"At most {LIMIT} webhook subscriptions can have the same filter")
        return self._save(
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
        """Change description, events, filter or activity."""
        return self._save(self.get(subscription_id).model_copy(update=changes))

    def move(self, subscription_id: str, url: str) -> None:
        """Let it have another receiver, which has refused nothing yet; one that was deleted stays away."""
        subscription = self.find(subscription_id)
        if subscription is not None and subscription.url != url:
            self.update(subscription_id, {"url": url, "drops": 0, "disabled_until": None})

    def delete(self, subscription_id: str) -> None:
        """Delete it; webhooks that wait for it are lost."""
        self.get(subscription_id)
        del self._store.state.subscriptions[subscription_id]
        self._changed()

    def add_secret(self, subscription_id: str) -> Subscription:
        """Begin a rotation: webhooks carry a signature by the new secret and one by the old secret."""
        subscription = self.get(subscription_id)
        return self._save(
            subscription.model_copy(update={"secrets": (new_secret(), subscription.secrets[0])})
        )

    def drop_old_secret(self, subscription_id: str) -> Subscription:
        """End a rotation: only the newest secret signs."""
        subscription = self.get(subscription_id)
        return self._save(subscription.model_copy(update={"secrets": subscription.secrets[:1]}))

    def is_disabled(self, subscription: Subscription) -> bool:
        """Whether it gets no webhooks at the moment, because its receiver refused several."""
        return subscription.disabled_until is not None and self._clock.now() < subscription.disabled_until

    def enable(self, subscription_id: str) -> Subscription:
        """Send it webhooks again."""
        return self.update(subscription_id, {"drops": 0, "disabled_until": None})

    def accepted(self, subscription_id: str) -> None:
        """The receiver accepted a webhook: the count of dropped ones starts anew."""
        subscription = self.find(subscription_id)
        if subscription is not None and subscription.drops:
            self._save(subscription.model_copy(update={"drops": 0}))

    def refused(self, subscription_id: str) -> bool:
        """The receiver refused a webhook; True if the subscription is disabled now."""
        subscription = self.find(subscription_id)
        if subscription is None:
            return False
        drops = subscription.drops + 1
        if drops < DROPS_UNTIL_DISABLED:
            self._save(subscription.model_copy(update={"drops": drops}))
            return False
        until = self._clock.now() + DISABLED_FOR
        self._save(subscription.model_copy(update={"drops": 0, "disabled_until": until}))
        return True

    def _save(self, subscription: Subscription) -> Subscription:
        self._store.state.subscriptions[subscription.id] = subscription
        self._changed()
        return subscription

    def _changed(self) -> None:
        self._store.changed()
        self._server_sent_events.changed()
