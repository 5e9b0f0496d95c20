"""What a connection's message says of incidents that were open before: the offer, and what came of it."""

from collections.abc import Iterator

from muster.cards.elements import Action, Element, action_execute, action_open_url
from muster.cards.setup.drawing import NAME_LIMIT, named, paragraph, said
from muster.cards.text import plain, web_link
from workflows.bringing_in.activities import MOST
from workflows.connect_channel.state import Brought, Offer
from workflows.connect_channel.view import ConnectionView

BRING_IN = "Bring in open incidents"


def open_incidents(view: ConnectionView) -> Iterator[Element]:
    """The sentences."""
    if view.brought is not None:
        yield from _brought(view.brought)
    elif view.offer is not None:
        yield said(_offered(view.offer))


def bring_in_buttons(view: ConnectionView) -> list[Action]:
    """The button that brings them in; once that was done, the way to those that stayed outside."""
    if view.brought is not None:
        page = web_link(view.brought.page) if view.brought.page and view.brought.more else None
        return [action_open_url(page, title="Open in PagerDuty")] if page else []
    if view.offer is None:
        return []
    name = view.service_name or view.service
    data = {"account": view.account, "service": view.service, "service_name": name}
    return [
        action_execute("bring_in", data, title=BRING_IN, tooltip=f"{BRING_IN}: {plain(name, NAME_LIMIT)}")
    ]


def _offered(offer: Offer) -> str:
    newest = f" The {MOST} newest come in." if offer.more else ""
    return (
        f"{_number(offer)} can be brought in. What was opened before the connection does not come by itself."
        f"{newest}"
    )


def _number(offer: Offer) -> str:
    if offer.count is None:
        return "Open incidents"
    if offer.more:
        return f"{offer.count} or more open incidents"
    return counted(offer.count)


def counted(count: int) -> str:
    """``1 open incident``, ``12 open incidents``."""
    return f"{count} open incident" + ("" if count == 1 else "s")


def _brought(brought: Brought) -> Iterator[Element]:
    if brought.count == 0:
        yield paragraph("No incident was open when ", named(brought.by), " asked for those that are.")
        return
    were = "was" if brought.count == 1 else "were"
    yield paragraph(f"{counted(brought.count)} {were} brought in by ", named(brought.by), ".")
    if brought.more:
        yield said("More are open, which only PagerDuty shows.")
