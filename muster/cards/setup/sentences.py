"""What a team's set-up answers to a button or a command, in sentences.

The one place that turns the codes of ``workflows.team_setup.messages.Reply`` into words.
"""

from muster.cards.text import plain
from workflows.team_setup.messages import Reply, SetupAnswer

WORKING = "Muster is working on it. The messages will show what came of it."
"""It was taken, and what came of it is not known yet."""
NOT_OUR_MESSAGE = "This card is not one of Muster's in this conversation."
INCOMPLETE_BUTTON = "This button is incomplete."

_NAME_LIMIT = 60
_SENTENCES: dict[Reply, str] = {
    "done": "Done. The message says how to go on.",
    "sent_privately": "Muster has sent you a private message. It says how to go on.",
    "already_connected": "This team is connected to PagerDuty{to} already, so nothing was changed.",
    "already_complete": "The setup of this team is complete already.",
    "not_under_way": "Nothing is to be done for this in this team's setup. Send status to see how it stands.",
    "account_unknown": "This team cannot belong to that PagerDuty account{to}: Muster is not configured so.",
    "removed": "Muster is not in this team any more. Add the app to the team again to set it up.",
}


def sentence_of(answer: SetupAnswer | None) -> str:
    """The answer in plain text; ``None`` is one that was not there in time."""
    if answer is None:
        return WORKING
    to = f" ({plain(answer.to, _NAME_LIMIT)})" if answer.to else ""
    return _SENTENCES[answer.reply].format(to=to)
