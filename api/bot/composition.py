"""The bot, with everything that handles a kind of activity."""

from api.bot.bot import MusterBot
from api.bot.buttons import BUTTONS, ButtonHandler
from api.bot.channels import Channels
from api.bot.chat_events import ChatEvents
from api.bot.clicks import ClickHandler
from api.bot.commands.handler import CommandHandler
from api.bot.commands.request import Accounts, Dependencies
from api.bot.connect_buttons import ConnectButtonHandler
from api.bot.connecting import Connecting
from api.bot.following import FollowHandler
from api.bot.following_places import FollowingPlaces
from api.bot.link_address import LinkAddresses
from api.bot.link_buttons import LinkButtonHandler
from api.bot.linking import Linking
from api.bot.presence import ChannelPresence
from api.bot.search import IncidentSearch
from api.bot.shared_cards import RefreshHandler, SharedCards
from api.bot.sightings import Sightings
from api.bot.team_events import TeamEvents
from api.gateway import Gateway
from api.person_readers import PersonReaders
from api.rooms import RoomStarts
from muster.card_runs import CardRuns
from muster.cards.access_policy import policy_commands
from muster.cards.incident.shared import FOLLOW, REFRESH
from muster.chat_life import ChatLife
from muster.clients.teams.connector import ConnectorClient
from muster.private_sends import PrivateSends
from muster.security.sealing import KeyRing
from muster.security.signed_links import SignedLinks
from muster.settings import Settings
from muster.store.pool import Pool
from workflows.account_link.messages import Deadlines as LinkDeadlines
from workflows.account_link.workflow_type import LINK_BUTTONS
from workflows.channel_incident.messages import Timing
from workflows.connect_channel.workflow_type import BUTTONS as CONNECT_BUTTONS
from workflows.team_setup.messages import Deadlines


def muster_bot(
    settings: Settings,
    timing: Timing,
    pool: Pool,
    gateway: Gateway,
    connector: ConnectorClient,
    sightings: Sightings,
    readers: PersonReaders,
) -> MusterBot:
    """The bot over its dependencies, which the caller closes; ``timing`` is that of incidents' cards."""
    deadlines = Deadlines(link=settings.link_life)
    linking = Linking(pool, gateway, settings.accounts_of, LinkDeadlines(link=settings.link_life))
    accounts = Accounts(settings.accounts_of, settings.accounts)
    connecting = Connecting(pool, gateway, linking)
    card_runs = CardRuns(gateway, timing)
    dependencies = Dependencies(
        pool, gateway, accounts, deadlines, linking, connecting, readers.rights, card_runs
    )
    keys = KeyRing.parse(settings.keys.get_secret_value())
    shared_cards = SharedCards(keys)
    addresses = LinkAddresses(pool, linking, SignedLinks(keys), settings.public_url)
    chat_life = ChatLife(pool, card_runs, connector)
    channels = Channels(pool, connector)
    events = TeamEvents(pool, gateway, connector, deadlines)
    return MusterBot(
        ClickHandler(
            pool,
            gateway,
            linking,
            timing,
            RoomStarts(settings.rooms, grace=settings.room_grace),
            {
                tenant: policy_commands(name=one.name, app_id=one.app_id)
                for tenant, one in settings.teams.items()
            },
        ),
        {
            **dict.fromkeys(BUTTONS, ButtonHandler(pool, gateway, deadlines)),
            **dict.fromkeys(LINK_BUTTONS, LinkButtonHandler(pool, linking)),
            **dict.fromkeys(
                CONNECT_BUTTONS,
                ConnectButtonHandler(pool, connecting, channels, settings.accounts_of),
            ),
            REFRESH: RefreshHandler(pool, shared_cards),
            FOLLOW: FollowHandler(
                pool,
                gateway,
                readers.incidents,
                linking,
                FollowingPlaces(pool, connector, channels, chat_life),
                shared_cards,
                settings.accounts_of,
                timing,
            ),
        },
        IncidentSearch(pool, readers.incidents, shared_cards, linking, addresses, settings.accounts_of),
        CommandHandler(dependencies, events, connector, PrivateSends(connector, pool), settings.teams),
        events,
        sightings,
        ChannelPresence(pool, gateway, deadlines),
        ChatEvents(pool, chat_life),
    )
