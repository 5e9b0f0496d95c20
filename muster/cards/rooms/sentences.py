"""What people read about the chat of an incident: answers to **Create Chat**, and what cards say of it."""

from collections.abc import Callable

from muster.cards.links.sentences import unlinked_sentence
from muster.cards.text import plain, web_link
from workflows.room import Absence, Lack
from workflows.verbs.outcomes import Outcome

MAKING = "Muster is making the chat; the card will show Join Chat."
NOBODY = "Nobody to talk to yet: add responders or link accounts."
APP_UNKNOWN = (
    "The chat has no card: Muster does not know its app's id in the catalog. An admin finds it in the Teams "
    "admin center under Manage apps, and it goes into catalog_app of muster.toml."
)
BOT_REMOVED = "Muster was removed from the chat: its card stands still until somebody adds it again."
WHO_GRANTS = "A Microsoft admin grants it with appconnect."
REFUSED = "Microsoft refuses it. Whoever runs Muster finds why in its log."
_TOPIC_LIMIT = 260
_NAME_LIMIT = 60
_STEPS = {
    "people": "People cannot be found by their e-mail address",
    "chat": "The chat cannot be made",
    "members": "People cannot be added to the chat",
    "bot": "The card cannot be shown in the chat",
    "leaving": "People cannot be taken out of the chat",
    "names": "The chat cannot be renamed",
    "meeting": "The meeting cannot be made",
    "entry": "The meeting's entry in a calendar cannot be changed",
}
"""By the name of the reconciler that cannot go on."""
_ABSENCES: dict[Absence, str] = {
    "no_account": "no account in this organization",
    "no_user": "PagerDuty does not know them",
    "not_granted": "nobody may look for people by e-mail",
    "blocked": "Microsoft adds nobody more",
    "refused": "Microsoft refuses them",
    "full": "the chat is full",
}


def there_is_one(url: str) -> str:
    """The answer to whoever asks for what is there; without an address the card has the way in."""
    return f"There is a chat for this incident: {web_link(url) or 'the card shows Join Chat.'}"


def not_linked_sentence(account: str, told: str, *, label: str) -> str:
    """The person is not linked; ``told`` is what came of asking for their link, ``label`` the button's."""
    made = label.removeprefix("Create ").lower()
    return unlinked_sentence(account, told, so=f"no {made} is made", then=f"Then press {label} again.")


def unknown_sentence(topic: str, written: Callable[[str, int], str] = plain) -> str:
    """Nobody knows whether it was made; the topic as ``written`` for its place."""
    return (
        "Muster does not know whether the chat was made: Microsoft's answer was lost. "
        f"Look in Teams for “{written(topic, _TOPIC_LIMIT)}” before you press Create Chat again."
    )


def gone_sentence(*, offers_chat: bool) -> str:
    """Somebody deleted it; a card that does not offer another one does not speak of it."""
    then = " Create Chat makes a new one." if offers_chat else ""
    return f"The chat of this incident was deleted.{then}"


def archived_sentence(*, offers_chat: bool) -> str:
    """It is there to be read by whoever is in it; a card may offer another one."""
    then = " Create Chat makes a new one." if offers_chat else ""
    return f"The chat of this incident was archived.{then}"


def lacks_sentence(lack: Lack) -> str:
    """A step that takes a permission, or that Microsoft refuses."""
    why = not_granted(lack.permission) if lack.permission else REFUSED
    return f"{_STEPS.get(lack.step, _STEPS['chat'])}: {why}"


def not_granted(permission: str) -> str:
    """What is missing, and who can grant it."""
    return f"{permission} is not granted. {WHO_GRANTS}"


def absence_words(name: str, why: Absence, written: Callable[[str, int], str] = plain) -> str:
    """Somebody who is not in the chat, and why: ``Di Pager (no account in this organization)``."""
    return f"{written(name, _NAME_LIMIT) or 'Somebody'} ({absence_reason(why)})"


def absence_reason(why: Absence) -> str:
    """Why somebody is not in the chat."""
    return _ABSENCES[why]


def room_sentence(outcome: Outcome, *, account: str) -> str | None:
    """How **Create Chat** ended, plain text; ``None``: as any other click."""
    match outcome.kind, outcome.reason:
        case "done" | "already", _:
            return there_is_one("")
        case _, "nobody_to_talk_to":
            return NOBODY
        case _, "not_granted":
            return f"{_STEPS['chat']}: {not_granted(outcome.says or 'Chat.Create')}"
        case _, "chat_unknown":
            return unknown_sentence(outcome.says or "")
        case _, "not_made":
            return "The chat was not made: it was refused. Whoever runs Muster finds why in its log."
        case _, "may_not_write":
            return (
                f"The chat was not made: your role in PagerDuty ({account}) reads only, "
                "and the incident gets a note."
            )
        case "failed", "unavailable":
            return "The chat was not made: PagerDuty did not answer. Try again in a moment."
    return None
