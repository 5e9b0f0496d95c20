"""Commands that ask a team's set-up for something."""

import asyncio

from api.bot.commands.request import CommandRequest, Dependencies
from muster.cards.commands import NO_PERSON, plain_sentence
from muster.cards.setup.sentences import sentence_of
from muster.store.teams import Team
from workflows.contract import Update
from workflows.team_setup.messages import Pressed, SetupAnswer
from workflows.team_setup.workflow_type import TEAM_SETUP

_WITHIN = 5.0
"""Seconds for the set-up's answer; after it the command says that Muster is working on it."""


async def ask_setup(
    request: CommandRequest,
    dependencies: Dependencies,
    team: Team,
    update: Update[Pressed, SetupAnswer],
    *,
    offer: int | None = None,
) -> str:
    """Ask the team's set-up in the name of whoever wrote the command, and say what it answers."""
    if request.person is None:
        return NO_PERSON
    answer = await dependencies.gateway.ask(
        TEAM_SETUP,
        team.start(dependencies.deadlines),
        update,
        Pressed(key=request.key, person=request.person, offer=offer, correlation=request.activity.id),
        update_id=request.key,
        answer_by=asyncio.get_running_loop().time() + _WITHIN,
    )
    return plain_sentence(sentence_of(answer))
