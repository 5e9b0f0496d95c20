"""The card by which a person chooses the PagerDuty account that they are linked to."""

from collections.abc import Sequence

from muster.cards.elements import (
    Action,
    AdaptiveCard,
    Element,
    action_execute,
    action_set,
    adaptive_card,
    text_block,
)
from muster.cards.text import plain

TITLE = "Which PagerDuty account?"
_MOST_VISIBLE = 3
"""Teams clips a fourth button at a channel's width; the rest go into the overflow menu."""
_LABEL_LIMIT = 40


def choice_card(accounts: Sequence[str]) -> AdaptiveCard:
    """One button for each account; whoever presses it is offered a link of their own."""
    actions: list[Action] = []
    for place, account in enumerate(accounts):
        label = plain(account, _LABEL_LIMIT)
        action = action_execute(
            "link_accounts", {"account": account}, title=label, tooltip=f"Link Accounts: {label}"
        )
        if place >= _MOST_VISIBLE:
            action["mode"] = "secondary"
        actions.append(action)
    body: list[Element] = [
        text_block(TITLE, size="Large", weight="Bolder"),
        text_block("Your organization has several PagerDuty accounts. Each needs a link of its own."),
        action_set(*actions),
    ]
    return adaptive_card(body, fallback_text=f"{TITLE} Write **linkUser** and the account's name.")
