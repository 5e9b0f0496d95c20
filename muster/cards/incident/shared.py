"""The card of an incident that somebody shares: their own message, which no bot can edit.

So it is a picture with its *as of* and says so. Data of its actions say ``s: 1``: whatever message they come
from is never deleted as an orphan.
"""

from collections.abc import Iterator

from muster.cards.elements import (
    Action,
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
from muster.cards.incident.following import FOLLOWED_ALREADY
from muster.cards.incident.picture import Picture
from muster.cards.incident.status_band import status_band
from muster.cards.text import web_link
from workflows.channel_incident.view import View
from workflows.verbs.button_data import SHARED

REFRESH = "refresh"
"""The verb by which Teams asks for a newer picture."""
FOLLOW = "follow"
"""The verb of **Follow here**."""
ACCOUNT, INCIDENT = "a", "i"
"""Names of the account and of PagerDuty's id of the incident in the data of ``FOLLOW``."""
PICTURE = "p"
"""Name of the picture in the data of ``REFRESH``."""
FOLLOW_LABEL = "Follow here"


def shared_card(picture: Picture, signed: str, *, live: str | None = None) -> AdaptiveCard:
    """The card; ``signed`` is the picture as the data of its refresh carry it.

    ``live`` is the address of the incident's live card in the same conversation, where whoever sees this one
    has just asked for it.
    """
    view = picture.view
    whole = adaptive_card(_body(view, live), fallback_text=fallback(view))
    whole["refresh"] = _refresh(signed)
    return whole


def _body(view: View, live: str | None) -> Iterator[Element]:
    yield status_band(view)
    yield titled(view)
    if rows := fact_rows(view):
        yield container(*rows)
    yield _what_it_is(view, live)
    if live is not None:
        yield text_block(FOLLOWED_ALREADY, weight="Bolder", size="Small", spacing="Medium")
    yield _buttons(view, live)


def _what_it_is(view: View, live: str | None) -> Container:
    why = "Muster cannot edit a message that somebody shares."
    if live is None:
        why += f" **{FOLLOW_LABEL}** posts a card that follows the incident and has its buttons."
    return container(
        text_block(f"A picture, as of {instant(view.as_of)}.", weight="Bolder", size="Small"),
        text_block(why, size="Small", isSubtle=True, spacing="None"),
        style="emphasis",
        spacing="Medium",
    )


def _buttons(view: View, live: str | None) -> ActionSet:
    first = _follow(view) if live is None else _open_live(view, live)
    url = web_link(view.url)
    if url is None:
        return action_set(first)
    return action_set(first, action_open_url(url, title="Open in PagerDuty", tooltip=open_tooltip(view)))


def _follow(view: View) -> Action:
    data: dict[str, str | int] = {SHARED: 1, ACCOUNT: view.account, INCIDENT: view.incident_id}
    return action_execute(
        FOLLOW, data, title=FOLLOW_LABEL, tooltip=named(FOLLOW_LABEL, view), style="positive"
    )


def _open_live(view: View, live: str) -> Action:
    return action_open_url(live, title="Open the live card", tooltip=named("Open the live card of", view))


def _refresh(signed: str) -> Refresh:
    return {"action": action_execute(REFRESH, {SHARED: 1, PICTURE: signed})}
