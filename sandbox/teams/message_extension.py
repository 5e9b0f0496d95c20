"""The search beside the box to write in. Whoever searches does so in any conversation of theirs.

The bot need not be in the conversation: it is asked as an invoke, and learns there where the person writes.
"""

from sandbox.company import Person
from sandbox.teams.activities import Activities
from sandbox.teams.bot_endpoint import BotAnswer
from sandbox.teams.card_actions import has_execute
from sandbox.teams.conversations import Conversations
from sandbox.teams.deliveries import Deliveries
from sandbox.teams.extension_answers import MOST_RESULTS
from sandbox.teams.state import Conversation, Json, Message

PARAMETER = "query"
"""The parameter of the search command, as the app's manifest names it."""


class MessageExtension:
    """Asks the bot, and says whether Teams offers to add the app where a result was shared."""

    def __init__(self, conversations: Conversations, activities: Activities, deliveries: Deliveries) -> None:
        self._conversations = conversations
        self._activities = activities
        self._deliveries = deliveries

    async def search(self, person: Person, conversation: Conversation, words: str) -> BotAnswer:
        """Ask once for what the person typed; nothing typed is the initial run of the command."""
        parameter = {"name": PARAMETER, "value": words} if words else {"name": "initialRun", "value": "true"}
        value: Json = {
            "commandId": self._conversations.roster.company.search_command,
            "parameters": [parameter],
            "queryOptions": {"skip": 0, "count": MOST_RESULTS},
        }
        return await self._deliveries.search(self._activities.query(person, conversation, value))

    def offers_app(self, conversation: Conversation, message: Message) -> bool:
        """Whether the message is a person's with buttons of an app that is not in the conversation.

        Teams adds the app just in time, since without it neither buttons nor refreshes of the card work
        (msteams-docs, *universal-actions-for-search-based-message-extensions*).
        """
        of_a_person = message.author is not None
        return of_a_person and not self._conversations.bot_is_in(conversation) and has_execute(message)
