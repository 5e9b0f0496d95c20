"""The messages of a connection: the card that says how it stands, and the welcome of a channel."""

from collections.abc import Iterator, Mapping

from muster.cards.connections.bringing_in import bring_in_buttons, open_incidents
from muster.cards.elements import AdaptiveCard, Element, action_execute, action_set
from muster.cards.formatting import instant
from muster.cards.sentences import OPERATOR
from muster.cards.setup.drawing import NAME_LIMIT, card_of, named, paragraph, said
from muster.cards.text import plain
from workflows.connect_channel.view import ConnectionView, Showing
from workflows.errors import LACKS_SCOPES, Forbidden, RequestInvalid

_TITLES: Mapping[Showing, str] = {
    "late": "Connecting takes longer than usual",
    "connected": "Service connected",
    "disconnected": "Service disconnected",
    "welcome": "PagerDuty's incidents arrive in this channel",
    "welcome_ended": "PagerDuty's incidents in this channel",
}
_REASONS: Mapping[str, str] = {
    "ProviderUnavailable": "PagerDuty does not answer, or answers that it cannot do this now.",
    "RateLimited": "PagerDuty limits how much Muster may ask it right now.",
    "OutcomeUnknown": "PagerDuty's answer was lost.",
    "Conflict": "Something else is changing the same thing in PagerDuty.",
    "CredentialRejected": f"PagerDuty does not accept Muster's own credentials. {OPERATOR}",
    "Forbidden": f"PagerDuty does not allow Muster to subscribe to its events. {OPERATOR}",
    "RequestInvalid": f"PagerDuty refuses to send its events to Muster. {OPERATOR}",
}
"""By the name of the error that holds up connecting."""
_LIMIT_REACHED = "2019"
"""PagerDuty's number for a limit of the account (REST schema)."""
_FULL = (
    "The PagerDuty account has as many webhook subscriptions as PagerDuty allows. Somebody who administers "
    "PagerDuty has to delete one that is not needed."
)
_NO_REASON = "Nothing has failed that Muster knows of; it waits for PagerDuty."
_OTHER_REASON = "Something went wrong in Muster; its log says what."

_ONE_CARD = (
    " is one card here, which always shows how it stands. Responders acknowledge and resolve it by the "
    "buttons of the card."
)


def connection_card(view: ConnectionView) -> AdaptiveCard:
    """The card."""
    return card_of(_TITLES[view.showing], _body(view))


def connection_summary(view: ConnectionView) -> str:
    """The card as one plain line, for notifications."""
    if view.showing == "welcome_ended":
        return _TITLES[view.showing]
    return f"{_TITLES[view.showing]} · {plain(view.service_name or view.service, NAME_LIMIT)}"


def _body(view: ConnectionView) -> Iterator[Element]:
    service = named(view.service_name or view.service)
    match view.showing:
        case "late":
            yield paragraph("Muster is connecting ", service, " to this channel, and is not done yet.")
            yield paragraph(_reason(view.reason, view.code))  # scopes are no Markdown
            yield said("Muster goes on trying, and this message says when it is done.")
        case "connected":
            yield paragraph("New incidents of ", service, " appear in this channel.")
            yield from _connected_by(view)
            yield from open_incidents(view)
            if buttons := bring_in_buttons(view):
                yield action_set(*buttons)
        case "disconnected":
            yield paragraph(
                "New incidents of ",
                service,
                " do not appear in this channel any more. Those that are here are followed to their end.",
            )
            yield from _connected_by(view)
            if view.ended_by and view.ended_at:
                yield paragraph("Disconnected by ", named(view.ended_by), ".")
                yield said(instant(view.ended_at))
        case "welcome" | "welcome_ended":
            yield from _welcome(view)


def _reason(reason: str | None, code: str | None) -> str:
    """Why it takes longer; ``code`` tells some reasons closer."""
    if reason is None:
        return _NO_REASON
    if reason == RequestInvalid.__name__ and code == _LIMIT_REACHED:
        return _FULL
    word, _, scopes = (code or "").partition(":")
    if reason == Forbidden.__name__ and word == LACKS_SCOPES and scopes:
        several = "scopes" if "," in scopes else "scope"
        return (
            f"Subscribing to PagerDuty's events needs the {several} {scopes.replace(',', ', ')}, which the "
            f"registration of Muster's app in PagerDuty lacks. {OPERATOR}"
        )
    return _REASONS.get(reason, _OTHER_REASON)


def _connected_by(view: ConnectionView) -> Iterator[Element]:
    if view.by:
        yield paragraph("Connected by ", named(view.by), ".")
    if view.since:
        yield said(instant(view.since))


def _welcome(view: ConnectionView) -> Iterator[Element]:
    """Once the connection has ended, the part that still holds for the cards that are there."""
    if view.showing == "welcome":
        yield paragraph("Each incident of ", named(view.service_name or view.service), _ONE_CARD)
    else:
        yield said(f"Each incident{_ONE_CARD}")
    yield said(
        "Muster acts in PagerDuty as whoever presses, so each responder links their Teams account to their "
        "own PagerDuty user once. **Link Accounts** sends you a private message with your link."
    )
    yield from open_incidents(view)
    link_accounts = action_execute(
        "link_accounts",
        {"account": view.account},
        title="Link Accounts",
        tooltip=f"Link Accounts: {plain(view.account, NAME_LIMIT)}",
    )
    yield action_set(link_accounts, *bring_in_buttons(view))
