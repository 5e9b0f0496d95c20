"""The card that ``connect`` answers: what would be connected, and the button that does it."""

from collections.abc import Sequence
from typing import NamedTuple

from muster.cards.elements import AdaptiveCard, RichTextBlock, TextRun, action_execute, action_set
from muster.cards.setup.drawing import NAME_LIMIT, card_of, named, paragraph, said
from muster.cards.text import literal
from workflows.connect_channel.workflow_type import CONNECT_SERVICE

TITLE = "Connect a service to this channel"
LABEL = "Connect Service"
_MOST_TEAMS = 5


class ConnectionOffer(NamedTuple):
    """A service that somebody may connect to the channel in which they wrote."""

    account: str
    service: str
    """PagerDuty's id."""
    name: str
    teams: Sequence[str] = ()
    """Names of its teams in PagerDuty."""


def offer_card(offer: ConnectionOffer) -> AdaptiveCard:
    """The card; whoever presses its button is asked for their own rights."""
    return card_of(
        TITLE,
        (
            paragraph("Service: ", named(offer.name), " (", named(offer.account), ")"),
            _teams(offer.teams),
            said("Once it is connected, its new incidents appear in this channel."),
            said(
                "Everybody here may press. Muster then asks PagerDuty whether they may connect the service."
            ),
            action_set(
                action_execute(
                    CONNECT_SERVICE,
                    {"account": offer.account, "service": offer.service},
                    title=LABEL,
                    tooltip=f"{LABEL}: {literal(offer.name, NAME_LIMIT)}",
                    style="positive",
                )
            ),
        ),
    )


def _teams(teams: Sequence[str]) -> RichTextBlock:
    if not teams:
        return paragraph("PagerDuty team: none")
    pieces: list[str | TextRun] = ["PagerDuty team: " if len(teams) == 1 else "PagerDuty teams: "]
    for place, team in enumerate(teams[:_MOST_TEAMS]):
        pieces += [", ", named(team)] if place else [named(team)]
    if (more := len(teams) - _MOST_TEAMS) > 0:
        pieces.append(f" and {more} more")
    return paragraph(*pieces)
