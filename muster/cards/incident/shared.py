"""The card of an incident that somebody shares: their own message, which no bot can edit.

So it is a picture with its *as of* and says so. Data of its actions say ``s: 1``: whatever message they come
from is never deleted as an orphan.
"""

from collections.abc import Iterator

from muster.cards.elements import (
    ActionSet,
    AdaptiveCard,
    Container,
    Element,
    Refresh,
    action_execute,
    action_open_url,
    action_set,
    adaptive_card,
    container,
    text_block,
)
from muster.cards.formatting import instant
from muster.cards.incident.buttons import named, open_tooltip
from muster.cards.incident.card import fallback, titled
from muster.cards.incident.fact_rows import fact_rows
from muster.cards.incident.picture import Picture
from muster.cards.incident.status_band import status_band
from muster.cards.text import web_link
from workflows.channel_incident.view import View
from workflows.verbs.button_data import SHARED

REFRESH = "refresh"
"""The verb by which Teams asks for a newer picture."""
FOLLOW = "follow"
"""The verb of **Follow here**."""
PICTURE = "p"
"""Name of the picture in the data of ``REFRESH``."""
FOLLOW_LABEL = "Follow here"


def shared_card(picture: Picture, sealed: str) -> AdaptiveCard:
    """The card; ``sealed`` is the picture as the data of its refresh carry it."""
    view = picture.view
    whole = adaptive_card(_body(view), fallback_text=fallback(view))
    whole["refresh"] = _refresh(sealed)
    return whole


def _body(view: View) -> Iterator[Element]:
    yield status_band(view)
    yield titled(view)
    if rows := fact_rows(view):
        yield container(*rows)
    yield _what_it_is(view)
    yield _buttons(view)


def _what_it_is(view: View) -> Container:
    return container(
        text_block(f"A picture, as of {instant(view.as_of)}.", weight="Bolder", size="Small"),
        text_block(
            "Muster cannot edit a message that somebody shares. "
            f"**{FOLLOW_LABEL}** posts a card that follows the incident and has its buttons.",
            size="Small",
            isSubtle=True,
            spacing="None",
        ),
        style="emphasis",
        spacing="Medium",
    )


def _buttons(view: View) -> ActionSet:
    data: dict[str, str | int] = {SHARED: 1, "a": view.account, "i": view.incident_id}
    follow = action_execute(
        FOLLOW, data, title=FOLLOW_LABEL, tooltip=named(FOLLOW_LABEL, view), style="positive"
    )
    url = web_link(view.url)
    if url is None:
        return action_set(follow)
    return action_set(follow, action_open_url(url, title="Open in PagerDuty", tooltip=open_tooltip(view)))


def _refresh(sealed: str) -> Refresh:
    return {"action": action_execute(REFRESH, {SHARED: 1, PICTURE: sealed})}
