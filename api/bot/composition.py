"""The bot, with everything that handles a kind of activity."""

from api.bot.bot import MusterBot
from api.bot.buttons import BUTTONS, ButtonHandler
from api.bot.clicks import ClickHandler
from api.bot.commands.handler import CommandHandler
from api.bot.commands.request import Accounts, Dependencies
from api.bot.link_buttons import LinkButtonHandler
from api.bot.linking import Linking
from api.bot.presence import ChannelPresence
from api.bot.sightings import Sightings
from api.bot.team_events import TeamEvents
from api.gateway import Gateway
from muster.clients.teams.connector import ConnectorClient
from muster.private_sends import PrivateSends
from muster.settings import Settings
from muster.store.pool import Pool
from workflows.account_link.messages import Deadlines as LinkDeadlines
from workflows.account_link.workflow_type import LINK_BUTTONS
from workflows.channel_incident.messages import Timing
from workflows.team_setup.messages import Deadlines


def muster_bot(
    settings: Settings,
    timing: Timing,
    pool: Pool,
    gateway: Gateway,
    connector: ConnectorClient,
    sightings: Sightings,
) -> MusterBot:
    """The bot over its dependencies, which the caller closes; ``timing`` is that of incidents' cards."""
    deadlines = Deadlines(link=settings.link_life)
    web_urls = {key: account.web_url for key, account in settings.accounts.items()}
    linking = Linking(pool, gateway, settings.accounts_of, LinkDeadlines(link=settings.link_life))
    accounts = Accounts(settings.accounts_of, web_urls)
    dependencies = Dependencies(pool, gateway, accounts, deadlines, linking)
    events = TeamEvents(pool, gateway, connector, deadlines)
    return MusterBot(
        ClickHandler(pool, gateway, timing),
        {
            **dict.fromkeys(BUTTONS, ButtonHandler(pool, gateway, deadlines)),
            **dict.fromkeys(LINK_BUTTONS, LinkButtonHandler(pool, linking)),
        },
        CommandHandler(dependencies, events, connector, PrivateSends(connector, pool), settings.teams),
        events,
        sightings,
        ChannelPresence(pool, gateway, deadlines),
    )
