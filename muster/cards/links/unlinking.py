"""What ``unlinkUser`` answers; Markdown, with every name escaped. It shows no e-mail: others may read it."""

from collections.abc import Sequence
from typing import NamedTuple

from muster.cards.text import escape

NOT_LINKED = "You are not linked to PagerDuty, so there is nothing to end. **linkUser** links your accounts."
_NAME_LIMIT = 80


class LinkedTo(NamedTuple):
    """The PagerDuty user of a person's link."""

    account: str
    name: str


def unlinked_text(link: LinkedTo) -> str:
    """The link is gone."""
    return "\n".join(
        (
            f"You are not linked to **{escape(link.name, _NAME_LIMIT)}** "
            f"({escape(link.account, _NAME_LIMIT)}) any more. Muster has deleted the tokens by which it "
            "acted as you.",
            "- An action that is under way ends as it began. Your next one changes nothing in PagerDuty, "
            "until you send **linkUser** again.",
            "- PagerDuty still lists the app among those that you allowed: its API cannot end that. You can, "
            "in your user settings at PagerDuty.",
        )
    )


def choose_text(links: Sequence[LinkedTo]) -> str:
    """Which link? None was named, or none that there is."""
    lines = (
        f"- **unlinkUser {escape(link.account, _NAME_LIMIT)}**: you are "
        f"**{escape(link.name, _NAME_LIMIT)}** there"
        for link in links
    )
    return "\n".join(("Say which link is to end. You can end your own alone:", *lines))
