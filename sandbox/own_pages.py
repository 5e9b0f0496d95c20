"""Keeps other people's web pages away from the sandbox, which has no sign-in.

A page of any site can send forms to a port of this machine and put our pages into a frame. With a name of its
own that resolves to this machine (DNS rebinding) it can also read what they say. So a request names a host of
ours, and a write comes from our own page or from a program, which sends no ``Origin`` and JSON.
"""

from collections.abc import Collection, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_OF_OUR_PAGES = frozenset({"same-origin", "none"})
"""Values of ``Sec-Fetch-Site``; ``none``: typed or bookmarked."""
_OF_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
"""What a page can send anywhere without being asked first."""
_NO_FRAMES = {"X-Frame-Options": "DENY", "Content-Security-Policy": "frame-ancestors 'none'"}


class OwnPagesOnly:
    """Answers 403 to what a foreign page could have sent; ``form_paths`` take forms from programs."""

    def __init__(self, app: ASGIApp, *, form_paths: Collection[str] = ()) -> None:
        self._app = app
        self._form_paths = form_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is allowed, without leave to frame the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        problem = _foreign_host(headers) or (
            None if scope["method"] in _READS else self._foreign_write(scope, headers)
        )
        if problem:
            await PlainTextResponse(problem, status_code=403)(scope, receive, send)
            return

        async def send_unframed(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(scope=message)
                for name, value in _NO_FRAMES.items():
                    answered.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_unframed)

    def _foreign_write(self, scope: Scope, headers: Mapping[str, str]) -> str | None:
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None:
            return None if site in _OF_OUR_PAGES else "another page may not write to the sandbox"
        if origin is not None:
            ours = f"{scope['scheme']}://{headers.get('host', '')}"
            return None if origin == ours else "another page may not write to the sandbox"
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in _OF_FORMS and scope["path"] not in self._form_paths:
            return "a program writes to the sandbox with JSON"
        return None


def _foreign_host(headers: Mapping[str, str]) -> str | None:
    host = headers.get("host", "")
    name = host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
    return None if name.lower() in LOOPBACK_NAMES else "this is not a name of the sandbox"
