"""Whose card was pressed, of those that a team's set-up shows."""

from typing import NamedTuple

from api.bot.card_actions import ActionMalformed
from api.bot.pressed_button import PressedButton
from muster.cards.setup.sentences import NOT_OUR_MESSAGE
from muster.store import notices, teams
from muster.store.notices import NoticeKey
from muster.store.pool import Pool
from muster.store.teams import Team
from workflows.ids import TeamSetupId


class TeamCard(NamedTuple):
    """A message of a team's set-up."""

    team: Team
    notice: str


async def pressed_team_card(pool: Pool, pressed: PressedButton, *, team: str, notice: str) -> TeamCard:
    """Whose card it is: its row says so, and where the row does not know its message, the button.

    What a button says (``team``, ``notice``) is believed of a notice that was begun for whoever pressed, or
    for all who read the conversation. Anybody can send a button's data. Raises ``ActionMalformed``.
    """
    activity = pressed.activity
    known = await notices.find(pool, conversation=activity.conversation_id, activity_id=pressed.message)
    setup = TeamSetupId.of(known.subject) if known else None
    if known is not None:
        found = await teams.find_by_key(pool, setup.team_key) if setup else None
    else:
        found = await teams.find(pool, team)
    if found is None or found.tenant != pressed.tenant:
        raise ActionMalformed(NOT_OUR_MESSAGE)
    if known is None:
        recipient = pressed.person.aad_object_id if activity.is_private else activity.conversation_id
        known = NoticeKey(str(TeamSetupId(found.key)), notice, recipient)
        if not await notices.is_begun(pool, known):
            raise ActionMalformed(NOT_OUR_MESSAGE)
    return TeamCard(found, known.name)
