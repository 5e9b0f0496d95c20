# mypy: allow-subclassing-any, allow-untyped-calls
# (botbuilder has no types)
"""What Muster does when Teams talks to it."""

from collections.abc import Mapping
from typing import Any

from botbuilder.core import InvokeResponse, TurnContext
from botbuilder.core.teams import TeamsActivityHandler

from api.bot.activity import InboundActivity
from api.bot.adapter import inbound_of
from api.bot.card_actions import CardActionHandler
from api.bot.chat_events import ChatEvents
from api.bot.commands.handler import CommandHandler
from api.bot.presence import ChannelPresence
from api.bot.search import IncidentSearch
from api.bot.sightings import Sightings
from api.bot.team_events import TeamEvents


class _Answer(InvokeResponse):
    """An answer of a whole card: botbuilder copies deeply what it sends, and nobody changes this."""

    def __deepcopy__(self, _memo: dict[int, Any]) -> "_Answer":
        return self


class MusterBot(TeamsActivityHandler):
    """Gives each kind of activity to whoever handles it."""

    def __init__(
        self,
        clicks: CardActionHandler,
        buttons: Mapping[str, CardActionHandler],
        search: IncidentSearch,
        commands: CommandHandler,
        events: TeamEvents,
        sightings: Sightings,
        presence: ChannelPresence,
        chats: ChatEvents,
    ) -> None:
        """``buttons``: who answers those of cards that are no incident's, by verb."""
        super().__init__()
        self._clicks = clicks
        self._buttons = buttons
        self._search = search
        self._commands = commands
        self._events = events
        self._sightings = sightings
        self._presence = presence
        self._chats = chats

    async def on_turn(self, turn_context: TurnContext) -> None:
        """Handle the activity, whatever it is, and then write what it tells beside its purpose.

        A refresh tells nothing: it comes from everybody who looks at a card, once a minute.
        """
        activity = inbound_of(turn_context).activity
        noting = None
        try:
            await super().on_turn(turn_context)
        finally:
            if not activity.is_refresh:
                presence = self._chats if activity.team is None else self._presence
                noting = self._sightings.begin(activity, presence)
        if not activity.is_invoke:  # nobody waits for its answer
            await self._sightings.wait_for(noting)

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """Searches and card actions are answered here; botbuilder's own answer cannot hold a text.

        Muster has no answer to other invokes, so that botbuilder need not read what they carry.
        """
        inbound = inbound_of(turn_context)
        activity, answer_by = inbound.activity, inbound.answer_by
        if activity.name == "composeExtension/query":
            return _Answer(status=200, body=await self._search.answer(activity, answer_by=answer_by))
        if not activity.is_card_action:
            return InvokeResponse(status=501)
        verb = str(activity.action["verb"]) if activity.action is not None else ""
        handler = self._buttons.get(verb, self._clicks)
        body = await handler.answer(activity, answer_by=answer_by)
        return _Answer(status=200, body=body)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """A command, or what is taken for one."""
        await self._commands.handle(inbound_of(turn_context).activity)

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        """An event of a team or of a chat. botbuilder's own dispatch compares its type exactly.

        It would also ask the connector once for every new member, and nobody here greets them.
        """
        await self._tell(inbound_of(turn_context).activity)

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        """The same for the installation itself."""
        await self._tell(inbound_of(turn_context).activity)

    async def _tell(self, activity: InboundActivity) -> None:
        await (self._chats if activity.team is None else self._events).tell(activity)
