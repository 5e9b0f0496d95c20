"""What asking for a link is answered, in sentences.

The one place that turns the codes of ``workflows.account_link.messages.Reply`` into words.
"""

from collections.abc import Mapping

from muster.cards.text import plain
from workflows.account_link.messages import LinkAnswer
from workflows.account_link.state import Place, Reply

WORKING = "Muster is working on it, and writes to you alone what came of it."
"""It was taken, and what came of it is not known yet."""
UNDO = "To undo it, send the message **unlinkUser** to the Muster app in a private chat."

_NAME_LIMIT = 60
_SENTENCES: Mapping[Reply, str] = {
    "sent": "Muster has sent you a message with a link: it is {where}.",
    "waiting": "A message with a link for you waits already: it is {where}.",
    "already_linked": "You are linked to {name} in PagerDuty already. To undo it, send unlinkUser to the "
    "Muster app in a private chat.",
    "done": "Done. The message says how to go on.",
    "not_under_way": "This link is not open any more. For a new one send linkUser to the Muster app in a "
    "private chat.",
}
_WHERE: Mapping[Place, str] = {
    "private": "in your private chat with the Muster app",
    "here": "in the conversation where you pressed a button, and you alone see it",
}


def sentence_of(answer: LinkAnswer | None) -> str:
    """The answer in plain text; ``None`` is one that was not there in time."""
    if answer is None:
        return WORKING
    name = plain(answer.name or "a user", _NAME_LIMIT)
    return _SENTENCES[answer.reply].format(where=_WHERE[answer.place], name=name)
