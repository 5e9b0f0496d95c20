"""The page on which an admin consents for the whole tenant; what it answers follows *v2-admin-consent*."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from sandbox.clock import Clock
from sandbox.company import Company, Person
from sandbox.graph_tokens import GRAPH_AUDIENCE
from sandbox.microsoft import errors
from sandbox.microsoft.answers import back, back_with_error
from sandbox.microsoft.consent import Consent
from sandbox.microsoft.directory import Directory
from sandbox.microsoft.errors import EntraError
from sandbox.microsoft.page.rendering import Pages, address_without_prompt, chosen_person, form_of
from sandbox.microsoft.registration import Registration
from sandbox.microsoft.sessions import Sessions, keep_session
from sandbox.microsoft.state import ConsentRecord, Store

PATH = "/{tenant}/v2.0/adminconsent"
_PERMISSIONS = f"{GRAPH_AUDIENCE}/.default"
"""Asks for the application permissions of the registration."""
_SCOPES = frozenset({_PERMISSIONS, "openid", "profile"})


class AdminConsent:
    """What a request for consent asks for, and what becomes of a decision."""

    def __init__(
        self,
        company: Company,
        directory: Directory,
        registration: Registration,
        consent: Consent,
        store: Store,
        clock: Clock,
    ) -> None:
        self._company = company
        self._directory = directory
        self._registration = registration
        self._consent = consent
        self._store = store
        self._clock = clock

    def check(self, tenant: str, query: Mapping[str, str]) -> None:
        """Raise EntraError for a request that gets a page of refusal."""
        self._registration.check_client(tenant, query.get("client_id"))
        self._registration.check_redirect_uri(query.get("redirect_uri"))
        if not query.get("scope"):
            raise errors.missing("scope")
        if not _SCOPES.issuperset(query["scope"].split()):
            raise errors.invalid_scope()

    def check_person(self, person: Person) -> None:
        """Raise EntraError for a person who cannot be signed in in this tenant."""
        self._directory.check_account(person, "access_denied")

    def may_decide(self, person: Person) -> bool:
        """Whether the person is an admin of this tenant, with an account that is on."""
        return self._directory.is_admin(person)

    def decide(self, person: Person, query: Mapping[str, str], *, accepted: bool) -> Response:
        """Do what the admin decided, and go back to the application."""
        decision = ConsentRecord(
            at=self._clock.now(),
            person=person.aad_object_id,
            decision="accept" if accepted else "cancel",
        )
        self._store.state.consents.append(decision)
        self._store.changed()
        uri, state = query["redirect_uri"], query.get("state")
        told = {"admin_consent": "True", "tenant": self._company.tenant_id}
        if not accepted:
            return back_with_error(uri, errors.consent_declined(), state, **told)
        self._consent.grant(permissions=_PERMISSIONS in query["scope"].split())
        return back(uri, told | {"scope": query["scope"]}, state)


def admin_consent_router(
    company: Company, admin_consent: AdminConsent, sessions: Sessions, pages: Pages
) -> APIRouter:
    """The routes of the page."""
    router = APIRouter()

    @router.get(PATH)
    async def page(tenant: str, request: Request) -> Response:
        admin_consent.check(tenant, request.query_params)
        person = sessions.person_of(request)
        if person is None or request.query_params.get("prompt") in ("login", "select_account"):
            return pages.sign_in(request, signed_in=person)
        return _for_person(request, person)

    @router.post(PATH)
    async def take_form(tenant: str, request: Request) -> Response:
        admin_consent.check(tenant, request.query_params)
        form = await form_of(request)
        if "person" in form:
            chosen = await chosen_person(request, company)
            here = address_without_prompt(request)
            return keep_session(RedirectResponse(here, status_code=303), sessions.sign_in(chosen))
        person = sessions.person_of(request)
        if person is None:
            return pages.sign_in(request, signed_in=None)
        if not admin_consent.may_decide(person) or form.get("decision") not in ("accept", "cancel"):
            return _for_person(request, person)
        return admin_consent.decide(person, request.query_params, accepted=form["decision"] == "accept")

    def _for_person(request: Request, person: Person) -> Response:
        try:
            admin_consent.check_person(person)
        except EntraError as error:
            return pages.refused(request, error, signed_in=person)
        if not admin_consent.may_decide(person):
            return pages.need_approval(request, signed_in=person)
        return pages.consent(request, signed_in=person)

    return router
