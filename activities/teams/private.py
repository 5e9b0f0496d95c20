"""Private messages: what one person is told alone."""

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.teams.sends import Sends
from muster.cards.outcomes import private_text
from muster.clients.teams.connector import ConnectorClient
from muster.store import people
from muster.store.pool import Pool
from workflows.channel_incident.activities import TELL_PERSON, TellPerson
from workflows.contract import Done


class PrivateActivities:
    """Writes into the private chats of people with the bot."""

    def __init__(self, connector: ConnectorClient, pool: Pool, sends: Sends) -> None:
        self._connector = connector
        self._pool = pool
        self._sends = sends

    @implements(TELL_PERSON)
    async def tell_person(self, request: TellPerson) -> Done:
        """Tell the person who clicked how it ended, in their private chat with the bot."""
        async with heartbeats():
            await self._sends.run(("click", request.click.key), lambda: self._tell(request))
        return Done()

    async def _tell(self, request: TellPerson) -> None:
        person = request.click.person
        service_url, conversation = await people.private_place(
            self._pool, request.tenant, person.aad_object_id, clicked_in=request.card.conversation
        )
        place = (service_url, request.tenant)
        if conversation is None:
            conversation = await self._connector.open_personal(*place, person.teams_id)
            await people.keep_private_conversation(self._pool, request.tenant, person, conversation)
        text = private_text(request.outcome, request.click.verb, request.view, account=request.card.account)
        await self._connector.send(
            *place, conversation, {"type": "message", "text": text, "textFormat": "markdown"}
        )
