"""What ``updates`` answers: how much is said beside the cards of a conversation; Markdown."""

from collections import Counter
from collections.abc import Sequence

from muster.cards.links import sentences as links
from muster.cards.text import escape
from workflows.incident.event_types import News
from workflows.presets import SAID, Preset

NAMES: dict[str, Preset] = {
    "all": "all_updates",
    "highlights": "highlights_only",
    "status": "status_updates_only",
    "none": "no_updates",
}
"""What people write. What PagerDuty's API calls them is understood as well."""
NEWS: dict[News, str] = {
    "priority_raised": "priority raised",
    "escalated": "escalated",
    "reopened": "reopened",
    "resolved": "resolved",
    "status_update": "status updates",
    "note": "notes",
    "responder_replied": "responders' answers",
}
"""What each kind of news is called, in the order in which it is named."""
_SAID = {
    preset: ", ".join(name for news, name in NEWS.items() if news in said) or "nothing"
    for preset, said in SAID.items()
}
_NAME_OF = {preset: name for name, preset in NAMES.items()}
_NAME_LIMIT = 80

NOTHING_OPEN = "No open incident has its card here, so there is nothing to choose."


def preset_named(argument: str) -> Preset | None:
    """The preset that somebody named, by our name of it or by PagerDuty's; ``None``: it is neither."""
    parts = argument.casefold().replace("_", " ").strip(" .!").split()
    while len(parts) > 1 and parts[-1] in ("only", "updates"):
        parts.pop()
    name = " ".join(parts)
    return NAMES.get("none" if name == "no" else name)


def presets_text(presets: Sequence[Preset]) -> str:
    """What is chosen now for the cards of open incidents, and what can be."""
    counts = Counter(presets)
    lines = (
        f"- **{name}**, for {_cards(counts[preset], len(presets))}"
        for name, preset in NAMES.items()
        if preset in counts
    )
    return "\n".join(("What is said here beside cards:", *lines, "", choices_text()))


def unknown_preset_text() -> str:
    """It is none of the four."""
    return f"I do not know this choice, and nothing was changed.\n\n{choices_text()}"


def choices_text() -> str:
    """The four, and what each has said."""
    lines = (f"- **updates {name}**: {_SAID[preset]}" for name, preset in NAMES.items())
    return "\n".join(("There are:", *lines, "The card itself is live under each of them."))


def chosen_text(preset: Preset, by: str, count: int, of: int) -> str:
    """Everybody in the conversation reads who chose what, for how many of its cards."""
    name = escape(by, _NAME_LIMIT)
    return f"{name} chose **{_NAME_OF[preset]}**: beside {_cards(count, of)} I say {_SAID[preset]}."


def _cards(count: int, of: int) -> str:
    """So many of the cards of open incidents that there are."""
    if count < of:
        return f"{count} of the cards of {of} open incidents"
    return "the card of the open incident" if of == 1 else f"the cards of {of} open incidents"


def unlinked_sentence(account: str, told: str) -> str:
    """The person is not linked, in plain text; ``told`` is what came of asking for their link."""
    return links.unlinked_sentence(
        account, told, so="nothing was changed", then="Then write the command again."
    )
