"""Kinds of links: what the page of each says, where its button leads, and what its return does."""

from collections.abc import Mapping
from typing import Literal, Protocol

from api.links.flows import Flow, Result
from muster.cards.link_pages import Invitation
from muster.store.link_offers import Kind, Offer

Provider = Literal["pagerduty", "microsoft"]
"""Who sends people back."""


class LinkKind(Protocol):
    """One kind of link; ``link_offer.kind`` names it."""

    provider: Provider
    tells_state: bool
    """Whether every return tells its state, a refusal too."""

    def invitation(self, offer: Offer) -> Invitation:
        """What the page of an open offer says."""

    async def host(self, offer: Offer) -> str:
        """An address at the host that the button leads to.

        Raises ``OutsideError`` where it cannot be told now.
        """

    async def address(self, offer: Offer, flow: Flow) -> str:
        """Where the button leads; raises as ``host`` does."""

    async def returned(self, flow: Flow, told: Mapping[str, str]) -> Result | None:
        """What a return did that told this, its state being right; ``None``: it is none of ours.

        Raises ``Temporary`` or one of ``UNAVAILABLE`` where nothing was done, and doing it again may help.
        """

    async def report(self, flow: Flow, result: Result) -> bool:
        """Tell the workflow what a return did; whether it knows now. What was told does no harm again.

        Raises one of ``UNAVAILABLE``.
        """


Kinds = Mapping[Kind, LinkKind]
