"""The authorization endpoint: sign in, consent, and go back to the application with a code."""

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
from sandbox.microsoft.directory import Directory
from sandbox.microsoft.errors import EntraError
from sandbox.microsoft.page.rendering import Pages, chosen_person, form_of
from sandbox.microsoft.registration import Registration
from sandbox.microsoft.sessions import Sessions, keep_session
from sandbox.microsoft.state import Code, ConsentRecord, Store

STAYS = frozenset({errors.PERSON_OF_ANOTHER_TENANT, errors.ACCOUNT_DISABLED, errors.ACCOUNT_DELETED})
"""Refusals after which a person stays here to choose another account, unless no page may be shown."""


class Authorization:
    """What a request for a code becomes, once it is known who is signed in."""

    def __init__(
        self,
        registration: Registration,
        directory: Directory,
        consent: Consent,
        codes: Codes,
        store: Store,
        clock: Clock,
    ) -> None:
        self._registration = registration
        self._directory = directory
        self._consent = consent
        self._codes = codes
        self._store = store
        self._clock = clock

    def check_way_back(self, tenant: str, query: Mapping[str, str]) -> None:
        """Raise EntraError where nothing may go to the redirect URI."""
        self._registration.check_client(tenant, query.get("client_id"))
        self._registration.check_redirect_uri(query.get("redirect_uri"))

    def has_consent(self, person: Person, request: AuthorizationRequest) -> bool:
        """Whether a code can be given; if not, the person is asked or sent to an admin.

        Raises EntraError where neither is possible, and where the person may not be signed in at all.
        """
        self._directory.check_account(person, "interaction_required")
        if self._consent.covers(person, request.scope):
            return True
        refused_at_once = self.needs_admin(person) and self._store.state.refusal == "consent_required"
        if request.prompt == "none" or refused_at_once:
            raise errors.not_consented(self._registration.client_id)
        return False

    def needs_admin(self, person: Person) -> bool:
        """Whether the organization does not let the person consent."""
        return not self._consent.may_be_given_by(person)

    def decide(self, person: Person, request: AuthorizationRequest, *, accepted: bool) -> None:
        """Record what the person decided; raises EntraError for a refusal of theirs."""
        self._store.state.consents.append(
            ConsentRecord(
                at=self._clock.now(),
                person=person.aad_object_id,
                decision="accept" if accepted else "cancel",
                for_everybody=False,
            )
        )
        self._store.changed()
        if not accepted:
            raise errors.consent_declined()
        self._consent.give(person, request.scope)

    def code_for(self, person: Person, request: AuthorizationRequest) -> str:
        """A code for a person who has consented."""
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
    async def take_form(tenant: str, request: Request) -> Response:
        query = request.query_params
        authorization.check_way_back(tenant, query)
        try:
            wanted = read_request(query)
        except EntraError as error:
            return back_with_error(query["redirect_uri"], error, query.get("state"))
        decision = (await form_of(request)).get("decision")
        if decision is None:
            chosen = await chosen_person(request, company)
            return keep_session(_signed_in(request, chosen, wanted), sessions.sign_in(chosen))
        person = sessions.person_of(request)
        if person is None:
            return pages.sign_in(request, signed_in=None)
        accepted = {"accept": True, "cancel": False}.get(decision)
        return _signed_in(request, person, wanted, accepted=accepted)

    def _signed_in(
        request: Request, person: Person, wanted: AuthorizationRequest, *, accepted: bool | None = None
    ) -> Response:
        """What the person gets; ``accepted`` is what they decided on the page of consent."""
        state = request.query_params.get("state")
        try:
            is_covered = authorization.has_consent(person, wanted)
            if not is_covered and authorization.needs_admin(person):
                return pages.need_approval(request, signed_in=person, way_back=wanted.redirect_uri)
            if not is_covered and accepted is None:
                return pages.own_consent(request, signed_in=person, scope=wanted.scope)
            if accepted is not None:
                authorization.decide(person, wanted, accepted=accepted)
        except EntraError as error:
            if error.number in STAYS and wanted.prompt != "none":
                return pages.refused(request, error, signed_in=person)
            return back_with_error(wanted.redirect_uri, error, state)
        code = authorization.code_for(person, wanted)
        return back(wanted.redirect_uri, {"code": code, "session_state": str(uuid.uuid4())}, state)

    return router
