"""Accounts of the tenant's directory by Microsoft Graph, as the app itself (*Get user*)."""

from typing import NamedTuple
from urllib.parse import quote, urlencode

from muster.clients.graph.app_calls import AppCalls, lost

_NEEDS = "User.Read.All"
"""``accountEnabled`` is not in the basic profile (docs/platform-facts.md §7.2)."""
_SELECTED = "id,accountEnabled,userType"


class Account(NamedTuple):
    """Whether somebody can be signed in, and is a guest of the tenant."""

    is_enabled: bool
    is_guest: bool


class AccountsClient:
    """Reads accounts."""

    def __init__(self, calls: AppCalls) -> None:
        self._calls = calls

    async def read(self, tenant: str, person: str) -> Account:
        """The account of this object id or principal name.

        Raises ``OutsideError``s: ``ConsentMissing`` where the tenant's consent does not show it, and
        ``NotFound`` where the directory has nobody.
        """
        path = f"users/{quote(person, safe='@')}?{urlencode({'$select': _SELECTED})}"
        answer = await self._calls.send(tenant, "GET", path, needs=_NEEDS, repeatable=True)
        enabled = answer.get("accountEnabled")
        if not isinstance(enabled, bool):
            raise lost("an account that does not say whether it is enabled", repeatable=True)
        return Account(enabled, answer.get("userType") == "Guest")
