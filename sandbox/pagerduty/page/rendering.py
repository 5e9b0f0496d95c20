"""Render the console's templates with what every page needs."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.responses import HTMLResponse

from sandbox.pagerduty.alerts import links_of, source_of
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.incident_types import INCIDENT_TYPES
from sandbox.pagerduty.page.service_pages import DIRECTORY
from sandbox.pagerduty.pending_actions import pending_actions
from sandbox.pagerduty.simulator import Simulator

STATIC = Path(__file__).parent / "static"
PERSON_COOKIE = "person"
_STARTED_BY = {
    "manual": "by hand",
    "conditional": "by condition",
    "incident_type": "by incident type",
    "api": "by the API",
}
_PLACES = ("/app/", f"{DIRECTORY}/")


class Pages:
    """Renders the pages of one account."""

    def __init__(self, account: Simulator) -> None:
        self._account = account
        self._templates = Environment(
            loader=PackageLoader("sandbox.pagerduty.page"), autoescape=select_autoescape(), trim_blocks=True
        )
        filters: dict[str, Callable[..., Any]] = {
            "user_name": lambda key: account.directory.name("user", key),
            "service_name": lambda key: account.directory.name("service", key),
            "type_name": lambda name: INCIDENT_TYPES[name]["display_name"],
            "started_by": lambda kind: _STARTED_BY[kind],
            "pending": lambda incident: pending_actions(incident, account.directory),
            "source": source_of,
            "links": links_of,
        }
        self._templates.filters |= MARK_FILTERS | filters
        self._templates.globals |= {
            "account": account.company.account,
            "app": account.company.bot_name,
            "clock": account.clock,
            "changes": account.server_sent_events,
            "incident_commands": account.incident_commands,
            "incident_types": INCIDENT_TYPES,
            "disabled": account.subscriptions.is_disabled,
            "people": tuple(account.company.pagerduty_users.values()),
        }

    def show(self, template: str, request: Request, **values: Any) -> Response:
        """The page, for the person whom the visitor acts as."""
        directory = self._account.directory
        key = acting_user(request, directory)
        seen = directory.as_seen_by(key)
        page = self._templates.get_template(template).render(
            me=directory.users[key], directory=seen, **values
        )
        return HTMLResponse(page)

    def missing(self, request: Request) -> Response:
        """The page for an unknown address."""
        page = self.show("missing.html", request, path=request.url.path)
        page.status_code = 404
        return page


def is_page(request: Request) -> bool:
    """Whether a browser asks for a page. The script of a page sends the forms, and is answered with JSON."""
    return request.method in ("GET", "HEAD") and request.url.path.startswith(_PLACES)


def acting_user(request: Request, directory: Directory) -> str:
    """The PagerDuty user whom the visitor chose; at first the account's owner."""
    chosen = request.cookies.get(PERSON_COOKIE, "")
    return chosen if directory.is_active(chosen) else next(iter(directory.active_users or directory.users))


def _ink(color: str) -> str:
    """Black or white text, whichever is readable on this colour (perceived brightness, CCIR 601)."""
    red, green, blue = bytes.fromhex(color)
    return "#1b1b1b" if 0.299 * red + 0.587 * green + 0.114 * blue > 150 else "#fff"


MARK_FILTERS: dict[str, Callable[..., Any]] = {
    "ink": _ink,
    "hue": lambda key: zlib.crc32(key.encode()) % 360,
    "initials": lambda name: "".join(word[0] for word in name.split()[:2]),
}
"""The filters that ``parts.html`` needs."""
