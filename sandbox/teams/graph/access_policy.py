"""The Teams admin's leave for the app to make meetings in people's names (*application access policy*).

It takes effect up to 30 minutes after it was granted (learn.microsoft.com *Configure application access
to online meetings*): here exactly then, by the clock that tests move. The code of the refusal is the
reference's, its words are those that people report in 2026, which name the app.
"""

from datetime import datetime, timedelta

from sandbox.clock import Clock
from sandbox.company import Person
from sandbox.graph_errors import GraphError
from sandbox.teams.conversations import Conversations

DELAY = timedelta(minutes=30)
_EVERYBODY = ""


class AccessPolicies:
    """Grants and takes back; a grant counts for one person, or for everybody who has none of their own."""

    def __init__(self, conversations: Conversations, clock: Clock) -> None:
        self._conversations = conversations
        self._clock = clock

    @property
    def granted(self) -> dict[str, datetime]:
        """When the grants begin to count, by the person's AAD object id, or empty for everybody."""
        policies = self._conversations.state.access_policies
        return {person: granted_at + DELAY for person, granted_at in policies.items()}

    def grant(self, person: Person | None) -> None:
        """Grant it to a person, or to everybody; one that is granted already keeps its time."""
        key = _EVERYBODY if person is None else person.aad_object_id
        self._conversations.state.access_policies.setdefault(key, self._clock.now())
        self._conversations.lists_changed()

    def revoke(self) -> None:
        """Take every grant back, at once."""
        self._conversations.state.access_policies.clear()
        self._conversations.lists_changed()

    def check(self, organizer: Person) -> None:
        """Raise GraphError unless the app may make this person's meetings."""
        granted = self.granted
        since = granted.get(organizer.aad_object_id) or granted.get(_EVERYBODY)
        if since is None or self._clock.now() < since:
            app = self._conversations.roster.company.bot_app_id
            message = f"No application access policy found for this app {app} on the user"
            raise GraphError(403, "Forbidden", message)
