"""The cookie of a flow: sealed, for one flow, for ten minutes."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import SimpleCookie

import pytest
from starlette.requests import Request
from starlette.responses import Response

from api.links.flows import LIFE, Flow, Flows, Result
from api.links.own_page import from_own_page, origin_of
from muster.security.sealing import KeyRing, Place
from muster.store.link_offers import Offer
from tests.support.settings import KEYS

OFFER = Offer(
    id=7,
    kind="authorize",
    state="open",
    tenant="t",
    team="19:orders",
    team_name="Orders",
    installer=None,
    person="",
    account="acme",
    expires_at=datetime(2026, 11, 28, tzinfo=UTC),
    spent_flow=None,
    returned_at=None,
    return_refused=None,
    reported_at=None,
    spent_by=None,
    spent_name=None,
    link=None,
)
RESULT = Result(outcome="connected", team="Orders")


@dataclass
class Jar:
    """A browser's cookies, and a clock."""

    cookies: dict[str, str] = field(default_factory=dict)
    seconds: float = 1_000_000.0

    def now(self) -> float:
        return self.seconds

    def flows(self, public_url: str = "http://127.0.0.1:8080") -> Flows:
        return Flows(KeyRing.parse(KEYS), public_url, now=self.now)

    @property
    def request(self) -> Request:
        header = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return request_with({"cookie": header})

    def take(self, response: Response) -> list[str]:
        """Keep what the response sets; the attributes of each."""
        attributes = []
        for name, value in response.raw_headers:
            if name == b"set-cookie":
                text = value.decode("latin-1")
                ((cookie, morsel),) = SimpleCookie(text).items()
                attributes.append(text.partition(";")[2])
                self.cookies[cookie] = morsel.value
                if morsel["max-age"] == "0":
                    del self.cookies[cookie]
        return attributes


def request_with(headers: dict[str, str]) -> Request:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw})


@pytest.fixture
def jar() -> Jar:
    return Jar()


def begun(jar: Jar) -> Flow:
    flow, response = jar.flows().begin(OFFER, "pagerduty"), Response()
    jar.flows().keep(flow, response)
    jar.take(response)
    return flow


def test_a_flow_is_found_by_its_state_in_any_process(jar: Jar) -> None:
    flow, other = begun(jar), begun(jar)
    assert jar.flows().of_state(jar.request, flow.state) == flow
    assert jar.flows().find(jar.request, other.id) == other
    assert flow.state != other.state
    for state in ("", ".", flow.id, f"{flow.id}.", f"{flow.id}.{other.secret}", f"{flow.state}x", "\ud800"):
        assert jar.flows().of_state(jar.request, state) is None


def test_a_flow_lives_for_ten_minutes_whatever_the_browser_does(jar: Jar) -> None:
    flow = begun(jar)
    jar.seconds += LIFE - 1
    assert jar.flows().find(jar.request, flow.id) == flow
    jar.seconds += 1
    assert jar.flows().find(jar.request, flow.id) is None
    assert jar.flows().all(jar.request) == []


def test_a_result_takes_the_place_of_what_the_return_needed(jar: Jar) -> None:
    flow = begun(jar)
    jar.seconds += LIFE - 1
    response = Response()
    jar.flows().keep(jar.flows().ended(flow, RESULT), response)
    jar.take(response)
    jar.seconds += LIFE - 1
    ended = jar.flows().find(jar.request, flow.id)
    assert ended is not None
    assert (ended.is_open, ended.verifier, ended.result) == (False, "", RESULT)
    assert ended.digest == flow.digest


def test_a_flow_that_goes_on_waits_for_the_other_provider_with_a_state_of_its_own(jar: Jar) -> None:
    flow = begun(jar)
    onward = flow.next("microsoft")
    assert (onward.id, onward.waits_for, onward.expires_at) == (flow.id, "microsoft", flow.expires_at)
    assert onward.state != flow.state
    assert onward.verifier != flow.verifier
    assert onward.digest != flow.digest
    response = Response()
    jar.flows().keep(onward, response)
    jar.take(response)
    assert jar.flows().of_state(jar.request, flow.state) is None
    assert jar.flows().of_state(jar.request, onward.state) == onward


