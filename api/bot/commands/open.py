"""``open``: links to the account of this channel's team, else to all of the tenant."""

from api.bot.commands.asked import Asked, Means
from muster.cards.commands import NO_ACCOUNT, open_text


async def answer(asked: Asked, means: Means) -> str:
    """Where PagerDuty is."""
    own = asked.team.account if asked.team else None
    keys = (own,) if own else means.accounts.of_tenant(asked.tenant)
    addresses = {key: means.accounts.web_urls[key] for key in keys if key in means.accounts.web_urls}
    return open_text(addresses) if addresses else NO_ACCOUNT
