"""What Graph says of a refusal (*Microsoft Graph error responses and resource types*).

Some refusals are told by their words alone, and have a code of ours.
"""

from collections.abc import Mapping

import httpx

from muster.clients.http import json_object

ROSTER_BLOCKED = "RosterAddMemberBlocked"
"""A chat takes nobody more."""
KEY_USED = "ErrorDuplicateTransactionId"
"""A calendar has an entry of this key, made from another body."""
ENTRY_GONE = "ErrorItemNotFound"
"""The calendar does not have this entry any more."""
NO_MAILBOX = "MailboxNotEnabledForRESTAPI"
"""A person of the tenant has no calendar in Exchange Online; a guest has none."""
NO_POLICY = "NoApplicationAccessPolicy"
"""No application access policy lets the app make this person's meetings, or it does not count yet."""

_BY_WORDS: Mapping[str, str] = {
    ROSTER_BLOCKED.lower(): ROSTER_BLOCKED,
    "no application access policy found": NO_POLICY,
}
"""The words in lower case. Those of the policy are in learn.microsoft.com *Configure application access to
online meetings*; their codes are ``Forbidden`` and ``General`` (issue 2350 of msgraph-sdk-dotnet)."""


def code_of(response: httpx.Response) -> str | None:
    """Ours, where the answer's words have one, else Graph's own, where the answer has one."""
    said = response.text.lower()
    ours = next((code for words, code in _BY_WORDS.items() if words in said), None)
    if ours is not None:
        return ours
    error = json_object(response).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else None
