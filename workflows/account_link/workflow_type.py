"""How everybody else starts ``AccountLink`` and talks to it, and how operators find its runs."""

from workflows.account_link.messages import LinkAnswer, Linked, OfferLink, Start
from workflows.contract import RunListing, Signal, Update, WorkflowType
from workflows.ids import AccountLinkId
from workflows.markdown import as_markdown
from workflows.search_attributes import ATTENTION, PD_ACCOUNT, TEAMS_TENANT
from workflows.values import Value

_NAME_LIMIT = 150
"""Most bytes: Temporal refuses a start whose summary has more than 400."""

OFFER = Update("offer", OfferLink, LinkAnswer, goes_on_as=Signal("offer", OfferLink))
"""Offer the person a link: a button, a command, a click that met no link, a link that ended."""
RENEW = Update("renew", OfferLink, LinkAnswer, goes_on_as=Signal("renew", OfferLink))
"""*Send a new link* on a message whose link has expired."""
LINKED = Update("linked", Linked, LinkAnswer, goes_on_as=Signal("linked", Linked))
"""The offer was spent."""

LINK_BUTTONS = {"link_accounts": OFFER, "renew_link": RENEW}
"""Updates that a button of a card asks for, by the button's verb."""

UPDATES = {row.name: row for row in (OFFER, RENEW, LINKED)}


def title(name: str, account: str) -> str:
    """The run's static summary, as Markdown: ``Cy Unlinked · acme · link``."""
    return f"{as_markdown(name, _NAME_LIMIT)} · {account} · link"


def _listing(start: Start, _message: Value | None) -> RunListing:
    return RunListing(
        title=title(start.person.name, start.account),
        attributes={TEAMS_TENANT: start.tenant, PD_ACCOUNT: start.account, ATTENTION: "ok"},
    )


ACCOUNT_LINK = WorkflowType(
    name="AccountLink",
    start=Start,
    workflow_id=lambda start: str(AccountLinkId(start.tenant, start.person.aad_object_id, start.account)),
    listing=_listing,
    signals={name: row.goes_on_as for name, row in UPDATES.items()},
    updates=UPDATES,
)
