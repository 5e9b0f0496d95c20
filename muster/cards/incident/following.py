"""What people are told who press **Follow here** on a shared card; plain text."""

from muster.cards.links import sentences as links

FOLLOWS = "Muster posts the live card here in a moment."
FOLLOWED_ALREADY = "This incident is followed here already."
FOLLOWED_HERE = f"{FOLLOWED_ALREADY} Its live card is in this chat."
"""Where no link leads to a message."""
NOT_SHOWN = "PagerDuty does not show you this incident."
"""Also for an incident that is not there, and for an account that is none of this organization's."""
NOT_IN_CHAT = (
    "Muster is not in this chat, so it can post nothing here. Add it: open the chat's apps (+ or Manage "
    "apps), choose Muster, and press Follow here again."
)
NOT_IN_TEAM = (
    "Muster is not in this team, so it can post nothing here. Add the app to the team, and press Follow here "
    "again."
)
OWN_MEMBERS = (
    "This channel has members of its own, and Muster follows incidents in standard channels and in chats. "
    "Nothing was changed."
)
SUSPENDED = (
    "Muster posts nothing in this channel just now, so nothing was changed. Try again in a moment; an "
    "archived team has to be restored first."
)
"""For channels. In a chat it is that the bot has just left: ``NOT_IN_CHAT``."""
TEAMS_DID_NOT_ANSWER = "Teams did not say whether Muster is in this conversation. Try again in a moment."


def unlinked_sentence(account: str, told: str) -> str:
    """The person is not linked; ``told`` is what came of asking for their link."""
    return links.unlinked_sentence(
        account, told, so="nothing is followed", then="Then press Follow here again."
    )
