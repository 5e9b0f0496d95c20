"""What a channel is told, where everybody reads it: without links and KEYs."""

from collections.abc import Iterator

from muster.cards.elements import AdaptiveCard, Element, action_set
from muster.cards.setup.drawing import button, card_of, named, paragraph, said
from workflows.team_setup.view import NoticeView

WELCOME = "Muster is connected to PagerDuty"
WAY_ON = "Muster is installed and not set up yet"


def title_of(view: NoticeView) -> str:
    """What the card says first, and alone where there is no room."""
    return WELCOME if view.kind == "welcome" or view.showing == "authorized" else WAY_ON


def welcome_card(view: NoticeView) -> AdaptiveCard:
    """General is greeted, right after the authorization."""
    return card_of(title_of(view), _welcome(view))


def _welcome(view: NoticeView) -> Iterator[Element]:
    yield said(
        "Muster brings the incidents of PagerDuty into the channels of this team. Each incident is one card, "
        "which always shows how it stands; responders acknowledge and resolve it by the buttons of the card."
    )
    yield said(
        "Muster acts in PagerDuty as whoever presses, so each responder links their Teams account to their "
        "own PagerDuty user once. **Link Accounts** sends you a private message with your link."
    )
    yield said(
        "Mention **@Muster** with **help** to see what it understands, or with **status** to see its setup."
    )
    yield action_set(button(view, "link_accounts", "Link Accounts"))


def way_on_card(view: NoticeView) -> AdaptiveCard:
    """Nobody could be written to privately: whoever wants to set the team up presses a button."""
    return card_of(title_of(view), _way_on(view))


def _way_on(view: NoticeView) -> Iterator[Element]:
    if view.showing == "authorized":
        yield paragraph("This team belongs to the PagerDuty account ", named(view.account or ""), ".")
        return
    yield said(
        "Somebody has to connect this team to PagerDuty. Press the button, and Muster writes to you in "
        "private how to go on."
    )
    yield action_set(button(view, "renew", "Set up Muster"))