def test_a_result_beside_a_flow_leaves_the_flow_as_it_is(jar: Jar) -> None:
    flow, response = begun(jar), Response()
    beside = jar.flows().aside(flow, RESULT)
    jar.flows().keep(beside, response)
    jar.take(response)
    assert jar.flows().find(jar.request, flow.id) == flow
    kept = jar.flows().find(jar.request, beside.id)
    assert kept is not None
    assert (kept.is_open, kept.result, kept.verifier) == (False, RESULT, "")


def test_a_cookie_of_another_version_is_no_flow(jar: Jar) -> None:
    flow = begun(jar)
    sealed = KeyRing.parse(KEYS).seal(
        '{"id": "of another version"}', Place("flow_cookie", flow.id, "content")
    )
    jar.cookies = {f"muster-flow-{flow.id}": base64.urlsafe_b64encode(sealed).decode()}
    assert jar.flows().find(jar.request, flow.id) is None


def test_nothing_of_a_flow_is_readable_and_another_name_or_ring_does_not_open_it(jar: Jar) -> None:
    flow = begun(jar)
    ((name, value),) = jar.cookies.items()
    assert not any(part in value for part in (flow.secret, flow.verifier, "acme"))
    other = Flows(KeyRing.parse("test:" + "B" * 43 + "="), "http://127.0.0.1:8080", now=jar.now)
    assert other.find(jar.request, flow.id) is None
    forged = name[:-1] + ("A" if name[-1] != "A" else "B")
    jar.cookies = {forged: value}
    assert jar.flows().find(jar.request, forged[-16:]) is None
    for broken in ("", "x", value[:-4], value[:40], "AAAA", value.swapcase(), "é" * 9):
        request = request_with({})
        request._cookies = {name: broken}
        assert jar.flows().find(request, flow.id) is None


@pytest.mark.parametrize(
    ("public_url", "prefix", "secure"),
    [
        ("http://127.0.0.1:8080", "muster-flow-", False),
        ("http://localhost", "muster-flow-", False),
        ("https://muster.example", "__Host-muster-flow-", True),
        ("HTTPS://muster.example/below", "__Host-muster-flow-", True),
    ],
)
def test_a_cookie_is_bound_to_its_host_where_there_is_tls(
    jar: Jar, public_url: str, prefix: str, secure: bool
) -> None:
    flow, response = jar.flows(public_url).begin(OFFER, "pagerduty"), Response()
    jar.flows(public_url).keep(flow, response)
    (attributes,) = jar.take(response)
    assert list(jar.cookies) == [prefix + flow.id]
    told = {part.strip().lower() for part in attributes.split(";")}
    assert told == {"httponly", "max-age=600", "path=/", "samesite=lax", *(["secure"] if secure else [])}


def test_there_is_room_for_the_newest_flows(jar: Jar) -> None:
    flows = []
    for _ in range(12):
        response = Response()
        jar.flows().make_room(jar.request, response)
        jar.take(response)
        flows.append(begun(jar))
        jar.seconds += 1
    assert jar.flows().all(jar.request) == flows[:-9:-1]
    jar.cookies["muster-flow-broken0000000000"] = "x"
    jar.seconds += LIFE
    response = Response()
    jar.flows().make_room(jar.request, response)
    jar.take(response)
    assert jar.cookies == {}


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Muster.example:443/below", "https://muster.example"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("HTTP://127.0.0.1:80/", "http://127.0.0.1"),
        ("https://muster.example:8443", "https://muster.example:8443"),
    ],
)
def test_our_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin
    assert from_own_page(request_with({"Origin": origin}), url)
    assert from_own_page(request_with({"Sec-Fetch-Site": "same-origin", "Origin": "null"}), url)
    assert not from_own_page(request_with({"Sec-Fetch-Site": "same-site", "Origin": origin}), url)
    assert not from_own_page(request_with({"Origin": origin + "0"}), url)
    assert not from_own_page(request_with({}), url)
