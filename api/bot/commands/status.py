"""``status``: how the set-up stands, from the rows. In a chat it is of all the tenant's teams."""

from api.bot.commands.request import CommandRequest, Dependencies
from muster.cards.commands import Consent, TeamStatus, status_text, statuses_text
from muster.permissions import REQUIRED
from muster.store import accounts, people, teams
from muster.store.teams import Team


async def answer(request: CommandRequest, dependencies: Dependencies) -> str:
    """What is done, what is missing, who can do it."""
    roles = await accounts.roles_of(dependencies.pool, request.tenant)
    consent = Consent(None if roles is None else tuple(name for name in REQUIRED if name not in roles))
    if request.team is not None:
        return status_text(await _status(request.team, request, dependencies), consent)
    known = await teams.of_tenant(dependencies.pool, request.tenant)
    return statuses_text([await _status(team, request, dependencies) for team in known], consent)


async def _status(team: Team, request: CommandRequest, dependencies: Dependencies) -> TeamStatus:
    installer = None
    if team.installer is not None and request.team is not None:  # a list names nobody
        installer = await people.name_of(dependencies.pool, team.tenant, team.installer)
    return TeamStatus(
        name=team.name,
        step=team.step,
        removed=team.removed_at is not None,
        installer=installer,
        account=team.account,
        authorized_name=team.authorized_name,
        authorized_role=team.authorized_role,
        authorized_at=team.authorized_at,
        accounts=dependencies.accounts.of_tenant(team.tenant),
    )
