"""What Graph says of a refusal (*Microsoft Graph error responses and resource types*)."""

import httpx

from muster.clients.http import json_object


def code_of(response: httpx.Response) -> str | None:
    """Graph's own code of a refusal, where the answer has one."""
    error = json_object(response).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else None
