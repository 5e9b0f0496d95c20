"""Entra's refusals, each with its AADSTS number.

Numbers and words of OAuth follow learn.microsoft.com *Microsoft Entra authentication and authorization error
codes* and answers of the original in public issue trackers. The sentences are short ones of ours.
"""

import uuid
from datetime import UTC, datetime

from fastapi.responses import JSONResponse, Response

PERSON_OF_ANOTHER_TENANT = 50020
ACCOUNT_DISABLED = 50057
ACCOUNT_DELETED = 500341


class EntraError(Exception):
    """A refusal: status of the token endpoint, OAuth error, AADSTS number, text."""

    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.error = error
        self.number = number
        self.text = text
        self.trace_id, self.correlation_id = str(uuid.uuid4()), str(uuid.uuid4())
        self.timestamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")

    @property
    def description(self) -> str:
        """The ``error_description``, whose beginning is the number."""
        return (
            f"AADSTS{self.number}: {self.text} Trace ID: {self.trace_id} "
            f"Correlation ID: {self.correlation_id} Timestamp: {self.timestamp}"
        )

    def response(self) -> Response:
        """The answer of the endpoints that programs use."""
        return JSONResponse(
            {
                "error": self.error,
                "error_description": self.description,
                "error_codes": [self.number],
                "timestamp": self.timestamp,
                "trace_id": self.trace_id,
                "correlation_id": self.correlation_id,
            },
            status_code=self.status,
            headers={"Cache-Control": "no-store"},
        )


def tenant_not_found(tenant: str) -> EntraError:
    """There is no such tenant."""
    return EntraError(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")


def client_not_found(client: str) -> EntraError:
    """The tenant has no such application."""
    return EntraError(
        400,
        "unauthorized_client",
        700016,
        f"Application with identifier '{client}' was not found in the directory.",
    )


def missing(parameter: str) -> EntraError:
    """A parameter is not there."""
    text = f"The request body must contain the following parameter: '{parameter}'."
    return EntraError(400, "invalid_request", 900144, text)


def redirect_uri_not_registered(uri: str) -> EntraError:
    """The redirect URI is none of the registration's, to the letter."""
    text = f"The redirect URI '{uri}' does not match the redirect URIs configured for the application."
    return EntraError(400, "invalid_client", 50011, text)


def other_redirect_uri() -> EntraError:
    """The code was made for another redirect URI."""
    text = "The reply address does not match the reply address provided when requesting the code."
    return EntraError(400, "invalid_client", 500112, text)


def person_of_another_tenant(email: str, tenant: str) -> EntraError:
    """The person's account is in another organization's tenant."""
    text = f"User account '{email}' does not exist in tenant '{tenant}' and cannot access the application."
    return EntraError(400, "interaction_required", PERSON_OF_ANOTHER_TENANT, text)


def account_disabled(error: str) -> EntraError:
    """The person's account is switched off; ``error`` is the endpoint's own."""
    return EntraError(400, error, ACCOUNT_DISABLED, "The user account is disabled.")


def account_deleted(email: str, tenant: str, error: str) -> EntraError:
    """The person was deleted from the directory; ``error`` is the endpoint's own."""
    text = f"The user account '{email}' has been deleted from the {tenant} directory."
    return EntraError(400, error, ACCOUNT_DELETED, text)


def nobody_signed_in() -> EntraError:
    """A silent sign-in was asked for, and nobody is signed in."""
    text = "A silent sign-in request was sent but no user is signed in."
    return EntraError(400, "login_required", 50058, text)


def not_consented(client: str) -> EntraError:
    """Neither the person nor an admin has consented, and the person may not."""
    text = f"The user or administrator has not consented to use the application with ID '{client}'."
    return EntraError(400, "consent_required", 65001, text)


def admin_must_consent(application: str) -> EntraError:
    """The organization lets nobody consent for themselves, and the person went back from the page."""
    text = f"{application} needs permission that only an admin of your organization can grant."
    return EntraError(403, "access_denied", 90094, text)


def consent_declined() -> EntraError:
    """The person pressed Cancel."""
    return EntraError(400, "access_denied", 65004, "The user declined to consent to access the app.")


def unsupported_grant_type() -> EntraError:
    """The grant type is unknown here."""
    text = "The app requested an unsupported grant type."
    return EntraError(400, "unsupported_grant_type", 70003, text)


def unsupported_response_type() -> EntraError:
    """Another response type than ``code``."""
    text = "The provided value for the input parameter 'response_type' is not supported."
    return EntraError(400, "unsupported_response_type", 70005, text)


def unsupported_response_mode() -> EntraError:
    """Another response mode than ``query``."""
    text = "The provided value for the input parameter 'response_mode' is not supported."
    return EntraError(400, "invalid_request", 70007, text)


def unsupported_prompt() -> EntraError:
    """Another prompt than those of :mod:`sandbox.microsoft.authorization_request`."""
    return EntraError(400, "invalid_request", 90023, "Unsupported 'prompt' value.")


def invalid_scope() -> EntraError:
    """A scope that the simulator does not know for this use."""
    text = "The provided value for the input parameter 'scope' is not valid."
    return EntraError(400, "invalid_scope", 70011, text)


def invalid_app_scope() -> EntraError:
    """An app asks for itself with anything else than one resource and ``/.default``."""
    return EntraError(400, "invalid_scope", 1002012, "The provided value for scope is not valid.")


def resource_not_found(resource: str) -> EntraError:
    """The scope's resource is not in the tenant."""
    text = f"The resource principal named {resource} was not found in the tenant."
    return EntraError(400, "invalid_resource", 500011, text)


def missing_secret() -> EntraError:
    """A confidential client brings no secret."""
    text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
    return EntraError(401, "invalid_client", 7000218, text)


def wrong_secret(client: str) -> EntraError:
    """The client's secret is another."""
    return EntraError(401, "invalid_client", 7000215, f"Invalid client secret provided for app '{client}'.")


def unknown_code() -> EntraError:
    """There is no such code."""
    return EntraError(400, "invalid_grant", 70000, "The provided authorization code is not valid.")


def code_already_redeemed() -> EntraError:
    """The code was used before."""
    text = "OAuth2 Authorization code was already redeemed, please retry with a new valid code."
    return EntraError(400, "invalid_grant", 54005, text)


def code_expired() -> EntraError:
    """The code is too old."""
    return EntraError(400, "invalid_grant", 70008, "The provided authorization code has expired.")


def no_verifier() -> EntraError:
    """The code was asked for with a challenge, and no verifier is there."""
    text = (
        "The code_verifier does not match the code_challenge supplied in the authorization request for PKCE."
    )
    return EntraError(400, "invalid_grant", 50148, text)


def wrong_verifier() -> EntraError:
    """The verifier is another one's."""
    text = "The Code_Verifier does not match the code_challenge supplied in the authorization request."
    return EntraError(400, "invalid_grant", 501481, text)


def invalid_challenge_method() -> EntraError:
    """A challenge method that PKCE does not have."""
    return EntraError(400, "invalid_request", 50149, "Invalid Code_Challenge_method parameter.")


def invalid_challenge_size() -> EntraError:
    """A challenge that is too short or too long."""
    return EntraError(400, "invalid_request", 501491, "Invalid size of Code_Challenge parameter.")
