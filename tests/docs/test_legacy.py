"""docs/legacy.md and ``help legacy``, against the commands that there are and each other."""

import re

from api.bot.commands.help import TOPICS
from api.bot.commands.table import COMMANDS
from muster.cards.commands import SUMMARIES
from muster.cards.legacy import LEGACY
from tests.docs.checkout import REPOSITORY

PAGE = (REPOSITORY / "docs/legacy.md").read_text()
OTHERS = {"trigger", "@pagerduty", "@muster"}
"""What the page names in code that is the other app's, or is to come."""


def test_a_command_of_the_bot_that_the_page_names_is_there() -> None:
    told = {code.split()[0].casefold() for code in re.findall(r"`([^`]+)`", PAGE)}
    assert told >= {"help", "status", "connect", "list", "linkuser"}
    assert told - OTHERS <= COMMANDS.keys()


def test_a_topic_that_help_tells_of_is_answered() -> None:
    told = re.findall(r"\*\*help (\w+)\*\*", SUMMARIES["help"])
    assert told == list(TOPICS)
    assert TOPICS["legacy"] == LEGACY


def test_a_button_that_the_command_names_stands_on_the_page() -> None:
    told = set(re.findall(r"\*\*?([^*]+)\*\*?", LEGACY))
    places = {name for name in told if name[0].isupper() and "," not in name} - {"What differs"}
    assert places >= {"Set up a connector", "Manage", "Disconnect", "Extensions", "PagerDuty (Legacy)"}
    assert [name for name in places if name not in " ".join(PAGE.split())] == []


def test_the_command_fits_a_message_and_leads_nowhere_else() -> None:
    assert len(LEGACY.encode()) < 4_000
    assert not re.search(r"\]\(|https?:", LEGACY)
