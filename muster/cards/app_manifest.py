"""What Teams shows of the app before anybody has talked to it: its description, its commands, its search."""

from muster.cards.commands import SUMMARIES

SHORT_DESCRIPTION = "Brings PagerDuty incidents into Teams, where people act on them."
FULL_DESCRIPTION = (
    "A PagerDuty incident becomes a card in every channel that its service is connected to. The card follows"
    " the incident to its end, and its buttons act in PagerDuty as the person who presses them. Add the app"
    " to a team, and it tells you in a private chat how the team is connected to PagerDuty."
    " Beside the box to write in, search for an incident and share a picture of it: from there it can be"
    " followed in any chat that the app is added to."
)
SEARCH_COMMAND = "findIncident"
"""The ``commandId`` of the message extension's ``composeExtension/query``."""
SEARCH_PARAMETER = "query"
"""Its one parameter: what a person typed."""
SEARCH_TITLE = "Find an incident"
SEARCH_DESCRIPTION = "Search PagerDuty's incidents by number, title, service or assignee, and share one."
SEARCH_PARAMETER_TITLE = "Incident"
SEARCH_PARAMETER_DESCRIPTION = "A number, or words of the title, the service or an assignee"


def command_descriptions() -> dict[str, str]:
    """Every command and what it does, as ``help`` lists them, without Markdown: a manifest knows none."""
    return {name: summary.replace("**", "") for name, summary in SUMMARIES.items()}
