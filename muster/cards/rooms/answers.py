"""What whoever presses **Create Chat** or **Create Meeting** is answered."""

from muster.cards.outcomes import sentence_of, working_sentence
from muster.cards.rooms import meetings
from muster.cards.rooms.sentences import there_is_one
from workflows.incident_room.messages import RoomAnswer
from workflows.verbs.verb import VerbName


def answer_sentence(answer: RoomAnswer | None, verb: VerbName, *, account: str, policy: str = "") -> str:
    """Where it is or why it is not, plain text; ``None``: the room did not answer in time.

    ``policy``: the commands that let Muster make meetings in this tenant, where they are at hand.
    """
    if answer is None:
        return working_sentence(verb)
    match verb, answer.outcome.kind:
        case "create_chat", "done" | "already":
            return there_is_one(answer.url)
        case "create_meeting", "done":
            return meetings.made_sentence(answer.url, invited=answer.invited, count=answer.invited_count)
        case "create_meeting", "already":
            return meetings.there_is_one(answer.url)
    return sentence_of(answer.outcome, verb, account=account, policy=policy)
