"""The authorization endpoint: sign in, and go back to the application with a code."""

import uuid
from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.clock import Clock
from sandbox.company import Company, Person
from sandbox.microsoft import errors
from sandbox.microsoft.answers import back, back_with_error
from sandbox.microsoft.authorization_request import AuthorizationRequest, read_request
from sandbox.microsoft.codes import Codes
from sandbox.microsoft.consent import Consent
from sandbox.microsoft.errors import EntraError
from sandbox.microsoft.page.rendering import Pages, chosen_person
from sandbox.microsoft.registration import Registration
from sandbox.microsoft.sessions import Sessions, keep_session
from sandbox.microsoft.state import Code


class Authorization:
    """What a request for a code becomes, once it is known who is signed in."""

    def __init__(
        self, company: Company, registration: Registration, consent: Consent, codes: Codes, clock: Clock
    ) -> None:
        self._company = company
        self._registration = registration
        self._consent = consent
        self._codes = codes
        self._clock = clock

    def check_way_back(self, tenant: str, query: Mapping[str, str]) -> None:
        """Raise EntraError where nothing may go to the redirect URI."""
        self._registration.check_client(tenant, query.get("client_id"))
        self._registration.check_redirect_uri(query.get("redirect_uri"))

    def code_for(self, person: Person, request: AuthorizationRequest) -> str:
        """A code; raises EntraError where the person may not be signed in."""
        if self._company.tenant_of(person) != self._company.tenant_id:
            raise errors.person_of_another_tenant(person.email, self._company.tenant_id)
        if not self._consent.covers_sign_in:
            raise errors.not_consented(self._registration.client_id)
        return self._codes.issue(
            Code(
                person=person.aad_object_id,
                redirect_uri=request.redirect_uri,
                scope=request.scope,
                nonce=request.nonce,
                challenge=request.challenge,
                challenge_method=request.challenge_method,
                issued_at=self._clock.now(),
            )
        )


def authorize_router(
    company: Company, authorization: Authorization, sessions: Sessions, pages: Pages
) -> APIRouter:
    """The routes of the endpoint. A refusal before the redirect URI is trusted is a page."""
    router = APIRouter()

    @router.get("/{tenant}/oauth2/v2.0/authorize")
    async def authorize(tenant: str, request: Request) -> Response:
        query = request.query_params
        authorization.check_way_back(tenant, query)
        try:
            wanted = read_request(query)
            person = sessions.person_of(request)
            if wanted.prompt == "none" and person is None:
                raise errors.nobody_signed_in()
        except EntraError as error:
            return back_with_error(query["redirect_uri"], error, query.get("state"))
        if person is None or wanted.prompt in ("login", "select_account"):
            return pages.sign_in(request, signed_in=person)
        return _signed_in(request, person, wanted)

    @router.post("/{tenant}/oauth2/v2.0/authorize")
    async def sign_in(tenant: str, request: Request) -> Response:
        query = request.query_params
        authorization.check_way_back(tenant, query)
        try:
            wanted = read_request(query)
        except EntraError as error:
            return back_with_error(query["redirect_uri"], error, query.get("state"))
        person = await chosen_person(request, company)
        return keep_session(_signed_in(request, person, wanted), sessions.sign_in(person))

    def _signed_in(request: Request, person: Person, wanted: AuthorizationRequest) -> Response:
        state = request.query_params.get("state")
        try:
            code = authorization.code_for(person, wanted)
        except EntraError as error:
            # Who is of another tenant stays here to choose another account, unless no page may be shown.
            if error.number == errors.PERSON_OF_ANOTHER_TENANT and wanted.prompt != "none":
                return pages.refused(request, error, signed_in=person)
            return back_with_error(wanted.redirect_uri, error, state)
        return back(wanted.redirect_uri, {"code": code, "session_state": str(uuid.uuid4())}, state)

    return router
