"""The card by which a Microsoft admin consents to what the app may do in the tenant."""

from collections.abc import Iterator, Mapping

from muster.cards.elements import AdaptiveCard, Element, action_open_url, action_set, container, text_block
from muster.cards.formatting import instant
from muster.cards.setup.drawing import card_of, paragraph, said, team
from muster.cards.text import web_link
from muster.permissions import purpose_of
from workflows.team_setup.view import NoticeView, Showing

_TITLES: Mapping[Showing, str] = {
    "open": "Complete the setup",
    "expired": "The link has expired",
    "granted": "Microsoft's permissions are granted",
    "complete": "Setup is now complete!",
    "replaced": "A newer message holds the link",
    "removed": "Muster is not in the team any more",
    "abandoned": "The setup was not finished",
}


def title_of(view: NoticeView) -> str:
    """What the card says first, and alone where there is no room."""
    return _TITLES[view.showing]


def consent_card(view: NoticeView, *, link: str | None) -> AdaptiveCard:
    """The card with the link to Microsoft's consent page."""
    body = _open(view, link) if view.showing == "open" else _other(view)
    return card_of(title_of(view), body)


def _open(view: NoticeView, link: str | None) -> Iterator[Element]:
    yield paragraph(
        "The last step of the setup of ",
        team(view),
        " is Microsoft's: an admin allows Muster what it needs of "
        "Microsoft Graph. Cards and their buttons work without it.",
    )
    yield from _progress(view)
    yield said(
        "If you are a Microsoft admin (Privileged Role Administrator or Global Administrator), press "
        "**Authorize and complete setup** and accept. If you are not, ask yours to send the message "
        "**appconnect** to the Muster app in Teams, or pass the link on. One consent serves all "
        "teams of the tenant." + (f" The link works until {instant(view.until)}." if view.until else "")
    )
    if url := web_link(link):
        opens = action_open_url(
            url,
            title="Authorize and complete setup",
            tooltip="Authorize and complete setup: opens Microsoft's page",
        )
        yield action_set(opens)


def _progress(view: NoticeView) -> Iterator[Element]:
    if view.refused:
        yield said(
            "⚠️ Somebody refused on Microsoft's page, so nothing was granted there. It can be tried again."
        )
    if view.reading:
        yield said(
            "⏳ Somebody came back from Microsoft's page. Muster reads what is granted; it may take a while."
        )
    if view.missing is None:
        yield said("Muster could not read yet what is granted.")
    elif view.missing:
        yield container(
            text_block("Still missing:", weight="Bolder"),
            said("\n".join(f"- {name}: {purpose_of(name)}" for name in view.missing)),
            style="emphasis",
        )


def _other(view: NoticeView) -> Iterator[Element]:
    match view.showing:
        case "expired":
            yield said(
                "Send the message **appconnect** to the Muster app in Teams: its answer holds a new link."
            )
        case "granted":
            yield paragraph(
                "Nothing is missing at Microsoft. A PagerDuty Admin has to authorize ", team(view), " still."
            )
        case "complete":
            yield paragraph(
                team(view), " is connected to PagerDuty, and Muster has what it needs of Microsoft."
            )
        case "removed":
            yield paragraph("Muster was removed from ", team(view), ", or the team was deleted.")
        case "abandoned":
            yield said("Nobody has consented for a long time. Send the message **appconnect** to go on.")
        case _:
            yield paragraph("A newer private message of Muster goes on with the setup of ", team(view), ".")
