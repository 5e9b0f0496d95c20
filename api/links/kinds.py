"""Kinds of links: what the page of each says, where its button leads, and what its returns do."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from api.links.flows import Flow, Provider, Result
from muster.cards.link_pages import Invitation
from muster.store.link_offers import Kind, Offer


class Onward(NamedTuple):
    """Where the browser goes next, and what its flow is from then on."""

    address: str
    flow: Flow


class LinkKind(Protocol):
    """One kind of link; ``link_offer.kind`` names it."""

    provider: Provider
    """To whom the button leads."""

    def invitation(self, offer: Offer) -> Invitation:
        """What the page of an open offer says."""

    async def hosts(self, offer: Offer) -> tuple[str, ...]:
        """An address at each host that the button may lead to before a page is shown.

        Raises ``OutsideError`` where they cannot be told now.
        """

    async def begin(self, offer: Offer, flow: Flow, *, choose: bool) -> Onward | Result:
        """Where the button leads, or why it leads nowhere; raises as ``hosts`` does.

        ``choose``: the visitor wants to sign in as somebody else.
        """

    async def returned(self, flow: Flow, told: Mapping[str, str]) -> Onward | Result | None:
        """What a return did that told this, its state being right; ``None``: it is none of ours.

        Raises ``Temporary`` or one of ``UNAVAILABLE`` where nothing was done, and doing it again may help.
        """

    async def shown_again(self, offer: Offer, flow: Flow) -> Result | None:
        """The success of a spent offer, for the browser whose flow spent it; ``None``: it holds no more.

        Raises one of ``UNAVAILABLE``.
        """

    async def report(self, flow: Flow, result: Result) -> bool:
        """Tell the workflow what a return did; whether it knows now. What was told does no harm again.

        Raises one of ``UNAVAILABLE``.
        """


Kinds = Mapping[Kind, LinkKind]
