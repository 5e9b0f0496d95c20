"""The card of the one message by which a person links their accounts."""

from collections.abc import Iterator, Mapping

from muster.cards.elements import (
    AdaptiveCard,
    Element,
    ExecuteAction,
    action_execute,
    action_open_url,
    action_set,
)
from muster.cards.formatting import instant
from muster.cards.links.clicks import done_in_time, how_they_ended
from muster.cards.links.sentences import UNDO
from muster.cards.setup.drawing import NAME_LIMIT, card_of, named, paragraph, said
from muster.cards.text import plain, web_link
from workflows.account_link.state import Why
from workflows.account_link.view import LinkView, Showing

RENEW_VERB = "renew_link"

_OFFERS: Mapping[Why, str] = {
    "asked": "Link your accounts",
    "clicked": "Link your accounts",
    "teams_gone": "Your link to PagerDuty has ended",
    "ended": "Your link to PagerDuty has ended",
    "user_gone": "Your link to PagerDuty has ended",
    "year": "Your link to PagerDuty ends soon",
}
_TITLES: Mapping[Showing, str] = {
    "expired": "The link has expired",
    "replaced": "A newer message holds the link",
    "linked": "Your accounts are linked",
    "unlinked": "Your accounts are not linked any more",
}


def link_card(view: LinkView, *, link: str | None = None) -> AdaptiveCard:
    """The card; ``link`` is that of the view's offer and stands in no history."""
    return card_of(_title_of(view), _body(view, link))


def link_summary(view: LinkView) -> str:
    """The card as one plain line, for notifications."""
    return f"{_title_of(view)} · {plain(view.account, NAME_LIMIT)}"


def _title_of(view: LinkView) -> str:
    return _OFFERS[view.why] if view.showing == "open" else _TITLES[view.showing]


def _body(view: LinkView, link: str | None) -> Iterator[Element]:
    match view.showing:
        case "open":
            yield from _open(view, link)
        case "expired":
            yield paragraph(
                "The link that ties your Teams account to the PagerDuty account ",
                named(view.account),
                " was not used in time. It does not work any more.",
            )
            yield action_set(_renew_button(view))
        case "replaced":
            yield paragraph(
                "A newer message of Muster goes on with linking you to the PagerDuty account ",
                named(view.account),
                ". The link of this one does not work any more.",
            )
        case "linked" | "unlinked":
            yield from _over(view)


def _open(view: LinkView, link: str | None) -> Iterator[Element]:
    yield from _why(view)
    if view.why == "teams_gone":
        return
    until = f", until {instant(view.until)}" if view.until else ""
    yield said(
        "**Link Accounts** opens a page on which you sign in with Microsoft, and then in PagerDuty. The link "
        f"works for you alone, once{until}."
    )
    if url := web_link(link):
        yield action_set(
            action_open_url(url, title="Link Accounts", tooltip="Link Accounts: opens Muster's page")
        )


def _why(view: LinkView) -> Iterator[Element]:
    account = named(view.account)
    if view.why == "ended":
        yield paragraph(
            "Your link to PagerDuty has ended: Muster may not act as your user any more in the account ",
            account,
            ". Link your accounts again to go on.",
        )
    elif view.why == "user_gone":
        yield paragraph(
            "Your link to PagerDuty has ended: the account ",
            account,
            " has no active user any more that is yours. If that is wrong, ask an Admin of the PagerDuty "
            "account.",
        )
        yield said("If you have another user there, link your accounts to that one.")
    elif view.why == "teams_gone":
        yield paragraph(
            "Your link to PagerDuty has ended: no team of your organization belongs to the account ",
            account,
            " any more. Muster has deleted all by which it could act as your user.",
        )
        yield said("When a team is authorized for the account again, send **linkUser**.")
    elif view.why == "year":
        yield paragraph("PagerDuty lets Muster act as your user in the account ", account, " for a year.")
        ends = f"The authorization ends on {instant(view.year_ends_at)}. " if view.year_ends_at else ""
        yield said(f"{ends}Link your accounts again before it does, and nothing is interrupted.")
    elif not view.clicks:
        yield paragraph(
            "This links your Teams account to your PagerDuty user in the account ",
            account,
            ". Whatever you do in PagerDuty through Muster is then done as you.",
        )
    if view.clicks:
        yield from done_in_time(view.clicks, account, left_out=view.left_out)


def _over(view: LinkView) -> Iterator[Element]:
    user = named(view.user) if view.user else "your user"
    if view.showing == "linked":
        yield paragraph(
            "Your Teams account is linked to ",
            user,
            " in the PagerDuty account ",
            named(view.account),
            ". Whatever you do in PagerDuty through Muster is done as this user.",
        )
        yield said(UNDO)
    else:
        yield paragraph(
            "Your Teams account was linked to ",
            user,
            " in the PagerDuty account ",
            named(view.account),
            ", and the link was removed again.",
        )
    yield from how_they_ended(view.clicks, account=view.account, left_out=view.left_out)


def _renew_button(view: LinkView) -> ExecuteAction:
    """It tells the bot which message it stands on, and for which account the link is."""
    data = {"notice": view.name, "account": view.account}
    return action_execute(
        RENEW_VERB,
        data,
        title="Send a new link",
        tooltip=f"Send a new link: {plain(view.account, NAME_LIMIT)}",
    )
