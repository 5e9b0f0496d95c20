"""What somebody was answered about a connection, told to them where the API could not tell it any more."""

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.teams.sends import Sends
from muster.cards.connections.sentences import sentence_of
from muster.private_sends import PrivateSends
from workflows.connect_channel.activities import TELL_ASKER, TellAsker
from workflows.contract import Done


class ConnectionAnswerActivities:
    """Tells people alone what came of what they asked for."""

    def __init__(self, private: PrivateSends, sends: Sends) -> None:
        self._private = private
        self._sends = sends

    @implements(TELL_ASKER)
    async def tell_asker(self, request: TellAsker) -> Done:
        """Tell the person, at most once, where they asked, in the words that the API would have used."""
        async with heartbeats():
            await self._sends.run(("asked", request.unheard.key), lambda: self._tell(request))
        return Done()

    async def _tell(self, request: TellAsker) -> None:
        unheard = request.unheard
        text = sentence_of(unheard.answer, unheard.kind, again="press" if unheard.is_click else "command")
        await self._private.send(
            request.tenant,
            unheard.person,
            {"type": "message", "text": text, "textFormat": "plain"},
            asked_in=request.conversation,
        )
