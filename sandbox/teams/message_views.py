"""The JSON of a message for one person's page."""

from sandbox.teams.roster import Roster
from sandbox.teams.state import Json, Message


def message_view(roster: Roster, message: Message, person: str) -> Json:
    """The latest version, and the card that replaces it for this person, if there is one."""
    deleted = message.deleted_at is not None
    activity: Json = {} if deleted else message.activity
    return {
        "id": message.id,
        "reply_to": message.reply_to,
        "from": _author(roster, message),
        "created_at": message.created_at,
        "edited_at": message.versions[-1].at if len(message.versions) > 1 else None,
        "deleted": deleted,
        "summary": activity.get("summary") or "",
        "text": activity.get("text", ""),
        "text_format": activity.get("textFormat", "markdown"),
        "attachments": activity.get("attachments", []),
        "notification": "" if deleted else notification(activity),
        "private_card": message.private_cards.get(person),
        "targeted": message.to is not None,
    }


def notification(activity: Json) -> str:
    """What a locked phone says of a message: the first line of its text, as it is written.

    Android ignores ``summary`` there (teams-library-js #3054), so the page's lists do so too.
    """
    text = activity.get("text")
    if isinstance(text, str) and text.strip():
        return text.strip().splitlines()[0]
    if not activity.get("attachments"):
        return ""
    shared = str(activity.get("from", {}).get("id", "")).startswith("29:")
    return "Shared a card" if shared else "The bot sent you a card"


def _author(roster: Roster, message: Message) -> Json:
    person = None if message.author is None else roster.person(message.author)
    if person is None:
        return {"id": roster.bot_account["id"], "name": roster.bot_account["name"], "bot": True}
    return {"id": person.aad_object_id, "name": person.name, "bot": False}
