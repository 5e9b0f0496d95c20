"""What programs ask Entra for over https: metadata, keys, tokens."""

from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from sandbox.clock import Clock
from sandbox.faults import FaultBook
from sandbox.microsoft.calls import answered
from sandbox.microsoft.errors import EntraError
from sandbox.microsoft.registration import Registration
from sandbox.microsoft.state import Store, TokenRecord
from sandbox.microsoft.token_endpoint import GRANT_TYPES, RESOURCES, TokenEndpoint
from sandbox.signing_key import SigningKey


def document_router(registration: Registration, key: SigningKey, authority: str, browser: str) -> APIRouter:
    """The routes of what is published; pages are at the address ``browser``, the rest at ``authority``."""
    router = APIRouter()

    @router.get("/{tenant}/v2.0/.well-known/openid-configuration")
    async def metadata(tenant: str) -> dict[str, Any]:
        registration.check_tenant(tenant)
        return {
            "issuer": f"{authority}/{tenant}/v2.0",
            "authorization_endpoint": f"{browser}/{tenant}/oauth2/v2.0/authorize",
            "end_session_endpoint": f"{browser}/{tenant}/oauth2/v2.0/logout",
            "token_endpoint": f"{authority}/{tenant}/oauth2/v2.0/token",
            "jwks_uri": f"{authority}/{tenant}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "response_modes_supported": ["query"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "profile"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    @router.get("/{tenant}/discovery/v2.0/keys")
    async def keys(tenant: str) -> dict[str, Any]:
        registration.check_tenant(tenant)
        return key.published()

    return router


def token_router(endpoint: TokenEndpoint, store: Store, clock: Clock, faults: FaultBook) -> APIRouter:
    """The route of the token endpoint. Every request is recorded, without a secret of it."""
    router = APIRouter()

    @router.post("/{tenant}/oauth2/v2.0/token")
    async def token(tenant: str, request: Request) -> Response:
        body = (await request.body()).decode(errors="replace")
        form = {name: values[-1] for name, values in parse_qs(body).items()}
        # A value that is not known could be a secret in the wrong place.
        grant_type = _known(form.get("grant_type"), GRANT_TYPES)
        audience = _known(form.get("scope", "").removesuffix("/.default"), RESOURCES)
        record = TokenRecord(at=clock.now(), grant_type=grant_type, audience=audience, status=200)

        def run() -> Response:
            try:
                issued = endpoint.issue(tenant, form)
            except EntraError as error:
                _keep(store, record, status=error.status, error=error.number)
                return error.response()
            _keep(store, record, audience=issued.audience, roles=issued.roles, person=issued.person)
            return JSONResponse(dict(issued.body), headers={"Cache-Control": "no-store"})

        return await answered(faults, "token", {"grant_type": grant_type, "audience": audience}, run)

    return router


def _known(value: str | None, names: frozenset[str]) -> str | None:
    return value if value in names else None


def _keep(store: Store, record: TokenRecord, **told: Any) -> None:
    store.state.tokens.append(record.model_copy(update=told))
    store.changed()
