"""``/l/{token}``: the page of a link and its button, and ``/l/done/{flow}``: how it ended."""

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.links.flows import Flow, Flows, Result
from api.links.kinds import Kinds
from api.links.own_page import from_own_page
from api.links.pages import OTHER_ACCOUNT, invitation_page, redirect, result_page
from muster.logging import correlated
from muster.security.signed_links import SignedLinks, link_path
from muster.store import link_offers
from muster.store.link_offers import Offer
from muster.store.pool import UNAVAILABLE, Pool
from workflows.errors import OutsideError

_INVALID = Result(outcome="invalid")
_UNAVAILABLE = Result(outcome="unavailable")

log = structlog.stdlib.get_logger(__name__)


class LinkPages:
    """Answers whoever opens a link. Opening one changes nothing, however often and by whom."""

    def __init__(self, pool: Pool, links: SignedLinks, flows: Flows, kinds: Kinds, public_url: str) -> None:
        self._pool = pool
        self._links = links
        self._flows = flows
        self._kinds = kinds
        self._public_url = public_url

    async def show(self, request: Request, token: str) -> Response:
        """The page of a link: what it is for, or that it is for nothing any more."""
        return await self._answer(request, token, begins=False)

    async def begin(self, request: Request, token: str) -> Response:
        """The button of our own page: to PagerDuty or Microsoft, with a flow in the browser's cookie."""
        if not from_own_page(request, self._public_url):
            return result_page(_INVALID, status=403)
        choose = request.query_params.get("account") == OTHER_ACCOUNT
        return await self._answer(request, token, begins=True, choose=choose)

    async def done(self, request: Request, id: str) -> Response:
        """How a flow of this browser ended; what was not reported yet is reported now."""
        flow = self._flows.find(request, id)
        if flow is None or flow.result is None:
            return result_page(_INVALID, status=400)
        result = flow.result
        if not result.is_reported and await self._is_reported(flow, result):
            result = result.model_copy(update={"is_reported": True})
        page = result_page(result, again=link_path(self._public_url, self._links.token(flow.offer)))
        if result != flow.result:
            self._flows.keep(flow.model_copy(update={"result": result}), page)
        return page

    async def _answer(self, request: Request, token: str, *, begins: bool, choose: bool = False) -> Response:
        id = self._links.offer_of(token)
        if id is None:
            return result_page(_INVALID, status=404)
        try:
            offer = await link_offers.find(self._pool, id)
            if offer is None:
                return result_page(_INVALID, status=404)
            if offer.state != "open":
                return await self._over(request, offer)
            return await (self._begin(request, offer, choose) if begins else self._invite(offer))
        except (OutsideError, *UNAVAILABLE) as error:
            log.warning("a link cannot be followed now", offer=id, reason=type(error).__name__)
            return result_page(_UNAVAILABLE, again=link_path(self._public_url, token))

    async def _over(self, request: Request, offer: Offer) -> Response:
        """Whoever spent the offer sees their success again, nobody else does."""
        spent = next((flow for flow in self._flows.all(request) if flow.digest == offer.spent_flow), None)
        result = await self._kinds[offer.kind].shown_again(offer, spent) if spent is not None else None
        return result_page(result or _INVALID)

    async def _invite(self, offer: Offer) -> Response:
        kind = self._kinds[offer.kind]
        return invitation_page(kind.invitation(offer), await kind.hosts(offer))

    async def _begin(self, request: Request, offer: Offer, choose: bool) -> Response:
        kind = self._kinds[offer.kind]
        onward = await kind.begin(offer, self._flows.begin(offer, kind.provider), choose=choose)
        if isinstance(onward, Result):
            return result_page(onward)
        answer = redirect(onward.address)
        self._flows.make_room(request, answer)
        self._flows.keep(onward.flow, answer)
        return answer

    async def _is_reported(self, flow: Flow, result: Result) -> bool:
        try:
            return await self._kinds[flow.kind].report(flow, result)
        except UNAVAILABLE:
            return False


def link_router(pages: LinkPages) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.api_route("/l/{token}", methods=["GET", "HEAD"], response_model=None)
    async def show(request: Request, token: str) -> Response:
        with correlated():
            return await pages.show(request, token)

    @router.post("/l/{token}", response_model=None)
    async def begin(request: Request, token: str) -> Response:
        with correlated():
            return await pages.begin(request, token)

    @router.api_route("/l/done/{flow}", methods=["GET", "HEAD"], response_model=None)
    async def done(request: Request, flow: str) -> Response:
        with correlated():
            return await pages.done(request, flow)

    return router
