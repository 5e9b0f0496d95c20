"""What happens between a page and its return, in a cookie of the browser that it happens in.

The cookie is sealed by the key ring, so that any API process can finish what another began, and a return in
another browser is worth nothing. The return puts its result in the place of what it needed.
"""

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from muster.security.sealing import KeyRing, Place, SealBroken
from muster.store.link_offers import Kind, Offer
from workflows.values import Value

LIFE = 600
"""Seconds from the button to the return, and again from the return to the last look at its result."""
_MOST = 8
"""Flows that one browser has at once; all its cookies must fit into a header."""
_ID = re.compile(r"[A-Za-z0-9_-]{16}")

Provider = Literal["pagerduty", "microsoft"]
"""Who sends people back."""
Outcome = Literal[
    "connected",
    "failed",
    "unavailable",
    "invalid",
    "consented",
    "not_consented",
    "linked",
    "other_person",  # who is signed in is not whom the link is for
    "refused",  # nobody was linked, for a reason of personal links
]


class LinkedNames(Value):
    """Whose accounts were linked, for the person alone who proved both."""

    teams: str
    pagerduty: str
    email: str
    replaced: str | None = None
    """Name of the PagerDuty user that they were linked to before."""


class SignedIn(Value):
    """Whom Microsoft says to be signed in in this browser."""

    name: str
    address: str


class Result(Value):
    """How a return ended, with all that its page needs."""

    outcome: Outcome
    team: str = ""
    """Its name."""
    names: LinkedNames | None = None
    """Of ``linked``."""
    visitor: SignedIn | None = None
    """Of ``other_person``."""
    sign_in_hosts: tuple[str, ...] = ()
    """An address at each host that signing in as somebody else leads to, where that may help."""
    reason: str | None = None
    """Of a failure, by its code."""
    is_reported: bool = True
    """There is nothing to tell the workflow, or it was told."""
    is_aside: bool = False
    """Another delivery of the same return may have gone on with the flow, which stays as it is."""


class Flow(Value):
    """One way of one browser through a link."""

    id: str
    kind: Kind
    offer: int
    tenant: str
    waits_for: Provider
    """Whose return goes on with it; any other is none of its."""
    secret: str
    verifier: str
    """For PKCE; empty once it was used."""
    nonce: str = ""
    """What Microsoft's ID token is for; empty where none is waited for."""
    teams_name: str = ""
    """Name of whoever signed in with Microsoft."""
    began_at: float
    expires_at: float
    """Seconds since 1970, as ``began_at``."""
    is_open: bool = True
    """A return is still to come."""
    result: Result | None = None

    @property
    def state(self) -> str:
        """What the other side is sent and gives back."""
        return f"{self.id}.{self.secret}"

    @property
    def digest(self) -> bytes:
        """What an offer keeps of the flow that spent it."""
        return hashlib.sha256(self.state.encode()).digest()

    def has_state(self, state: str) -> bool:
        """Whether a return with this state is this flow's."""
        return hmac.compare_digest(self.state.encode(), state.encode(errors="replace"))

    def next(self, waits_for: Provider) -> "Flow":
        """The flow on its way to the other provider, with a state that was sent nowhere yet."""
        fresh = {"secret": _new_secret(), "verifier": _new_verifier(), "nonce": ""}
        return self.model_copy(update={"waits_for": waits_for, **fresh})


class Flows:
    """Begins flows, and keeps them in the cookies of browsers."""

    def __init__(self, ring: KeyRing, public_url: str, *, now: Callable[[], float] = time.time) -> None:
        self._ring = ring
        self._is_secure = urlsplit(public_url).scheme == "https"
        self._prefix = ("__Host-" if self._is_secure else "") + "muster-flow-"
        self._now = now

    def begin(self, offer: Offer, waits_for: Provider) -> Flow:
        """A new flow of an offer."""
        now = self._now()
        return Flow(
            id=_new_id(),
            kind=offer.kind,
            offer=offer.id,
            tenant=offer.tenant,
            waits_for=waits_for,
            secret=_new_secret(),
            verifier=_new_verifier(),
            began_at=now,
            expires_at=now + LIFE,
        )

    def ended(self, flow: Flow, result: Result, *, is_open: bool = False) -> Flow:
        """The flow with its result; ``is_open``: its return may still come."""
        return flow.model_copy(
            update={
                "result": result,
                "is_open": is_open,
                "verifier": flow.verifier if is_open else "",
                "nonce": flow.nonce if is_open else "",
                "expires_at": flow.expires_at if is_open else self._now() + LIFE,
            }
        )

    def aside(self, flow: Flow, result: Result) -> Flow:
        """The result of one return of a flow that another return may go on with, in a flow of its own."""
        return self.ended(flow.model_copy(update={"id": _new_id()}), result)

    def of_state(self, request: Request, state: str) -> Flow | None:
        """The flow of this browser that has this state."""
        flow = self.find(request, state.partition(".")[0])
        return flow if flow is not None and flow.has_state(state) else None

    def find(self, request: Request, id: str) -> Flow | None:
        """The flow of this id, if this browser has it and its time is not over."""
        sealed = request.cookies.get(self._prefix + id)
        if sealed is None or not _ID.fullmatch(id):
            return None
        try:
            content = self._ring.open(base64.urlsafe_b64decode(sealed), _place(id))
            flow = Flow.model_validate_json(content)
        except (SealBroken, ValueError):
            return None
        return flow if self._now() < flow.expires_at else None

    def all(self, request: Request) -> list[Flow]:
        """The flows of this browser, the newest first."""
        ids = [name.removeprefix(self._prefix) for name in self._names(request)]
        flows = filter(None, (self.find(request, id) for id in ids))
        return sorted(flows, key=lambda flow: flow.began_at, reverse=True)

    def keep(self, flow: Flow, response: Response) -> None:
        """Put the flow into the browser's cookie."""
        sealed = self._ring.seal(flow.model_dump_json(), _place(flow.id))
        self._set(response, self._prefix + flow.id, base64.urlsafe_b64encode(sealed).decode(), LIFE)

    def make_room(self, request: Request, response: Response) -> None:
        """Let the browser forget what it cannot use any more, and the oldest flows where there are many."""
        kept = {self._prefix + flow.id for flow in self.all(request)[: _MOST - 1]}
        for name in self._names(request):
            if name not in kept:
                self._set(response, name, "", 0)

    def _names(self, request: Request) -> list[str]:
        """Cookies of ours. A browser may send any name, and one that is none cannot be written back."""
        return [
            name
            for name in request.cookies
            if name.startswith(self._prefix) and _ID.fullmatch(name.removeprefix(self._prefix))
        ]

    def _set(self, response: Response, name: str, value: str, life: int) -> None:
        response.set_cookie(
            name, value, max_age=life, path="/", httponly=True, samesite="lax", secure=self._is_secure
        )


def _new_id() -> str:
    return secrets.token_urlsafe(12)


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _new_verifier() -> str:
    return secrets.token_urlsafe(48)


def _place(id: str) -> Place:
    return Place("flow_cookie", id, "content")
