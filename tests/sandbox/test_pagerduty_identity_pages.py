"""The identity host in a browser: it stands on another site than the app, and the redirect comes back."""

import html
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.serving import Listener, serving
from sandbox.up.servers.ports import free_port
from tests.support.chromium import chromium
from tests.support.identity_visitor import Flow
from tests.support.pagerduty_account import ADA_USER, BO_USER, COMPANY, SimulatedAccount, running_account

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

PHONE = ViewportSize(width=360, height=740)
DESKTOP = ViewportSize(width=1280, height=800)
SCREENSHOTS = Path(__file__).parents[1] / ".artifacts" / "pagerduty"
CALLBACK = "/oauth/pagerduty/callback"


class App:
    """A page of the app on 127.0.0.1 with a link to the identity host, and the callback."""

    def __init__(self) -> None:
        self.port = free_port()
        self.authorize = ""
        self.cookies: list[str] = []
        self.served = Starlette(routes=[Route("/", self._start), Route(CALLBACK, self._callback)])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _start(self, _: Request) -> Response:
        answer = HTMLResponse(f'<a href="{html.escape(self.authorize)}">Authorize</a>')
        answer.set_cookie("flow", "ours", httponly=True, samesite="lax")
        return answer

    async def _callback(self, request: Request) -> Response:
        self.cookies.append(request.headers.get("cookie", ""))
        return HTMLResponse(f"<h1>{'code' if 'code' in request.query_params else 'error'}</h1>")


@pytest.fixture
async def app() -> AsyncIterator[App]:
    app = App()
    async with serving(app.served, [Listener(app.port)]):
        yield app


@pytest.fixture
async def account(app: App) -> AsyncIterator[SimulatedAccount]:
    async with running_account(listen=False, redirect_uris=(app.url + CALLBACK,)) as account:
        flow = Flow(COMPANY.client_id, scope="users.read incidents.read", redirect_uri=app.url + CALLBACK)
        app.authorize = f"{account.identity_url}/oauth/authorize?{flow.query()}"
        yield account


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def start(page: Page, app: App) -> None:
    await page.goto(app.url)
    await page.get_by_role("link").click()


@pytest.mark.usefixtures("account")
async def test_people_sign_in_allow_and_come_back_with_the_apps_cookie(app: App, browser: Browser) -> None:
    page = await browser.new_page()
    await start(page, app)
    await page.get_by_test_id(f"sign-in-{ADA_USER}").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Authorize Muster?")
    await page.get_by_test_id("allow").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("code")
    assert app.cookies == ["flow=ours"]

    # The host's own cookie is sent with a link of another site, so nothing is asked.
    await start(page, app)
    await expect(page.get_by_role("heading", level=1)).to_have_text("code")
    assert app.cookies == ["flow=ours"] * 2


@pytest.mark.usefixtures("account")
async def test_somebody_else_signs_in_and_denies(app: App, browser: Browser) -> None:
    page = await browser.new_page()
    await start(page, app)
    await page.get_by_test_id(f"sign-in-{ADA_USER}").click()
    await page.get_by_test_id("somebody-else").click()
    await page.get_by_test_id(f"sign-in-{BO_USER}").click()
    await expect(page.get_by_role("main")).to_contain_text("Bo Call")
    await page.get_by_test_id("deny").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("error")


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_pages_fit_and_can_be_read(
    app: App, browser: Browser, scheme: Literal["light", "dark"], viewport: ViewportSize
) -> None:
    context = await browser.new_context(color_scheme=scheme, viewport=viewport)
    page = await context.new_page()
    name = f"{viewport['width']}-{scheme}"
    await start(page, app)
    await check_and_keep(page, f"sign-in-{name}")
    await page.get_by_test_id(f"sign-in-{ADA_USER}").click()
    await check_and_keep(page, f"consent-{name}")
    await page.goto(app.authorize.replace("S256", "plain"))
    await expect(page.get_by_test_id("reason")).to_contain_text("PKCE")
    await check_and_keep(page, f"refused-{name}")
    await page.goto(app.authorize.partition("/oauth/")[0] + "/oauth/sign_out")
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    await check_and_keep(page, f"signed-out-{name}")


async def check_and_keep(page: Page, name: str) -> None:
    """The page is not wider than its window, and its words stand out from what is behind them."""
    await page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    contrasts: list[float] = await page.evaluate(CONTRASTS)
    assert len(contrasts) >= 3
    assert min(contrasts) >= 4.5, (name, contrasts)


CONTRASTS = """() => {
  const numbers = color => (color.match(/[\\d.]+/g) || []).map(Number)
  const light = color => {
    const [r, g, b] = numbers(color).map(n => n / 255)
      .map(n => n <= 0.03928 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = element => {
    const color = getComputedStyle(element).backgroundColor
    return numbers(color)[3] === 0 ? behind(element.parentElement) : color
  }
  const shown = [...document.querySelectorAll('main *')].filter(element =>
    [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.textContent.trim()))
  return shown.map(element => {
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x)
    return (a + 0.05) / (b + 0.05)
  })
}"""
"""The contrast of each element that has text of its own (WCAG 2: 4.5 for text of this size)."""
