"""Pondering."""

from activities.registration import implements
from workflows.channel_incident.activities import VERB_CALLS, DoVerb, VerbDone
from workflows.verbs.judging import done
from workflows.verbs.registry import VERBS


class PonderActivities:
    """Ponders."""

    @implements(VERB_CALLS["pagerduty.ponder"])
    async def ponder(self, request: DoVerb) -> VerbDone:
        """Think about it."""
        return VerbDone(outcome=done(VERBS[request.click.verb]))
