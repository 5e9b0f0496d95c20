"""What Teams shows of the app before anybody has talked to it: its description, and its commands."""

from muster.cards.commands import SUMMARIES

SHORT_DESCRIPTION = "Brings PagerDuty incidents into Teams, where people act on them."
FULL_DESCRIPTION = (
    "A PagerDuty incident becomes a card in every channel that its service is connected to. The card follows"
    " the incident to its end, and its buttons act in PagerDuty as the person who presses them. Add the app"
    " to a team, and it tells you in a private chat how the team is connected to PagerDuty."
)


def command_descriptions() -> dict[str, str]:
    """Every command and what it does, as ``help`` lists them, without Markdown: a manifest knows none."""
    return {name: summary.replace("**", "") for name, summary in SUMMARIES.items()}
