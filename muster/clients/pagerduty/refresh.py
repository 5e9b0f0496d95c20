"""The refresh grant: the next tokens of what a person authorized."""

import httpx

from muster.clients.http import json_object, refusal
from muster.clients.pagerduty.token_answers import PROVIDER, answer_to, issued
from muster.config_file import PagerDutyAccount
from muster.person_tokens import Tokens
from workflows.errors import CredentialRejected, OutsideError, ProviderUnavailable, Temporary

_OF_THE_APP: dict[str, type[OutsideError]] = {
    "invalid_client": CredentialRejected,
    "unauthorized_client": CredentialRejected,
}
_ERRORS = frozenset({*_OF_THE_APP, "invalid_request", "invalid_scope", "unsupported_grant_type"})
"""Of RFC 6749, 5.2; any other text could quote what was sent."""


class GrantRefused(Exception):
    """``invalid_grant``: the refresh token gives no tokens any more, and a person has to authorize anew."""


class NotAnswered(Exception):
    """The cause of a ``ProviderUnavailable``: no answer came, so the refresh token counts as dead."""


class RefreshClient:
    """Refreshes people's tokens, once a call. The refresh token that was sent counts as dead afterwards."""

    def __init__(self, pool: httpx.AsyncClient) -> None:
        self._pool = pool

    async def refresh(
        self, account: PagerDutyAccount, refresh_token: str, *, scopes: tuple[str, ...], within: float
    ) -> Tokens:
        """The next pair, within so many seconds; ``scopes`` are those of the one before.

        Raises ``GrantRefused``. Every other failure is the app's or PagerDuty's and says nothing of the
        person: a ``Temporary``, also where the answer was lost (by ``NotAnswered``) or unusable, or what a
        person who runs Muster has to mend.
        """
        grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        try:
            response = await answer_to(self._pool, account, grant, within=within)
        except ProviderUnavailable as error:
            raise error from NotAnswered()
        if not response.is_success:
            raise _refused(response)
        return issued(response, refresh_token=refresh_token, scopes=scopes).tokens


def _refused(response: httpx.Response) -> Exception:
    told = json_object(response).get("error")
    error = told if isinstance(told, str) else None
    failure = refusal(
        response,
        provider=PROVIDER,
        repeatable=True,
        code=error if error in _ERRORS else None,
        by_code=_OF_THE_APP,
    )
    # A server that failed or asks to wait has decided nothing, whatever its body says.
    if error == "invalid_grant" and not isinstance(failure, Temporary):
        return GrantRefused("the refresh token is not accepted any more")
    return failure
