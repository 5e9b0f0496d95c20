"""``status``: how the set-up stands, in a chat of all the tenant's teams, and one's own links; from rows.

How the set-up stands is for everybody; one's own links are for nobody else.
"""

from api.bot.commands.own_links import links_text
from api.bot.commands.request import CommandAnswer, CommandRequest, Dependencies
from muster.cards.setup.status import Consent, TeamStatus, status_text, statuses_text
from muster.permissions import REQUIRED
from muster.store import accounts, people, teams
from muster.store.teams import Team


async def answer(request: CommandRequest, dependencies: Dependencies) -> CommandAnswer:
    """What is done, what is missing, who can do it; whom the person is linked to."""
    setup = await _setup(request, dependencies)
    return CommandAnswer(for_person=await links_text(request, dependencies), for_all=setup)


async def _setup(request: CommandRequest, dependencies: Dependencies) -> str:
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
