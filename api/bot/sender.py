"""Who sent an activity, as a team's set-up knows people."""

from api.bot.activity import InboundActivity
from workflows.person import Person


def person_of(activity: InboundActivity) -> Person | None:
    """The person; ``None`` where Teams does not say who it was (installed by policy or by Graph)."""
    sender = activity.sender
    if sender.aad_object_id is None:
        return None
    return Person(aad_object_id=sender.aad_object_id, teams_id=sender.id, name=sender.name or "")
