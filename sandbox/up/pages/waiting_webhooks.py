"""The webhooks that the PagerDuty simulator has not delivered yet."""

import http.client
import json
from typing import Any, cast
from urllib.parse import urlsplit

_WITHIN = 1.0


def waiting_webhooks(pagerduty: str) -> list[dict[str, Any]] | None:
    """The webhooks that wait, oldest first, as the simulator's records have them; None while it is down."""
    connection = http.client.HTTPConnection(urlsplit(pagerduty).netloc, timeout=_WITHIN)
    try:
        connection.request("GET", "/_sandbox/waiting")
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            return None
        return cast("list[dict[str, Any]]", json.load(answer))
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
