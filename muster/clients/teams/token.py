"""The bot's own tokens for the Bot Connector, one per tenant."""

from collections.abc import Mapping

from muster.clients.entra.token import Purpose, app_tokens
from muster.clients.expiring import ExpiringCache
from muster.clients.teams.clouds import Cloud
from muster.clients.way_out import WayOut
from muster.config_file import TeamsRegistration

BOT = Purpose("bot token", lambda cloud: cloud.scope)


def bot_tokens(
    registrations: Mapping[str, TeamsRegistration], clouds: Mapping[str, Cloud], way: WayOut
) -> ExpiringCache[str, str]:
    """Tokens by tenant, kept for the process; raises as ``app_tokens`` does."""
    return app_tokens(registrations, clouds, way, BOT)
