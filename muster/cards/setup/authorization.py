"""The cards by which a team comes to belong to a PagerDuty account."""

from collections.abc import Callable, Iterator, Mapping

from muster.cards.elements import (
    Action,
    AdaptiveCard,
    Element,
    action_open_url,
    action_set,
    container,
    text_block,
)
from muster.cards.formatting import instant
from muster.cards.setup.drawing import button, card_of, named, paragraph, said, team
from muster.cards.text import plain, web_link
from workflows.team_setup.view import NoticeView, Showing

INSTALLED = "Installation is complete"
CONNECT = "Connect a team to PagerDuty"
_MOST_VISIBLE = 3
"""Teams clips a fourth button at a channel's width; the rest go into the overflow menu."""
_LABEL_LIMIT = 40


def authorization_card(view: NoticeView, *, link: str | None, key: str | None) -> AdaptiveCard:
    """The card with the Authorize link; ``key`` is for the instructions to an Admin."""
    if view.showing == "open":
        return card_of(title_of(view), _open(view, link, key))
    return card_of(title_of(view), _DRAWN[view.showing](view))


def title_of(view: NoticeView) -> str:
    """What the card says first, and alone where there is no room."""
    if view.showing in ("open", "choosing"):
        return INSTALLED if view.kind == "installer" else CONNECT
    return _TITLES[view.showing]


_TITLES: Mapping[Showing, str] = {
    "expired": "The link has expired",
    "replaced": "A newer message holds the link",
    "handed_over": "Somebody else goes on with the setup",
    "authorized": "The team is connected to PagerDuty",
    "removed": "Muster is not in the team any more",
    "abandoned": "The setup was not finished",
}


def _open(view: NoticeView, link: str | None, key: str | None) -> Iterator[Element]:
    account = view.account or ""
    if view.kind == "installer":
        yield paragraph(
            "Muster is installed in ",
            team(view),
            ". One thing is left to do before incidents can appear there: "
            "a PagerDuty Admin connects the team to the account ",
            named(account),
            ".",
        )
    else:
        yield paragraph("This connects ", team(view), " to the PagerDuty account ", named(account), ".")
    yield said(
        "**Authorize** opens a page that leads to PagerDuty. Sign in there as the Account Owner or as a "
        "Global Admin." + (f" The link can be used once, until {instant(view.until)}." if view.until else "")
    )
    if view.expanded and key is not None:
        yield _instructions(key)
    actions: list[Action] = []
    if url := web_link(link):
        actions.append(action_open_url(url, title="Authorize", tooltip="Authorize: opens PagerDuty"))
    if view.kind == "installer" and not view.expanded:
        actions.append(button(view, "not_admin", "I'm not a PagerDuty Admin"))
    yield action_set(*actions)


def _instructions(key: str) -> Element:
    return container(
        text_block("Send these instructions to your PagerDuty Admin:", weight="Bolder"),
        said("**1.** Open a private chat with the Muster app in Teams."),
        said("**2.** Send it this message, and nothing else:"),
        text_block(f"authorize {key}", fontType="Monospace", size="Medium"),
        said("**3.** Press **Authorize** in its answer, and sign in to PagerDuty."),
        said("Whoever has the message can use it until the link expires: send it in private alone."),
        style="emphasis",
    )


def _choosing(view: NoticeView) -> Iterator[Element]:
    yield paragraph(
        "Muster is installed in ", team(view), ". Which PagerDuty account is the team to belong to?"
    )
    actions: list[Action] = []
    for place, account in enumerate(view.accounts):
        action = button(view, "choose_account", plain(account, _LABEL_LIMIT), account=account)
        if place >= _MOST_VISIBLE:
            action["mode"] = "secondary"
        actions.append(action)
    yield action_set(*actions)


def _expired(view: NoticeView) -> Iterator[Element]:
    yield paragraph(
        "The link that connects ",
        team(view),
        " to PagerDuty does not work any more: its time is over, or its KEY was written in a channel.",
    )
    yield action_set(button(view, "renew", "Send a new link"))


def _replaced(view: NoticeView) -> Iterator[Element]:
    yield paragraph("A newer private message of Muster goes on with the setup of ", team(view), ".")


def _handed_over(view: NoticeView) -> Iterator[Element]:
    who = named(view.by) if view.by else "Somebody else"
    yield paragraph(
        who, " goes on with the setup of ", team(view), ". The link of this message does not work any more."
    )


def _authorized(view: NoticeView) -> Iterator[Element]:
    by = (" by ", named(view.by)) if view.by else ()
    yield paragraph(
        team(view), " was connected to the PagerDuty account ", named(view.account or ""), *by, "."
    )


def _removed(view: NoticeView) -> Iterator[Element]:
    yield paragraph(
        "Muster was removed from ",
        team(view),
        ", or the team was deleted. Links of its setup do not work any more.",
    )


def _abandoned(view: NoticeView) -> Iterator[Element]:
    yield paragraph(
        "Nobody went on with the setup of ",
        team(view),
        " for a long time, so Muster does not wait for it any more.",
    )
    yield action_set(button(view, "renew", "Send a new link"))


_DRAWN: Mapping[Showing, Callable[[NoticeView], Iterator[Element]]] = {
    "choosing": _choosing,
    "expired": _expired,
    "replaced": _replaced,
    "handed_over": _handed_over,
    "authorized": _authorized,
    "removed": _removed,
    "abandoned": _abandoned,
}
