"""What programs read about the chat and the meeting of an incident: how what they asked for ended.

Where a permission or a policy is missing it is the sentence of the card.
"""

from collections.abc import Mapping
from typing import Literal

from muster.cards.rooms.meetings import meeting_sentence
from muster.cards.rooms.sentences import absence_reason, not_granted, room_sentence
from muster.cards.text import plain
from workflows.incident_room.messages import answer_of
from workflows.incident_room.state import OrderKind
from workflows.members import NotChanged, WhyNotChanged
from workflows.operation.state import Ended
from workflows.room import Absence, Lack
from workflows.verbs.outcomes import Outcome, Reason

ProgramCall = Literal["open_chat", "open_meeting"] | OrderKind

CHAT_EXISTS = "The incident chat group already exists."
"""PagerDuty's own words (its API for Microsoft Teams, *Create a Dedicated Chat*, 409)."""
NO_CHAT = "The incident has no chat."
NO_TENANT = "there is no such Microsoft tenant, or it is not one of this account"
OTHER_HOME = "chat and meeting of this incident are made in another Microsoft tenant of the account"
NO_TEAM = "there is no such team, or Muster is not in it, or it is not one of this account"
_UNKNOWN = "Nobody knows what became of it. Look in Teams before you ask again."
_WHO_LIMIT = 120
_DONE: Mapping[ProgramCall, str] = {
    "open_chat": "The chat is there.",
    "open_meeting": "The meeting is there.",
    "delete_chat": "The chat was deleted. A Microsoft admin can bring it back for a week.",
    "archive_chat": "The chat was archived.",
    "set_topic": "The chat was renamed.",
    "add_members": "Who could be added is in the chat.",
    "remove_members": "Who was in the chat was taken out.",
}
_ALREADY: Mapping[ProgramCall, str] = {
    **_DONE,
    "open_chat": CHAT_EXISTS,
    "archive_chat": "The chat is archived already.",
}
_CANNOT: Mapping[ProgramCall, str] = {
    "open_chat": "The chat cannot be made",
    "open_meeting": "The meeting cannot be made",
    "delete_chat": "The chat cannot be deleted",
    "archive_chat": "The chat cannot be archived",
    "set_topic": "The chat cannot be renamed",
    "add_members": "People cannot be added to the chat",
    "remove_members": "People cannot be taken out of the chat",
}
_REASONS: Mapping[Reason, str] = {
    "owner_unknown": "PagerDuty does not know who is to own it.",
    "owner_absent": "who is to own it is not linked, and has no account in this organization.",
    "empty_name": "nothing that people can read is left of the name.",
    "not_found": "PagerDuty does not know this incident.",
    "not_changed": "Microsoft refused it. Whoever runs Muster finds why in its log.",
    "rate_limited": "PagerDuty is limiting requests right now. Try again in a minute.",
    "answer_lost": "PagerDuty's answer was lost. Try again.",
    "forbidden": "PagerDuty does not let Muster's app read this incident.",
    "unavailable": "PagerDuty did not answer. Try again in a moment.",
}
_LEFT_OUT: Mapping[str, str] = {
    "card": "The card keeps its buttons",
    "names": "The topic has no mark",
    "leaving": "People were not taken out",
}
_WHY: Mapping[WhyNotChanged, str] = {
    "unknown": "neither PagerDuty nor this organization knows them",
    "other_tenant": "they belong to another organization",
    "no_account": "no account in this organization",
    "not_granted": "nobody may look for people by e-mail",
    "blocked": "Microsoft adds nobody more to this chat",
    "refused": "Microsoft refuses them",
    "full": "the chat is full: 250 people are in it",
    "not_there": "they are not in the chat",
}


def program_sentence(called: ProgramCall, outcome: Outcome, *, account: str, policy: str = "") -> str:
    """How it ended, plain text; ``policy``: the commands that let Muster make meetings in this tenant."""
    if outcome.kind == "done":
        return _DONE[called]
    if outcome.kind == "already":
        return _ALREADY[called]
    if outcome.reason == "no_chat":
        return NO_CHAT
    if outcome.reason is not None and outcome.reason in _REASONS:
        return _with_lack(f"{_CANNOT[called]}: {_REASONS[outcome.reason]}", outcome)
    if called == "open_meeting":
        found = meeting_sentence(outcome, account=account, policy=policy)
    elif called == "open_chat":
        found = room_sentence(outcome, account=account)
    else:
        found = f"{_CANNOT[called]}: {not_granted(outcome.says or '')}" if outcome.says else None
    return found or f"{_CANNOT[called]}. Whoever runs Muster finds why in its log."


def room_summary(called: ProgramCall, ended: Ended) -> str:
    """What became of the operation."""
    match ended.outcome:
        case "done":
            return _DONE[called]
        case "unknown":
            return _UNKNOWN
        case "failed":
            return f"{_CANNOT[called]}."


def room_error(called: ProgramCall, ended: Ended, *, policy: str = "") -> str | None:
    """Why the operation was not done, as its row tells it; ``None`` where it was."""
    if ended.outcome == "done":
        return None
    outcome = answer_of(ended).outcome
    if ended.outcome == "unknown" and outcome.reason is None:
        return _UNKNOWN
    # Without the account, which names roles of people alone.
    return program_sentence(called, outcome, account="", policy=policy)


def not_changed_sentence(one: NotChanged) -> str:
    """Why somebody was not added, or not taken out: ``bo@acme.example: the chat is full``."""
    return f"{plain(one.who, _WHO_LIMIT) or 'Somebody'}: {_WHY[one.why]}"


def not_there_sentence(why: Absence | None, *, has_left: bool) -> str | None:
    """Why somebody who is wanted in the chat is not in it; ``None``: nobody knows yet."""
    if has_left:
        return "they left the chat, or were taken out"
    return absence_reason(why) if why else None


def left_out_sentence(lack: Lack) -> str:
    """A step of archiving that was not taken, and what it takes."""
    why = not_granted(lack.permission) if lack.permission else "Microsoft refused it."
    return f"{_LEFT_OUT.get(lack.step, _CANNOT['archive_chat'])}: {why}"


def _with_lack(sentence: str, outcome: Outcome) -> str:
    """Whoever was not found may be there, where a permission to look for them is missing."""
    if outcome.reason == "owner_absent" and outcome.says:
        return f"{sentence} {not_granted(outcome.says)}"
    return sentence
