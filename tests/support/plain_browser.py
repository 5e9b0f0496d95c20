"""A browser without a screen: it keeps cookies, follows redirects and sends forms, as a real one does."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

from tests.support.connections import KEPT_SHORTLY, async_client

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST = 10


@dataclass
class Form:
    """A form of a page."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str | None, str]] = field(default_factory=list)
    """Label, name and value of each."""


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.text: list[str] = []
        self._form: Form | None = None
        self._button: tuple[str | None, str] | None = None
        self._label: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form":
            self._form = Form(values.get("action") or "", (values.get("method") or "get").lower())
            self.forms.append(self._form)
        elif tag == "input" and self._form is not None and values.get("name"):
            self._form.fields[str(values["name"])] = values.get("value") or ""
        elif tag == "button":
            self._button, self._label = (values.get("name"), values.get("value") or ""), []

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "button" and self._button is not None:
            if self._form is not None:
                self._form.buttons.append((" ".join("".join(self._label).split()), *self._button))
            self._button = None

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._button is not None:
            self._label.append(data)


@dataclass(frozen=True)
class Page:
    """What the browser shows."""

    url: str
    status: int
    html: str
    headers: httpx.Headers

    @property
    def text(self) -> str:
        """What can be read."""
        return " ".join("".join(self._parsed().text).split())

    def has_button(self, label: str) -> bool:
        """Whether a form of the page has this button."""
        return any(label in text for form in self._parsed().forms for text, _, _ in form.buttons)

    def form_with(self, label: str) -> tuple[Form, str | None, str]:
        """The form with this button, and the button's name and value."""
        for form in self._parsed().forms:
            for text, name, value in form.buttons:
                if label in text:
                    return form, name, value
        raise AssertionError(f"no button {label!r} at {self.url}: {self.text}")

    def _parsed(self) -> _Forms:
        parser = _Forms()
        parser.feed(self.html)
        return parser


class PlainBrowser:
    """One person's browser."""

    def __init__(self) -> None:
        self._http = async_client(limits=KEPT_SHORTLY, follow_redirects=False, timeout=20)
        self.visited: list[str] = []
        """Every address that it asked, in order."""
        self.cookies: list[tuple[str, str]] = []
        """Every cookie that was set, name and value, also those that are gone."""

    @property
    def returns(self) -> list[str]:
        """The addresses with which another host sent it back, each with what that host told."""
        return [url for url in self.visited if urlsplit(url).path.endswith("/callback")]

    async def close(self) -> None:
        """Forget everything."""
        await self._http.aclose()

    async def open(self, url: str) -> Page:
        """Open an address and follow where it leads."""
        return await self._follow(await self._ask("GET", url))

    async def submit(self, page: Page, label: str) -> Page:
        """Press a button of the page, and follow where its form leads."""
        form, name, value = page.form_with(label)
        fields = form.fields | ({name: value} if name else {})
        url = urljoin(page.url, form.action or page.url)
        if form.method == "get":
            return await self._follow(await self._ask("GET", url, params=fields))
        return await self._follow(await self._ask("POST", url, data=fields, came_from=page.url))

    async def _follow(self, answer: httpx.Response) -> Page:
        for _ in range(_MOST):
            if answer.status_code not in _REDIRECTS:
                return Page(str(answer.url), answer.status_code, answer.text, answer.headers)
            answer = await self._ask("GET", urljoin(str(answer.url), answer.headers["location"]))
        raise AssertionError(f"{answer.url} leads nowhere")

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        params: dict[str, str] | None = None,
        data: dict[str, str] | None = None,
        came_from: str | None = None,
    ) -> httpx.Response:
        headers = {}
        if came_from is not None:
            here, there = urlsplit(came_from), urlsplit(url)
            same = (here.scheme, here.netloc) == (there.scheme, there.netloc)
            headers = {
                "Origin": f"{here.scheme}://{here.netloc}",
                "Sec-Fetch-Site": "same-origin" if same else "cross-site",
            }
        self.visited.append(url)
        answer = await self._http.request(method, url, params=params, data=data, headers=headers)
        self.cookies += [(name, value) for name, value in answer.cookies.items() if value]
        return answer
