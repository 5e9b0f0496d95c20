"""Which POST comes from our own page: previewers open links and send anything, other pages send forms."""

from urllib.parse import urlsplit

from starlette.requests import Request


def from_own_page(request: Request, public_url: str) -> bool:
    """Whether a page of ours sent this. A browser says so, and no page can say it for another.

    ``Origin`` counts only where a browser does not send ``Sec-Fetch-Site``: with ``no-referrer`` newer ones
    call their origin ``null``.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("origin") == origin_of(public_url)


def origin_of(url: str) -> str:
    """The origin of an address as browsers write it: small letters, no port that goes without saying."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    implied = {"https": 443, "http": 80}.get(parts.scheme)
    port = "" if parts.port in (None, implied) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
