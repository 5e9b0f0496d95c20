"""Signing a visitor in with Entra (``openid profile``): where it begins, and who came back.

msal writes the address and exchanges the code. It verifies nothing of the ID token but its nonce, so all of
it is verified here.
"""

import asyncio
import hashlib
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import msal
import requests

from muster.clients.entra.session import EntraSession, unanswered
from muster.clients.entra.sign_in_errors import SignInRefused, refusal, told_by_return
from muster.clients.id_tokens import IdTokens, IdTokenWrong
from muster.clients.teams.clouds import Cloud
from muster.clients.way_out import WayOut
from muster.config_file import TeamsRegistration
from muster.values import NAME, identifier, one_line, written
from workflows.errors import ProviderUnavailable, RequestInvalid
from workflows.values import Value

_SCOPES = ("openid", "profile")
_NAME = "person's ID token"


class Begun(NamedTuple):
    """Where a browser signs in, and what the return is verified with."""

    address: str
    verifier: str
    nonce: str


class Visitor(Value):
    """Who is signed in."""

    aad_object_id: str
    name: str
    address: str
    """The name that they sign in by, mostly their e-mail address (``preferred_username``)."""


class _KeepsNothing(msal.TokenCache):  # type: ignore[misc]
    """In the place of msal's cache, which keeps every visitor's tokens and tells the log of their codes."""

    def add(self, event: Any, now: Any = None) -> None:
        """Keep nothing."""


class SignIns:
    """Signs people in at the authorities of their tenants.

    ``clouds`` has the cloud of each tenant; ``redirect_uri`` is the registered one, to the letter.
    """

    def __init__(
        self,
        pool: httpx.AsyncClient,
        registrations: Mapping[str, TeamsRegistration],
        clouds: Mapping[str, Cloud],
        way: WayOut,
        redirect_uri: str,
    ) -> None:
        self._registrations = registrations
        self._authorities = {
            tenant: f"{clouds[tenant].authority.rstrip('/')}/{tenant}" for tenant in registrations
        }
        self._way = way
        self._redirect_uri = redirect_uri
        self._id_tokens = IdTokens(pool, provider="Entra")

    async def begin(self, tenant: str, *, state: str, choose: bool) -> Begun:
        """Where the browser goes. ``choose``: it asks for an account although one is signed in.

        Raises ``ProviderUnavailable``, or ``RequestInvalid`` for a tenant that is not configured.
        """
        application = await asyncio.to_thread(self._discovered, tenant)
        with warnings.catch_warnings():
            # A form that Entra's page posts would come without our cookie, which is SameSite=Lax.
            warnings.filterwarnings("ignore", "response_mode='form_post' is recommended", UserWarning)
            begun = application.initiate_auth_code_flow(
                [],
                redirect_uri=self._redirect_uri,
                state=state,
                prompt="select_account" if choose else None,
                response_mode="query",
            )
        return Begun(begun["auth_uri"], begun["code_verifier"], begun["nonce"])

    async def visitor(self, tenant: str, told: Mapping[str, str], *, verifier: str, nonce: str) -> Visitor:
        """Who came back with a return that told this, its state being right.

        Raises ``SignInRefused``, and as ``begin`` does where nobody answers.
        """
        if "error" in told:
            raise told_by_return(told["error"], told.get("error_description", ""))
        if not told.get("code"):
            raise SignInRefused("sign_in_late", "no code")
        id_token = await asyncio.to_thread(self._exchange, tenant, told["code"], verifier, nonce)
        return await self._verified(tenant, id_token, nonce)

    def _discovered(self, tenant: str) -> Any:
        """An application that knows its authority's endpoints; blocks."""
        with EntraSession(self._way) as session:
            return self._application(tenant, session)

    def _application(self, tenant: str, session: EntraSession) -> Any:
        """An application for one sign-in alone. It asks the authority for its endpoints, and blocks."""
        if tenant not in self._registrations:
            raise RequestInvalid("there is no Teams registration for this tenant")
        registration = self._registrations[tenant]
        try:
            return msal.ConfidentialClientApplication(
                registration.app_id,
                client_credential=registration.app_secret.get_secret_value(),
                authority=self._authorities[tenant],
                instance_discovery=False,
                http_client=session,
                token_cache=_KeepsNothing(),
                exclude_scopes=["offline_access"],
            )
        except (requests.RequestException, msal.exceptions.MsalError, ValueError, KeyError) as error:
            raise self._unanswered(tenant, error) from None

    def _exchange(self, tenant: str, code: str, verifier: str, nonce: str) -> str:
        """The ID token that the code gives, not verified; blocks."""
        state = "checked already"
        begun = {
            "state": state,
            "redirect_uri": self._redirect_uri,
            "scope": list(_SCOPES),
            "code_verifier": verifier,
            "nonce": nonce,
        }
        try:
            with EntraSession(self._way) as session:
                application = self._application(tenant, session)
                result = application.acquire_token_by_auth_code_flow(begun, {"code": code, "state": state})
        except (requests.RequestException, msal.exceptions.MsalError, ValueError) as error:
            # msal raises ValueError for an answer that is not JSON.
            raise self._unanswered(tenant, error) from None
        except (RuntimeError, AttributeError, LookupError, TypeError):
            # It decodes the ID token, and compares its nonce. Not chained: its texts quote what it finds.
            raise SignInRefused("sign_in_unverified", "nonce or form") from None
        if "error" in result:
            raise refusal(str(result["error"]), result.get("error_codes") or ())
        return written(result.get("id_token"))

    async def _verified(self, tenant: str, id_token: str, nonce: str) -> Visitor:
        try:
            claims = await self._id_tokens.claims(
                id_token,
                metadata_url=f"{self._authorities[tenant]}/v2.0/.well-known/openid-configuration",
                client_id=self._registrations[tenant].app_id,
                nonce=hashlib.sha256(nonce.encode()).hexdigest(),  # what msal sends of it
            )
        except IdTokenWrong as wrong:
            if wrong.tenant is not None and wrong.tenant.casefold() != tenant.casefold():
                raise SignInRefused("other_tenant") from None
            raise SignInRefused("sign_in_unverified", wrong.claim) from None
        told_tenant = written(claims.get("tid"))
        if not told_tenant:
            raise SignInRefused("sign_in_unverified", "tid")
        if told_tenant.casefold() != tenant.casefold():
            raise SignInRefused("other_tenant")
        person = identifier(claims.get("oid"))
        if person is None:
            raise SignInRefused("no_object_id")
        return Visitor(
            aad_object_id=person,
            name=one_line(claims.get("name"), NAME),
            address=one_line(claims.get("preferred_username"), NAME),
        )

    def _unanswered(self, tenant: str, error: Exception) -> ProviderUnavailable:
        return unanswered(urlsplit(self._authorities[tenant]).hostname or "", error, _NAME)
