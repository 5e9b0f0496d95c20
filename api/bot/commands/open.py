"""``open``: links to the account of this channel's team, else to all of the tenant."""

from api.bot.commands.request import CommandAnswer, CommandRequest, Dependencies, for_all
from muster.cards.commands import NO_ACCOUNT, open_text


async def answer(request: CommandRequest, dependencies: Dependencies) -> CommandAnswer:
    """Where PagerDuty is."""
    own = request.team.account if request.team else None
    keys = (own,) if own else dependencies.accounts.of_tenant(request.tenant)
    configured = dependencies.accounts.configured
    addresses = {key: configured[key].web_url for key in keys if key in configured}
    return for_all(open_text(addresses) if addresses else NO_ACCOUNT)
