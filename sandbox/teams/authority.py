"""The token endpoint of the tenant's authority, for the one grant that the bot uses: client credentials."""

import secrets
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import Body, FastAPI
from fastapi.responses import JSONResponse, Response

from sandbox.company import Company
from sandbox.teams.signing_key import SigningKey
from sandbox.teams.tokens import CONNECTOR_AUDIENCE, LIFETIME, AppTokens

SCOPE = f"{CONNECTOR_AUDIENCE}/.default"


class AuthorityError(Exception):
    """An error of Entra's token endpoint: OAuth error, AADSTS number, text."""

    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.error = error
        self.number = number
        self.text = text

    def response(self) -> Response:
        """The answer in Entra's shape."""
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        description = (
            f"AADSTS{self.number}: {self.text} "
            f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
        )
        return JSONResponse(
            {
                "error": self.error,
                "error_description": description,
                "error_codes": [self.number],
                "timestamp": now,
                "trace_id": trace,
                "correlation_id": correlation,
            },
            status_code=self.status,
        )


def authority_app(company: Company, tokens: AppTokens, key: SigningKey, base_url: str) -> FastAPI:
    """The authority as an application; it is served over https."""
    app = FastAPI(title="Entra, as the bot's token comes from it", openapi_url=None)

    @app.exception_handler(AuthorityError)
    async def authority_error(_: object, error: AuthorityError) -> Response:
        return error.response()

    @app.get("/{tenant}/v2.0/.well-known/openid-configuration")
    async def metadata(tenant: str) -> dict[str, Any]:
        _check_tenant(company, tenant)
        return {
            "issuer": f"{base_url}/{tenant}/v2.0",
            "authorization_endpoint": f"{base_url}/{tenant}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base_url}/{tenant}/oauth2/v2.0/token",
            "jwks_uri": f"{base_url}/{tenant}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    @app.get("/{tenant}/discovery/v2.0/keys")
    async def keys(tenant: str) -> dict[str, Any]:
        _check_tenant(company, tenant)
        return key.published()

    @app.post("/{tenant}/oauth2/v2.0/token")
    async def token(
        tenant: str, body: Annotated[bytes, Body(media_type="application/x-www-form-urlencoded")]
    ) -> dict[str, Any]:
        _check_tenant(company, tenant)
        form = {name: values[-1] for name, values in parse_qs(body.decode(errors="replace")).items()}
        _check_credentials(company, form)
        return {
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "ext_expires_in": LIFETIME,
            "access_token": tokens.issue(),
        }

    return app


def _check_tenant(company: Company, tenant: str) -> None:
    if tenant != company.tenant_id:
        raise AuthorityError(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")


def _check_credentials(company: Company, form: dict[str, str]) -> None:
    if form.get("grant_type") != "client_credentials":
        raise AuthorityError(
            400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type."
        )
    client = form.get("client_id", "")
    if client != company.bot_app_id:
        raise AuthorityError(
            400,
            "unauthorized_client",
            700016,
            f"Application with identifier '{client}' was not found in the directory.",
        )
    if not secrets.compare_digest(form.get("client_secret", "").encode(), company.bot_app_secret.encode()):
        raise AuthorityError(401, "invalid_client", 7000215, f"Invalid client secret for app '{client}'.")
    if form.get("scope") != SCOPE:
        raise AuthorityError(400, "invalid_scope", 1002012, "The provided value for scope is not valid.")
