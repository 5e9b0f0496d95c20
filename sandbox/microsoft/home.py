"""The pages that no application asks for: who is signed in, signing in without one, and signing out."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from sandbox.company import Company
from sandbox.microsoft.access_policy import AccessPolicy, TeamsAway
from sandbox.microsoft.directory import Directory
from sandbox.microsoft.page.rendering import Pages, chosen_person
from sandbox.microsoft.registration import Registration
from sandbox.microsoft.sessions import COOKIE, Sessions, keep_session


def home_router(
    company: Company,
    directory: Directory,
    registration: Registration,
    sessions: Sessions,
    policy: AccessPolicy,
    pages: Pages,
) -> APIRouter:
    """The routes of these pages."""
    router = APIRouter()

    @router.get("/")
    async def home(request: Request) -> Response:
        person = sessions.person_of(request)
        is_admin = person is not None and directory.is_admin(person)
        try:
            organizers = await policy.organizers()
        except TeamsAway:
            organizers = None
        return pages.home(request, person, is_admin=is_admin, organizers=organizers)

    @router.get("/sign-in")
    async def choose(request: Request) -> Response:
        return pages.sign_in(request, sessions.person_of(request))

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        value = sessions.sign_in(await chosen_person(request, company))
        return keep_session(RedirectResponse("/", status_code=303), value)

    @router.get("/{tenant}/oauth2/v2.0/logout")
    async def sign_out(tenant: str, request: Request) -> Response:
        registration.check_tenant(tenant)
        sessions.sign_out(request)
        wanted = request.query_params.get("post_logout_redirect_uri")
        # An address that is not registered is passed over without a word, as by the original.
        answer: Response = (
            RedirectResponse(wanted)
            if wanted is not None and wanted in registration.redirect_uris
            else pages.signed_out(request)
        )
        answer.delete_cookie(COOKIE, path="/")
        return answer

    return router
