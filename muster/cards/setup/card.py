"""The card of each message of a set-up."""

from muster.cards.elements import AdaptiveCard
from muster.cards.setup import authorization, channel, consent, life
from muster.cards.setup.drawing import NAME_LIMIT
from muster.cards.text import plain
from workflows.team_setup.view import NoticeView


def setup_card(view: NoticeView, *, link: str | None = None, key: str | None = None) -> AdaptiveCard:
    """The card; ``link`` and ``key`` are those of the view's offer and stand in no history."""
    match view.kind:
        case "installer" | "admin":
            return authorization.authorization_card(view, link=link, key=key)
        case "consent":
            return consent.consent_card(view, link=link)
        case "way-on":
            return channel.way_on_card(view)
        case "welcome":
            return channel.welcome_card(view)
        case "life":
            return life.life_card(view)


def setup_summary(view: NoticeView) -> str:
    """The card as one plain line, for notifications."""
    match view.kind:
        case "installer" | "admin":
            title = authorization.title_of(view)
        case "consent":
            title = consent.title_of(view)
        case "life":
            title = life.title_of(view)
        case "way-on" | "welcome":
            return channel.title_of(view)
    return f"{title} · {plain(view.team_name, NAME_LIMIT)}" if view.team_name else title
