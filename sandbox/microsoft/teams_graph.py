"""Graph's calls about chats, calendars and meetings: the Teams simulator has them, and answers.

Graph has one address, and so it has here. What Teams cannot know goes along: who was deleted from the
directory, and Graph's own address, for the links of pages.
"""

import httpx
from fastapi import Request
from fastapi.responses import Response

from sandbox.graph_errors import GraphError
from sandbox.graph_hand_on import ADDRESS, GONE, PATH
from sandbox.microsoft.directory import Directory
from sandbox.serving import LostAnswer

_KEPT = ("authorization", "client-request-id", "content-type")
_SHOWN = ("content-type", "location", "retry-after")


def is_answered_by_teams(path: str) -> bool:
    """Whether Teams answers this call below ``/v1.0``."""
    match path.strip("/").split("/"):
        case ["chats", *_] | ["appCatalogs", *_] | ["users", _, "chats"]:
            return True
        case ["users", _, "events" | "onlineMeetings", *_]:
            return True
    return False


class TeamsGraph:
    """Hands calls on."""

    def __init__(
        self, http: httpx.AsyncClient, teams_url: str | None, directory: Directory, address: str
    ) -> None:
        self._http = http
        self._teams_url = teams_url
        self._directory = directory
        self._address = address

    async def answer(self, request: Request, path: str) -> Response:
        """What Teams answers; raises GraphError where there is no Teams."""
        if self._teams_url is None:
            raise _no_teams()
        headers = {name: request.headers[name] for name in _KEPT if name in request.headers}
        headers |= {GONE: ",".join(self._directory.deleted), ADDRESS: self._address}
        try:
            answer = await self._http.request(
                request.method,
                f"{self._teams_url}{PATH}{path}",
                params=request.query_params,
                content=await request.body(),
                headers=headers,
            )
        except httpx.RemoteProtocolError:  # as ordered by a fault
            return LostAnswer()
        except httpx.TransportError:
            raise _no_teams() from None
        shown = {name: answer.headers[name] for name in _SHOWN if name in answer.headers}
        return Response(answer.content, answer.status_code, shown)


def _no_teams() -> GraphError:
    return GraphError(503, "serviceNotAvailable", "Teams does not answer.")
