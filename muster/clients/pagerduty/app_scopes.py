"""What the app's own token is used for, and the scopes that each use needs.

Sources: *Scoped OAuth requires* of each call in the REST schema; for events, the table of event types in
PagerDuty's webhook documentation.
"""

from typing import NamedTuple


class Use(NamedTuple):
    """One use of the app's token."""

    feature: str
    """What does not work without the scopes; the subject of a sentence."""
    scopes: tuple[str, ...]


INCIDENTS = Use("reading incidents", ("incidents.read",))
INCIDENT_TYPES = Use("the names of incident types", ("incident_types.read",))
USERS = Use("noticing who left PagerDuty", ("users.read",))
TOKENS = Use("tokens of the API", ("users.read",))
SUBSCRIPTION = Use(
    "the webhook subscription",
    (
        "webhook_subscriptions.read",
        "webhook_subscriptions.write",
        # Whoever subscribes to events needs the scopes of what they tell.
        "incidents.read",
        "services.read",
        "incident_workflows.read",
    ),
)

WRITES = Use("writing bridges and notes for programs", ("incidents.write",))

USES = (INCIDENTS, INCIDENT_TYPES, USERS, TOKENS, SUBSCRIPTION, WRITES)

SCOPES = tuple(dict.fromkeys(scope for use in USES for scope in use.scopes))
"""What the token is asked for."""
