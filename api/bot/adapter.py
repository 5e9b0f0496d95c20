# mypy: allow-subclassing-any, allow-untyped-calls
# (botbuilder has no types)
"""The seam to botbuilder: its activity schema and turn handling, without its HTTP and its tokens.

An activity arrives here verified. Whatever the bot says during a turn leaves by our own connector
client, which a turn finds where botbuilder would have built one of its own.
"""

from typing import Any, NamedTuple, NoReturn, Protocol

from botbuilder.core import InvokeResponse, TurnContext
from botbuilder.core.cloud_adapter_base import CloudAdapterBase
from botbuilder.schema import Activity, CallerIdConstants, ChannelAccount, ResourceResponse
from botframework.connector.auth import AuthenticationConstants, BotFrameworkAuthentication, ClaimsIdentity
from botframework.connector.auth.authenticate_request_result import AuthenticateRequestResult
from botframework.connector.auth.connector_factory import ConnectorFactory
from msrest.exceptions import DeserializationError  # type: ignore[attr-defined]

from api.bot.activity import InboundActivity
from muster.clients.teams.connector import ConnectorClient

_INBOUND = "muster.inbound"
_MALFORMED = "a field of the activity is malformed"


class Inbound(NamedTuple):
    """What a turn is about."""

    activity: InboundActivity
    answer_by: float
    """When an invoke must be answered at the latest, by the clock of the event loop."""


def inbound_of(context: TurnContext) -> Inbound:
    """The verified activity of this turn."""
    inbound: Inbound = context.turn_state[_INBOUND]
    return inbound


class Bot(Protocol):
    """What handles a turn: botbuilder's ``ActivityHandler`` or a subclass."""

    async def on_turn(self, turn_context: TurnContext) -> None:
        """Handle one activity."""


class ActivityMalformed(ValueError):
    """A field of the activity has a type that the schema does not know."""


class NotTaken(Exception):
    """Nothing was done: what is needed is out of reach. Teams is to deliver the activity again."""


class TeamsAdapter(CloudAdapterBase):
    """Runs a bot's turn for a verified activity."""

    def __init__(self, connector: ConnectorClient) -> None:
        super().__init__(_NoAuthentication())
        self._connector = connector

    async def handle(
        self, body: dict[str, Any], inbound: Inbound, claims: dict[str, Any], bot: Bot
    ) -> InvokeResponse | None:
        """Give the activity, whose whole ``body`` botbuilder reads too, to the bot.

        The answer is ``None`` for anything but an invoke.

        Raises ``ActivityMalformed``, and whatever the bot raises; ``NotTaken`` for an activity to come again.
        """
        parsed = _parsed(body)
        verified = AuthenticateRequestResult()
        verified.audience = AuthenticationConstants.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE
        verified.claims_identity = ClaimsIdentity(claims, True)
        verified.caller_id = CallerIdConstants.public_azure_channel
        verified.connector_factory = _TurnConnectorFactory(self._connector, inbound.activity.tenant or "")

        async def turn(context: TurnContext) -> None:
            context.turn_state[_INBOUND] = inbound
            await bot.on_turn(context)

        try:
            return await self.process_activity(verified, parsed, turn)
        except DeserializationError as error:  # some parts are read only by the handler of their type
            raise ActivityMalformed(_MALFORMED) from error


def _parsed(body: dict[str, Any]) -> Activity:
    try:
        parsed = Activity().deserialize(body)
    except Exception as error:  # botbuilder checks no types before it uses a value
        raise ActivityMalformed(_MALFORMED) from error
    # Its handlers of a changed roster take both for granted.
    changed = (*(parsed.members_added or ()), *(parsed.members_removed or ()))
    if not all(member and member.id for member in changed):
        raise ActivityMalformed("a member has no id")
    parsed.channel_data = {} if parsed.channel_data is None else parsed.channel_data
    return parsed


class _TurnConnectorFactory(ConnectorFactory):
    def __init__(self, connector: ConnectorClient, tenant: str) -> None:
        self._connector = connector
        self._tenant = tenant

    async def create(self, service_url: str, audience: str) -> "_TurnConnector":
        return _TurnConnector(self._connector, self._tenant, service_url)


class _TurnConnector:
    """What botbuilder calls during a turn."""

    def __init__(self, connector: ConnectorClient, tenant: str, service_url: str) -> None:
        self.conversations = _TurnConversations(connector, tenant, service_url)


class _TurnConversations:
    def __init__(self, connector: ConnectorClient, tenant: str, service_url: str) -> None:
        self._connector = connector
        self._tenant = tenant
        self._service_url = service_url

    async def send_to_conversation(self, conversation_id: str, activity: Activity) -> ResourceResponse:
        sent = await self._connector.send(
            self._service_url, self._tenant, conversation_id, activity.serialize()
        )
        return ResourceResponse(id=sent)

    async def reply_to_activity(
        self, conversation_id: str, _activity_id: str, activity: Activity
    ) -> ResourceResponse:
        # The id of a channel's conversation names the thread already, and other conversations have none.
        return await self.send_to_conversation(conversation_id, activity)

    async def update_activity(
        self, conversation_id: str, activity_id: str, activity: Activity
    ) -> ResourceResponse:
        await self._connector.update(
            self._service_url, self._tenant, conversation_id, activity_id, activity.serialize()
        )
        return ResourceResponse(id=activity_id)

    async def delete_activity(self, conversation_id: str, activity_id: str) -> None:
        await self._connector.delete(self._service_url, self._tenant, conversation_id, activity_id)

    async def get_conversation_member(self, conversation_id: str, member_id: str) -> ChannelAccount:
        member = await self._connector.get_member(self._service_url, self._tenant, conversation_id, member_id)
        return ChannelAccount(id=member.id, name=member.name, aad_object_id=member.aad_object_id)


class _NoAuthentication(BotFrameworkAuthentication):
    """botbuilder's own authentication, which is never asked: an activity arrives verified."""

    async def authenticate_request(self, activity: Activity, auth_header: str) -> NoReturn:
        raise NotImplementedError

    async def authenticate_streaming_request(self, auth_header: str, channel_id_header: str) -> NoReturn:
        raise NotImplementedError

    def create_connector_factory(self, claims_identity: ClaimsIdentity) -> NoReturn:
        raise NotImplementedError

    async def create_user_token_client(self, claims_identity: ClaimsIdentity) -> None:
        """Asked in every turn; there is no token service, and a turn without one is fine."""
        return
