"""``appconnect``: whoever wrote it gets the card that asks a Microsoft admin for the tenant's consent."""

from api.bot.commands.request import CommandAnswer, CommandRequest, Dependencies, for_person
from api.bot.commands.setup import ask_setup
from muster.cards.commands import NOT_AUTHORIZED, NOTHING_TO_CONNECT
from muster.store import teams
from muster.store.teams import Team
from workflows.team_setup.workflow_type import APPCONNECT

_STEPS = ("consenting", "complete")
"""Steps of a set-up that can ask for it, those that wait for it first."""


async def answer(request: CommandRequest, dependencies: Dependencies) -> CommandAnswer:
    """The answer of this channel's set-up; in a chat, of one that waits for consent."""
    return for_person(await _outcome(request, dependencies))


async def _outcome(request: CommandRequest, dependencies: Dependencies) -> str:
    if request.team is not None:
        if request.team.account is None:
            return NOT_AUTHORIZED
        return await ask_setup(request, dependencies, request.team, APPCONNECT)
    team = _best(await teams.of_tenant(dependencies.pool, request.tenant))
    return NOTHING_TO_CONNECT if team is None else await ask_setup(request, dependencies, team, APPCONNECT)


def _best(known: tuple[Team, ...]) -> Team | None:
    """Of the tenant's authorized teams one that waits, else one that is complete, else any."""
    authorized = [team for team in known if team.account is not None]

    def rank(team: Team) -> int:
        return _STEPS.index(team.step) if team.step in _STEPS else len(_STEPS)

    return min(authorized, key=rank, default=None)
