"""Returns from PagerDuty and Microsoft. They do their work once and are answered with a redirect.

An address with a code in it is never a page: the browser goes on to one that its cookie alone opens.
"""

from collections.abc import Mapping

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.links.flows import Flow, Flows, Provider, Result
from api.links.kinds import Kinds, Onward
from api.links.pages import redirect, result_page
from muster.logging import correlated
from muster.public_addresses import MICROSOFT_RETURN_PATH, PAGERDUTY_RETURN_PATH
from muster.security.signed_links import link_path
from muster.store.pool import UNAVAILABLE
from muster.strangers import known
from workflows.errors import OutsideError

_INVALID = Result(outcome="invalid")
_UNAVAILABLE = Result(outcome="unavailable")
_DENIED = "access_denied"
_MAY_LACK_THE_STATE: frozenset[Provider] = frozenset({"pagerduty"})
"""Whose denials: PagerDuty's documents do not speak of ``state``."""

log = structlog.stdlib.get_logger(__name__)


class Returns:
    """Finishes the flow that a return belongs to; any other return reads nothing and changes nothing."""

    def __init__(self, flows: Flows, kinds: Kinds, public_url: str) -> None:
        self._flows = flows
        self._kinds = kinds
        self._public_url = public_url

    async def receive(self, request: Request, provider: Provider) -> Response:
        """Answer a return from ``provider``."""
        told = dict(request.query_params)
        if len(told) < len(request.query_params.multi_items()):
            return _refused(provider, "a parameter comes twice")
        flow = self._flow(request, provider, told)
        if flow is None:
            return _refused(provider, "it belongs to no flow of this browser")
        known()
        if not flow.is_open:
            return self._on(flow)
        result = await self._returned(flow, told)
        if result is None:
            return _refused(provider, "it belongs to another tenant")
        if isinstance(result, Onward):
            return self._kept(result.flow, redirect(result.address))
        if result.is_aside:
            beside = self._flows.aside(flow, result)
            answer = self._on(beside)
            self._flows.make_room(request, answer)
            return self._kept(beside, answer)
        # PagerDuty's denial without a state may be anybody's: the true return may still come.
        ended = self._flows.ended(flow, result, is_open="state" not in told)
        return self._kept(ended, self._on(ended))

    def _flow(self, request: Request, provider: Provider, told: Mapping[str, str]) -> Flow | None:
        if "state" in told:
            flow = self._flows.of_state(request, told["state"])
            return flow if flow is not None and flow.waits_for == provider else None
        if told.get("error") != _DENIED or provider not in _MAY_LACK_THE_STATE:
            return None
        waiting = (flow for flow in self._flows.all(request) if flow.waits_for == provider and flow.is_open)
        return next(waiting, None)

    async def _returned(self, flow: Flow, told: Mapping[str, str]) -> Onward | Result | None:
        kind = self._kinds[flow.kind]
        try:
            result = await kind.returned(flow, told)
        except (OutsideError, *UNAVAILABLE) as error:
            log.warning("a return could not be used now", offer=flow.offer, reason=type(error).__name__)
            return _UNAVAILABLE
        if not isinstance(result, Result) or result.is_reported:
            return result
        try:
            return result.model_copy(update={"is_reported": await kind.report(flow, result)})
        except UNAVAILABLE:
            return result

    def _kept(self, flow: Flow, answer: Response) -> Response:
        self._flows.keep(flow, answer)
        return answer

    def _on(self, flow: Flow) -> Response:
        return redirect(link_path(self._public_url, f"done/{flow.id}"))


def _refused(provider: Provider, why: str) -> Response:
    log.warning("a return was refused", provider=provider, reason=why)
    return result_page(_INVALID, status=400)


def return_router(returns: Returns) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.get(PAGERDUTY_RETURN_PATH, response_model=None)
    async def pagerduty(request: Request) -> Response:
        with correlated():
            return await returns.receive(request, "pagerduty")

    @router.get(MICROSOFT_RETURN_PATH, response_model=None)
    async def microsoft(request: Request) -> Response:
        with correlated():
            return await returns.receive(request, "microsoft")

    return router
