"""What the steps of a workflow send, and what comes of it: their outputs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.own_pages import LOOPBACK_NAMES
from sandbox.pagerduty.web_requests import WebAnswer, WebRequests
from sandbox.pagerduty.workflows.actions import (
    BODY,
    BRIDGE_URL,
    CHAT_LINK,
    STATUS_CODE,
    TeamsAction,
    WebApiAction,
)
from sandbox.pagerduty.workflows.connections import allows, header_lines, host_of
from sandbox.pagerduty.workflows.library import Library
from sandbox.pagerduty.workflows.model import SentRequest
from sandbox.pagerduty.workflows.results import failed, succeeded

ANSWERED_WITHIN = 30
"""Seconds that a step waits for an answer; PagerDuty names no number."""
_EVENTS_HOSTS = ("events.pagerduty.com", "events.eu.pagerduty.com")
_VERSION = "application/vnd.pagerduty+json;version=2"


@dataclass(frozen=True)
class TeamsIntegration:
    """Where PagerDuty's Teams integration answers, and a token for it."""

    url: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class Done:
    """What a step sent, if anything, and its outputs."""

    outputs: dict[str, str]
    request: SentRequest | None = None


class Calls:
    """Sends the requests of steps whose references are filled in."""

    def __init__(self, web_requests: WebRequests, library: Library, teams: TeamsIntegration | None) -> None:
        self._web_requests = web_requests
        self._library = library
        self._teams = teams

    async def run(self, action: WebApiAction | TeamsAction, inputs: Mapping[str, str], incident: str) -> Done:
        """Do what the action does on this incident."""
        match action:
            case WebApiAction():
                return await self._send(action.method, inputs)
            case TeamsAction():
                return await self._ask_teams(action, inputs, incident)

    async def _send(self, method: str, inputs: Mapping[str, str]) -> Done:
        """A Web API action. Our choice: a status from 400 on is a failure, and nothing is repeated."""
        url = inputs.get("URL", "")
        connection = self._library.connections.get(inputs.get("Authentication Headers", ""))
        problem = _problem_with(url)
        if problem is None and connection is not None and not allows(connection, url):
            problem = f"The connection {connection.name} does not allow this host"
        try:
            headers = header_lines(inputs.get("Headers", ""))
        except ValueError as error:
            problem = str(error)
        if problem is not None:
            return Done(failed(problem))
        headers = (*headers, *(connection.headers if connection is not None else ()))
        request = SentRequest(method=method, url=url, body=inputs.get("Body", ""))
        by_name = {header.name: header.value for header in headers}
        answer = await self._web_requests.send(method, url, by_name, request.body, within=ANSWERED_WITHIN)
        response = {STATUS_CODE: str(answer.status or ""), BODY: answer.body}
        return Done(response | _result(answer, f"{method} request sent"), request)

    async def _ask_teams(self, action: TeamsAction, inputs: Mapping[str, str], incident: str) -> Done:
        """An action of the Teams integration: its documented call (ms-teams.openapi.json)."""
        if self._teams is None:
            return Done(failed("Microsoft Teams is not connected"))
        url = f"{self._teams.url}/integration-ms-teams/incidents/{incident}/{action.call}"
        request = SentRequest(method="POST", url=url, body=json.dumps(_body_for_teams(action, inputs)))
        headers = {
            "Accept": _VERSION,
            "Content-Type": "application/json",
            "Authorization": f"Token token={self._teams.token}",
        }
        answer = await self._web_requests.send("POST", url, headers, request.body, within=ANSWERED_WITHIN)
        is_chat = action.call == "dedicated_chat"
        name, made = (CHAT_LINK, "chat") if is_chat else (BRIDGE_URL, "meeting")
        link = _at(answer.body, made, "url")
        return Done(
            {name: link} | _result(answer, f"Created the {made}", _at(answer.body, "error", "message")),
            request,
        )


def _body_for_teams(action: TeamsAction, inputs: Mapping[str, str]) -> dict[str, object]:
    """An input that is empty is left out: the integration has a default."""
    if action.call == "meeting":
        name = inputs.get("Meeting Name")
        team: dict[str, object] = {"mst_team_id": inputs.get("Microsoft Teams Team", "")}
        return team | ({"meeting": {"name": name}} if name else {})
    name, owner = inputs.get("Chat Name"), inputs.get("User")
    body: dict[str, object] = {"mst_tenant_id": inputs.get("Microsoft Teams Organization", "")}
    return body | ({"owner_pd_user_id": owner} if owner else {}) | ({"chat": {"name": name}} if name else {})


def _problem_with(url: str) -> str | None:
    """Why a Web API action does not send to this address; the sandbox's own machine needs no HTTPS."""
    host = host_of(url)
    if not url.startswith("https://") and not (url.startswith("http://") and host in LOOPBACK_NAMES):
        return "Only HTTPS URLs are supported"
    if host in _EVENTS_HOSTS:
        return "Requests to the PagerDuty Events API are blocked"
    return None


def _result(answer: WebAnswer, summary: str, error: str = "") -> dict[str, str]:
    if answer.error:
        return failed(answer.error)
    if answer.status is not None and answer.status >= 400:
        return failed(error or f"The answer has status {answer.status}")
    return succeeded(summary)


def _at(body: str, *path: str) -> str:
    """The text at this place of a JSON body; empty if there is none."""
    try:
        found: Any = json.loads(body)
    except ValueError:
        return ""
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""
