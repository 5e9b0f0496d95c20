"""What an admin changes by the buttons of the home page: single permissions, and the policy for meetings."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from sandbox.company import Company
from sandbox.microsoft import errors
from sandbox.microsoft.access_policy import AccessPolicy, TeamsAway
from sandbox.microsoft.consent import Consent
from sandbox.microsoft.directory import Directory
from sandbox.microsoft.sessions import Sessions


def tenant_admin_router(
    company: Company, directory: Directory, sessions: Sessions, consent: Consent, policy: AccessPolicy
) -> APIRouter:
    """The forms' routes, which lead back to the page; EntraError for whoever is no admin."""

    def check_admin(request: Request) -> None:
        person = sessions.person_of(request)
        if person is None or not directory.is_admin(person):
            raise errors.admin_must_consent(company.bot_name)

    router = APIRouter(dependencies=[Depends(check_admin)])

    @router.post("/permissions/{permission}/grant")
    async def grant_permission(permission: str) -> Response:
        check_permission(permission)
        consent.grant_one(permission)
        return _back_to("permissions")

    @router.post("/permissions/{permission}/take-back")
    async def take_permission_back(permission: str) -> Response:
        check_permission(permission)
        consent.revoke(permission)
        return _back_to("permissions")

    @router.post("/access-policy/grant")
    async def grant_policy() -> Response:
        return await _change(policy.grant_to_everybody)

    @router.post("/access-policy/take-back")
    async def take_policy_back() -> Response:
        return await _change(policy.take_back)

    @router.post("/access-policy/half-an-hour")
    async def let_half_an_hour_pass() -> Response:
        return await _change(policy.let_half_an_hour_pass)

    def check_permission(permission: str) -> None:
        if permission not in consent.requested:
            raise HTTPException(404, f"{company.bot_name} does not ask for {permission}")

    return router


async def _change(change: Callable[[], Awaitable[None]]) -> Response:
    with suppress(TeamsAway):  # The page to which this leads says so.
        await change()
    return _back_to("access-policy")


def _back_to(section: str) -> Response:
    """The page, scrolled to where the button is."""
    return RedirectResponse(f"/#{section}", status_code=303)
