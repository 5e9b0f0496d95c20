"""What people read about an incident's meeting: answers to **Create Meeting**, and what cards say of it."""

from collections.abc import Mapping, Sequence

from muster.cards.formatting import listed
from muster.cards.rooms.sentences import WHO_GRANTS
from muster.cards.text import plain, web_link
from workflows.meeting import Hindrance, ToldMeeting, WhyNot
from workflows.verbs.outcomes import Outcome

MAKING = "Muster is making the meeting; the card will show Join Meeting."
THEIRS = "The meeting that Muster made is not the incident's bridge, which somebody else has set:"
"""Before its address."""
REFUSED = "PagerDuty did not take the meeting as the incident's conference bridge. The meeting stands."
_CANNOT = "The meeting cannot be made: "
_NAME_LIMIT = 60
_MOST_INVITED = 6
_HINDRANCES: Mapping[WhyNot, str] = {
    "guest": "{who} is a guest of this organization",
    "elsewhere": "nobody knows who {who} is in this organization",
    "not_looked_for": "{who} was not looked for in this organization",
    "unknown": "this organization does not know {who}",
    "disabled": "the account of {who} is disabled",
    "no_mailbox": "{who} has no calendar",
    "no_meeting": "the calendar of {who} takes no meetings of Teams",
    "no_licence": "{who} has no licence for meetings of Teams",
    "no_policy": "no application access policy allows Muster to make meetings for {who}",
    "not_granted": "{permission} is not granted",
    "refused": "Microsoft refuses it for {who}",
}


def there_is_one(url: str) -> str:
    """The answer to whoever asks for what is there; without an address the card has the way in."""
    return f"There is a meeting for this incident: {web_link(url) or 'the card shows Join Meeting.'}"


def made_sentence(url: str, *, invited: Sequence[str], count: int) -> str:
    """The answer to whoever asked for it first, with who is invited."""
    names = [plain(name, _NAME_LIMIT) or "somebody" for name in invited]
    if not names:
        return there_is_one(url)
    return f"{there_is_one(url)} · Invited: {listed(names, most=_MOST_INVITED, total=max(count, len(names)))}"


def gone_sentence(*, offers_meeting: bool) -> str:
    """Nobody organises it any more; a card that does not offer another one does not speak of it."""
    then = " Create Meeting makes a new one." if offers_meeting else ""
    return f"The account of whoever organised the meeting was deleted.{then}"


def told_sentence(told: ToldMeeting, *, offers_meeting: bool) -> str:
    """What the incident's bridge does not tell."""
    match told.standing:
        case "theirs":
            return THEIRS
        case "refused":
            return REFUSED
        case "gone":
            return gone_sentence(offers_meeting=offers_meeting)


def meeting_sentence(outcome: Outcome, *, account: str, policy: str = "") -> str | None:
    """How **Create Meeting** ended, plain text; ``None``: as any other click.

    ``policy``: the commands that an access policy takes, for this tenant.
    """
    match outcome.kind, outcome.reason:
        case "done" | "already", _:
            return there_is_one("")
        case _, "no_organiser":
            return _no_organiser(outcome.hindrances, policy)
        case _, "meeting_not_made":
            return "The meeting was not made: it was refused. Whoever runs Muster finds why in its log."
        case _, "may_not_write":
            return (
                f"The meeting was not made: your role in PagerDuty ({account}) reads only, "
                "and the incident gets a bridge."
            )
        case "failed", "unavailable":
            return "The meeting was not made: PagerDuty did not answer. Try again in a moment."
    return None


def _no_organiser(hindrances: Sequence[Hindrance], policy: str) -> str:
    reasons = {one.why for one in hindrances}
    said = f"{_CANNOT}{_reasons(hindrances) or 'nobody can organise it'}."
    if "no_policy" in reasons:
        runs = policy or "what muster permissions --powershell prints"
        return (
            f"{said} A Teams admin runs: {runs} · "
            "That counts after up to 30 minutes, for which Muster tries again every five."
        )
    if "not_granted" in reasons:
        return f"{said} {WHO_GRANTS}"
    return said


def _reasons(hindrances: Sequence[Hindrance]) -> str:
    """Those of one person after the other; what was said of somebody before is not said again."""
    said: set[str] = set()
    people: dict[str, list[str]] = {}
    for one in hindrances:
        sentence = _HINDRANCES[one.why].format(
            who=plain(one.who, _NAME_LIMIT) or "somebody", permission=one.permission
        )
        if sentence not in said:
            said.add(sentence)
            people.setdefault(one.who, []).append(sentence)
    return "; ".join(", and ".join(sentences) for sentences in people.values())
