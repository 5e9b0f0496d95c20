"""One product and one browser for all tests here, and windows for the people of each."""

from collections.abc import AsyncIterator, Generator, Iterator

import httpx
import pytest
from playwright.async_api import Browser, expect

from sandbox.up.supervision.launch import Launched
from tests.e2e.windows import Windows
from tests.support.chromium import chromium
from tests.support.connections import KEPT_SHORTLY, async_client
from tests.support.product import Product, ends_of_logs, running
from tests.support.simulators import Microsoft, PagerDuty, Teams

_FAILED = pytest.StashKey[bool]()

expect.set_options(timeout=20_000)


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    with running(tmp_path_factory.mktemp("e2e")) as stack:
        yield stack


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with async_client(limits=KEPT_SHORTLY) as client:
        yield client


@pytest.fixture
async def pagerduty(stack: Launched, http: httpx.AsyncClient) -> AsyncIterator[PagerDuty]:
    account = PagerDuty(http, stack.ready)
    yield account
    await account.clear_faults()


@pytest.fixture
async def microsoft(stack: Launched, http: httpx.AsyncClient) -> AsyncIterator[Microsoft]:
    """What an admin takes back is granted again afterwards."""
    microsoft = Microsoft(http, stack.ready)
    yield microsoft
    await microsoft.grant()


@pytest.fixture
def records(stack: Launched, http: httpx.AsyncClient) -> Teams:
    return Teams(http, stack.ready)


@pytest.fixture
def product(stack: Launched, http: httpx.AsyncClient) -> Product:
    return Product(http, stack)


@pytest.fixture
async def windows(
    stack: Launched, browser: Browser, request: pytest.FixtureRequest
) -> AsyncIterator[Windows]:
    """Windows for people; where the test fails, a picture of each is kept."""
    opened = Windows(browser, stack.ready)
    yield opened
    if request.node.stash.get(_FAILED, False):
        await opened.keep_all(f"failed-{request.node.name}")
    await opened.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows the end of every part's log."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and stack is not None:
        item.stash[_FAILED] = True
        report.sections += ends_of_logs(stack)
    return report
