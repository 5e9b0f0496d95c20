"""Microsoft's pages in Chromium, as an application on another host sends a person to them."""

from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.async_api import Browser, Page

from sandbox.company import Person
from tests.sandbox.microsoft_process import GRAPH, MicrosoftProcess, running_microsoft
from tests.sandbox.teams_process import serving_in_thread
from tests.support.chromium import chromium

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


class Application:
    """The other side of a redirect: its start page has a link, its callback says that it was reached."""

    def __init__(self) -> None:
        self.link = ""
        application = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = f'<title>Application</title><a href="{application.link}">Go on</a>'.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.callback = f"{self.url}/oauth/microsoft/callback"


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    application = Application()
    with serving_in_thread(application.server):
        yield application


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, application: Application) -> Iterator[MicrosoftProcess]:
    folder = tmp_path_factory.mktemp("microsoft")
    with running_microsoft(folder, "--redirect-uri", application.callback) as running:
        yield running


@pytest.fixture
def microsoft(started: MicrosoftProcess) -> MicrosoftProcess:
    started.sandbox("POST", "reset")
    return started


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(locale="en-GB", timezone_id="UTC")
    yield await context.new_page()
    await context.close()


def addresses(microsoft: MicrosoftProcess, application: Application) -> tuple[str, str]:
    """Where a code and where an admin's consent is asked for."""
    code = microsoft.authorize_query(redirect_uri=application.callback)
    consent = microsoft.consent_query(redirect_uri=application.callback)
    base = f"{microsoft.url}/{microsoft.tenant}"
    return f"{base}/oauth2/v2.0/authorize?{urlencode(code)}", f"{base}/v2.0/adminconsent?{urlencode(consent)}"


async def follow(page: Page, application: Application, link: str) -> None:
    """Press a link on the application's own page, as people come."""
    application.link = link.replace("&", "&amp;")
    await page.goto(application.url)
    await page.get_by_text("Go on").click()


async def choose(page: Page, person: Person) -> None:
    await page.get_by_role("button", name=person.name).click()


async def came_back(page: Page, application: Application) -> dict[str, str]:
    """What the application got, in the address that the browser is at."""
    await page.wait_for_url(f"{application.callback}?*")
    return dict(parse_qsl(urlsplit(page.url).query))


async def test_a_person_signs_in_once_and_then_silently(
    microsoft: MicrosoftProcess, application: Application, page: Page
) -> None:
    code, _ = addresses(microsoft, application)
    await follow(page, application, code)
    await choose(page, microsoft.company.people[0])
    await page.get_by_role("button", name="Accept").click()
    first = await came_back(page, application)
    await follow(page, application, code)
    second = await came_back(page, application)
    assert first["state"] == second["state"] == "our state"
    assert first["code"] != second["code"]
    await page.goto(microsoft.url)
    await page.get_by_role("link", name="Sign out").click()
    await follow(page, application, code)
    await page.get_by_role("heading", name="Pick an account").wait_for()


async def test_an_admin_accepts_after_somebody_else_could_not(
    microsoft: MicrosoftProcess, application: Application, page: Page
) -> None:
    _, consent = addresses(microsoft, application)
    await follow(page, application, consent)
    await choose(page, microsoft.company.people[1])
    await page.get_by_role("heading", name="Need admin approval").wait_for()
    await page.get_by_role("link", name="Sign in with that account").click()
    await choose(page, microsoft.admin)
    await page.get_by_role("button", name="Accept").click()
    back = await came_back(page, application)
    assert (back["admin_consent"], back["tenant"]) == ("True", microsoft.tenant)
    assert back["scope"] == f"{GRAPH}/.default"
    await page.goto(microsoft.url)
    assert await page.get_by_text("granted", exact=True).count() == 12


async def test_a_person_declines_and_the_application_hears_it(
    microsoft: MicrosoftProcess, application: Application, page: Page
) -> None:
    code, _ = addresses(microsoft, application)
    await follow(page, application, code)
    await choose(page, microsoft.company.people[2])
    await page.get_by_role("heading", name="Permissions requested").wait_for()
    await page.get_by_role("button", name="Cancel").click()
    assert (await came_back(page, application))["error"] == "access_denied"


async def test_where_nobody_may_consent_a_link_leads_back(
    microsoft: MicrosoftProcess, application: Application, page: Page
) -> None:
    microsoft.consent(user_consent=False, refusal="access_denied")
    code, _ = addresses(microsoft, application)
    await follow(page, application, code)
    await choose(page, microsoft.company.people[2])
    await page.get_by_role("heading", name="Need admin approval").wait_for()
    await page.get_by_role("link", name="Return to the application").click()
    back = await came_back(page, application)
    assert (back["error"], back["state"]) == ("access_denied", "our state")


async def test_an_admin_cancels(microsoft: MicrosoftProcess, application: Application, page: Page) -> None:
    _, consent = addresses(microsoft, application)
    await follow(page, application, consent)
    await choose(page, microsoft.admin)
    await page.get_by_role("button", name="Cancel").click()
    assert (await came_back(page, application))["error"] == "access_denied"


@pytest.mark.parametrize("width", [320, 1280])
async def test_every_page_fits_its_screen(
    microsoft: MicrosoftProcess, application: Application, browser: Browser, width: int
) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 700})
    page = await context.new_page()
    code, consent = addresses(microsoft, application)
    visits = (
        (f"{microsoft.url}/sign-in", None, "Pick an account"),
        (consent, microsoft.admin, "Permissions requested"),
        (consent, microsoft.company.people[0], "Need admin approval"),
        (code, microsoft.company.people[0], "Permissions requested"),
        (code, microsoft.stranger, "Sorry"),
        (microsoft.url, None, "asks for"),
    )
    for address, person, heading in visits:
        await page.goto(address if person is None else f"{address}&prompt=select_account")
        if person is not None:
            await choose(page, person)
        await page.get_by_role("heading", name=heading).wait_for()
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await context.close()
