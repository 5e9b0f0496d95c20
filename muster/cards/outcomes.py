"""How a click ended, in sentences: for its answer, and for the private message where it had none.

The one place that turns the codes of ``workflows.verbs.outcomes`` into words.
"""

from muster.cards.incident.names import numbered
from muster.cards.rooms import meetings
from muster.cards.rooms.sentences import MAKING, room_sentence
from muster.cards.text import escape, plain, web_link
from workflows.channel_incident.view import View
from workflows.verbs.outcomes import Outcome, Reason
from workflows.verbs.registry import VERBS
from workflows.verbs.verb import Verb, VerbName

_TITLE_LIMIT = 80
_ID_LIMIT = 40
_SENTENCE_LIMIT = 2_000
"""Characters. The longest tells why three people organise no meeting, and what a Teams admin runs."""
_SAYS_LIMIT = 200
_MAKING: dict[VerbName, str] = {"create_chat": MAKING, "create_meeting": meetings.MAKING}
_REASONS: dict[Reason, str] = {
    "link_removed": ": your link to PagerDuty was removed meanwhile.",
    "link_ended": ". Your link to PagerDuty has ended; link your accounts again.",
    "link_rejected": ": PagerDuty does not accept your link any more; link your accounts again.",
    "forbidden": ": PagerDuty does not allow {by} to do this.",
    "already_changed": ": PagerDuty says it is settled already.",
    "refused_by_pagerduty": ".",
    "not_followed": ": the incident is not followed here any more.",
    "by_connection": ": the incident comes here because its service is connected. disconnect ends that.",
    "may_not_write": ": your role in PagerDuty reads only.",
    "nobody_to_talk_to": ".",
    "owner_absent": ". Who is to own it has no account in this organization.",
    "empty_name": ". Nothing that people can read is left of the name.",
    "not_granted": ".",
    "no_organiser": ".",
    "not_found": ". PagerDuty does not know this incident any more.",
    "conflict": ". Somebody else was changing the incident at that moment. Try again.",
    "rate_limited": ". PagerDuty is limiting requests right now. Try again in a minute.",
    "not_sent": ". Muster could not write the request to PagerDuty; its log says why.",
    "app_refused": (
        ". PagerDuty could not be asked: it refuses Muster's own app. Whoever runs Muster has to mend that."
    ),
    "answer_lost": ". PagerDuty's answer was lost; the card shows what is known.",
    "chat_unknown": ".",
    "not_made": ".",
    "meeting_not_made": ".",
    "owner_unknown": ". PagerDuty does not know who is to own the chat.",
    "no_chat": ". The incident has no chat.",
    "not_changed": ". Microsoft refused it. Whoever runs Muster finds why in its log.",
    "unavailable": ". PagerDuty did not answer. Try again in a moment.",
}
"""Ends of the sentence *Acknowledge was not done…*; ``by`` is whom PagerDuty refused.

PagerDuty's own words follow, where it gave some.
"""


def sentence_of(outcome: Outcome, verb: VerbName, *, account: str, policy: str = "") -> str:
    """How the click ended, for the person who clicked; plain text.

    ``policy``: the commands that let Muster make meetings in this tenant, where they are at hand.
    """
    row = VERBS[verb]
    label = row.label
    if (sentence := _of_room(outcome, verb, account, policy)) is not None:
        return sentence
    match outcome.kind:
        case "done" if row.stops_following:
            return "You stopped following this incident here."
        case "already" if row.stops_following:
            return f"Stopped already{_by(outcome)}."
        case "done":
            return f"You {outcome.status} this incident." if outcome.status else f"{label} was done."
        case "already":
            return f"Already {outcome.status}{_by(outcome)}."
        case "stale":
            return f"Already {outcome.status}{_by(outcome)}; nothing was changed."
        case "unlinked":
            return (
                f"Your account is not linked to PagerDuty ({account}), so nothing was changed. "
                "A message for you alone waits here, or in your private chat with Muster: it links your "
                "accounts."
            )
        case "late":
            return f"{label} came through too late and was not done."
        case "refused" | "failed":
            reason = _reason_of(outcome, row)
            return f"{label} was not done" + reason.format(by=outcome.by or "you") + _said(outcome)


def _of_room(outcome: Outcome, verb: VerbName, account: str, policy: str) -> str | None:
    match verb:
        case "create_chat":
            return room_sentence(outcome, account=account)
        case "create_meeting":
            return meetings.meeting_sentence(outcome, account=account, policy=policy)
    return None


def working_sentence(verb: VerbName) -> str:
    """The click was taken, and its outcome is not known yet."""
    if verb in _MAKING:
        return _MAKING[verb]
    return f"Muster is working on it: {VERBS[verb].label}. The card will show what came of it."


def private_text(
    outcome: Outcome, verb: VerbName, view: View | None, *, account: str, policy: str = ""
) -> str:
    """How a click ended that changed nothing, for its person alone; Markdown.

    ``view`` tells which incident it was about; without it the text is the sentence of the answer.
    ``policy`` as for ``sentence_of``.
    """
    sentence = escape(sentence_of(outcome, verb, account=account, policy=policy), _SENTENCE_LIMIT)
    if view is None:
        return sentence
    match outcome.kind:
        case "late":
            return (
                f"{_clicked(verb, view)}, but that reached Muster only minutes later. "
                "It was not done, because the incident may have moved on since. "
                "Look at the card and press again if it is still right."
            )
        case _:
            return (
                f"{_clicked(verb, view)}, and it did not work: {sentence} "
                "The card shows the incident as it is; if the button is still there, you can press it again."
            )


def _reason_of(outcome: Outcome, verb: Verb) -> str:
    reason = outcome.reason or "unavailable"
    if verb.stops_following and reason == "unavailable":  # PagerDuty has nothing to do with it
        return ". Muster could not write it down. Try again in a moment."
    return _REASONS[reason]


def _by(outcome: Outcome) -> str:
    return f" by {outcome.by}" if outcome.by else ""


def _said(outcome: Outcome) -> str:
    """PagerDuty's words and number for its refusal: another's text, without markup, on one line."""
    number = f" ({outcome.code})" if outcome.code else ""
    if not outcome.says:
        return f" PagerDuty refused it{number}." if number else ""
    return f" PagerDuty says: {plain(outcome.says, _SAYS_LIMIT).rstrip('.')}{number}."


def _clicked(verb: VerbName, view: View) -> str:
    incident = numbered(view, escape(view.title, _TITLE_LIMIT))
    what = incident or f"incident {escape(view.incident_id, _ID_LIMIT)}"
    url = web_link(view.url)
    return f"You pressed **{VERBS[verb].label}** on {what}" + (f" ([PagerDuty]({url}))" if url else "")
