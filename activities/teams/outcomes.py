"""How a click ended, told to whoever clicked where its answer could not tell it."""

from collections.abc import Mapping

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.teams.sends import Sends
from muster.cards.access_policy import policy_commands
from muster.cards.outcomes import private_text
from muster.config_file import TeamsRegistration
from muster.private_sends import PrivateSends
from workflows.channel_incident.activities import TELL_PERSON, TellPerson
from workflows.contract import Done
from workflows.person import Person


class OutcomeActivities:
    """Tells people alone how their clicks ended."""

    def __init__(
        self, private: PrivateSends, sends: Sends, registrations: Mapping[str, TeamsRegistration]
    ) -> None:
        self._private = private
        self._sends = sends
        self._registrations = registrations

    @implements(TELL_PERSON)
    async def tell_person(self, request: TellPerson) -> Done:
        """Tell the person who clicked how it ended, at most once, where the card stands."""
        async with heartbeats():
            await self._sends.run(("click", request.click.key), lambda: self._tell(request))
        return Done()

    async def _tell(self, request: TellPerson) -> None:
        clicker = request.click.person
        text = private_text(
            request.outcome,
            request.click.verb,
            request.view,
            account=request.card.account,
            policy=self._policy(request.tenant),
        )
        await self._private.send(
            request.tenant,
            Person(aad_object_id=clicker.aad_object_id, teams_id=clicker.teams_id, name=clicker.name),
            {"type": "message", "text": text, "textFormat": "markdown"},
            asked_in=request.card.conversation,
        )

    def _policy(self, tenant: str) -> str:
        """What a Teams admin of the tenant runs, so that Muster may make meetings there."""
        registration = self._registrations.get(tenant)
        if registration is None:
            return ""
        return policy_commands(name=registration.name, app_id=registration.app_id)
